"""Refuses a test run in which tests were left out that are not on the list, or in which nothing ran.

Usage: `python tools/skips.py REPORT.xml LIST.txt`. The report is pytest's `--junitxml`. Each line of the list is a
pattern of test names (`tests.unit.learn.test_atomic::test_*`), two spaces, `#`, and the reason.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree as ET

from finding import Finding


def allowed(text: str, path: str) -> tuple[dict[str, str], list[Finding]]:
    r"""The patterns of a list with their reasons, and findings about lines that give none.

    >>> allowed("# why\n\ntests.a::test_b  # needs a compiler", "skips.txt")
    ({'tests.a::test_b': 'needs a compiler'}, [])
    """
    patterns: dict[str, str] = {}
    findings = []
    for number, line in enumerate(text.splitlines(), start=1):
        pattern, _, reason = (part.strip() for part in line.partition("#"))
        if pattern and not reason:
            findings.append(Finding(path, number, f"{pattern!r} has no reason; write it behind '#'"))
        if pattern:
            patterns[pattern] = reason
    return patterns, findings


def skipped(report: str) -> tuple[int, dict[str, str]]:
    """How many tests a report lists, and the names of those left out with pytest's message.

    Raises:
        ValueError: the text is no JUnit report.
    """
    try:
        cases = list(ET.fromstring(report).iter("testcase"))  # noqa: S314  # written by our own pytest a moment ago
    except ET.ParseError as error:
        msg = f"the report is not JUnit XML ({error}); make it with pytest --junitxml"
        raise ValueError(msg) from error
    left_out = {}
    for case in cases:
        reason = case.find("skipped")
        # A failure that is expected has run, and says in the test why.
        if reason is not None and reason.get("type") != "pytest.xfail":
            left_out["::".join(filter(None, (case.get("classname"), case.get("name"))))] = reason.get("message", "")
    return len(cases), left_out


def check(report: str, path: str, text: str) -> list[Finding]:
    """Findings about a run: `report` is pytest's, `text` the list that stands in `path`."""
    patterns, findings = allowed(text, path)
    count, left_out = skipped(report)
    if count == len(left_out):
        findings.append(Finding(path, 1, f"of {count} tests none ran"))
    for name, message in sorted(left_out.items()):
        if not any(fnmatchcase(name, pattern) for pattern in patterns):
            findings.append(Finding(path, 1, f"{name!r} was left out ({message}) and is not on the list"))
    return findings


def main(arguments: list[str]) -> int:
    """Prints findings; 0 where there are none, 1 where there are, 2 where the report cannot be read."""
    if len(arguments) != 2:
        print("usage: python tools/skips.py REPORT.xml LIST.txt", file=sys.stderr)
        return 2
    report, listed = map(Path, arguments)
    try:
        findings = check(report.read_text(encoding="utf-8"), str(listed), listed.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{report}: {error}", file=sys.stderr)
        return 2
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
