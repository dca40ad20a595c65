"""House rule: tests neither sleep nor mock, and say which message they expect; rooms avoid the front door."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from finding import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finding import Finding, Source

SLEEPERS = frozenset({"sleep", "usleep", "nanosleep"})
MOCKS = frozenset({"mock", "unittest.mock", "pytest_mock"})


def check(source: Source) -> Iterator[Finding]:
    """Findings of one file."""
    if source.path.startswith("tests/"):
        for node in ast.walk(source.tree):
            yield from _in_test(source, node)
    # The worlds' system files are users' files, and show what these look like.
    users = source.path == "src/flyball/__init__.py" or source.path.startswith("src/flyball/testing/worlds/")
    if source.path.startswith("src/flyball/") and not users:
        for node in ast.walk(source.tree):
            yield from _in_room(source, node)


def _in_test(source: Source, node: ast.AST) -> Iterator[Finding]:
    match node:
        case ast.Call() if dotted(node).split(".")[-1] in SLEEPERS:
            yield source.finding(node, "a test that sleeps; inject the clock, or wait for the event itself")
        case ast.Import() | ast.ImportFrom() if imported(node) & MOCKS:
            yield source.finding(node, "a mock; pass a real value or an in-memory port of flyball.testing")
        case ast.withitem(context_expr=ast.Call() as call, optional_vars=None) if _is_raises(call):
            yield source.finding(call, "'raises' without match=; assert the message that the user will read")
        case ast.Call() if dotted(node) in {"pytest.skip", "pytest.mark.skip", "pytest.mark.xfail"} and not _says_why(
            node
        ):
            yield source.finding(node, "a test left out without a reason")
        case _:
            return


def _is_raises(call: ast.Call) -> bool:
    return dotted(call) in {"pytest.raises", "raises"} and not any(
        word.arg in {"match", "check"} for word in call.keywords
    )


def _says_why(call: ast.Call) -> bool:
    return bool(call.args) or any(word.arg == "reason" for word in call.keywords)


def _in_room(source: Source, node: ast.AST) -> Iterator[Finding]:
    match node:
        case ast.Import() | ast.ImportFrom() if "flyball" in imported(node):
            yield source.finding(node, "a room enters by the front door; import the module that defines the name")
        case _:
            return


def imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The modules that an import statement names.

    >>> sorted(imported(ast.parse("from unittest import mock").body[0]))
    ['unittest', 'unittest.mock']
    >>> imported(ast.parse("from flyball.system.error import FlyballError").body[0]) & {"flyball"}
    set()
    """
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
