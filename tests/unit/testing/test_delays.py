"""Clicks come late, as their law says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from flyball.testing.catalogue import AD_TYPES, DELAY_MEANS_US
from flyball.testing.delays import WINDOW_US, click_delays, within_window

if TYPE_CHECKING:
    from flyball.testing.dice import Dice

PLACES = np.arange(100_000)


@pytest.mark.parametrize("code", range(len(AD_TYPES)), ids=AD_TYPES)
def test_delays_are_exponential_with_the_mean_of_their_type(dice: Dice, code: int) -> None:
    """A Kolmogorov-Smirnov test against scipy's exponential law does not object."""
    types = np.full_like(PLACES, code)

    delays = click_delays(dice, PLACES, np.ones(len(PLACES)), types)

    assert stats.kstest(delays, "expon", args=(0, DELAY_MEANS_US[code])).pvalue > 0.01


def test_delays_are_not_of_another_mean(dice: Dice) -> None:
    """The same test objects to a mean that is 3 % off: it can fail."""
    delays = click_delays(dice, PLACES, np.ones(len(PLACES)), np.zeros_like(PLACES))

    assert stats.kstest(delays, "expon", args=(0, 1.03 * DELAY_MEANS_US[0])).pvalue < 0.001


def test_the_share_within_the_window_is_the_declared_one(dice: Dice) -> None:
    """Within four standard errors for every type; for apps every twelfth click is too late."""
    types = PLACES % len(AD_TYPES)
    delays = click_delays(dice, PLACES, np.ones(len(PLACES)), types)
    declared = within_window(np.arange(len(AD_TYPES)))

    shares = np.array([(delays[types == code] < WINDOW_US).mean() for code in range(len(AD_TYPES))])

    errors = np.sqrt(declared * (1 - declared) / 25_000)
    assert np.all(np.abs(shares - declared) < 4 * errors + 1e-9)
    assert 1 - declared[AD_TYPES.index("app")] == pytest.approx(1 / 12, abs=0.002)


def test_the_probability_decides_whether_a_click_comes(dice: Dice) -> None:
    """Never at 0, always at 1, and three times in ten at 0.3."""
    types = np.zeros_like(PLACES)
    came = {p: (click_delays(dice, PLACES, np.full(len(PLACES), p), types) >= 0).mean() for p in (0.0, 0.3, 1.0)}

    assert came[0.0] == 0.0
    assert came[0.3] == pytest.approx(0.3, abs=0.006)
    assert came[1.0] == 1.0


def test_no_click_comes_before_its_ad(dice: Dice) -> None:
    """A delay is at least a microsecond, or -1 for never."""
    delays = click_delays(dice, PLACES, np.full(len(PLACES), 0.5), PLACES % len(AD_TYPES))

    assert np.all((delays == -1) | (delays >= 1))
