"""The ad exchange in fast motion."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from flyball.system.load import load_system
from flyball.testing.visit import HOUR_SECONDS, MONDAY_MORNING_US, Visit, visits
from flyball.testing.world import World
from flyball.testing.worlds import ADS, ADS_LIVE

FASTER = 3600 / HOUR_SECONDS


@pytest.fixture(scope="module")
def coming() -> list[Visit]:
    """The first 20,000 visits at 200 a second."""
    return list(islice(visits(World(0, start_us=MONDAY_MORNING_US), rate=200), 20_000))


def test_visits_come_in_order_at_about_the_rate(coming: list[Visit]) -> None:
    """Nobody comes twice."""
    dues = np.array([visit.due for visit in coming])

    assert (np.diff(dues) >= 0).all(), "in the order of time"
    assert len(coming) / dues[-1] == pytest.approx(200, rel=0.3)
    assert len({visit.id for visit in coming}) == len(coming)


def test_clicks_come_as_often_as_the_truth_says_and_within_the_window_of_the_system_file(coming: list[Visit]) -> None:
    """In the fast motion of `ads_live.py`."""
    window = load_system(ADS_LIVE).outcomes["click"].window_us / 1e6
    expected = sum(visit.truth for visit in coming)
    deviation = np.sqrt(sum(visit.truth * (1 - visit.truth) for visit in coming))

    assert window == load_system(ADS).outcomes["click"].window_us / 1e6 / FASTER
    assert abs(sum(visit.clicked for visit in coming) - expected) < 4 * deviation
    assert all(visit.clicked == (visit.click_after is not None and visit.click_after < window) for visit in coming), (
        "a click is in time exactly where it comes within the window"
    )
    assert any(visit.click_after is not None and not visit.clicked for visit in coming), "some come too late"


def test_what_is_missing_is_left_out_and_some_ads_are_young(coming: list[Visit]) -> None:
    """As a client would send it."""
    assert all(None not in visit.inputs.values() for visit in coming)
    assert any("country" not in visit.inputs for visit in coming)
    assert all(visit.young == (int(visit.inputs["ad_age_us"] or 0) < 3_600_000_000) for visit in coming)
    assert 0.03 < np.mean([visit.young for visit in coming]) < 0.2


def test_both_system_files_differ_in_the_window_alone() -> None:
    """What is learned live is what is learned in a replay."""
    live, replayed = load_system(ADS_LIVE), load_system(ADS)

    assert [signal.name for signal in live.models[0].signals] == [signal.name for signal in replayed.models[0].signals]
    assert live.models[0].learner == replayed.models[0].learner
