"""Checks the house rules and prints each breach as `file:line: message`; `python tools/house.py` from anywhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import commands
import documented
import excuses
import habits
import settings
import sizes
import wording
from finding import Finding, Source, files

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parent.parent

BY_FILE = (sizes.check, excuses.check, habits.check)
"""The rules that need to see one file at a time."""


def check(top: Path) -> Iterator[Finding]:
    """All findings in the project that stands in `top`."""
    parsed: list[Source] = []
    for name in files(top):
        yield from wording.check_name(name)
        try:
            text = (top / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a recorded state: nothing in it was written by hand
        yield from wording.check_text(name, text)
        if name == "pyproject.toml":
            yield from settings.check(name, text)
        if name.endswith(".py"):
            try:
                parsed.append(Source.of(name, text))
            except SyntaxError as error:
                yield Finding(name, error.lineno or 1, f"not Python: {error.msg}")
    for source in parsed:
        for rule in BY_FILE:
            yield from rule(source)
    yield from documented.check(parsed)
    yield from commands.check(top)


def main(top: Path) -> int:
    """Prints the findings; 0 where there are none, else 1."""
    findings = sorted(check(top))
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"house rules: {len(findings)} breaches" if findings else "house rules: kept")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(TOP))
