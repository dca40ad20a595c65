"""The world does not depend on how it is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.testing.traffic import Traffic, concatenate
from flyball.testing.world import World

ARRAYS = ("event_ts", "shown", "clicked", "click_ts", "truth", "propensity")


def _same(one: Traffic, other: Traffic) -> bool:
    """Whether two traffics are equal to the last bit; NaN equals NaN."""
    inputs = one.inputs.keys() == other.inputs.keys() and all(
        column == other.inputs[name] if isinstance(column, list) else _equal(column, other.inputs[name])
        for name, column in one.inputs.items()
    )
    return one.id == other.id and inputs and all(_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


def _equal(one: object, other: object) -> bool:
    first, second = np.asarray(one), np.asarray(other)
    return first.dtype == second.dtype and first.tobytes() == second.tobytes()


@pytest.fixture(scope="module")
def world() -> World:
    """A small world."""
    return World(seed=3, users=500)


@settings(max_examples=25, deadline=None)
@given(requests=st.integers(1, 700), candidates=st.booleans())
def test_chunks_of_any_size_make_the_same_traffic(world: World, requests: int, candidates: bool) -> None:
    """Bit by bit."""
    whole = world.month(days=2, requests_per_day=150, candidates_logged=candidates)

    parts = list(world.chunks(2, 150, candidates_logged=candidates, requests=requests))

    assert all(len(part) <= requests * (20 if candidates else 1) for part in parts)
    assert _same(whole, concatenate(parts))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_the_same_seed_is_the_same_world_and_another_is_another(seed: int) -> None:
    """Whether it has been asked before or not."""
    first, again = World(seed=seed, users=100), World(seed=seed, users=100)
    first.month(days=1, requests_per_day=10)

    assert _same(first.month(days=1, requests_per_day=100), again.month(days=1, requests_per_day=100))
    assert not _same(
        first.month(days=1, requests_per_day=100), World(seed=seed + 1, users=100).month(days=1, requests_per_day=100)
    )


@settings(max_examples=15, deadline=None)
@given(short=st.floats(0.2, 4.0), more=st.floats(0.0, 4.0))
def test_a_longer_span_begins_with_the_shorter_one(world: World, short: float, more: float) -> None:
    """What happened does not depend on how far one looks."""
    brief = world.month(days=short, requests_per_day=100)
    longer = world.month(days=short + more, requests_per_day=100)
    rows = len(brief)

    assert longer.id[:rows] == brief.id
    assert _equal(longer.truth[:rows], brief.truth)
    assert _equal(longer.click_ts[:rows], brief.click_ts)
