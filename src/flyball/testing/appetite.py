"""What makes a click likely: the known function that a learner tries to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.testing.catalogue import TOPICS, topic_vectors
from flyball.testing.population import COUNTRIES, TASTES
from flyball.testing.season import DAY_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.catalogue import Catalogue
    from flyball.testing.dice import Dice
    from flyball.testing.moments import Moments
    from flyball.testing.population import Population

DEVICES = ("mobile", "desktop", "tablet", "tv")
PLACEMENTS = ("feed", "top", "side", "footer", "video")

_BASE = -4.6
_DEVICE_EFFECTS = np.array([0.2, -0.15, 0.1, -0.9])
_PLACEMENT_EFFECTS = np.array([0.5, 0.9, -0.5, -1.2, 0.1])
_DRIFT_US = 42 * DAY_US
_FATIGUE_US = 5 * DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Appetite:
    """The tables behind the log-odds of a click.

    Attributes:
        countries: shape (countries,).
        hours: by local hour, shape (24,); weekends add 0.15.
        page: by device and placement, shape (devices, placements).
        topics: what topic and country do together, on the average over time, shape (countries, topics).
        swings: how that drifts, shape (2, countries, topics): `swings[0] * cos(w) + swings[1] * sin(w)` is added, where
            `w` goes once around in 42 days.
        vectors: where each topic lies among tastes, shape (3, topics).

    >>> from flyball.testing.dice import Dice
    >>> Appetite.of(Dice(7)).topics.shape
    (16, 20)
    """

    countries: Floats
    hours: Floats
    page: Floats
    topics: Floats
    swings: Floats
    vectors: Floats

    @classmethod
    def of(cls, dice: Dice) -> Appetite:
        """The appetite of the world that these dice belong to."""
        pairs = np.arange(len(COUNTRIES) * len(TOPICS))
        pages = np.arange(len(DEVICES) * len(PLACEMENTS))
        topics = 0.35 * dice.normal("topic/effect", np.arange(len(TOPICS)))
        constant = 0.55 * dice.normal("country/topic", pairs).reshape(len(COUNTRIES), -1)
        swings = 0.2 * dice.normal("country/swing", np.arange(2 * len(pairs)))
        both = dice.normal("page", pages).reshape(len(DEVICES), -1)
        return cls(
            countries=0.5 * dice.normal("country/effect", np.arange(len(COUNTRIES))),
            hours=-0.35 * np.cos((np.arange(24) - 9) * (np.pi / 12)),
            page=_DEVICE_EFFECTS[:, None] + _PLACEMENT_EFFECTS[None, :] + 0.3 * both,
            topics=topics[None, :] + constant,
            swings=swings.reshape(2, len(COUNTRIES), -1),
            vectors=topic_vectors(dice),
        )

    def log_odds(
        self, moments: Moments, population: Population, catalogue: Catalogue, ads: Ints, bids: Floats
    ) -> Floats:
        """Log-odds that a click ever comes, for every candidate of every request.

        Args:
            moments: the requests.
            population: who asks.
            catalogue: what can be shown.
            ads: the ads entered, shape (requests, candidates).
            bids: what is bid for each, dollars a thousand impressions, same shape.

        Returns:
            Shape (requests, candidates).
        """
        phase = moments.since_start_us.astype(np.float64) * (2.0 * np.pi / _DRIFT_US)
        cosine, sine = np.cos(phase), np.sin(phase)
        asked = (
            _BASE
            + self.countries[moments.countries]
            + self.hours[moments.hours]
            + 0.15 * (moments.weekdays >= 5)
            + self.page[moments.devices, moments.placements]
            + population.eagerness[moments.users]
        )
        topics = catalogue.topics[ads]
        age_us = moments.event_ts[:, None] - catalogue.born_us[ads]
        both = moments.countries[:, None] * len(TOPICS) + topics
        total = asked[:, None] + catalogue.effects[ads]
        total += catalogue.fatigue[ads] * np.expm1(-age_us / _FATIGUE_US)
        total += 0.3 * np.tanh(np.log(bids / 2.0))
        total += self.topics.ravel()[both]
        total += cosine[:, None] * self.swings[0].ravel()[both] + sine[:, None] * self.swings[1].ravel()[both]
        tastes = population.tastes_at(moments.users, phase)
        for axis in range(TASTES):
            total += 0.3 * tastes[axis][:, None] * self.vectors[axis, topics]
        return np.asarray(total, dtype=np.float64)
