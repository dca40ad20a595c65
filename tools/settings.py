"""House rule: whatever pyproject.toml lets pass says why, on its line or above its group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOSE = frozenset(
    {
        "exclude_also",
        "exhaustive_ignores",
        "extend-ignore",
        "filterwarnings",
        "ignore",
        "ignore_errors",
        "ignore_imports",
        "ignore_missing_imports",
        "module",
        "omit",
    }
)
"""Keys whose values switch checks off."""
LOOSE_TABLE = "[tool.ruff.lint.per-file-ignores]"


def check(path: str, text: str) -> Iterator[Finding]:
    r"""Findings of a TOML file that is written as this project writes its own: one value a line.

    >>> list(check("pyproject.toml", '[tool.ruff.lint]\nignore = [\n    "E501",\n]'))[0].line
    3
    """
    table, key, explained = "", "", False
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            explained = True
            continue
        assignment = re.match(r"""["']?([\w.*/-]+)["']?\s*=""", line)
        if line.startswith("["):
            table, key = line, ""
        elif assignment is not None:
            key = assignment.group(1)
        values = line.partition("=")[2] if assignment is not None else line
        loosens = (key in LOOSE and not table.startswith("[project")) or table == LOOSE_TABLE
        says_why = explained or re.search(r"#\s*\S", line) is not None
        if loosens and re.match(r"""\s*(?:\[\s*)?["'](?!error["'])""", values) and not says_why:
            yield Finding(
                path, number, f"{line!r} switches a check off without a reason; write it on the line or above"
            )
        if not re.match(r"""["']""", line) and not (assignment is not None and line.endswith("[")):
            explained = line.startswith("[") and line.endswith("]]") and explained
