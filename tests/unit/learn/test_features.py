"""Features in bulk: rows beside each other, and rows picked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.features import Features, item_features, pick, side_by_side, squash
from flyball.learn.slots import ZERO_KEY

if TYPE_CHECKING:
    Row = list[tuple[int, float]]

ROW = st.lists(st.tuples(st.integers(1, 2**64 - 1), st.floats(-9, 9)), max_size=3)


def of(rows: list[Row]) -> Features:
    """The features of these rows."""
    flat = [pair for row in rows for pair in row]
    starts = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    return Features(
        starts, np.array([key for key, _ in flat], np.uint64), np.array([value for _, value in flat], np.float64)
    )


def rows_of(features: Features) -> list[Row]:
    """The rows of these features."""
    pairs = list(zip(features.keys.tolist(), features.values.tolist(), strict=True))
    ends = features.starts.tolist()
    return [pairs[ends[i] : ends[i + 1]] for i in range(features.rows)]


@given(st.integers(0, 4).flatmap(lambda n: st.lists(st.lists(ROW, min_size=n, max_size=n), min_size=1, max_size=3)))
def test_parts_stand_side_by_side_in_every_row(parts: list[list[Row]]) -> None:
    """The first key, then each part's in the order of the parts."""
    expected = [[(5, 1.0), *(pair for part in row for pair in part)] for row in zip(*parts, strict=True)]

    assert rows_of(side_by_side([of(part) for part in parts], 5)) == expected


def test_the_key_0_is_given_another() -> None:
    """It marks an empty slot in the table."""
    assert rows_of(side_by_side([of([[(0, 2.0)]])], 5)) == [[(5, 1.0), (ZERO_KEY, 2.0)]]


@given(st.lists(ROW, min_size=1, max_size=5), st.data())
def test_rows_are_picked_in_any_order_and_more_than_once(rows: list[Row], data: st.DataObject) -> None:
    """Each with all that is its own."""
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8))

    assert rows_of(pick(of(rows), np.array(chosen, dtype=np.int64))) == [rows[i] for i in chosen]


def test_a_word_that_comes_twice_in_a_row_counts_once_there_and_again_in_the_next() -> None:
    """Also where two rows share it."""
    codes = np.array([0, 0, 0, 1], dtype=np.int32)
    found = item_features(np.array([0, 2, 4]), codes, None, np.zeros(2, bool), np.array([8, 9], np.uint64), 0)

    assert rows_of(found) == [[(8, 1.0)], [(8, 1.0), (9, 1.0)]]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_squash_keeps_the_sign_and_tames_the_magnitude(number: float) -> None:
    """sgn(x) ln(1 + |x|)."""
    assert abs(squash(number)) <= 710.0
    assert math.copysign(1.0, squash(number)) == math.copysign(1.0, number)
    assert math.isclose(squash(number), math.copysign(math.log1p(abs(number)), number), rel_tol=1e-9, abs_tol=2.3e-16)
