"""House rule: no drawers called utils, no notes to oneself, no path or host of one machine in any file."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWERS = frozenset({"common", "helper", "helpers", "misc", "util", "utils"})
"""Names that say nothing about what is inside."""

FOREIGN = ("LICENSE",)
"""Files written by others."""

# The patterns are spelt so that they do not match themselves.
PATTERNS = {
    re.compile(
        r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b"
    ): "a note to oneself; do it, or file an issue and say so in prose",
    re.compile(r"(?<![\w.:/$)}~*-])/(?:home|root|Users|opt|work|mnt|srv)/\w"): (
        "an absolute path of one machine; use a path from the top of the project, or a temporary folder"
    ),
    re.compile(r"\b(?:pypi|pythonhosted|npmjs|debian|piwheels|proxy\.golang)\.(?:org|com)\b"): (
        "the host of a package registry; leave it to each machine's own settings"
    ),
    re.compile(r"--(?:extra-)?(?:index-url|find-links)[ =]\S|^(?:extra-)?index-url\b"): (
        "the address of a package registry; leave it to each machine's own settings"
    ),
}


def check_name(path: str) -> Iterator[Finding]:
    """Findings about the name of a file or of a folder on the way to it."""
    for part in PurePosixPath(path).parts:
        name = PurePosixPath(part).stem.strip("_").lower()
        words = {name, name.removeprefix("test_")}
        if words & DRAWERS:
            yield Finding(path, 1, f"{part!r} says nothing of what is inside; name it after its noun")


def check_text(path: str, text: str) -> Iterator[Finding]:
    """Findings about the words in a text file of any kind."""
    if path in FOREIGN:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, advice in PATTERNS.items():
            found = pattern.search(line)
            if found is not None:
                yield Finding(path, number, f"{found.group().strip()!r} is {advice}")
