"""Twenty different live ads are entered, and the exchange shows one by known odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from flyball.testing.catalogue import REFRESH_US, Catalogue
from flyball.testing.exchange import CANDIDATES, EXPLORED, choose, enter, places_of, shown_mask
from flyball.testing.season import HOUR_US
from flyball.testing.world import START_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Ints
    from flyball.testing.dice import Dice


@pytest.fixture(scope="module")
def event_ts(indices: Ints) -> Ints:
    """20,000 requests over four days."""
    return START_US + indices * 17_280_000


@pytest.fixture(scope="module")
def entered(dice: Dice, catalogue: Catalogue, indices: Ints, event_ts: Ints) -> Ints:
    """The ads entered for them."""
    return enter(dice, catalogue, indices, event_ts)


def test_the_candidates_of_a_request_all_differ(entered: Ints) -> None:
    """No ad bids against itself."""
    assert entered.shape == (20_000, CANDIDATES)
    assert np.diff(entered, axis=1).min() > 0


def test_all_candidates_are_alive(entered: Ints, catalogue: Catalogue, event_ts: Ints) -> None:
    """At the last refresh of the list before the request."""
    refreshed = (event_ts // REFRESH_US * REFRESH_US)[:, None]

    assert np.all(catalogue.born_us[entered] <= refreshed)
    assert np.all(refreshed < catalogue.ends_us[entered])


def test_new_ads_are_pushed(entered: Ints, catalogue: Catalogue, event_ts: Ints) -> None:
    """Ads in their first hour are entered several times as often as their number among the living would give."""
    young = (event_ts[:, None] - catalogue.born_us[entered] < HOUR_US).mean()
    live = catalogue.live(START_US + 48 * HOUR_US)
    of_living = (START_US + 48 * HOUR_US - catalogue.born_us[live] < HOUR_US).mean()

    assert 3 < young / of_living < 8


def test_requests_do_not_depend_on_their_neighbours(
    dice: Dice, catalogue: Catalogue, indices: Ints, event_ts: Ints, entered: Ints
) -> None:
    """A run cut in the middle of a refresh gives the same ads."""
    cut = 1237

    parts = [enter(dice, catalogue, indices[part], event_ts[part]) for part in (slice(cut), slice(cut, None))]

    assert np.array_equal(entered, np.concatenate(parts))


def test_what_is_shown_is_drawn_by_its_propensity(dice: Dice) -> None:
    """Over 100,000 requests alike, a chi-square test on the chosen candidates does not object."""
    log_odds = np.tile(np.linspace(-5, -1, CANDIDATES), (100_000, 1))

    chosen, propensity = choose(dice, np.arange(100_000), log_odds)

    counts = np.bincount(chosen, minlength=CANDIDATES)
    assert np.allclose(propensity.sum(axis=1), 1.0)
    assert stats.chisquare(counts, propensity.sum(axis=0)).pvalue > 0.01


def test_every_candidate_may_be_shown(dice: Dice) -> None:
    """However bad it looks, exploration gives it its share."""
    log_odds = np.full((10, CANDIDATES), 50.0)
    log_odds[:, 7] = -50.0

    _, propensity = choose(dice, np.arange(10), log_odds)

    assert propensity[:, 7] == pytest.approx(EXPLORED / CANDIDATES)


def test_places_never_meet() -> None:
    """No two candidates of any two requests share a place."""
    places = places_of(np.arange(1000))

    assert len(np.unique(places)) == places.size


def test_one_candidate_a_request_is_shown() -> None:
    """The chosen one."""
    mask = shown_mask(np.array([0, 19, 4]))

    assert mask.sum(axis=1).tolist() == [1, 1, 1]
    assert mask.argmax(axis=1).tolist() == [0, 19, 4]
