"""Ways to give a number to the learner: what is estimated knows only the rows before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.encodings import ENCODINGS, FIRST, Quantiles, shared, standardised
from flyball.learn.hash64 import missing_key, number_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.encodings import Encoding
    from flyball.learn.features import Features

ROWS = 300
NUMBERS: NDArray[np.float64] = np.random.default_rng(5).normal(size=ROWS).round(1)
NONE = np.zeros(ROWS, dtype=np.bool_)


def told(features: list[Features], rows: int) -> list[list[tuple[int, float]]]:
    """Keys and values of each of the first rows, all parts together."""
    made: list[list[tuple[int, float]]] = [[] for _ in range(rows)]
    for part in features:
        for row, (start, end) in enumerate(pairwise(part.starts[: rows + 1].tolist())):
            made[row] += zip(part.keys[start:end].tolist(), part.values[start:end].tolist(), strict=True)
    return made


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: encoding.name)
def test_a_row_is_encoded_without_a_look_at_later_ones(encoding: Encoding) -> None:
    """Else the losses would be none that can be had."""
    other = NUMBERS.copy()
    other[200:] = 1e6

    before = told(encoding.features(NUMBERS, NONE, 7), 200)
    assert before == told(encoding.features(other, NONE, 7), 200)


def test_points_of_no_value_are_left_out_and_missing_is_one_feature() -> None:
    """As the library does it."""
    points, values = np.array([[1, 2], [3, 4], [5, 6]]), np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 1.0]])

    made = told([shared(points, values, np.array([False, False, True]), 9)], 3)

    assert made == [
        [(number_key(1, 9), 1.0)],
        [(number_key(3, 9), 0.5), (number_key(4, 9), 0.5)],
        [(missing_key(9), 1.0)],
    ]


def test_a_standardised_number_is_its_distance_from_the_mean_before_in_deviations() -> None:
    """The plain formula; what is missing takes no part."""
    missing = NONE.copy()
    missing[::3] = True
    made = told([standardised(np.inf, 1.0, NUMBERS, missing, 7)], ROWS)

    seen = NUMBERS[:100][~missing[:100]]
    ((key, value),) = made[100]
    assert key == number_key(0, 7)
    assert value == pytest.approx((NUMBERS[100] - seen.mean()) / seen.std())
    assert made[99] == [(missing_key(7), 1.0)]


def test_a_soft_number_lies_between_two_quantiles_and_a_hard_one_in_one_bucket() -> None:
    """Shares sum to the weight; before there are enough rows all are one."""
    soft = told([Quantiles(buckets=4, weight=0.5)(NUMBERS, NONE, 7)], ROWS)
    hard = told([Quantiles(buckets=4, soft=False)(NUMBERS, NONE, 7)], ROWS)

    assert [sum(value for _, value in row) for row in soft] == pytest.approx([0.5] * ROWS)
    assert {len(row) for row in hard} == {1}
    assert len({row[0][0] for row in hard[:FIRST]}) == 1
    edges = np.quantile(NUMBERS[:256], [0.0, 0.25, 0.5, 0.75, 1.0], method="inverted_cdf")
    place = int(np.searchsorted(edges, np.clip(NUMBERS[299], edges[0], edges[-1]), side="right")) - 1
    assert hard[299] == [(number_key(place, 7), 1.0)]
