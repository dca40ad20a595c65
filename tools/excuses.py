"""House rule: whatever switches a check off says why, on its line; a broad except says why and does something."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

from finding import Finding, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finding import Source

REASON_LETTERS = 8
"""The shortest reason that says something is 'compiled'."""

BROAD = frozenset({"Exception", "BaseException"})

CODES = r"[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*"
# Spelt so that they do not match themselves.
BARE = {
    re.compile(r"#\s*noq[a]\b(?!:\s*[A-Z]+\d)", re.IGNORECASE): "'noqa' without a code; name the rule that it silences",
    re.compile(r"#\s*type:\s*ignor[e]\b(?!\[)"): "'type: ignore' without a code; name the error that it silences",
    re.compile(
        r"#\s*(?:ruff|flake8):\s*noq[a]"
    ): "a whole file is silenced; silence the line, or the file in pyproject.toml",
    re.compile(r"#\s*mypy:\s*\S"): "mypy is configured in one place, pyproject.toml",
}
SILENCER = re.compile(
    rf"noq[a]:\s*{CODES}|type:\s*ignor[e]\[[^\]]*\]|pragma:\s*no\s(?:cover|branch)|fmt:\s*(?:off|skip)"
)


def check(source: Source) -> Iterator[Finding]:
    """Findings of one file."""
    reasons = {}
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            reasons[token.start[0]] = reason(token.string)
            yield from _comment(source, token.start[0], token.string)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type):
            yield from _broad(source, node, node.body, reasons)
        if isinstance(node, ast.Call) and dotted(node).endswith("suppress") and any(map(is_broad, node.args)):
            yield source.finding(node, "'suppress' swallows every error; name those that are meant")


def _comment(source: Source, line: int, comment: str) -> Iterator[Finding]:
    for pattern, message in BARE.items():
        if pattern.search(comment):
            yield Finding(source.path, line, message)
    silencer = SILENCER.search(comment)
    if silencer is not None and len(reason(comment)) < REASON_LETTERS:
        yield Finding(source.path, line, f"{silencer.group()!r} without a reason; write it behind, on the same line")


def _broad(source: Source, node: ast.ExceptHandler, body: list[ast.stmt], reasons: dict[int, str]) -> Iterator[Finding]:
    if len(reasons.get(node.lineno, "")) < REASON_LETTERS:
        yield source.finding(node, "a broad except without a reason; name the errors, or say on this line why all")
    if all(isinstance(statement, ast.Pass | ast.Continue) or _is_ellipsis(statement) for statement in body):
        yield source.finding(node, "a broad except that does nothing; count it, report it or raise")


def _is_ellipsis(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def is_broad(caught: ast.expr | None) -> bool:
    """Whether an `except` clause catches everything.

    >>> is_broad(None), is_broad(ast.parse("ValueError", mode="eval").body)
    (True, False)
    """
    if isinstance(caught, ast.Tuple):
        return any(map(is_broad, caught.elts))
    return caught is None or dotted(caught).split(".")[-1] in BROAD


def reason(comment: str) -> str:
    """The letters of a comment that are not a silencer's own.

    >>> reason("# type: ignore[attr]  # numba has no types"), reason("# pragma: no cover - compiled")
    ('numbahasnotypes', 'compiled')
    """
    return re.sub(r"[^a-zA-Z]", "", SILENCER.sub("", comment))
