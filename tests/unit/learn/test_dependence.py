"""How much of one signal another foretells."""

from __future__ import annotations

import numpy as np

from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.dependence import codes_of, dependence
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import compile_program

RANDOM = np.random.default_rng(11)


def test_a_function_of_the_other_is_foretold_whole() -> None:
    """Either way round."""
    a = RANDOM.integers(0, 20, 5_000)

    assert dependence(a, a % 3) == 1.0
    assert dependence(a % 3, a) == 1.0


def test_many_values_in_few_rows_foretell_nothing() -> None:
    """Uncorrected, 1,000 values in 5,000 rows would seem to tell most of each other."""
    a, b = RANDOM.integers(0, 1_000, 5_000), RANDOM.integers(0, 1_000, 5_000)

    assert dependence(a, b) < 0.05


def test_half_a_dependence_lies_between() -> None:
    """Every other row is the same."""
    a = RANDOM.integers(0, 8, 20_000)
    b = np.where(RANDOM.random(20_000) < 0.5, a, RANDOM.integers(0, 8, 20_000))

    assert 0.1 < dependence(a, b) < 0.6


def test_a_constant_foretells_nothing() -> None:
    """And is foretold by nothing."""
    assert dependence(np.zeros(100, np.int64), np.arange(100)) == 0.0


def test_values_are_told_apart_whatever_their_shape() -> None:
    """Numbers by their largest grid point, lists by all items whatever their order, missing ones by themselves."""
    program = compile_program([Input("n", float), Input("tags", list[str]), Input("to", str)])
    columns = [
        Column.of(Kind.FLOAT, [1.0, 1.0, 4.0, None]),
        Column.of(Kind.LIST, [["a", "b"], ["b", "a"], ["a"], None]),
        Column.of(Kind.STR, ["x", "x", "y", None]),
    ]

    found = codes_of(BulkEncoder(program, numbered=True).encode(columns, [], 4), 3)

    for codes in found:
        assert codes[0] == codes[1], codes
        assert len(set(codes.tolist())) == 3, codes
