"""The requests themselves: when, who, from where and on what page; as they are, and as they are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.testing.appetite import DEVICES
from flyball.testing.population import COUNTRY_OFFSETS_US
from flyball.testing.season import local_clock

if TYPE_CHECKING:
    from flyball.testing.arrays import Flags, Ints
    from flyball.testing.dice import Dice
    from flyball.testing.population import Population
    from flyball.testing.season import Season

ABROAD = 0.05
"""The share of requests that their user makes from another country than home."""

MISREPORTED = {"device": 0.05}
"""The share of requests that report another value than the true one, by input."""

MISSING = {"country": 0.02, "device": 0.04, "bid_price": 0.05}
"""The share of predictions without a value, by input."""

_DEVICE_SHARES = np.array([0.55, 0.33, 0.08, 0.04])
_PLACEMENT_SHARES = np.array([0.35, 0.15, 0.25, 0.15, 0.10])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """A run of requests, one a row; every field has the shape (requests,).

    Attributes:
        indices: of the requests, counted from 0 at the start of the world.
        event_ts: when they came, int64 microseconds UTC; never falling.
        since_start_us: the same, counted from the start of the world.
        users, countries, devices, placements: codes of what is true.
        hours, weekdays: on the clock of the true country.
        reported_devices: the device as reported, right or wrong, before some go missing.

    >>> from flyball.testing.dice import Dice
    >>> from flyball.testing.population import COUNTRY_SHARES, Population
    >>> from flyball.testing.season import Season
    >>> season = Season(start_us=0, shares=COUNTRY_SHARES, offsets_us=COUNTRY_OFFSETS_US)
    >>> population = Population.of(Dice(7), users=1000)
    >>> Moments.of(Dice(7), season, population, np.arange(5), requests_per_day=100).users.shape
    (5,)
    """

    indices: Ints
    event_ts: Ints
    since_start_us: Ints
    users: Ints
    countries: Ints
    devices: Ints
    placements: Ints
    hours: Ints
    weekdays: Ints
    reported_devices: Ints

    @classmethod
    def of(
        cls, dice: Dice, season: Season, population: Population, indices: Ints, *, requests_per_day: float
    ) -> Moments:
        """The requests of these indices (int64, shape (requests,), rising)."""
        event_ts = season.arrivals(dice, indices, requests_per_day=requests_per_day)
        homes = season.country(dice, indices, event_ts)
        elsewhere = dice.choice("abroad/country", indices, season.shares)
        countries = np.where(dice.uniform("abroad", indices) < ABROAD, elsewhere, homes)
        hours, weekdays = local_clock(event_ts, COUNTRY_OFFSETS_US[countries])
        devices = dice.choice("device", indices, _DEVICE_SHARES)
        steps = 1 + (dice.uniform("device/wrong", indices) * (len(DEVICES) - 1)).astype(np.int64)
        wrong = dice.uniform("device/misreported", indices) < MISREPORTED["device"]
        return cls(
            indices=indices,
            event_ts=event_ts,
            since_start_us=event_ts - season.start_us,
            users=population.someone(dice, indices, homes),
            countries=countries,
            devices=devices,
            placements=dice.choice("placement", indices, _PLACEMENT_SHARES),
            hours=hours,
            weekdays=weekdays,
            reported_devices=np.where(wrong, (devices + steps) % len(DEVICES), devices),
        )


def goes_missing(dice: Dice, name: str, places: Ints) -> Flags:
    """Whether the value of input `name` is missing at each place: independent of everything else.

    >>> from flyball.testing.dice import Dice
    >>> bool(goes_missing(Dice(7), "user_id", np.arange(1000)).any())
    False
    """
    return np.asarray(dice.uniform("missing/" + name, places) < MISSING.get(name, 0.0), dtype=np.bool_)
