"""Who asks: countries with their rates and clocks, and users with homes, tastes and very different activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.system.error import FlyballError
from flyball.testing.season import HOUR_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.dice import Dice

# Code, share of the requests, hours ahead of UTC (standard time; the world has no summer time).
_COUNTRIES = (
    ("US", 0.22, -6.0),
    ("IN", 0.15, 5.5),
    ("BR", 0.09, -3.0),
    ("DE", 0.08, 1.0),
    ("GB", 0.08, 0.0),
    ("JP", 0.07, 9.0),
    ("FR", 0.06, 1.0),
    ("ID", 0.05, 7.0),
    ("MX", 0.05, -6.0),
    ("NG", 0.03, 1.0),
    ("IT", 0.03, 1.0),
    ("ES", 0.03, 1.0),
    ("KE", 0.02, 3.0),
    ("AU", 0.02, 10.0),
    ("CL", 0.01, -4.0),
    ("NZ", 0.01, 12.0),
)
COUNTRIES = tuple(code for code, _, _ in _COUNTRIES)
COUNTRY_SHARES = np.array([share for _, share, _ in _COUNTRIES])
COUNTRY_OFFSETS_US = np.array([int(hours * HOUR_US) for _, _, hours in _COUNTRIES], dtype=np.int64)

TASTES = 3
"""How many dimensions a taste has."""

ZIPF_EXPONENT = 0.9
_ZIPF_SHIFT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """All users, in the order of their home countries and there from the busiest to the idlest.

    Attributes:
        homes: country of each user, shape (users,).
        reached: running sum of activity over users, shape (users,); activity falls with the rank in the country as
            (rank + 3) ** -0.9 (Mandelbrot's form of Zipf's law).
        eagerness: effect of the user on the log-odds of a click, shape (users,).
        tastes: latent tastes on the average over time, shape (3, users): the country's and the user's own.
        swings: how tastes drift, shape (2, 3, users); see `tastes_at`.

    >>> from flyball.testing.dice import Dice
    >>> Population.of(Dice(7), users=1000).homes[:3].tolist()
    [0, 0, 0]
    """

    homes: Ints
    reached: Floats
    eagerness: Floats
    tastes: Floats
    swings: Floats

    @classmethod
    def of(cls, dice: Dice, *, users: int) -> Population:
        """The population of `users` users, at least one in every country.

        Raises:
            FlyballError: if there are fewer users than countries.
        """
        if users < len(COUNTRIES):
            raise FlyballError(
                f"users={users!r} leaves a country without users; give at least {len(COUNTRIES)}, one for each country"
            )
        places = np.arange(users)
        drawn = dice.choice("home", places, COUNTRY_SHARES)
        homes = np.sort(np.where(places < len(COUNTRIES), places, drawn))
        rank = places - np.searchsorted(homes, homes)
        coordinates = np.arange(TASTES)[:, None] * users + places[None, :]
        culture = 0.8 * dice.normal("culture", np.arange(TASTES * len(COUNTRIES))).reshape(TASTES, -1)
        return cls(
            homes=homes,
            reached=np.cumsum((rank + _ZIPF_SHIFT) ** -ZIPF_EXPONENT),
            eagerness=0.35 * dice.normal("eagerness", places),
            tastes=culture[:, homes] + 0.6 * dice.normal("taste", coordinates),
            swings=0.4 * dice.normal("swing", np.arange(2 * TASTES * users)).reshape(2, TASTES, users),
        )

    def tastes_at(self, users: Ints, phase: Floats) -> Floats:
        """Tastes of these users, shape (3, requests), where the drift has the phase given for each, in radians.

        >>> from flyball.testing.dice import Dice
        >>> population = Population.of(Dice(7), users=1000)
        >>> population.tastes_at(np.array([5]), np.array([0.0])).shape
        (3, 1)
        """
        swing = self.swings[0][:, users] * np.cos(phase) + self.swings[1][:, users] * np.sin(phase)
        return np.asarray(self.tastes[:, users] + swing, dtype=np.float64)

    def someone(self, dice: Dice, indices: Ints, countries: Ints) -> Ints:
        """The user behind each request of these indices, drawn by activity among those at home in its country."""
        first = np.searchsorted(self.homes, np.arange(len(COUNTRIES)))
        last = np.searchsorted(self.homes, np.arange(len(COUNTRIES)), side="right") - 1
        below = np.where(first > 0, self.reached[first - 1], 0.0)
        width = self.reached[last] - below
        drawn = below[countries] + dice.uniform("user", indices) * width[countries]
        found = np.searchsorted(self.reached, drawn, side="right")
        return np.clip(found, first[countries], last[countries])
