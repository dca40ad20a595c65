"""The built-in derivations, one row at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.derivation import arithmetic, bucket_by_edges, bucket_by_width, evaluator
from flyball.system.derivation import bucket, ngrams, words
from flyball.system.input import Input
from flyball.system.missing import MISSING
from flyball.system.program import compile_program

if TYPE_CHECKING:
    from flyball.system.signal import Signal
    from flyball.system.value import Value

A, B, TEXT = Input("a", int), Input("b", float), Input("text", str)


def made(signal: Signal, *leaves: Value) -> Value:
    """The value of a signal, from those of its leaves."""
    program = compile_program([signal])
    values: list[Value] = [MISSING] * len(program.nodes)
    for place, leaf in zip(program.leaves, leaves, strict=True):
        values[place] = leaf
    for place, node in enumerate(program.nodes):
        if place not in program.leaves:
            values[place] = evaluator(node)(values)
    return values[-1]


@pytest.mark.parametrize(
    ("signal", "expected"), [(A + B, 7.5), (A - B, 6.5), (A * B, 3.5), (A / B, 14.0), (2 - A, -5.0), (1 / A, 1 / 7)]
)
def test_arithmetic_gives_floats(signal: Signal, expected: float) -> None:
    """Of two signals, or of one and a constant on either side."""
    leaves = (7, 0.5) if len(compile_program([signal]).leaves) == 2 else (7,)

    assert made(signal, *leaves) == expected


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div"])
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_result_is_finite_or_missing(op: str, left: float, right: float) -> None:
    """Never infinity, never NaN, never an exception."""
    result = arithmetic(op, left, right)

    assert result is MISSING or (isinstance(result, float) and math.isfinite(result))


def test_a_division_by_zero_is_missing() -> None:
    """Also of zero by zero."""
    assert made(A / B, 7, 0.0) is MISSING
    assert made(A / B, 0, -0.0) is MISSING


@pytest.mark.parametrize("leaves", [(MISSING, 1.0), (1, MISSING), (MISSING, MISSING)])
def test_what_is_made_of_missing_is_missing(leaves: tuple[Value, Value]) -> None:
    """Any operand."""
    assert made(A * B, *leaves) is MISSING


@pytest.mark.parametrize("signal", [bucket(A, [1, 2]), bucket(A, width=3), words(TEXT), ngrams(TEXT, 2)])
def test_a_derivation_of_missing_is_missing(signal: Signal) -> None:
    """Of one input."""
    assert made(signal, MISSING) is MISSING


def test_a_bucket_begins_at_its_edge() -> None:
    """Half-open: [18, 65)."""
    assert [bucket_by_edges(x, [18.0, 65.0]) for x in (17.0, 18.0, 64.9, 65.0, 1e308)] == [0, 1, 1, 2, 2]


def test_buckets_of_a_width_run_through_zero_and_end_far_out() -> None:
    """They are whole numbers that fit in 64 bits, at any magnitude."""
    assert [bucket_by_width(x, 10.0) for x in (-10.1, -10.0, -0.1, 0.0, 9.9, 10.0)] == [-2, -1, -1, 0, 0, 1]
    assert bucket_by_width(1e308, 1e-300) == 2**62
    assert bucket_by_width(-1e308, 1e-300) == -(2**62)


def test_texts_become_words_and_runs() -> None:
    """What the nodes stand for."""
    assert made(words(TEXT), "to be") == ("to", "be")
    assert made(ngrams(TEXT, 2, "chars"), "to be") == ("to", "o ", " b", "be")
