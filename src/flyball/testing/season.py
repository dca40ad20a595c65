"""When requests come: the hours and weekdays of every country, summed into one stream of arrivals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.dice import Dice

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
HALF_HOUR_US = HOUR_US // 2
HALF_HOURS = 7 * 48
WEEK_US = HALF_HOURS * HALF_HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The rhythm of the week.

    Args:
        start_us: when the world begins, int64 microseconds UTC, on a half hour.
        shares: the share of all requests that each country sends, shape (countries,), summing to 1.
        offsets_us: what a country's clock is ahead of UTC, shape (countries,), whole half hours.

    Raises:
        FlyballError: if `start_us` is not on a half hour.

    >>> season = Season(start_us=0, shares=np.array([1.0]), offsets_us=np.array([0]))
    >>> season.count(days=7, requests_per_day=1000)
    7000
    """

    start_us: int
    shares: Floats
    offsets_us: Ints

    def __post_init__(self) -> None:
        if self.start_us % HALF_HOUR_US:
            raise FlyballError(
                f"start_us={self.start_us!r} is not on a half hour; give microseconds UTC that are a multiple of "
                f"{HALF_HOUR_US}, such as 1704067200000000 (2024-01-01T00:00:00Z)"
            )

    def demand(self) -> Floats:
        """Requests of each country in each half hour of the week from the start; shape (336, countries), sum 1.

        People sleep around four in the morning of their own clock, and weekends are a fifth quieter.
        """
        middles = self.start_us + np.arange(HALF_HOURS)[:, None] * HALF_HOUR_US + HALF_HOUR_US // 2
        hour, weekday = local_clock(middles, self.offsets_us[None, :])
        awake = 0.55 - 0.45 * np.cos((hour - 4) * (np.pi / 12))
        weekend = np.where(weekday >= 5, 0.8, 1.0)
        demand = self.shares[None, :] * awake * weekend
        return np.asarray(demand / demand.sum(), dtype=np.float64)

    def count(self, *, days: float, requests_per_day: float) -> int:
        """How many requests come within `days` of the start; over whole weeks the mean a day is `requests_per_day`."""
        weeks, rest = divmod(days * DAY_US, WEEK_US)
        within = np.interp(rest / WEEK_US, np.linspace(0.0, 1.0, HALF_HOURS + 1), self._reached())
        return int((weeks + float(within)) * 7 * requests_per_day)

    def arrivals(self, dice: Dice, indices: Ints, *, requests_per_day: float) -> Ints:
        """When the requests of these indices come, int64 microseconds UTC; a later index never comes earlier.

        Request `i` comes when the demand reaches `i + u`, u uniform in (0, 1): arrivals by inversion of the cumulative
        intensity (Devroye, "Non-Uniform Random Variate Generation", 1986, section VI.1), one in each unit of demand.
        """
        weeks = (indices + dice.uniform("arrival", indices)) / (7 * requests_per_day)
        whole = np.floor(weeks)
        within = np.interp(weeks - whole, self._reached(), np.linspace(0.0, 1.0, HALF_HOURS + 1))
        return self.start_us + ((whole + within) * WEEK_US).astype(np.int64)

    def country(self, dice: Dice, indices: Ints, event_ts: Ints) -> Ints:
        """From which country each request comes, given its time: whoever is awake asks more."""
        reached = np.cumsum(self.demand(), axis=1)
        half_hour = (event_ts - self.start_us) // HALF_HOUR_US % HALF_HOURS
        edges = reached[half_hour]
        draws = dice.uniform("country", indices) * edges[:, -1]
        return np.asarray((draws[:, None] >= edges[:, :-1]).sum(axis=1), dtype=np.int64)

    def _reached(self) -> Floats:
        reached = np.concatenate([[0.0], np.cumsum(self.demand().sum(axis=1))])
        return np.asarray(reached / reached[-1], dtype=np.float64)


def local_clock(event_ts: Ints, offset_us: Ints) -> tuple[Ints, Ints]:
    """Hour of the day (0 to 23) and weekday (0 = Monday) on a clock that is `offset_us` ahead of UTC.

    >>> [int(part) for part in local_clock(np.array(0), np.array(-HOUR_US))]
    [23, 2]
    """
    hours = (event_ts + offset_us) // HOUR_US
    return hours % 24, (hours // 24 + 3) % 7
