"""Requests come when people are awake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from flyball.system.error import FlyballError
from flyball.testing.season import DAY_US, HOUR_US, WEEK_US, Season, local_clock
from flyball.testing.world import START_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Ints
    from flyball.testing.dice import Dice


def test_requests_come_in_order_from_the_start_on(season: Season, dice: Dice, indices: Ints) -> None:
    """The first is not before the start, and no later index comes earlier."""
    event_ts = season.arrivals(dice, indices, requests_per_day=1000)

    assert event_ts[0] >= START_US
    assert np.diff(event_ts).min() >= 0


def test_a_week_holds_what_was_ordered(season: Season, dice: Dice) -> None:
    """7,000 requests at 1,000 a day, and the one after them comes in the second week."""
    event_ts = season.arrivals(dice, np.arange(7001), requests_per_day=1000)

    assert season.count(days=7, requests_per_day=1000) == 7000
    assert event_ts[6999] < START_US + WEEK_US <= event_ts[7000]


@pytest.mark.parametrize("days", [0.3, 1, 2.5, 6, 9, 30])
def test_the_count_is_what_arrives(season: Season, dice: Dice, days: float) -> None:
    """Whatever the span, the number of arrivals within it differs from the count by one at most."""
    event_ts = season.arrivals(dice, np.arange(40_000), requests_per_day=1000)

    arrived = int((event_ts < START_US + days * DAY_US).sum())

    assert abs(arrived - season.count(days=days, requests_per_day=1000)) <= 1


def test_the_night_is_quiet_and_the_weekend_quieter(season: Season, dice: Dice) -> None:
    """At four in the afternoon many times more come than at four in the morning; on Sundays a fifth less."""
    indices = np.arange(140_000)
    event_ts = season.arrivals(dice, indices, requests_per_day=10_000)
    countries = season.country(dice, indices, event_ts)
    hour, weekday = local_clock(event_ts, season.offsets_us[countries])

    by_hour = np.bincount(hour, minlength=24)
    by_day = np.bincount(weekday, minlength=7)

    assert by_hour[16] == pytest.approx(10 * by_hour[4], rel=0.15)
    assert by_day[6] == pytest.approx(0.8 * by_day[1], rel=0.03)


def test_countries_have_their_shares_over_a_week(season: Season, dice: Dice) -> None:
    """A chi-square test on the countries of a week's requests does not object."""
    indices = np.arange(70_000)

    countries = season.country(dice, indices, season.arrivals(dice, indices, requests_per_day=10_000))

    counts = np.bincount(countries, minlength=len(season.shares))
    assert stats.chisquare(counts, season.shares * len(indices)).pvalue > 0.01


def test_clocks_know_half_hours_and_the_day_before() -> None:
    """A Monday midnight in UTC is half past five in India and Sunday evening in Chicago."""
    monday = np.array([START_US])

    india = local_clock(monday, np.array([int(5.5 * HOUR_US)]))
    chicago = local_clock(monday, np.array([-6 * HOUR_US]))

    assert [part.tolist() for part in india] == [[5], [0]]
    assert [part.tolist() for part in chicago] == [[18], [6]]


def test_a_start_between_half_hours_is_refused() -> None:
    """The message says what is accepted."""
    with pytest.raises(FlyballError, match=r"start_us=17 is not on a half hour; give .* multiple of 1800000000"):
        Season(start_us=17, shares=np.array([1.0]), offsets_us=np.array([0]))
