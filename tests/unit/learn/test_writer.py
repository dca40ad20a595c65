"""Writers: the features of one signal of one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.learn.grid import GRIDS, cells
from flyball.learn.hash64 import crossed_key, missing_key, number_key, text_key
from flyball.learn.writer import writer_of
from flyball.system.derivation import bucket, cross
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.missing import MISSING
from flyball.system.program import compile_program

if TYPE_CHECKING:
    from flyball.system.signal import Signal

HOUR, CARRIER, TAGS = Input("hour", int), Input("carrier", str), Input("tags", list[str])
SHARES, YES, WEIGHT = Input("shares", dict[str, float]), Input("yes", bool), Input("weight", float)


def written(signal: Signal, *values: object, crossed: bool = False) -> tuple[list[int], list[float]]:
    """The features of the last signal of a program, from the values of all of them."""
    program = compile_program([signal])
    keys: list[int] = []
    shares: list[float] = []
    writer_of(program, len(program.nodes) - 1, crossed=crossed)(values, keys, shares)  # type: ignore[arg-type]  # typed values
    return keys, shares


def seed(signal: Signal) -> int:
    """The seed of a signal's keys."""
    return compile_program([signal]).nodes[-1].seed


@pytest.mark.parametrize("signal", [HOUR, CARRIER, TAGS, SHARES, YES, WEIGHT, Entity("plane", int)])
@pytest.mark.parametrize("crossed", [True, False])
def test_what_is_missing_has_one_feature_of_its_own(signal: Signal, crossed: bool) -> None:
    """Whatever the kind."""
    assert written(signal, MISSING, crossed=crossed) == ([missing_key(seed(signal))], [1.0])


def test_names_are_hashed_as_they_are() -> None:
    """Texts, whole numbers that are names, truths, the items of a list once each."""
    plane = Entity("plane", int)

    assert written(CARRIER, "AA") == ([text_key("AA", seed(CARRIER))], [1.0])
    assert written(plane, 7) == ([number_key(7, seed(plane))], [1.0])
    assert written(YES, True) == ([number_key(1, seed(YES))], [1.0])
    assert written(TAGS, ("b", "a", "b")) == ([text_key(item, seed(TAGS)) for item in "ba"], [1.0, 1.0])
    assert written(TAGS, ()) == ([], [])


@pytest.mark.parametrize("number", [11, -11, 1.1, -1.1])
def test_a_number_is_shared_by_its_two_cells_of_each_grid(number: float) -> None:
    """Whole or not; below zero the next cell is the one further below. A cell that has no share is left out."""
    signal = HOUR if isinstance(number, int) else WEIGHT
    expected: dict[int, float] = {}
    for bits, weight in GRIDS:
        cell, share = cells(float(number), bits)
        following = cell + 1 if cell > 0 else cell - 1
        expected[number_key(cell, seed(signal))] = (1.0 - share) * weight
        expected[number_key(following, seed(signal))] = share * weight

    keys, shares = written(signal, number)
    assert dict(zip(keys, shares, strict=True)) == {key: value for key, value in expected.items() if value > 0.0}
    assert sum(shares) == pytest.approx(sum(weight for _, weight in GRIDS))


def test_a_whole_number_that_is_crossed_is_taken_as_it_is() -> None:
    """As a name."""
    assert written(HOUR, 9, crossed=True) == ([number_key(9, seed(HOUR))], [1.0])


def test_a_cross_has_a_feature_for_each_pair() -> None:
    """From left to right, with its own seed."""
    signal = cross(TAGS, CARRIER, HOUR)
    keys, shares = written(signal, ("a", "b"), "AA", 9, MISSING)
    expected = [
        crossed_key(crossed_key(text_key(tag, seed(TAGS)), text_key("AA", seed(CARRIER)), seed(signal)),
                    number_key(9, seed(HOUR)), seed(signal))
        for tag in "ab"
    ]  # fmt: skip  # one call within the other

    assert (keys, shares) == (expected, [1.0, 1.0])


def test_a_bucket_is_a_name() -> None:
    """Its number is no amount."""
    signal = bucket(HOUR, [6, 12])

    assert written(signal, 9, 1) == ([number_key(1, seed(signal))], [1.0])
