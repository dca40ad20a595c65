"""Samples and quantiles: the last minutes, bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.web.samples import Samples, quantile


@given(st.lists(st.integers(0, 400), max_size=60), st.integers(1, 6))
def test_no_more_stretches_are_kept_than_were_asked_for(steps: list[int], keep: int) -> None:
    """Whatever the clock does, also backwards; and what is kept is the latest."""
    samples = Samples(step_us=10, keep=keep)
    for now in steps:
        samples.add(now, np.ones(1))
    starts = [start for start, _ in samples.items()]

    assert len(starts) <= keep
    assert starts == sorted(starts)
    assert not steps or starts[-1] == max(steps) // 10 * 10


def test_nothing_has_no_sums() -> None:
    """An empty array, also after all was forgotten."""
    samples = Samples(step_us=10, keep=3)
    samples.add(5, np.ones(2))
    samples.clear()

    assert samples.last(100).tolist() == []


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ([4, 0, 0], 0.5, 0.5),
        ([0, 10, 0], 0.5, 1.5),
        ([1, 0, 9], 0.99, 2.0),
        ([0, 0, 5], 0.5, 2.0),
        ([5, 5, 0], 0.5, 1.0),
    ],
)
def test_quantiles_lie_within_their_bucket(counts: list[float], share: float, expected: float) -> None:
    """Beyond the last end there is only that end."""
    assert quantile([1.0, 2.0], counts, share) == pytest.approx(expected)


def test_without_answers_there_is_no_quantile() -> None:
    """Nor without buckets."""
    assert quantile([1.0], [0, 0], 0.5) is None
    assert quantile([], [5], 0.5) is None
