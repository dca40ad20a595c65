"""Users are at home somewhere, and a few of them ask most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.system.error import FlyballError
from flyball.testing.dice import Dice
from flyball.testing.population import COUNTRIES, COUNTRY_SHARES, ZIPF_EXPONENT, Population

if TYPE_CHECKING:
    from flyball.testing.arrays import Ints


def test_homes_follow_the_countries_shares(population: Population) -> None:
    """Within four standard errors in every country."""
    counts = np.bincount(population.homes, minlength=len(COUNTRIES))
    expected = COUNTRY_SHARES * len(population.homes)

    assert np.all(np.abs(counts - expected) < 4 * np.sqrt(expected) + 1)


def test_somebody_lives_in_every_country() -> None:
    """Even if there are no more users than countries."""
    assert Population.of(Dice(1), users=len(COUNTRIES)).homes.tolist() == list(range(len(COUNTRIES)))


def test_the_user_is_at_home_where_the_request_comes_from(population: Population, dice: Dice, indices: Ints) -> None:
    """For every country asked for."""
    countries = indices % len(COUNTRIES)

    users = population.someone(dice, indices, countries)

    assert np.array_equal(population.homes[users], countries)


def test_activity_falls_with_the_rank_as_zipf_says(population: Population, dice: Dice) -> None:
    """Half a million requests from one country: counts over ranks have the declared slope."""
    draws = np.arange(500_000)

    users = population.someone(dice, draws, np.zeros_like(draws))

    counts = np.bincount(users)[:200]
    slope = np.polyfit(np.log(np.arange(200) + 3.0), np.log(counts), 1)[0]
    assert slope == pytest.approx(-ZIPF_EXPONENT, abs=0.03)


def test_tastes_drift_and_come_back(population: Population) -> None:
    """Half a turn later they are others; after a whole turn they are the same."""
    users = np.arange(100)
    now, half, whole = (population.tastes_at(users, np.full(100, turn * 2 * np.pi)) for turn in (0.0, 0.5, 1.0))

    assert np.abs(now - half).mean() > 0.3
    assert np.allclose(now, whole)


def test_neighbours_share_tastes(population: Population) -> None:
    """Two of one country are more alike than two of anywhere."""
    culture = np.array([population.tastes[:, population.homes == home].mean(axis=1) for home in range(len(COUNTRIES))])

    assert culture.std() > 0.4


def test_too_few_users_are_refused() -> None:
    """The message says how many it takes."""
    with pytest.raises(FlyballError, match=r"users=3 leaves a country without users; give at least 16"):
        Population.of(Dice(1), users=3)
