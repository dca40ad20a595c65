"""What a column tells is measured on rows that it was not fitted to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flyball.run.inference.information import auc_of, binned, information_of, local_information_of

DICE = np.random.default_rng(7)
ROWS = 20_000
LABEL = (DICE.random(ROWS) < 0.2).astype(np.float64)


def test_a_column_of_noise_tells_nothing_however_many_values_it_has() -> None:
    """Rows that were not fitted to give it away."""
    for values in (2, 100, ROWS):
        told = information_of(DICE.integers(0, values, ROWS), LABEL, binary=True)

        assert told.share < 0.001
        assert told.auc == pytest.approx(0.5, abs=0.03)


def test_the_label_itself_tells_all() -> None:
    """As a class and as a number."""
    assert information_of(LABEL.astype(np.int64), LABEL, binary=True).share > 0.99
    assert information_of(LABEL.astype(np.int64), LABEL, binary=False).share > 0.99


def test_a_known_channel_tells_what_theory_says() -> None:
    """The label, flipped in one row of ten: the share is the mutual information over the entropy."""
    p, flip = LABEL.mean(), 0.1
    noisy = np.where(DICE.random(ROWS) < flip, 1 - LABEL, LABEL)

    def entropy(q: float) -> float:
        return float(-q * np.log(q) - (1 - q) * np.log(1 - q))

    yes = p * (1 - flip) + (1 - p) * flip
    expected = (entropy(yes) - entropy(flip)) / entropy(p)

    assert information_of(noisy.astype(np.int64), LABEL, binary=True).share == pytest.approx(expected, abs=0.03)


def test_missing_is_a_value_of_its_own() -> None:
    """A column that is empty exactly where the label is yes tells all."""
    assert information_of(np.where(LABEL == 1, -1, 0), LABEL, binary=True).auc == 1.0


def test_a_column_that_follows_the_drift_tells_nothing_within_a_stretch() -> None:
    """While one that follows the label does."""
    stretch = np.arange(ROWS) * 20 // ROWS
    drifting = (DICE.random(ROWS) < 0.04 * stretch).astype(np.float64)

    assert information_of(stretch, drifting, binary=True).share > 0.1
    assert abs(local_information_of(stretch, drifting, binary=True)) < 0.01
    assert local_information_of(drifting.astype(np.int64), drifting, binary=True) > 0.9


def test_too_few_rows_tell_nothing() -> None:
    """There is nothing to try it on."""
    assert information_of(np.zeros(1, np.int64), np.ones(1), binary=True).share == 0.0


@given(
    score=arrays(np.float64, 12, elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    truth=arrays(np.float64, 12, elements=st.sampled_from([0.0, 1.0])),
)
def test_auc_counts_pairs(score: np.ndarray, truth: np.ndarray) -> None:
    """Against the definition, pair by pair."""
    ones, zeros = score[truth == 1], score[truth == 0]
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a in ones for b in zeros]
    expected = float(np.mean(wins)) if wins else float("nan")

    assert auc_of(score, truth) == pytest.approx(expected, nan_ok=True)


def test_bins_hold_about_equally_many_rows_and_keep_the_order() -> None:
    """However skewed the numbers are; few different values are kept apart."""
    values = DICE.lognormal(0, 3, 6_400)
    codes = binned(values)

    assert np.bincount(codes).tolist() == [100] * 64
    assert np.all(np.diff(codes[np.argsort(values)]) >= 0)
    assert binned(np.array([5.0, 1.0, np.nan, 5.0])).tolist() == [1, 0, -1, 1]
    assert binned(np.array([np.nan])).tolist() == [-1]
