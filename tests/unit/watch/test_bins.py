"""The log-odds bins: area under the curve, calibration curve and calibration error, against scikit-learn and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from flyball.watch.bins import COARSE, FINE, area, calibration_curve, calibration_error, merged, wilson, without_dust
from flyball.watch.kernel import coarse_bin, fine_bin


def binned(scores: np.ndarray, outcomes: np.ndarray, *, fine: bool) -> np.ndarray:
    """Bins of unit weight, filled one by one."""
    bins = np.zeros(((FINE if fine else COARSE) + 2, 3))
    for score, outcome in zip(scores, outcomes, strict=True):
        at = fine_bin(np.log(score) - np.log1p(-score))
        bins[at if fine else coarse_bin(at)] += (outcome, 1.0 - outcome, score)
    return bins


def drawn(seed: int, count: int = 5_000, spread: float = 1.2) -> tuple[np.ndarray, np.ndarray]:
    """Perfectly calibrated scores and their outcomes."""
    random = np.random.default_rng(seed)
    scores = 1.0 / (1.0 + np.exp(-random.normal(-1.5, spread, count)))
    return scores, (random.random(count) < scores).astype(float)


@pytest.mark.parametrize("fine", [False, True], ids=["coarse", "fine"])
@pytest.mark.parametrize("seed", range(5))
def test_area_is_within_its_stated_error_of_scikit_learns(fine: bool, seed: int) -> None:
    """The bound is a bound, and the fine one is small."""
    scores, outcomes = drawn(seed)
    found = area(binned(scores, outcomes, fine=fine))
    assert found is not None
    auc, error = found

    assert abs(auc - roc_auc_score(outcomes, scores)) <= error
    assert error < (0.003 if fine else 0.03)


def test_area_counts_equal_scores_as_half_exactly_as_scikit_learn_does() -> None:
    """With every tie a true tie the binned area is the area."""
    outcomes = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    scores = np.array([0.1, 0.1, 0.4, 0.4, 0.8, 0.1])
    found = area(binned(scores, outcomes, fine=False))
    assert found is not None

    assert found[0] == pytest.approx(roc_auc_score(outcomes, scores), abs=1e-15)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_area_of_one_class_alone_is_none(outcome: float) -> None:
    """Without pairs there is no area."""
    assert area(binned(np.array([0.2, 0.3]), np.full(2, outcome), fine=False)) is None


def test_every_fine_bin_lies_in_the_coarse_bin_of_its_log_odds() -> None:
    """Sixteen fine bins make one coarse bin, and the ends stay ends."""
    for log_odds in (-40.0, -12.0, -11.9999, -0.1875, -1e-9, 0.0, 0.1874, 11.9999, 12.0, 40.0):
        expected = 0 if log_odds < -12 else COARSE + 1 if log_odds >= 12 else 1 + int((log_odds + 12) * COARSE / 24)

        assert expected == coarse_bin(fine_bin(log_odds))


def test_dust_left_by_rounding_is_read_as_nothing() -> None:
    """A class that was taken back again does not count as present."""
    bins = np.array([[1e-17, 3.0, 0.6], [0.0, -1e-16, 1e-18]])

    assert without_dust(bins).tolist() == [[0.0, 3.0, 0.6], [0.0, 0.0, 0.0]]
    assert area(bins) is None


def test_a_bin_of_tiny_predictions_is_no_dust() -> None:
    """Predictions of one in a billion over real weight keep their sum."""
    assert without_dust(np.array([[0.0, 1000.0, 1e-9]]))[0, 2] == 1e-9


def test_merged_groups_hold_nearly_equal_weight_and_lose_none() -> None:
    """Groups differ by no more than the heaviest bin."""
    scores, outcomes = drawn(1)
    bins = binned(scores, outcomes, fine=True)
    groups = merged(bins, 10)
    weights = groups[:, :2].sum(axis=1)

    assert len(groups) == 10
    assert weights.sum() == 5_000
    assert weights.max() - weights.min() <= 2 * bins[:, :2].sum(axis=1).max()
    np.testing.assert_allclose(groups.sum(axis=0), bins.sum(axis=0), rtol=1e-12)


def test_calibration_curve_of_true_scores_covers_the_diagonal_in_most_groups() -> None:
    """A 95 % interval misses rarely."""
    inside = total = 0
    for seed in range(10):
        for group in calibration_curve(binned(*drawn(seed), fine=True)):
            inside += group.lower <= group.predicted <= group.upper
            total += 1

    assert total == 200
    assert inside / total > 0.9


def test_calibration_curve_shows_scores_that_are_twice_too_high() -> None:
    """Every group lies at half."""
    scores, outcomes = drawn(3, 20_000)
    for group in calibration_curve(binned(np.minimum(scores * 2.0, 0.999), outcomes, fine=True), groups=5)[:4]:
        assert group.actual / group.predicted == pytest.approx(0.5, rel=0.15)


def test_calibration_error_of_true_scores_is_near_zero_where_the_plain_one_is_not() -> None:
    """The debiased error averages to about nothing; the plain one of the same bins does not."""
    debiased, plain = [], []
    for seed in range(20):
        bins = binned(*drawn(seed, 500), fine=True)
        debiased.append(calibration_error(bins))
        groups = calibration_curve(bins, groups=15)
        plain.append(sum(g.weight * abs(g.predicted - g.actual) for g in groups) / sum(g.weight for g in groups))

    assert np.mean(plain) > 0.03
    assert np.median(np.array(debiased, float)) < 0.02


def test_calibration_error_finds_a_true_shift() -> None:
    """Predictions 0.1 too high give 0.1."""
    random = np.random.default_rng(0)
    truth = random.uniform(0.2, 0.8, 20_000)
    outcomes = (random.random(20_000) < truth).astype(float)

    assert calibration_error(binned(truth + 0.1, outcomes, fine=True)) == pytest.approx(0.1, abs=0.015)


def test_calibration_error_without_two_examples_in_a_group_is_none() -> None:
    """One example has no variance to take off."""
    assert calibration_error(binned(np.array([0.3]), np.array([1.0]), fine=False)) is None
    assert calibration_error(np.zeros((4, 3))) is None


def test_wilson_interval_of_a_rate_of_nought_begins_at_nought_and_has_width() -> None:
    """Unlike the normal interval it does not collapse."""
    lower, upper = wilson(0.0, 50)

    assert lower == 0.0
    assert upper == pytest.approx(0.0713, abs=1e-3)
