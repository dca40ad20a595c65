"""What is read ahead is the same, bounded, and ends with whoever takes it."""

from __future__ import annotations

import gc
from threading import Event
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.files.read_ahead import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30.0
"""Seconds after which a test gives up on the other thread."""


class _Broken(Exception):
    """What a source raises."""


class _Source:
    """Counts what it has begun, and notes when it is closed."""

    def __init__(self, items: int, *, fails: bool = False) -> None:
        self.items, self.fails = items, fails
        self.begun = self.asked = self.farthest = 0
        self.full, self.closed = Event(), Event()

    def __iter__(self) -> Iterator[int]:
        try:
            for item in range(self.items):
                self.begun += 1
                self.farthest = max(self.farthest, self.begun - self.asked)
                if self.begun == 3:
                    self.full.set()
                yield item
            if self.fails:
                raise _Broken("no more")
        finally:
            self.closed.set()


@given(items=st.lists(st.integers(), max_size=30), room=st.integers(1, 5))
def test_the_items_are_those_of_the_source_in_their_order(items: list[int], room: int) -> None:
    """However many may wait."""
    with ReadAhead(items, items=room) as ahead:
        assert list(ahead) == items
        assert list(ahead) == [], "an iterator that has ended begins anew"


@pytest.mark.parametrize("room", [1, 2, 4])
def test_no_more_items_wait_than_there_is_room_for(room: int) -> None:
    """And one that is being made."""
    source = _Source(200)
    with ReadAhead(source, items=room) as ahead:
        for source.asked in range(1, 201):
            next(ahead)

    assert source.farthest <= room + 1
    assert source.begun == 200


def test_items_are_made_before_anybody_asks() -> None:
    """Two that wait, and a third in the making."""
    source = _Source(5)
    with ReadAhead(source, items=2):
        assert source.full.wait(PATIENCE), "nothing was read ahead"


def test_what_the_source_raises_comes_after_the_items_before_it() -> None:
    """Once; then there is nothing more."""
    ahead = ReadAhead(_Source(2, fails=True))

    assert [next(ahead), next(ahead)] == [0, 1]
    with pytest.raises(_Broken, match="no more"):
        next(ahead)
    assert list(ahead) == []


def test_an_interrupt_of_the_source_is_raised_too() -> None:
    """Not only what derives from Exception: nobody waits for ever."""

    def interrupted() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt("by hand")

    ahead = ReadAhead(interrupted())

    assert next(ahead) == 1
    with pytest.raises(KeyboardInterrupt, match="by hand"):
        next(ahead)


def test_whoever_leaves_early_closes_the_source() -> None:
    """So that files do not stay open."""
    source = _Source(1_000)
    with ReadAhead(iter(source)) as ahead:
        next(ahead)

    assert source.closed.is_set()
    assert source.begun < 1_000
    assert list(ahead) == [], "what is closed still gives items"
    ahead.close()


def test_what_is_dropped_closes_the_source() -> None:
    """Without a `with`, and without a call of `close`."""
    source = _Source(1_000)
    ahead = ReadAhead(iter(source))
    next(ahead)

    del ahead
    gc.collect()

    assert source.closed.wait(PATIENCE), "the thread goes on"
    assert source.begun < 1_000


def test_room_for_no_item_is_refused() -> None:
    """Nothing would ever come."""
    with pytest.raises(ValueError, match="0 items are to wait; give 1 or more"):
        ReadAhead([1], items=0)
