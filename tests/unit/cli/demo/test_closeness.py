"""How close answers come to the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.cli.demo.closeness import Calibration, Closeness, cross_entropy

shares = st.floats(0.001, 0.999)


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=50))
def test_nothing_beats_the_truth_and_the_mean_of_the_truth_no_more_than_it(pairs: list[tuple[float, float]]) -> None:
    """Entropy is the least that can be expected, whatever is answered."""
    closeness = Closeness()
    for score, truth in pairs:
        closeness.add(score, truth, clicked=False, young=False)
    seen = closeness.progress()

    assert seen is not None
    assert seen.log_loss >= seen.entropy - 1e-12, "an answer beats the truth"
    assert seen.base >= seen.entropy - 1e-12, "the mean beats the truth"


def test_log_loss_is_what_the_labels_would_give_in_the_long_run() -> None:
    """By drawing many of them."""
    labels = np.random.default_rng(3).random(200_000) < 0.2
    drawn = np.where(labels, -math.log(0.3), -math.log(0.7)).mean()

    assert cross_entropy(0.2, 0.3) == pytest.approx(drawn, rel=0.01)


def test_only_the_latest_answers_count_for_the_log_loss() -> None:
    """So that one sees it fall."""
    closeness = Closeness(recent=3)
    for score in (0.9, 0.9, 0.1, 0.1, 0.1):
        closeness.add(score, 0.1, clicked=False, young=False)
    seen = closeness.progress()

    assert seen is not None
    assert (seen.answers, seen.recent) == (5, 3)
    assert seen.log_loss == pytest.approx(seen.entropy)


def test_before_the_first_answer_there_is_nothing_to_tell() -> None:
    """And of one answer no way from the mean to the truth."""
    closeness = Closeness()
    assert closeness.progress() is None
    closeness.add(0.5, 0.1, clicked=True, young=True)
    seen = closeness.progress()

    assert seen is not None
    assert (seen.learned, seen.young.clicks, seen.young.answers) == (None, 1, 1)


def test_the_band_of_a_calibration_narrows_with_clicks_and_catches_what_is_biased() -> None:
    """1.9 times too much, as where clicks are learned at once, is caught with 300 clicks."""
    few = Calibration(answers=100, clicks=5, predicted=9.5, truth=5.0, variance=4.75)
    many = Calibration(answers=6_000, clicks=300, predicted=570.0, truth=300.0, variance=285.0)

    assert (few.holds, many.holds) == (True, False)
    assert many.band is not None
    assert many.band[1] == pytest.approx(1.15 + 4 * math.sqrt(285) / 300)
    assert Calibration(answers=9, predicted=1.0).holds, "without a click nothing can be said"
