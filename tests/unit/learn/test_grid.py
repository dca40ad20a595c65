"""Numbers as places on a grid."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flyball.learn.grid import CELLS_PER_OCTAVE, cells, cells_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def in_bulk(numbers: list[float]) -> list[tuple[int, float]]:
    """What the compiled version gives."""
    points, shares = np.empty(len(numbers), dtype=np.int64), np.empty(len(numbers))
    cells_of(np.array(numbers), points, shares)
    return list(zip(points.tolist(), shares.tolist(), strict=True))


def number_at(point: int) -> float:
    """The number that lies on a grid point above zero, by search."""
    low, high = 0.0, math.inf
    while True:
        middle = Fraction(low) / 2 + Fraction(min(high, 1.7976931348623157e308)) / 2
        found = float(middle)
        if found in {low, high}:
            return high
        low, high = (found, high) if cells(found)[0] < point else (low, found)


@given(st.lists(FINITE, min_size=1))
@example([0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308])
def test_rows_and_bulk_agree_to_the_bit(numbers: list[float]) -> None:
    """At any magnitude, denormal, negative or zero."""
    assert [cells(number) for number in numbers] == in_bulk(numbers)


@given(FINITE)
def test_the_share_of_the_next_point_is_at_least_0_and_below_1(number: float) -> None:
    """So that both shares are positive, and sum to 1."""
    _, share = cells(number)

    assert 0.0 <= share < 1.0
    assert (1.0 - share) + share == 1.0


@given(FINITE)
def test_a_number_and_its_negative_are_mirrored(number: float) -> None:
    """Except zero, which is one number."""
    (point, share), (mirrored, same) = cells(number), cells(-number)

    assert share == same
    assert mirrored == (point if number == 0.0 else -point)


def test_zero_is_one_point_whatever_its_sign() -> None:
    """0.0 == -0.0, so their features are equal."""
    assert cells(0.0) == cells(-0.0) == (1, 0.0)


@given(st.floats(0.0, 1e300), st.floats(0.0, 1e300))
def test_places_keep_the_order_of_numbers(one: float, other: float) -> None:
    """Point plus share grows with the number."""
    first, second = sorted([one, other])

    assert cells(first) <= cells(second)


@given(st.floats(1e-300, 1e300))
@example(1.0)
@example(1024.0)
def test_neighbouring_cells_share_the_point_between_them(number: float) -> None:
    """Just below a grid point nearly all weight is on it, at it all: the model is continuous in the number."""
    point, _ = cells(number)
    at = number_at(point + 1)
    below, share_below = cells(math.nextafter(at, 0.0))

    assert cells(at) == (point + 1, 0.0)
    assert below + 1 == point + 1
    assert share_below > 1.0 - 1e-12


@given(st.floats(2.2250738585072014e-308, 1e300))
def test_an_octave_has_a_fixed_number_of_cells_at_any_magnitude(number: float) -> None:
    """The resolution: a cell is at most 1/CELLS_PER_OCTAVE of the number wide, at least half of that."""
    (point, share), (doubled, same) = cells(number), cells(2.0 * number)
    width = number_at(point + 1) - number_at(point)

    assert doubled - point == CELLS_PER_OCTAVE
    assert share == same
    assert number / (2 * CELLS_PER_OCTAVE) * 0.999 <= width <= number / CELLS_PER_OCTAVE * 1.001


@pytest.mark.parametrize("number", [1.1, -3.7e-200, 8.25e150])
def test_the_place_is_linear_within_a_cell(number: float) -> None:
    """The share is the distance walked from the lower point to the next."""
    point, share = cells(abs(number))
    low, high = number_at(point), number_at(point + 1)

    assert low + share * (high - low) == pytest.approx(abs(number), rel=1e-15)
