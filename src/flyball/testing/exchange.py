"""The auction: which ads are entered for a request, and which one the exchange shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.testing.catalogue import REFRESH_US
from flyball.testing.season import HOUR_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Flags, Floats, Ints
    from flyball.testing.catalogue import Catalogue
    from flyball.testing.dice import Dice

CANDIDATES = 20
"""How many ads are entered for every request."""

PLACES_A_REQUEST = 32
"""Request `i`, candidate `j` has the place `32 * i + j` in every stream of draws about candidates."""

EXPLORED = 0.1
"""The share of requests for which the exchange shows a candidate drawn evenly."""

_YOUTH_BOOST = 7.0
_YOUTH_US = HOUR_US


def enter(dice: Dice, catalogue: Catalogue, indices: Ints, event_ts: Ints) -> Ints:
    """The ads entered for each request, shape (requests, 20): indices into the catalogue, all different in a row.

    Drawn from those alive by weight, one from each twentieth of the running sum of the weights (stratified sampling:
    Cochran, "Sampling Techniques", 1977, chapter 5); an ad drawn twice gives way to its neighbour. A new ad is entered
    eight times as often at first, as campaigns start with a push.

    Args:
        dice: the world's draws.
        catalogue: the ads; 20 or more alive at any of the times.
        indices: of the requests, shape (requests,), rising.
        event_ts: when they come, int64 microseconds UTC, shape (requests,), never falling.

    >>> from flyball.testing.catalogue import Catalogue
    >>> from flyball.testing.dice import Dice
    >>> catalogue = Catalogue.of(Dice(7), start_us=0, days=1, ads_per_day=100)
    >>> enter(Dice(7), catalogue, np.arange(3), np.array([0, 60_000_000, 3_600_000_000])).shape
    (3, 20)
    """
    strata = np.arange(CANDIDATES)
    draws = (strata + dice.uniform("candidate", places_of(indices))) / CANDIDATES
    entered = np.empty(draws.shape, dtype=np.int64)
    slots = event_ts // REFRESH_US
    starts = np.flatnonzero(np.diff(slots, prepend=-1))
    for first, after in zip(starts, np.append(starts[1:], len(slots)), strict=True):
        refreshed_us = int(slots[first]) * REFRESH_US
        live = catalogue.live(refreshed_us)
        ages = refreshed_us - catalogue.born_us[live]
        reached = np.cumsum(catalogue.weights[live] * (1.0 + _YOUTH_BOOST * np.exp(-ages / _YOUTH_US)))
        drawn = np.searchsorted(reached, draws[first:after] * reached[-1], side="right")
        apart = np.maximum.accumulate(drawn - strata, axis=1) + strata
        entered[first:after] = live[np.minimum(apart, len(live) - CANDIDATES + strata)]
    return entered


def choose(dice: Dice, indices: Ints, log_odds: Floats) -> tuple[Ints, Floats]:
    """Which candidate the exchange shows for each request, and with what probability it shows each candidate.

    With probability 0.1 any, else one drawn in proportion to its odds of a click (Boltzmann exploration: Sutton and
    Barto, "Reinforcement Learning", 2018, section 2.8): an incumbent that knows much and still explores.

    Args:
        dice: the world's draws.
        indices: of the requests, shape (requests,).
        log_odds: of a click on each candidate, shape (requests, 20).

    Returns:
        The chosen candidate, shape (requests,), and the propensities, shape (requests, 20), each row summing to 1.

    >>> from flyball.testing.dice import Dice
    >>> sure = np.full((1, 20), -9.0)
    >>> sure[0, 4] = 9.0
    >>> chosen, propensity = choose(Dice(7), np.array([0]), sure)
    >>> int(chosen[0]), float(propensity[0, 4].round(3))
    (4, 0.905)
    """
    odds = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    propensity = EXPLORED / CANDIDATES + (1.0 - EXPLORED) * odds / odds.sum(axis=1, keepdims=True)
    reached = np.cumsum(propensity, axis=1)
    draws = dice.uniform("choice", indices) * reached[:, -1]
    chosen = (draws[:, None] >= reached[:, :-1]).sum(axis=1)
    return np.asarray(chosen, dtype=np.int64), propensity


def places_of(indices: Ints) -> Ints:
    """The places of the candidates of these requests, shape (requests, 20).

    >>> places_of(np.array([0, 1]))[:, 0].tolist()
    [0, 32]
    """
    return indices[:, None] * PLACES_A_REQUEST + np.arange(CANDIDATES)[None, :]


def shown_mask(chosen: Ints) -> Flags:
    """Which candidates of each request are the chosen ones, shape (requests, 20).

    >>> int(shown_mask(np.array([3]))[0].argmax())
    3
    """
    return np.asarray(np.arange(CANDIDATES)[None, :] == chosen[:, None], dtype=np.bool_)
