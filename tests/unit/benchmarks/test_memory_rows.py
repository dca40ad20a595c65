"""The rows of the memory benchmark: what a gate and expiry leave of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.memory import learned
from benchmarks.memory_rows import Rows, learned_in_16_bits, zipf_rows
from flyball.learn.bias import BIAS_KEY
from flyball.learn.features import Features
from flyball.learn.gate import Gate
from flyball.learn.recipe import recipe_of
from flyball.system.learner import FTRL

pytestmark = pytest.mark.unit


def test_a_gate_leaves_the_features_of_a_count_of_every_feature() -> None:
    """Those that came once more than they are refused, and the bias."""
    rows, recipe = zipf_rows(300), recipe_of(FTRL(alpha=0.1), "logistic")
    found = learned(recipe, rows, rows.count, Gate.counting(times=2, keys=1_000_000, false_rate=1e-6))
    keys, counts = np.unique(rows.features.keys, return_counts=True)

    assert set(found.table.entries()[0].tolist()) == {*keys[counts > 2].tolist(), BIAS_KEY}
    assert found.most == len(found.table)


def test_expiry_leaves_the_features_that_came_last() -> None:
    """In the last so many rows, by sixteenths of them."""
    rows, recipe = zipf_rows(800), recipe_of(FTRL(alpha=0.1), "logistic")
    found = learned(recipe, rows, rows.count, expiry=160)
    since = rows.features.keys[40 * (800 - 170) :]

    assert set(found.table.entries()[0].tolist()) == {*since.tolist(), BIAS_KEY}
    assert found.table.held < found.most < rows.distinct


def test_learning_in_16_bits_rounded_to_the_nearest_drifts_away_and_at_random_it_does_not() -> None:
    """One label in fifty: the many small steps down are lost, the few large ones up are not."""
    count = 150_000
    labels = (np.random.default_rng(1).random(count) < 0.02).astype(np.float64)
    features = Features(np.arange(count + 1), np.full(count, 7, dtype=np.uint64), np.ones(count))
    rows = Rows("bias", features, np.zeros(count, dtype=np.int64), labels, 1)
    plain, random, nearest = (learned_in_16_bits(rows, way)[-10_000:].mean() for way in range(3))

    assert random == pytest.approx(plain, rel=0.02)
    assert nearest > 1.2 * plain
