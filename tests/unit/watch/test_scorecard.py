"""Scorecards against scikit-learn and plain NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, mean_absolute_error, mean_squared_error, r2_score

from flyball.watch.board import Board
from flyball.watch.scorecard import Scorecard, entropy, scorecard


def board_of(kind: str, scores: np.ndarray, values: np.ndarray, weights: np.ndarray) -> Board:
    """A board without slices that was told all of this."""
    board = Board([], kind)  # type: ignore[arg-type]  # parametrised by name
    count = len(scores)
    board.add(scores, values, weights, np.ones(count), np.arange(count), np.zeros((count, 0)))
    return board


@pytest.fixture
def random() -> np.random.Generator:
    """A seeded source of numbers."""
    return np.random.default_rng(20)


@pytest.mark.parametrize("weighted", [False, True], ids=["weights of 1", "unequal weights"])
def test_binary_measures_equal_scikit_learns(weighted: bool, random: np.random.Generator) -> None:
    """Log loss and Brier score are the textbook's."""
    scores = random.beta(1.0, 4.0, 3_000)
    values = (random.random(3_000) < scores).astype(float)
    weights = random.uniform(0.5, 3.0, 3_000) if weighted else np.ones(3_000)
    card = board_of("binary", scores, values, weights).total()

    assert card.examples == 3_000
    assert card.log_loss == pytest.approx(log_loss(values, scores, sample_weight=weights), rel=1e-12)
    assert card.brier == pytest.approx(brier_score_loss(values, scores, sample_weight=weights), rel=1e-12)
    assert card.calibration == pytest.approx((weights @ scores) / (weights @ values), rel=1e-12)
    base = entropy(float(weights @ values / weights.sum()))
    assert card.log_loss is not None
    assert card.normalised_entropy == pytest.approx(card.log_loss / base, rel=1e-12)
    assert card.normalised_entropy_global == pytest.approx(card.normalised_entropy, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["weights of 1", "unequal weights"])
def test_number_measures_equal_scikit_learns(weighted: bool, random: np.random.Generator) -> None:
    """Errors and explained variance are the textbook's."""
    values = random.normal(40.0, 12.0, 2_000)
    scores = values + random.normal(0.7, 5.0, 2_000)
    weights = random.uniform(0.5, 3.0, 2_000) if weighted else np.ones(2_000)
    card = board_of("number", scores, values, weights).total()

    assert card.rmse == pytest.approx(math.sqrt(mean_squared_error(values, scores, sample_weight=weights)), rel=1e-12)
    assert card.mae == pytest.approx(mean_absolute_error(values, scores, sample_weight=weights), rel=1e-12)
    assert card.r2 == pytest.approx(r2_score(values, scores, sample_weight=weights), rel=1e-9)
    assert card.deviation == pytest.approx(math.sqrt(np.cov(values, aweights=weights, ddof=0)), rel=1e-9)
    assert card.bias == pytest.approx(np.average(scores - values, weights=weights), rel=1e-9)
    assert card.log_loss is None
    assert card.auc is None


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_standard_errors_match_the_spread_over_many_samples(kind: str) -> None:
    """The stated error is the one that repeated experiments show, with unequal weights too."""
    means, errors, scores_z = [], [], []
    for seed in range(300):
        draw = np.random.default_rng(seed)
        scores = draw.beta(2.0, 3.0, 400)
        values = (draw.random(400) < scores).astype(float) if kind == "binary" else scores + draw.normal(0.0, 1.0, 400)
        card = board_of(kind, scores, values, draw.choice([1.0, 5.0], 400)).total()
        means.append(card.log_loss if kind == "binary" else card.rmse)
        errors.append(card.log_loss_error if kind == "binary" else card.rmse_error)
        scores_z.append(card.calibration_z)

    assert np.mean(np.array(errors, float)) == pytest.approx(np.std(np.array(means, float)), rel=0.15)
    assert np.std(np.array(scores_z, float)) == pytest.approx(1.0, abs=0.15)


def test_z_has_the_sign_of_predicting_too_much() -> None:
    """Predictions above what happened give a calibration above 1 and a positive z."""
    card = board_of("binary", np.full(100, 0.5), np.array([1.0] * 20 + [0.0] * 80), np.ones(100)).total()

    assert card.calibration == pytest.approx(2.5)
    assert card.calibration_z == pytest.approx(30.0 / 5.0)


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_an_empty_cell_has_no_measures(kind: str) -> None:
    """Empty is none, not zero and not NaN."""
    card = Board([], kind).total()  # type: ignore[arg-type]  # parametrised by name

    assert card == Scorecard(kind=kind, examples=0, weight=0.0)  # type: ignore[arg-type]  # parametrised by name


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_class_alone_has_a_log_loss_but_nothing_that_needs_two(outcome: float) -> None:
    """Normalised entropy and area are none where outcomes are all alike."""
    card = board_of("binary", np.array([0.2, 0.3]), np.full(2, outcome), np.ones(2)).total()

    assert card.log_loss is not None
    assert card.base_entropy == 0.0
    assert card.normalised_entropy is None
    assert card.auc is None
    assert (card.calibration is None) == (outcome == 0.0)


def test_certain_predictions_cost_a_finite_loss_when_wrong() -> None:
    """A probability of 0 or 1 is cut to 1e-15 from the end; its claimed variance is nothing, so z is none."""
    card = board_of("binary", np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.ones(2)).total()

    assert card.log_loss == pytest.approx(-math.log(1e-15), rel=1e-2)
    assert card.calibration_z is None


def test_weights_of_nought_leave_no_measures() -> None:
    """There is nothing to divide by."""
    card = board_of("binary", np.array([0.5]), np.array([1.0]), np.zeros(1)).total()

    assert card.log_loss is None


def test_constant_numbers_have_no_explained_variance() -> None:
    """Rounding of nearly equal sums is not taken for variance."""
    card = board_of("number", np.full(50, 1e8), np.full(50, 1e8 + 0.1), np.ones(50)).total()

    assert card.deviation is None
    assert card.r2 is None


def test_a_single_example_has_no_standard_error() -> None:
    """One number has no spread."""
    assert board_of("binary", np.array([0.5]), np.array([1.0]), np.ones(1)).total().log_loss_error is None
    assert board_of("number", np.array([0.5]), np.array([1.0]), np.ones(1)).total().calibration_z is None


def test_fractions_as_outcomes_are_scored_by_cross_entropy() -> None:
    """The mean of several answers is an outcome too."""
    card = board_of("binary", np.array([0.25]), np.array([0.5]), np.ones(1)).total()

    assert card.log_loss == pytest.approx(-0.5 * math.log(0.25) - 0.5 * math.log(0.75))


def test_measures_of_the_weather_example_are_as_by_hand() -> None:
    """Four forecasts, worked on paper."""
    sums = np.array([4.0, 4.0, 4.0, 2.0, 2.0, 2.0, 2.0, 1.5, 0.5, 0.9])
    card = scorecard("binary", sums, base_rate=0.25)

    assert card.log_loss == 0.5
    assert card.log_loss_error == pytest.approx(math.sqrt((1.5 / 4 - 0.25) / 4))
    assert card.normalised_entropy == pytest.approx(0.5 / math.log(2.0))
    assert card.normalised_entropy_global == pytest.approx(0.5 / 0.5623351446)
