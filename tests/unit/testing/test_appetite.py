"""The probability of a click is the function that the world declares."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.testing.appetite import Appetite
from flyball.testing.exchange import enter
from flyball.testing.moments import Moments
from flyball.testing.season import DAY_US, Season

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.catalogue import Catalogue
    from flyball.testing.dice import Dice
    from flyball.testing.population import Population


class Scene:
    """A thousand requests with their candidates, all of them valued by one appetite."""

    def __init__(self, dice: Dice, season: Season, population: Population, catalogue: Catalogue) -> None:
        """Everything that the appetite looks at; all bids are 2 dollars."""
        self.appetite = Appetite.of(dice)
        self.population = population
        self.catalogue = catalogue
        self.moments = Moments.of(dice, season, population, np.arange(1000), requests_per_day=200)
        self.ads: Ints = enter(dice, catalogue, self.moments.indices, self.moments.event_ts)
        self.bids: Floats = np.full(self.ads.shape, 2.0)

    def log_odds(self, **changed: Moments | Catalogue | Floats) -> Floats:
        """The log-odds of the scene, with some of its parts exchanged."""
        return self.appetite.log_odds(
            changed.get("moments", self.moments),  # type: ignore[arg-type]  # the tests give what the name says
            self.population,
            changed.get("catalogue", self.catalogue),  # type: ignore[arg-type]  # the tests give what the name says
            self.ads,
            changed.get("bids", self.bids),  # type: ignore[arg-type]  # the tests give what the name says
        )


@pytest.fixture(scope="module")
def scene(dice: Dice, season: Season, population: Population, catalogue: Catalogue) -> Scene:
    """The scene that these tests change."""
    return Scene(dice, season, population, catalogue)


@pytest.mark.parametrize(("request_index", "slot"), [(0, 0), (500, 7), (999, 19)])
def test_the_log_odds_are_the_sum_of_the_declared_effects(scene: Scene, request_index: int, slot: int) -> None:
    """Computed once more for one candidate, term by term, with plain numbers."""
    appetite, moments, catalogue = scene.appetite, scene.moments, scene.catalogue
    user, country = int(moments.users[request_index]), int(moments.countries[request_index])
    ad = int(scene.ads[request_index, slot])
    topic = int(catalogue.topics[ad])
    turn = 2 * math.pi * int(moments.since_start_us[request_index]) / (42 * DAY_US)
    age_days = (int(moments.event_ts[request_index]) - int(catalogue.born_us[ad])) / DAY_US
    taste = scene.population.tastes_at(np.array([user]), np.array([turn]))[:, 0]
    terms = [
        -4.6,
        appetite.countries[country],
        -0.35 * math.cos((int(moments.hours[request_index]) - 9) * math.pi / 12),
        0.15 if moments.weekdays[request_index] >= 5 else 0.0,
        appetite.page[moments.devices[request_index], moments.placements[request_index]],
        scene.population.eagerness[user],
        catalogue.effects[ad],
        -catalogue.fatigue[ad] * (1 - math.exp(-age_days / 5)),
        appetite.topics[country, topic],
        appetite.swings[0, country, topic] * math.cos(turn) + appetite.swings[1, country, topic] * math.sin(turn),
        0.3 * float(taste @ appetite.vectors[:, topic]),
    ]

    assert scene.log_odds()[request_index, slot] == pytest.approx(math.fsum(terms), abs=1e-9)


def test_ads_tire_with_age(scene: Scene) -> None:
    """Older by five days, no ad is clicked more, and those that tire lose what is declared."""
    older = replace(scene.catalogue, born_us=scene.catalogue.born_us - 5 * DAY_US)

    lost = scene.log_odds() - scene.log_odds(catalogue=older)

    assert lost.min() >= 0
    assert lost.max() == pytest.approx(0.8 * (1 - math.exp(-1)), abs=0.05)


def test_a_higher_bid_is_clicked_a_little_more(scene: Scene) -> None:
    """The effect of the bid saturates at 0.3."""
    cheap, dear = (scene.log_odds(bids=np.full(scene.ads.shape, bid)) for bid in (0.02, 200.0))

    assert np.all(dear > cheap)
    assert (dear - cheap).max() < 0.6


def test_tastes_differ_between_countries_and_drift(scene: Scene) -> None:
    """Country and topic act together, and what they do three weeks later differs."""
    later = replace(scene.moments, since_start_us=scene.moments.since_start_us + 21 * DAY_US)
    table = scene.appetite.topics
    additive = table.mean(axis=0) + table.mean(axis=1, keepdims=True) - table.mean()

    assert (table - additive).std() > 0.4
    assert 0.2 < (scene.log_odds(moments=later) - scene.log_odds()).std() < 0.8


def test_the_page_is_no_sum_of_device_and_placement(scene: Scene) -> None:
    """They too act together."""
    table = scene.appetite.page
    additive = table.mean(axis=0) + table.mean(axis=1, keepdims=True) - table.mean()

    assert (table - additive).std() > 0.1
