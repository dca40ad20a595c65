"""Sums of paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.watch.differences import FIRST_PART, MOST_CELLS, OTHERS, PARTS, Differences
from flyball.watch.interval import interval_of

RANDOM = np.random.default_rng(4)


def labels_of(weights: np.ndarray) -> np.ndarray:
    """Labels of which only the weight counts here."""
    return np.column_stack([np.ones(len(weights)), weights, np.zeros((len(weights), 2))])


def added(losses: np.ndarray, cuts: list[int]) -> Differences:
    """All examples of weight 1, cut at these places."""
    sums = Differences(losses.shape[1], [])
    for part in np.split(losses, cuts):
        sums.add(part, labels_of(np.ones(len(part))), np.empty((len(part), 0), np.int32))
    return sums


@pytest.mark.parametrize("count", [200, 64 * 64, 64 * 64 + 1, 30_000])
def test_the_whole_is_the_interval_of_all_differences(count: int) -> None:
    """However many parts were joined meanwhile."""
    losses = RANDOM.exponential(size=(count, 3))

    sums = added(losses, [100, 150])

    d = losses[:, 2] - losses[:, 0]
    expected = interval_of(count, float(d.sum()), float((d * d).sum()))
    found = sums.interval(2)
    assert found is not None
    assert expected is not None
    assert (found.low, found.mean, found.high) == pytest.approx((expected.low, expected.mean, expected.high))
    assert sums.examples == count
    assert sums.loss() == pytest.approx(losses[:, 0].mean())


def test_however_the_examples_are_cut_the_sums_are_the_same() -> None:
    """To the bit."""
    losses = RANDOM.exponential(size=(10_000, 3))

    assert added(losses, []).interval(1) == added(losses, [1, 63, 64, 65, 4_000, 8_191]).interval(1)


def test_parts_are_stretches_of_the_stream() -> None:
    """The first half of the examples differ by 1, the second by 3."""
    count = FIRST_PART * PARTS * 2
    losses = np.zeros((count, 2))
    losses[:, 1] = np.where(np.arange(count) < count // 2, 1.0, 3.0)

    sums = added(losses, [5_000])

    assert sums.parts == PARTS
    early, late = (sums.interval(1, parts=which) for which in (slice(32), slice(32, 64)))
    assert early is not None
    assert late is not None
    assert (early.mean, late.mean) == (1.0, 3.0)


def test_slices_are_sums_of_their_examples() -> None:
    """And are told with the heaviest first."""
    sums = Differences(2, ["country", "hour"])
    country = np.where(np.arange(1_000) % 4 == 0, sums.cell(0, "DE"), sums.cell(0, None))
    hour = np.full(1_000, sums.cell(1, "7"))
    losses = np.column_stack([np.ones(1_000), 1.0 + (np.arange(1_000) % 4 == 0)])
    sums.add(losses, labels_of(np.ones(1_000)), np.column_stack([country, hour]).astype(np.int32))

    assert sums.slices(0) == [None, "DE"]
    found = sums.interval(1, cell=sums.cell(0, "DE"))
    assert found is not None
    assert found.mean == 1.0
    assert sums.weight(sums.cell(0, "DE")) == 250.0
    assert sums.loss(sums.cell(1, "7")) == 1.0
    assert sums.interval(1, cell=sums.cell(1, "8")) is None, "an empty slice has no interval"


def test_a_dimension_of_too_many_values_ends_with_a_slice_of_the_others() -> None:
    """Memory is bounded, and known values keep their slice."""
    sums = Differences(1, ["user"])
    cells = [sums.cell(0, str(i)) for i in range(MOST_CELLS + 500)]

    assert len(set(cells)) == MOST_CELLS + 1
    assert cells[-1] == cells[MOST_CELLS] == sums.cell(0, OTHERS)
    assert sums.cell(0, "3") == cells[3]


def test_means_are_of_one_unit_of_weight() -> None:
    """An example of weight 3 counts three times as much."""
    weights = np.tile([1.0, 3.0], 500)
    differences = np.tile([0.2, 0.6], 500)
    sums = Differences(2, [])
    losses = np.column_stack([np.zeros(1_000), differences * weights])
    sums.add(losses, labels_of(weights), np.empty((1_000, 0), np.int32))

    found = sums.interval(1)
    assert found is not None
    assert found.mean == pytest.approx((0.2 + 3 * 0.6) / 4)


def test_what_is_taken_back_is_no_further_example() -> None:
    """A revised label changes the sums, not the count."""
    sums = Differences(2, [])
    first, again = labels_of(np.ones(300)), labels_of(np.ones(300))
    again[:, 3] = 1.0
    for labels in (first, again):
        sums.add(np.tile([0.0, 1.0], (300, 1)), labels, np.empty((300, 0), np.int32))

    assert sums.examples == 300
    assert sums.loss() == 0.0
