"""The rows of the memory benchmark: what a gate leaves of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.memory_rows import Rows, learned_in_16_bits, sifted, zipf_rows
from flyball.learn.features import Features
from flyball.learn.gate import Gate

pytestmark = pytest.mark.unit


def test_sifted_rows_are_those_of_a_count_of_every_feature() -> None:
    """A feature is there from the sighting on that is one more than it was refused."""
    rows = zipf_rows(300)
    kept = sifted(Gate.counting(times=2, keys=1_000_000, false_rate=1e-6), rows)
    seen: dict[int, int] = {}
    expected = []
    for key in rows.features.keys.tolist():
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 2:
            expected.append(key)

    assert kept.keys.tolist() == expected
    assert kept.rows == rows.count
    assert np.array_equal(np.diff(kept.starts), [_kept(rows.features.keys, i) for i in range(300)])


def _kept(keys: np.ndarray[tuple[int], np.dtype[np.uint64]], row: int) -> int:
    """How many features of a row have come more than twice, the row included."""
    past = keys[: 40 * (row + 1)]
    return sum(int((past == key).sum()) > 2 for key in keys[40 * row : 40 * (row + 1)])


def test_learning_in_16_bits_rounded_to_the_nearest_drifts_away_and_at_random_it_does_not() -> None:
    """One label in fifty: the many small steps down are lost, the few large ones up are not."""
    count = 150_000
    labels = (np.random.default_rng(1).random(count) < 0.02).astype(np.float64)
    features = Features(np.arange(count + 1), np.full(count, 7, dtype=np.uint64), np.ones(count))
    rows = Rows("bias", features, np.zeros(count, dtype=np.int64), labels, 1)
    plain, random, nearest = (learned_in_16_bits(rows, way)[-10_000:].mean() for way in range(3))

    assert random == pytest.approx(plain, rel=0.02)
    assert nearest > 1.2 * plain
