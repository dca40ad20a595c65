"""The queue of a sender keeps count of everything."""

from __future__ import annotations

from flyball.client.backlog import BATCH_BYTES, ITEM_BYTES, QUEUE_BYTES, Backlog, Counts
from flyball.client.fact import Fact


def fact(size: int) -> Fact:
    """A fact of so many bytes."""
    return Fact("/v1/outcomes", "outcomes", b"x" * size)


def test_large_facts_make_small_batches() -> None:
    """A body stays below what the service takes."""
    backlog = Backlog()
    for _ in range(5):
        backlog.add(fact(ITEM_BYTES))

    sizes = []
    while batch := backlog.take():
        sizes.append(sum(len(item) for parcel in batch for item in parcel.items))
        backlog.finish()
    assert sizes == [BATCH_BYTES, BATCH_BYTES, ITEM_BYTES]


def test_the_queue_is_bounded_in_bytes_too() -> None:
    """Few large facts are as bad as many small ones."""
    backlog = Backlog(max_queue=1_000_000)
    fits = QUEUE_BYTES // ITEM_BYTES

    assert [backlog.add(fact(ITEM_BYTES)) for _ in range(fits + 1)] == [True] * fits + [False]
    assert backlog.counts == Counts(waiting=fits, dropped=1)


def test_what_was_given_up_counts_as_dropped() -> None:
    """Nothing vanishes: neither what was under way nor what waited."""
    backlog = Backlog(max_batch=2)
    for _ in range(5):
        backlog.add(fact(10))
    mark = backlog.hurry()
    backlog.take()
    backlog.settle(accepted=1)
    backlog.abandon()

    assert (backlog.counts, backlog.passed(mark)) == (Counts(waiting=1, accepted=1, dropped=3), False)
    backlog.finish()
    assert (backlog.counts, backlog.passed(mark), backlog.add(fact(1))) == (Counts(accepted=1, dropped=4), True, False)


def test_a_batch_is_due_when_it_is_full_hurried_or_the_last() -> None:
    """Otherwise it waits for its delay."""
    backlog = Backlog(max_batch=2)
    seen = [(backlog.waits, backlog.due)]
    backlog.add(fact(1))
    seen.append((backlog.waits, backlog.due))
    backlog.add(fact(1))
    seen.append((backlog.waits, backlog.due))
    backlog.take()
    backlog.finish()
    backlog.add(fact(1))
    backlog.hurry()
    seen.append((backlog.waits, backlog.due))
    backlog.take()
    backlog.finish()
    backlog.close()
    seen.append((backlog.waits, backlog.due))

    assert seen == [(False, False), (True, False), (True, True), (True, True), (True, True)]
