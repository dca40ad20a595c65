"""The simulated world: an ad exchange whose every click has a known probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.system.error import FlyballError
from flyball.testing.appetite import Appetite
from flyball.testing.auction import Auction
from flyball.testing.catalogue import Catalogue
from flyball.testing.delays import click_delays
from flyball.testing.dice import Dice
from flyball.testing.exchange import choose, enter, places_of
from flyball.testing.moments import Moments
from flyball.testing.population import COUNTRY_OFFSETS_US, COUNTRY_SHARES, Population
from flyball.testing.season import Season
from flyball.testing.traffic import concatenate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.testing.arrays import Ints
    from flyball.testing.request import Candidate, Request
    from flyball.testing.traffic import Traffic

START_US = 1_704_067_200_000_000
"""Monday 2024-01-01T00:00:00Z."""

_CHUNK = 4096
_LIVE_CHUNK = 128


class World:
    """An ad exchange with known truth: the same seed gives the same world, request by request and byte by byte.

    Users (busy and idle by Zipf's law, with homes and drifting tastes) ask from countries with clocks and rates of
    their own; 20 ads are entered for every request; one is shown; a click comes after an exponential delay or never.
    The probability of a click is a known function of country, local hour, weekend, device and placement together,
    country and topic together, the user and the user's taste for the topic, advertiser, type, title and quality of the
    ad, its age and its bid. Of the inputs as sent, `server` means nothing, `device` is wrong for 5 % of the requests,
    and `country`, `device` and `bid_price` are missing from 2, 4 and 5 %. Between machines, truths may differ in the
    last bit, as NumPy's exponentials do.

    Args:
        seed: which world.
        users: how many users there are, at least 16.
        ads_per_day: how many ads are born a day, at least 40.
        start_us: when it begins, int64 microseconds UTC, on a half hour.

    Raises:
        FlyballError: if an argument is out of its range.

    >>> traffic = World(seed=7, users=1000).month(days=2, requests_per_day=1000)
    >>> sorted(traffic.inputs)[:6]
    ['ad_age_us', 'ad_id', 'ad_type', 'advertiser', 'bid_price', 'country']
    >>> traffic.base_log_loss > traffic.entropy
    True
    """

    def __init__(
        self, seed: int = 0, *, users: int = 50_000, ads_per_day: float = 240, start_us: int = START_US
    ) -> None:
        self._dice = Dice(seed)
        self._population = Population.of(self._dice, users=users)
        self._appetite = Appetite.of(self._dice)
        self._season = Season(start_us=start_us, shares=COUNTRY_SHARES, offsets_us=COUNTRY_OFFSETS_US)
        self._ads_per_day = ads_per_day
        Catalogue.of(self._dice, start_us=start_us, days=0, ads_per_day=ads_per_day)

    @property
    def start_us(self) -> int:
        """When it begins, int64 microseconds UTC."""
        return self._season.start_us

    def month(self, days: float = 30, requests_per_day: float = 10_000, *, candidates_logged: bool = False) -> Traffic:
        """All traffic of the first `days` days: about `days * requests_per_day` rows, one shown ad each.

        Args:
            days: how long.
            requests_per_day: mean over a week; another rate is other traffic in the same world.
            candidates_logged: also give the 19 ads of each request that were not shown (`shown` false, no click).

        Raises:
            FlyballError: if no request comes in that time.
        """
        parts = self.chunks(days, requests_per_day, candidates_logged=candidates_logged)
        return concatenate(list(parts))

    def chunks(
        self,
        days: float = 30,
        requests_per_day: float = 10_000,
        *,
        candidates_logged: bool = False,
        requests: int = _CHUNK,
    ) -> Iterator[Traffic]:
        """The same rows as `month`, in parts of `requests` requests, so that no more than one is ever in memory.

        Raises:
            FlyballError: if no request comes in that time.

        >>> parts = World(seed=7, users=1000).chunks(days=2, requests_per_day=500, requests=200)
        >>> [len(part) for part in parts]
        [200, 200, 200, 200, 200, 50]
        """
        catalogue, indices = self._span(days, requests_per_day, requests)
        for run in indices:
            yield self._auction(catalogue, run, requests_per_day).traffic(candidates=candidates_logged)

    def requests(self, days: float = 30, requests_per_day: float = 10_000) -> Iterator[Request]:
        """The same requests one by one, each with its 20 candidates, for whoever wants to choose by himself.

        What `show` then answers for `request.candidates[request.logged]` is what `month` has in its rows.

        Raises:
            FlyballError: if no request comes in that time.

        >>> request = next(World(seed=7, users=1000).requests(days=1, requests_per_day=500))
        >>> len(request.candidates)
        20
        """
        catalogue, indices = self._span(days, requests_per_day, _LIVE_CHUNK)
        for run in indices:
            yield from self._auction(catalogue, run, requests_per_day).requests()

    def show(self, candidate: Candidate) -> int | None:
        """Show this ad: microseconds until the click, `None` if none ever comes. Showing it again changes nothing.

        >>> world = World(seed=7, users=1000)
        >>> requests = world.requests(days=1, requests_per_day=500)
        >>> sum(world.show(request.candidates[0]) is not None for request in requests)
        12
        """
        delay = click_delays(
            self._dice, np.array([candidate.place]), np.array([candidate.p_ever]), np.array([candidate.ad_type])
        )
        return None if delay[0] < 0 else int(delay[0])

    def _span(self, days: float, requests_per_day: float, at_once: int) -> tuple[Catalogue, Iterator[Ints]]:
        count = self._season.count(days=days, requests_per_day=requests_per_day)
        if count < 1:
            raise FlyballError(
                f"days={days!r} with requests_per_day={requests_per_day!r} holds no request; give more of either"
            )
        catalogue = Catalogue.of(self._dice, start_us=self._season.start_us, days=days, ads_per_day=self._ads_per_day)
        return catalogue, (np.arange(first, min(first + at_once, count)) for first in range(0, count, at_once))

    def _auction(self, catalogue: Catalogue, indices: Ints, requests_per_day: float) -> Auction:
        dice = self._dice
        moments = Moments.of(dice, self._season, self._population, indices, requests_per_day=requests_per_day)
        ads = enter(dice, catalogue, indices, moments.event_ts)
        haste = np.exp(0.8 * (dice.uniform("bid", places_of(indices)) - 0.5))
        bids = np.maximum(np.round(catalogue.bids[ads] * haste, 4), 0.0001)
        log_odds = self._appetite.log_odds(moments, self._population, catalogue, ads, bids)
        chosen, propensity = choose(dice, indices, log_odds)
        return Auction(
            dice=dice,
            catalogue=catalogue,
            moments=moments,
            ads=ads,
            bids=bids,
            p_ever=1.0 / (1.0 + np.exp(-log_odds)),
            chosen=chosen,
            propensity=propensity,
        )
