"""Stretches of time that are not learned from."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flyball.events.exclusions import Exclusions

STRETCHES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12)


@given(STRETCHES)
def test_a_moment_is_covered_if_any_stretch_covers_it(stretches: list[tuple[int, int]]) -> None:
    """However they overlap."""
    exclusions = Exclusions()
    for start, end in stretches:
        exclusions.add("m", start, end)

    expected = [any(start <= ts < end for start, end in stretches) for ts in range(-1, 32)]

    assert expected == [exclusions.covers("m", ts) for ts in range(-1, 32)]


@given(STRETCHES)
def test_stretches_that_touch_are_kept_as_one(stretches: list[tuple[int, int]]) -> None:
    """So there are never more than gaps between them: what is kept is sorted and apart."""
    exclusions = Exclusions()
    for start, end in stretches:
        exclusions.add("m", start, end)

    kept = exclusions.ranges.get("m", [])

    assert all(start < end for start, end in kept)
    assert all(before[1] < after[0] for before, after in pairwise(kept))


def test_each_model_has_its_own() -> None:
    """An empty stretch leaves no trace."""
    exclusions = Exclusions()
    exclusions.add("m", 1, 2)
    exclusions.add("n", 5, 5)

    assert exclusions.ranges == {"m": [(1, 2)]}
    assert not exclusions.covers("n", 1)
