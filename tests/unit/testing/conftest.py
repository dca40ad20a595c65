"""The worlds that the tests of this room look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.testing.catalogue import Catalogue
from flyball.testing.dice import Dice
from flyball.testing.population import COUNTRY_OFFSETS_US, COUNTRY_SHARES, Population
from flyball.testing.season import Season
from flyball.testing.world import START_US, World

if TYPE_CHECKING:
    from flyball.testing.traffic import Traffic

SEED = 11


@pytest.fixture(scope="session")
def month() -> Traffic:
    """A month of about 300,000 shown ads."""
    return World(seed=SEED).month()


@pytest.fixture(scope="session")
def day_of_candidates() -> Traffic:
    """A day of 2,000 requests with all their candidates."""
    return World(seed=SEED, users=2000).month(days=1, requests_per_day=2000, candidates_logged=True)


@pytest.fixture(scope="session")
def dice() -> Dice:
    """The draws of the tests' world."""
    return Dice(SEED)


@pytest.fixture(scope="session")
def season() -> Season:
    """The season of the tests' world."""
    return Season(start_us=START_US, shares=COUNTRY_SHARES, offsets_us=COUNTRY_OFFSETS_US)


@pytest.fixture(scope="session")
def population(dice: Dice) -> Population:
    """Ten thousand users."""
    return Population.of(dice, users=10_000)


@pytest.fixture(scope="session")
def catalogue(dice: Dice) -> Catalogue:
    """The ads of ten days."""
    return Catalogue.of(dice, start_us=START_US, days=10, ads_per_day=240)


@pytest.fixture(scope="session")
def indices() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The first 20,000 requests."""
    return np.arange(20_000)
