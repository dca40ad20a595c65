"""The built-in derivations, one row at a time: pure functions of typed values.

`flyball.learn.bulk_encoder` does the same for columns; the tests hold both equal to the bit.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, TypeAlias

from flyball.learn import tokens
from flyball.system.missing import MISSING, Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.system.program import Node
    from flyball.system.value import Value

    Evaluate: TypeAlias = Callable[[Sequence[Value]], Value]

LARGEST_BUCKET = 2.0**62
"""Buckets of a given width are numbered from minus to plus this."""


def arithmetic(op: str, left: float, right: float) -> float | Missing:
    """One operation on two numbers; missing where the result is no finite number.

    >>> arithmetic("div", 1.0, 0.0), arithmetic("sub", 3.0, 1.0)
    (MISSING, 2.0)
    """
    if op == "add":
        result = left + right
    elif op == "sub":
        result = left - right
    elif op == "mul":
        result = left * right
    elif right == 0.0:
        return MISSING
    else:
        result = left / right
    return result if math.isfinite(result) else MISSING


def bucket_by_edges(number: float, edges: Sequence[float]) -> int:
    """How many edges are at or below the number.

    >>> bucket_by_edges(18.0, [18.0, 65.0]), bucket_by_edges(17.9, [18.0, 65.0])
    (1, 0)
    """
    return bisect_right(edges, number)


def bucket_by_width(number: float, width: float) -> int:
    """The whole number of widths at or below the number.

    >>> bucket_by_width(-0.5, 1.0), bucket_by_width(1e300, 1.0) == 2**62
    (-1, True)
    """
    return math.floor(min(max(number / width, -LARGEST_BUCKET), LARGEST_BUCKET))


def number_param(node: Node, name: str) -> float:
    """A number among a node's parameters.

    >>> from flyball.system.derivation import bucket
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> number_param(compile_program([bucket(Input("a", int), width=5)]).nodes[1], "width")
    5.0
    """
    value = node.params[name]
    assert isinstance(value, (int, float)), f"{node.name}: {name} is {value!r}"  # noqa: S101  # the system's check saw it
    return float(value)


def edges_param(node: Node) -> list[float] | None:
    """The edges of a bucket, or `None` where it has a width.

    >>> from flyball.system.derivation import bucket
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> edges_param(compile_program([bucket(Input("a", int), [1, 2])]).nodes[1])
    [1.0, 2.0]
    """
    edges = node.params.get("edges")
    return (
        [float(edge) for edge in edges if isinstance(edge, (int, float))] if isinstance(edges, (list, tuple)) else None
    )


def _bucket(node: Node) -> Callable[[float], int]:
    edges = edges_param(node)
    if edges is not None:
        return lambda number: bucket_by_edges(number, edges)
    width = number_param(node, "width")
    return lambda number: bucket_by_width(number, width)


def splitter(node: Node) -> Callable[[str], tuple[str, ...]]:
    """The function from a text to its tokens that a `words` or `ngrams` node stands for.

    >>> from flyball.system.derivation import ngrams
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> splitter(compile_program([ngrams(Input("text", str), 2)]).nodes[1])("to be or")
    ('to be', 'be or')
    """
    if node.op == "words":
        return tokens.words
    n = int(number_param(node, "n"))
    return lambda text: (tokens.word_grams if node.params["of"] == "words" else tokens.char_grams)(text, n)


def evaluator(node: Node) -> Evaluate:
    """The function from the values of all nodes so far to this node's value.

    Leaves and functions are given, not made; a cross has no value, only features.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> evaluator(compile_program([Input("a", int) * 2]).nodes[2])([3, 2.0, MISSING])
    6.0
    """
    inputs = node.inputs
    if node.op == "const":
        constant = number_param(node, "value")
        return lambda _values: constant
    if node.op in ("add", "sub", "mul", "div"):
        first, second = inputs

        def combine(values: Sequence[Value]) -> Value:
            left, right = values[first], values[second]
            if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
                return MISSING
            return arithmetic(node.op, float(left), float(right))

        return combine
    source = inputs[0]
    if node.op == "bucket":
        place = _bucket(node)

        def bucket(values: Sequence[Value]) -> Value:
            number = values[source]
            return place(float(number)) if isinstance(number, (int, float)) else MISSING

        return bucket
    split = splitter(node)

    def tokenise(values: Sequence[Value]) -> Value:
        text = values[source]
        return split(text) if isinstance(text, str) else MISSING

    return tokenise
