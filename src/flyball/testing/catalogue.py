"""What can be shown: advertisers, topics with their words, and ads that are born and end all the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.system.error import FlyballError
from flyball.testing.population import TASTES
from flyball.testing.season import DAY_US, HOUR_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.dice import Dice

MINUTE_US = 60_000_000
REFRESH_US = 5 * MINUTE_US
"""The exchange renews its list of live ads this often: an ad is born, and ends, at a multiple of it."""

WARM_UP_US = 30 * DAY_US
"""No ad lives longer, so that one warm-up of this length before the start makes the first day like any other."""

# Kind of ad, share of the births, mean life, mean delay of a click, effect on the log-odds of a click.
_AD_TYPES = (
    ("flash", 0.50, 8 * HOUR_US, 2 * MINUTE_US, 0.25),
    ("shop", 0.25, 3 * DAY_US, 5 * MINUTE_US, 0.0),
    ("app", 0.15, 5 * DAY_US, 12 * MINUTE_US, 0.1),
    ("brand", 0.10, 12 * DAY_US, 8 * MINUTE_US, -0.35),
)
AD_TYPES = tuple(name for name, *_ in _AD_TYPES)
DELAY_MEANS_US = np.array([mean for _, _, _, mean, _ in _AD_TYPES], dtype=np.float64)
TYPE_EFFECTS = np.array([effect for *_, effect in _AD_TYPES])

_TOPICS = """
    autos books cinema dating energy fashion games garden health insurance
    jobs kitchen loans music pets property sport tools toys travel
"""
_SHARED = "best new free sale now today buy save top easy only offer home your"
_SOUNDS = "ba do fi ka lo mi na pe ra su ta vo"
TOPICS = tuple(_TOPICS.split())
_SHARED_WORDS = tuple(_SHARED.split())
_SYLLABLES = tuple(_SOUNDS.split())
_WORDS_A_TOPIC = 30
_OWN_WORDS = tuple(
    _SYLLABLES[code * 5 % 12] + _SYLLABLES[code // 12 % 12] + _SYLLABLES[(code // 144 + code) % 12]
    for code in range(len(TOPICS) * _WORDS_A_TOPIC)
)
VOCABULARY = (*_OWN_WORDS, *_SHARED_WORDS)
"""All words of titles, each once: those of every topic, 30 each, then those that all topics share."""

_WORDS_A_TITLE = 4
_ADVERTISERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All ads born within a span, in the order of birth.

    Attributes:
        born_us: birth, int64 microseconds UTC, shape (ads,), never falling, on a refresh of the exchange.
        ends_us: the ad lives in [born_us, ends_us), shape (ads,).
        weights: how often the ad is entered for a request, shape (ads,), heavy-tailed.
        advertisers, topics, types: codes, shape (ads,).
        titles: four words each, most of them of the ad's topic.
        bids: usual bid in dollars a thousand impressions, shape (ads,), log-normal.
        effects: effect on the log-odds of a click when young, from advertiser, type, title and the ad's own quality.
        fatigue: how much of that is lost in the long run, shape (ads,), at least 0.

    >>> from flyball.testing.dice import Dice
    >>> catalogue = Catalogue.of(Dice(7), start_us=0, days=1, ads_per_day=100)
    >>> catalogue.titles[0]
    'tavoka free tabalo lovosu'
    """

    born_us: Ints
    ends_us: Ints
    weights: Floats
    advertisers: Ints
    topics: Ints
    types: Ints
    titles: tuple[str, ...]
    bids: Floats
    effects: Floats
    fatigue: Floats

    @classmethod
    def of(cls, dice: Dice, *, start_us: int, days: float, ads_per_day: float) -> Catalogue:
        """The ads born from `WARM_UP_US` before the start until `days` after it.

        Raises:
            FlyballError: if so few ads are born that a request could lack candidates.
        """
        if ads_per_day < 40:
            raise FlyballError(
                f"ads_per_day={ads_per_day!r} leaves too few live ads for a request's candidates; give at least 40"
            )
        ads = np.arange(int((WARM_UP_US / DAY_US + days) * ads_per_day))
        spread = (ads + dice.uniform("ad/birth", ads)) / ads_per_day
        born = _at_refresh(start_us - WARM_UP_US + (spread * DAY_US).astype(np.int64))
        types = dice.choice("ad/type", ads, np.array([share for _, share, *_ in _AD_TYPES]))
        means = np.array([mean for _, _, mean, *_ in _AD_TYPES])
        lives = means[types] * np.exp(0.6 * dice.normal("ad/life", ads) - 0.18)
        advertisers = (_ADVERTISERS * dice.uniform("ad/advertiser", ads) ** 2.5).astype(np.int64)
        topics = dice.choice("ad/topic", advertisers * 2 + (dice.uniform("ad/second", ads) < 0.25), _topic_shares())
        words = _draw_words(dice, ads, topics)
        effects = TYPE_EFFECTS[types] + 0.3 * dice.normal("advertiser/effect", advertisers)
        for place in range(_WORDS_A_TITLE):
            effects += 0.12 * dice.normal("word/effect", words[:, place])
        return cls(
            born_us=born,
            ends_us=_at_refresh(born + np.clip(lives, 2 * HOUR_US, WARM_UP_US - REFRESH_US).astype(np.int64)),
            weights=dice.uniform("ad/weight", ads) ** -0.6,
            advertisers=advertisers,
            topics=topics,
            types=types,
            titles=tuple(" ".join(VOCABULARY[code] for code in title) for title in words.tolist()),
            bids=2.0 * np.exp(0.9 * dice.normal("ad/bid", ads)),
            effects=effects + 0.3 * dice.normal("ad/quality", ads),
            fatigue=0.8 * dice.uniform("ad/fatigue", ads),
        )

    def live(self, moment_us: int) -> Ints:
        """Which ads live at a moment, by index, oldest first.

        >>> from flyball.testing.dice import Dice
        >>> len(Catalogue.of(Dice(7), start_us=0, days=1, ads_per_day=100).live(0)) > 100
        True
        """
        first = int(np.searchsorted(self.born_us, moment_us - WARM_UP_US))
        after = int(np.searchsorted(self.born_us, moment_us, side="right"))
        return first + np.flatnonzero(self.ends_us[first:after] > moment_us)


def topic_vectors(dice: Dice) -> Floats:
    """Where each topic lies among tastes, shape (3, topics).

    >>> from flyball.testing.dice import Dice
    >>> topic_vectors(Dice(7)).shape
    (3, 20)
    """
    return dice.normal("topic/vector", np.arange(TASTES * len(TOPICS))).reshape(TASTES, -1)


def _topic_shares() -> Floats:
    weights = (np.arange(len(TOPICS)) + 2.0) ** -0.7
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _draw_words(dice: Dice, ads: Ints, topics: Ints) -> Ints:
    """Words of the ad's topic, the first ones more often; one word in four is one that all topics share."""
    places = ads[:, None] * _WORDS_A_TITLE + np.arange(_WORDS_A_TITLE)[None, :]
    own = topics[:, None] * _WORDS_A_TOPIC + (_WORDS_A_TOPIC * dice.uniform("word/own", places) ** 2).astype(np.int64)
    shared = len(TOPICS) * _WORDS_A_TOPIC + (len(_SHARED_WORDS) * dice.uniform("word/shared", places)).astype(np.int64)
    return np.where(dice.uniform("word/kind", places) < 0.25, shared, own)


def _at_refresh(moments_us: Ints) -> Ints:
    return -(-moments_us // REFRESH_US) * REFRESH_US
