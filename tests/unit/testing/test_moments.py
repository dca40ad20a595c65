"""What is true of a request, and what is reported of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.testing.moments import ABROAD, MISREPORTED, MISSING, Moments, goes_missing
from flyball.testing.population import COUNTRY_OFFSETS_US, Population
from flyball.testing.season import Season, local_clock

if TYPE_CHECKING:
    from flyball.testing.arrays import Ints
    from flyball.testing.dice import Dice


@pytest.fixture(scope="module")
def moments(dice: Dice, season: Season, population: Population, indices: Ints) -> Moments:
    """20,000 requests."""
    return Moments.of(dice, season, population, indices, requests_per_day=5000)


def test_few_users_are_abroad(moments: Moments, population: Population) -> None:
    """At most the declared share (some of those drawn travel to where they live)."""
    away = (population.homes[moments.users] != moments.countries).mean()

    assert ABROAD * 0.8 < away < ABROAD


def test_the_clock_is_that_of_the_country_asked_from(moments: Moments) -> None:
    """Not that of the user's home."""
    hours, weekdays = local_clock(moments.event_ts, COUNTRY_OFFSETS_US[moments.countries])

    assert np.array_equal(hours, moments.hours)
    assert np.array_equal(weekdays, moments.weekdays)


def test_devices_are_misreported_as_declared(moments: Moments) -> None:
    """Within four standard errors, and to every other device."""
    share = MISREPORTED["device"]
    wrong = moments.devices != moments.reported_devices

    assert wrong.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(wrong)))
    assert set(moments.reported_devices[wrong & (moments.devices == 0)].tolist()) == {1, 2, 3}


@pytest.mark.parametrize("name", sorted(MISSING))
def test_values_go_missing_as_declared(dice: Dice, name: str) -> None:
    """Within four standard errors."""
    places = np.arange(200_000)

    share = goes_missing(dice, name, places).mean()

    assert share == pytest.approx(MISSING[name], abs=4 * np.sqrt(MISSING[name] / len(places)))


def test_other_inputs_never_go_missing(dice: Dice) -> None:
    """An undeclared name has share 0."""
    assert not goes_missing(dice, "placement", np.arange(200_000)).any()


def test_a_request_does_not_depend_on_its_neighbours(
    moments: Moments, dice: Dice, season: Season, population: Population
) -> None:
    """One alone is the same as among 20,000."""
    alone = Moments.of(dice, season, population, np.array([12_345]), requests_per_day=5000)

    names = ("event_ts", "users", "countries", "devices", "placements", "hours", "weekdays", "reported_devices")
    assert [int(getattr(alone, name)[0]) for name in names] == [int(getattr(moments, name)[12_345]) for name in names]
