"""What a house rule reports, and the files that the rules read."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

UNREAD = frozenset({".git", ".venv", "build", "dist", "node_modules", "__pycache__"})
"""Folders that hold nothing written by hand."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach of a house rule, printed as compilers print theirs.

    >>> print(Finding("src/flyball/a.py", 3, "'def f' has 60 lines; at most 49"))
    src/flyball/a.py:3: 'def f' has 60 lines; at most 49
    """

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the top of the project, its text and its tree.

    >>> Source.of("a.py", "x = 1").lines
    ['x = 1']
    """

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        """Parses the text of a Python file."""
        return cls(path, text, ast.parse(text, path))

    @property
    def lines(self) -> list[str]:
        """The lines of the text, without their ends."""
        return self.text.splitlines()

    def finding(self, node: ast.stmt | ast.expr | ast.excepthandler, message: str) -> Finding:
        """A finding at a node of this file."""
        return Finding(self.path, node.lineno, message)


def files(top: Path) -> list[str]:
    """Paths of the project's files from `top`: what git knows or would add, or everything where there is no git."""
    command = ["git", "-C", str(top), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        names = sorted(set(listing.split("\0")) - {""})
    except (FileNotFoundError, subprocess.CalledProcessError):
        names = sorted(str(path.relative_to(top)) for path in top.rglob("*"))
    return [name for name in names if not UNREAD.intersection(name.split("/")) and (top / name).is_file()]


def dotted(node: ast.expr) -> str:
    """The dotted name of an expression, or of what it calls; empty for anything else.

    >>> dotted(ast.parse("a.b.c(1)", mode="eval").body)
    'a.b.c'
    """
    match node:
        case ast.Call():
            return dotted(node.func)
        case ast.Subscript():
            return dotted(node.value)
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Name():
            return node.id
        case _:
            return ""
