"""Traffic counts its own entropy, and hands its rows out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from flyball.system.error import FlyballError
from flyball.testing.delays import WINDOW_US
from flyball.testing.traffic import Traffic, concatenate, outcome


def _traffic(truth: list[float], clicked: list[bool], shown: list[bool]) -> Traffic:
    rows = len(truth)
    return Traffic(
        id=[f"r{row}" for row in range(rows)],
        event_ts=np.arange(rows),
        inputs={
            "country": ["DE", None, "US"][:rows],
            "hour": np.arange(rows),
            "ad_age_us": np.arange(rows) * 60,
            "bid_price": np.array([1.5, 2.5, np.nan])[:rows],
        },
        shown=np.array(shown),
        clicked=np.array(clicked),
        click_ts=np.where(clicked, 5, -1),
        truth=np.array(truth),
        propensity=np.ones(rows),
    )


def test_entropy_is_the_expected_loss_of_the_truth() -> None:
    """Over the rows that were shown."""
    traffic = _traffic([0.5, 0.1, 0.9], [True, False, False], [True, True, False])
    expected = (math.log(2) - 0.1 * math.log(0.1) - 0.9 * math.log(0.9)) / 2

    assert traffic.entropy == pytest.approx(expected, rel=1e-12)


def test_realised_entropy_is_the_loss_that_the_truth_had() -> None:
    """On the labels as they came."""
    traffic = _traffic([0.5, 0.1, 0.9], [True, False, False], [True, True, False])

    assert traffic.realised_entropy == pytest.approx((math.log(2) - math.log(0.9)) / 2, rel=1e-12)


def test_base_log_loss_is_that_of_the_share_of_clicks() -> None:
    """One click in three, and none among the shown."""
    mixed = _traffic([0.5, 0.1, 0.9], [True, False, False], [True, True, True])
    none = _traffic([0.5, 0.1, 0.9], [True, False, False], [False, True, True])

    assert mixed.base_log_loss == pytest.approx(math.log(3) - 2 / 3 * math.log(2), rel=1e-12)
    assert none.base_log_loss == 0.0


def test_rows_have_plain_values_and_none_for_missing() -> None:
    """As a client would send them."""
    rows = list(_traffic([0.5, 0.1, 0.9], [True, False, False], [True, True, True]).rows())

    assert rows == [
        {"country": "DE", "hour": 0, "ad_age_us": 0, "bid_price": 1.5},
        {"country": None, "hour": 1, "ad_age_us": 60, "bid_price": 2.5},
        {"country": "US", "hour": 2, "ad_age_us": 120, "bid_price": None},
    ]
    assert type(rows[0]["hour"]) is int


def test_ages_are_the_input() -> None:
    """The same numbers, by a shorter name."""
    assert _traffic([0.5, 0.1], [True, False], [True, True]).ad_age_us.tolist() == [0, 60]


def test_a_click_on_the_edge_of_the_window_is_late() -> None:
    """The window is open at its end; the click's time is kept all the same."""
    event_ts = np.array([100, 100, 100])

    clicked, click_ts = outcome(event_ts, np.array([WINDOW_US - 1, WINDOW_US, -1]))

    assert clicked.tolist() == [True, False, False]
    assert click_ts.tolist() == [100 + WINDOW_US - 1, 100 + WINDOW_US, -1]


def test_parts_are_put_together_in_order() -> None:
    """Every column of every kind."""
    first = _traffic([0.5, 0.1, 0.9], [True, False, False], [True, True, False])
    second = replace(first, id=["x", "y", "z"])

    both = concatenate([first, second])

    assert both.id == ["r0", "r1", "r2", "x", "y", "z"]
    assert both.inputs["country"] == ["DE", None, "US"] * 2
    assert both.truth.tolist() == [0.5, 0.1, 0.9] * 2
    assert both.shown.tolist() == [True, True, False] * 2


def test_no_parts_are_refused() -> None:
    """There is nothing to say what the columns are."""
    with pytest.raises(FlyballError, match="no traffic to put together; give at least one part"):
        concatenate([])
