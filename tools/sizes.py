"""House rule: files, functions, parameter lists and nesting stay small enough to be read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finding import Source

FILE_LINES = 399
TOOL_LINES = 149
FUNCTION_LINES = 49
PARAMETERS = 10
NESTING = 4

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEEPER = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def check(source: Source) -> Iterator[Finding]:
    """Findings of one file."""
    most = TOOL_LINES if source.path.startswith("tools/") else FILE_LINES
    if len(source.lines) > most:
        yield Finding(source.path, 1, f"the file has {len(source.lines)} lines; at most {most}: split it by noun")
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield from _function(source, node)


def _function(source: Source, function: Function) -> Iterator[Finding]:
    name = f"'def {function.name}'"
    lines = length(function)
    if lines > FUNCTION_LINES:
        yield source.finding(function, f"{name} has {lines} lines without its docstring; at most {FUNCTION_LINES}")
    if parameters(function) > PARAMETERS:
        yield source.finding(function, f"{name} takes {parameters(function)} parameters; at most {PARAMETERS}")
    if nesting(function.body) > NESTING:
        yield source.finding(function, f"{name} is nested {nesting(function.body)} deep; at most {NESTING}")


def length(function: Function) -> int:
    r"""Lines from `def` to the end, without the docstring.

    >>> length(ast.parse('def f():\n    "One."\n    return 1').body[0])
    2
    """
    last = function.end_lineno or function.lineno
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        last -= (first.end_lineno or first.lineno) - first.lineno + 1
    return last - function.lineno + 1


def parameters(function: Function) -> int:
    """How many parameters the function takes, without `self` and `cls`.

    >>> parameters(ast.parse("def f(self, a, *b, c, **d): ...").body[0])
    4
    """
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    starred = sum(argument is not None for argument in (given.vararg, given.kwarg))
    return len(names) - (names[:1] in (["self"], ["cls"])) + starred


def nesting(body: list[ast.stmt]) -> int:
    r"""How deep compound statements stand in each other.

    `elif` is as deep as its `if`, and a nested `def` counts for itself.

    >>> nesting(ast.parse("for a in b:\n  if a: pass\n  elif b: pass").body)
    2
    """
    return max((_depth(statement) for statement in body), default=0)


def _depth(statement: ast.stmt) -> int:
    if not isinstance(statement, DEEPER):
        return 0
    if isinstance(statement, ast.Match):
        return 1 + max(nesting(case.body) for case in statement.cases)
    otherwise: list[ast.stmt] = getattr(statement, "orelse", [])
    if isinstance(statement, ast.If) and len(otherwise) == 1 and isinstance(otherwise[0], ast.If):
        return max(1 + nesting(statement.body), _depth(otherwise[0]))
    handlers: list[ast.ExceptHandler] = getattr(statement, "handlers", [])
    blocks = [statement.body, otherwise, getattr(statement, "finalbody", []), *(handler.body for handler in handlers)]
    return 1 + max(nesting(block) for block in blocks)
