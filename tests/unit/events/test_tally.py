"""The tally: what became of every prediction."""

from __future__ import annotations

import pytest

from flyball.events.tally import Tallies, Tally, summed

CLASSES = ("joined", "silent", "pending", "unexposed", "discarded", "unlogged")
COUNTS = ("repeated", "orphans", "late", "duplicate", "revised", "refused")


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_holds_predictions(name: str) -> None:
    """One of a class without a prediction is one too many."""
    assert Tally(predictions=1, **{name: 1}).balanced
    assert not Tally(**{name: 1}).balanced


@pytest.mark.parametrize("name", COUNTS)
def test_other_counts_hold_no_predictions(name: str) -> None:
    """They count records."""
    assert Tally(**{name: 5}).balanced


def test_a_copy_stands_still() -> None:
    """The joiner goes on counting in the original."""
    tally = Tally(predictions=2, pending=2)
    kept = tally.copy()
    tally.pending, tally.joined = 1, 1

    assert Tally(predictions=2, pending=2) == kept


def test_tallies_add_up_by_name() -> None:
    """All versions of a model together."""
    total = Tally(predictions=2, joined=1, silent=1, late=3).plus(Tally(predictions=1, joined=1, orphans=4))

    assert Tally(predictions=3, joined=2, silent=1, late=3, orphans=4) == total


def test_the_sum_of_many_tallies_is_that_of_each_count() -> None:
    """Of none they are 0."""
    assert summed([]) == Tally()
    assert summed([Tally(late=1_000_000, pending=2), Tally(late=1)]) == Tally(late=1_000_001, pending=2)


def test_reading_a_tally_that_is_not_there_makes_none() -> None:
    """Only `of` begins one: a snapshot would show it."""
    tallies = Tallies()

    with pytest.raises(KeyError, match="ctr"):
        tallies["ctr", 1]
    assert tallies == {}

    tallies.of("ctr", 1).late += 1

    assert {("ctr", 1): Tally(late=1)} == tallies


def test_what_no_version_can_be_told_for_stands_under_version_0() -> None:
    """Counted up and down for several models at once."""
    tallies = Tallies()
    tallies.count(("a", "b"), "orphans")
    tallies.count(("a", "b"), "orphans")
    tallies.count(("b",), "orphans", -1)

    assert {("a", 0): Tally(orphans=2), ("b", 0): Tally(orphans=1)} == tallies
