"""A run of requests with all their candidates: what the world knows of them, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.testing.appetite import DEVICES, PLACEMENTS
from flyball.testing.catalogue import AD_TYPES, TOPICS
from flyball.testing.delays import click_delays, within_window
from flyball.testing.exchange import places_of, shown_mask
from flyball.testing.moments import goes_missing
from flyball.testing.population import COUNTRIES
from flyball.testing.request import Candidate, Request
from flyball.testing.traffic import Traffic, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flyball.testing.arrays import Flags, Floats, Ints
    from flyball.testing.catalogue import Catalogue
    from flyball.testing.dice import Dice
    from flyball.testing.moments import Moments
    from flyball.testing.traffic import Texts

_SERVERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Auction:
    """Requests, the ads entered for them and the one chosen for each; see `World`, which holds them.

    Attributes:
        dice: the world's draws.
        catalogue: the world's ads.
        moments: the requests.
        ads: indices into the catalogue, shape (requests, candidates), as have the next two and `propensity`.
        bids: dollars a thousand impressions.
        p_ever: the true probability of a click at any time, if shown.
        chosen: which candidate is shown, shape (requests,).
        propensity: the probability with which each is shown.

    >>> from flyball.testing.world import World
    >>> len(next(World(seed=7, users=1000).requests(days=1, requests_per_day=500)).candidates)
    20
    """

    dice: Dice
    catalogue: Catalogue
    moments: Moments
    ads: Ints
    bids: Floats
    p_ever: Floats
    chosen: Ints
    propensity: Floats

    def traffic(self, *, candidates: bool) -> Traffic:
        """The rows of the ads that were shown, or with `candidates` of all that were entered."""
        shown = shown_mask(self.chosen)
        picked = np.ones_like(shown) if candidates else shown
        requests, slots = np.nonzero(picked)
        ads = self.ads[picked]
        types = self.catalogue.types[ads]
        places = places_of(self.moments.indices)[picked]
        event_ts = self.moments.event_ts[requests]
        p_ever = self.p_ever[picked]
        delays_us = np.where(shown[picked], click_delays(self.dice, places, p_ever, types), -1)
        clicked, click_ts = outcome(event_ts, delays_us)
        indices = self.moments.indices[requests]
        return Traffic(
            id=[f"r{index:08d}c{slot:02d}" for index, slot in zip(indices.tolist(), slots.tolist(), strict=True)],
            event_ts=event_ts,
            inputs=self._inputs(requests, ads, places, self.bids[picked]),
            shown=shown[picked],
            clicked=clicked,
            click_ts=click_ts,
            truth=p_ever * within_window(types),
            propensity=self.propensity[picked],
        )

    def requests(self) -> Iterator[Request]:
        """The requests one by one."""
        traffic = self.traffic(candidates=True)
        types = self.catalogue.types[self.ads].ravel().tolist()
        rows = zip(
            traffic.id,
            traffic.rows(),
            traffic.truth.tolist(),
            self.p_ever.ravel().tolist(),
            places_of(self.moments.indices).ravel().tolist(),
            types,
            strict=True,
        )
        for event_ts, logged in zip(self.moments.event_ts.tolist(), self.chosen.tolist(), strict=True):
            candidates = tuple(
                Candidate(id=name, inputs=inputs, truth=truth, p_ever=p_ever, place=place, ad_type=ad_type)
                for _, (name, inputs, truth, p_ever, place, ad_type) in zip(
                    range(self.ads.shape[1]), rows, strict=False
                )
            )
            yield Request(event_ts=event_ts, candidates=candidates, logged=logged)

    def _inputs(self, requests: Ints, ads: Ints, places: Ints, bids: Floats) -> dict[str, Texts | Ints | Floats]:
        """The inputs as a client would send them, one value for each of `requests` (rows of `moments`)."""
        moments, catalogue, dice = self.moments, self.catalogue, self.dice
        indices = moments.indices[requests]
        no_country = goes_missing(dice, "country", indices)
        no_device = goes_missing(dice, "device", indices)
        servers = (dice.uniform("server", indices) * _SERVERS).astype(np.int64)
        return {
            "user_id": [f"u{user:06d}" for user in moments.users[requests].tolist()],
            "country": _named(COUNTRIES, moments.countries[requests], no_country),
            "hour": moments.hours[requests],
            "weekday": moments.weekdays[requests],
            "device": _named(DEVICES, moments.reported_devices[requests], no_device),
            "placement": _named(PLACEMENTS, moments.placements[requests]),
            "ad_id": [f"a{ad:06d}" for ad in ads.tolist()],
            "advertiser": [f"v{advertiser:03d}" for advertiser in catalogue.advertisers[ads].tolist()],
            "ad_type": _named(AD_TYPES, catalogue.types[ads]),
            "topic": _named(TOPICS, catalogue.topics[ads]),
            "title": [catalogue.titles[ad] for ad in ads.tolist()],
            "ad_age_us": moments.event_ts[requests] - catalogue.born_us[ads],
            "bid_price": np.where(goes_missing(dice, "bid_price", places), np.nan, bids),
            "server": [f"s{server:02d}" for server in servers.tolist()],
        }


def _named(names: Sequence[str], codes: Ints, missing: Flags | None = None) -> Texts:
    if missing is None:
        return [names[code] for code in codes.tolist()]
    return [None if gone else names[code] for code, gone in zip(codes.tolist(), missing.tolist(), strict=True)]
