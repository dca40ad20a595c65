"""Numbers as places on grids."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flyball.learn.grid import CROSSED, GRIDS, cells, cells_of
from flyball.system.program import GRIDS as TOLD

FINITE = st.floats(allow_nan=False, allow_infinity=False)
USED = sorted({grid.bits for grid in (*GRIDS, *CROSSED)})
BITS = st.sampled_from(USED)


def in_bulk(numbers: list[float], bits: int) -> list[tuple[int, float]]:
    """What the compiled version gives."""
    points, shares = np.empty(len(numbers), dtype=np.int64), np.empty(len(numbers))
    cells_of(np.array(numbers), bits, points, shares)
    return list(zip(points.tolist(), shares.tolist(), strict=True))


def number_at(point: int, bits: int) -> float:
    """The number that lies on a point above zero of a grid, by search."""
    low, high = 0.0, math.inf
    while True:
        middle = Fraction(low) / 2 + Fraction(min(high, 1.7976931348623157e308)) / 2
        found = float(middle)
        if found in {low, high}:
            return high
        low, high = (found, high) if cells(found, bits)[0] < point else (low, found)


@pytest.mark.parametrize("bits", USED)
@given(numbers=st.lists(FINITE, min_size=1))
@example(numbers=[0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308])
def test_rows_and_bulk_agree_to_the_bit(bits: int, numbers: list[float]) -> None:
    """At any magnitude, denormal, negative or zero."""
    assert [cells(number, bits) for number in numbers] == in_bulk(numbers, bits)


@given(FINITE, FINITE)
def test_points_of_different_grids_are_different(one: float, other: float) -> None:
    """One signal's features on all grids have one seed, so its points must be different numbers."""
    points = [{cells(number, bits)[0] + step for number in (one, other) for step in (-1, 0, 1)} for bits in USED]

    assert len(set.union(*points)) == sum(len(each) for each in points)


@given(FINITE, BITS)
def test_the_share_of_the_next_point_is_at_least_0_and_below_1(number: float, bits: int) -> None:
    """So that both shares are positive, and sum to 1."""
    _, share = cells(number, bits)

    assert 0.0 <= share < 1.0
    assert (1.0 - share) + share == 1.0


@given(FINITE, BITS)
def test_a_number_and_its_negative_are_mirrored(number: float, bits: int) -> None:
    """Except zero, which is one number."""
    (point, share), (mirrored, same) = cells(number, bits), cells(-number, bits)

    assert share == same
    assert mirrored == (point if number == 0.0 else -point)


@pytest.mark.parametrize("bits", USED)
def test_zero_is_the_first_point_above_whatever_its_sign(bits: int) -> None:
    """0.0 == -0.0, so their features are equal."""
    assert cells(0.0, bits) == cells(-0.0, bits) == (cells(5e-324, bits)[0], 0.0)


@given(st.floats(0.0, 1e300), st.floats(0.0, 1e300), BITS)
def test_places_keep_the_order_of_numbers(one: float, other: float, bits: int) -> None:
    """Point plus share grows with the number."""
    first, second = sorted([one, other])

    assert cells(first, bits) <= cells(second, bits)


@pytest.mark.parametrize("bits", USED)
@given(number=st.floats(1e-300, 1e300))
@example(number=1.0)
@example(number=1024.0)
def test_neighbouring_cells_share_the_point_between_them(bits: int, number: float) -> None:
    """Just below a grid point nearly all weight is on it, at it all: the model is continuous in the number."""
    point, _ = cells(number, bits)
    at = number_at(point + 1, bits)
    below, share_below = cells(math.nextafter(at, 0.0), bits)

    assert cells(at, bits) == (point + 1, 0.0)
    assert below + 1 == point + 1
    assert share_below > 1.0 - 1e-12


@given(st.floats(2.2250738585072014e-308, 1e300), BITS)
def test_an_octave_has_a_fixed_number_of_cells_at_any_magnitude(number: float, bits: int) -> None:
    """The resolution: with c cells an octave, a cell is at most 1/c of the number wide, at least half of that."""
    (point, share), (doubled, same) = cells(number, bits), cells(2.0 * number, bits)
    width = number_at(point + 1, bits) - number_at(point, bits)

    assert doubled - point == 2**bits
    assert share == same
    assert number / 2 ** (bits + 1) * 0.999 <= width <= number / 2**bits * 1.001


@pytest.mark.parametrize("bits", USED)
@pytest.mark.parametrize("number", [1.1, -3.7e-200, 8.25e150])
def test_the_place_is_linear_within_a_cell(number: float, bits: int) -> None:
    """The share is the distance walked from the lower point to the next."""
    point, share = cells(abs(number), bits)
    low, high = number_at(point, bits), number_at(point + 1, bits)

    assert low + share * (high - low) == pytest.approx(abs(number), rel=1e-15)


def test_the_meaning_of_numbers_tells_the_grids() -> None:
    """Other grids give other features, so what was learned with these must not be taken for theirs."""
    cells_and_weights = ", ".join(f"{2**bits} * {weight}" if weight != 1.0 else f"{2**bits}" for bits, weight in GRIDS)

    assert f"{cells_and_weights}; crossed {2 ** CROSSED[0].bits}" == TOLD
