"""Meters: numbers in an array, each in a place of its own."""

from __future__ import annotations

import numpy as np

from flyball.serve.meter import Meter
from flyball.serve.metric import SECONDS, Layout

LAYOUT = Layout(["ctr", "late"])


def test_every_number_has_a_place_of_its_own() -> None:
    """None is shared, none is left over."""
    taken = np.zeros(LAYOUT.size)
    for metric in LAYOUT.metrics:
        for labels in metric.combinations():
            at = LAYOUT.place(metric.name, *labels)
            taken[at : at + metric.width] += 1

    assert (taken == 1).all()


def test_a_layout_follows_from_the_models_alone() -> None:
    """So that all processes have the same."""
    assert [Layout(["a"]).place("flyball_unlogged", "a"), Layout(["a"]).size] == [
        Layout(["a"]).place("flyball_unlogged", "a"),
        Layout(["a"]).size,
    ]
    assert Layout([]).size < Layout(["a"]).size < LAYOUT.size


def test_what_happens_is_counted_where_it_belongs() -> None:
    """And nowhere else."""
    cells = np.zeros(LAYOUT.size)
    meter = Meter(LAYOUT, cells)
    meter.request("predict", 200, 30, 70)
    meter.served("late", "fallback")
    meter.unlogged("late", 3)
    meter.not_finite("ctr")
    meter.told("events", 2, 1)
    meter.connected()
    meter.connected()
    meter.disconnected()
    meter.ended("headers")
    meter.started(5_000_000)
    found = {key: cells[at] for key, at in LAYOUT._places.items() if cells[at]}

    assert found == {
        ("flyball_requests", "predict", "200"): 1,
        ("flyball_body_bytes", "received"): 30,
        ("flyball_body_bytes", "sent"): 70,
        ("flyball_predictions", "late", "fallback"): 1,
        ("flyball_unlogged", "late"): 3,
        ("flyball_not_finite", "ctr"): 1,
        ("flyball_told", "events", "accepted"): 2,
        ("flyball_told", "events", "rejected"): 1,
        ("flyball_connections_opened",): 2,
        ("flyball_connections",): 1,
        ("flyball_connections_ended", "headers"): 1,
        ("flyball_start_time_seconds",): 5,
    }


def test_a_latency_falls_into_the_bucket_that_it_does_not_exceed() -> None:
    """And what is above all of them into the last."""
    cells = np.zeros(LAYOUT.size)
    meter = Meter(LAYOUT, cells)
    for ns in (1, 50_000, 50_001, 1_000_000_000, 5_000_000_000):
        meter.took("ctr", ns)
    at = LAYOUT.place("flyball_request_seconds", "ctr")
    buckets = cells[at : at + len(SECONDS) + 1].tolist()

    assert (buckets[0], buckets[1], buckets[-2], buckets[-1]) == (2, 1, 1, 1)
    assert sum(buckets) == 5


def test_models_that_came_later_are_not_counted_and_do_no_harm() -> None:
    """The array was made before them."""
    cells = np.zeros(LAYOUT.size)
    meter = Meter(LAYOUT, cells)
    meter.took("new", 1)
    meter.served("new", "model")
    meter.unlogged("new")
    meter.not_finite("new")

    assert not cells.any()
