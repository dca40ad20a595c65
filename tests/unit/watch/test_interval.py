"""Intervals hold however often one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.watch.interval import FEWEST, MOMENT, Interval, interval_of, margin

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS, LENGTH = 1_000, 10_000


def ever_missed(draws: Floats, mean: float, *, alpha: float = 0.05) -> NDArray[np.bool_]:
    """For each row of draws whether the interval ever left out the mean, looked at after every single draw."""
    counts = np.arange(1, draws.shape[1] + 1)
    half = np.array([margin(count, alpha) for count in counts.tolist()])
    means = np.cumsum(draws, axis=1) / counts
    deviations = np.sqrt(np.maximum(np.cumsum(draws * draws, axis=1) / counts - means * means, 0.0))
    outside = np.abs(means - mean) > deviations * half
    return np.asarray(outside[:, FEWEST - 1 :].any(axis=1))


def normal(random: np.random.Generator) -> Floats:
    """Draws whose mean is 0."""
    return random.normal(size=(RUNS, LENGTH))


def log_losses(random: np.random.Generator) -> Floats:
    """Differences of log losses: a model that is wrong by chance, where a tenth of the labels are yes."""
    yes = random.random((RUNS, LENGTH)) < 0.1
    tilt = random.normal(0.0, 0.2, (RUNS, LENGTH))
    p = 0.1 * np.exp(tilt) / (0.9 + 0.1 * np.exp(tilt))
    losses = np.where(yes, np.log(0.1 / p), np.log(0.9 / (1.0 - p)))
    return np.asarray(losses - (0.1 * np.log(0.1 / p) + 0.9 * np.log(0.9 / (1.0 - p))))


def drifting(random: np.random.Generator) -> Floats:
    """Draws whose spread grows and falls as time goes by, and depends on the draw before."""
    draws = random.normal(size=(RUNS, LENGTH)) * (1.0 + np.sin(np.arange(LENGTH) / 300.0))
    draws[:, 1:] *= 0.5 + (draws[:, :-1] > 0.0)
    return draws


@pytest.mark.parametrize("kind", [normal, log_losses, drifting])
def test_the_mean_is_hardly_ever_outside_at_any_of_all_looks(kind: Callable[[np.random.Generator], Floats]) -> None:
    """In at most alpha of all streams, though each is looked at 9,901 times; chance is allowed three deviations."""
    missed = ever_missed(kind(np.random.default_rng(2)), 0.0)

    assert missed.mean() <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / RUNS), missed.mean()


def test_an_interval_for_one_look_would_be_wrong_far_more_often() -> None:
    """The same streams, looked at as often with 1.96 standard errors."""
    draws = normal(np.random.default_rng(2))
    counts = np.arange(1, LENGTH + 1)
    means, spread = np.cumsum(draws, axis=1) / counts, 1.96 / np.sqrt(counts)

    assert (np.abs(means) > spread)[:, FEWEST - 1 :].any(axis=1).mean() > 0.3


def test_a_difference_is_found_though_the_looks_never_end() -> None:
    """A tenth of a standard deviation, within 10,000 draws."""
    missed = ever_missed(normal(np.random.default_rng(3)) + 0.1, 0.0)

    assert missed.mean() > 0.99


def test_it_is_narrowest_for_its_number_at_the_moment_it_is_made_for() -> None:
    """As a multiple of the standard error."""
    widths = {count: margin(count, 0.05) * count**0.5 for count in (100, MOMENT // 2, MOMENT, 2 * MOMENT, 10**7)}

    assert min(widths, key=widths.__getitem__) == MOMENT
    assert widths[MOMENT] < 3.1


def test_nothing_is_said_of_few() -> None:
    """The deviation of few differences says little of the next one."""
    assert interval_of(FEWEST - 1, 50.0, 50.0) is None
    assert interval_of(FEWEST, 50.0, 50.0) is not None


def test_equal_differences_leave_no_doubt() -> None:
    """And rounding makes no root of a negative number."""
    found = interval_of(1_000, 100.0, 10.0)

    assert found is not None
    assert found.mean == pytest.approx(0.1)
    assert found.high - found.low < 1e-6


def test_an_interval_that_touches_a_bound_is_not_within_it() -> None:
    """Both ends have to lie inside."""
    assert Interval(low=-0.1, mean=0.0, high=0.1).within(0.11)
    assert not Interval(low=-0.1, mean=0.0, high=0.1).within(0.1)
    assert not Interval(low=-0.2, mean=-0.15, high=-0.1).within(0.15)
