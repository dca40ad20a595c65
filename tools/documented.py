"""House rule: every public class and function of the package shows an example that runs."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from finding import Finding, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finding import Source

PACKAGE = "src/flyball/"

COMPILED = frozenset({"kernel", "inner", "inlined", "njit", "jit", "intrinsic", "overload", "vectorize"})
"""numba's decorators: kernels are shown by what calls them."""
EXEMPT = COMPILED | {"command", "callback", "fixture", "hookimpl", "overload"}
"""Besides: commands are documented in docs/, fixtures and hooks are called by pytest."""
PORTS = frozenset({"Protocol", "TypedDict"})
"""Classes without behaviour of their own: shown by what implements them."""

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def check(sources: Sequence[Source]) -> Iterator[Finding]:
    """Findings of the package's files; errors are shown where they are raised, so they need no example of their own."""
    package = [source for source in sources if source.path.startswith(PACKAGE)]
    errors = error_names(package)
    for source in package:
        hidden = any(part.startswith("_") for part in PurePosixPath(source.path).with_suffix("").parts[2:-1])
        if not hidden and not re.match(r"_[^_]", PurePosixPath(source.path).name):
            yield from _module(source, errors)
        yield from _skipped(source)


def _module(source: Source, errors: frozenset[str]) -> Iterator[Finding]:
    shown_by_module = "\n".join(examples(ast.get_docstring(source.tree)))
    for node in source.tree.body:
        if not isinstance(node, Definition) or node.name.startswith(("_", "pytest_")) or _is_exempt(node, errors):
            continue
        text = ast.get_docstring(node)
        if text is None:
            yield source.finding(node, f"public {node.name!r} has no docstring")
        elif not examples(text) and not re.search(rf"\b{node.name}\b", shown_by_module):
            yield source.finding(
                node, f"public {node.name!r} shows no example ('>>>') in its docstring or its module's"
            )
        if isinstance(node, ast.ClassDef):
            yield from _methods(source, node)


def _methods(source: Source, owner: ast.ClassDef) -> Iterator[Finding]:
    for node in owner.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not any(map(_inherits_text, node.decorator_list)):
            yield source.finding(node, f"public method '{owner.name}.{node.name}' has no docstring")


def _inherits_text(decorator: ast.expr) -> bool:
    return dotted(decorator).split(".")[-1] in {"override", "overload", "setter", "deleter"}


def _is_exempt(node: Definition, errors: frozenset[str]) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name in errors or any(dotted(base).split(".")[-1] in PORTS for base in node.bases)
    return any(dotted(decorator).split(".")[-1] in EXEMPT for decorator in node.decorator_list)


def _skipped(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, start=1):
        if re.search(r"#\s*doctest:.*\+SKI[P]", line):
            yield Finding(source.path, number, "an example that is not run proves nothing; make it run or leave it out")


def examples(docstring: str | None) -> list[str]:
    r"""The lines of a docstring's examples.

    >>> examples("Adds.\n\n>>> 1 + 1\n2")
    ['>>> 1 + 1']
    """
    return [line for line in (docstring or "").splitlines() if re.match(r"\s*(?:>>>|\.\.\.) ", line)]


def error_names(sources: Sequence[Source]) -> frozenset[str]:
    r"""Names of the classes that derive from an exception, however far.

    >>> from finding import Source
    >>> sorted(error_names([Source.of("a.py", "class Refused(Base): 1\nclass Base(ValueError): 1\nclass A: 1")]))
    ['Base', 'Refused']
    """
    classes = {
        node.name: {dotted(base).split(".")[-1] for base in node.bases}
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    }
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(
            name
            for name, bases in classes.items()
            if bases & found or any(base.endswith(("Error", "Exception", "Warning")) for base in bases)
        )
        if more == found:
            return found
        found = more
