"""Finding the slots of many keys at once: the same slots as one by one, and new ones for new keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.kernel import kernel
from flyball.learn.seeker import MASK, advance, aim, begin, look, seeker_of, settle, take
from flyball.learn.slots import insert
from flyball.learn.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Integers = NDArray[np.int64]

EACH = 7


@kernel
def all_slots(words: Words, starts: Integers, keys: Words, at: Integers, taking: bool) -> int:
    """The slot of every key, -1 for those that have none; how many examples were done before the table was full."""
    seeker = seeker_of(EACH)
    begin(words, starts, keys, seeker)
    for i in range(len(starts) - 1):
        advance(words, starts, keys, i, seeker)
        settle(words, starts, keys, i, seeker)
        if taking and not take(words, starts, keys, i, seeker):
            return i
        for j in range(starts[i + 1] - starts[i]):
            at[starts[i] + j] = seeker.at[i & MASK, j]
        if not taking:
            for k in range(seeker.counts[i & MASK]):
                at[starts[i] + seeker.left[i & MASK, k]] = -1
    return len(starts) - 1


def some_keys(count: int) -> Words:
    """Keys that are spread as hashes are."""
    return np.random.default_rng(count).integers(1, 2**64 - 1, count, dtype=np.uint64)


def starts_for(keys: Words) -> Integers:
    """Examples of seven keys, the last one of fewer, and an empty one in their midst."""
    starts = [*range(0, len(keys), EACH), len(keys)]
    return np.array(sorted([*starts, min(EACH, len(keys))]), dtype=np.int64)


def found(table: Table, keys: Words, *, taking: bool = False) -> tuple[int, Integers]:
    """What `all_slots` says of a table."""
    at = np.full(len(keys), -2, dtype=np.int64)
    starts = starts_for(keys)
    return len(starts) - 1 - all_slots(table.words, starts, keys, at, taking), at


@pytest.mark.parametrize("count", [0, 1, 3, 40, 1_000, 20_000])
def test_keys_that_are_there_are_found_where_they_are(count: int) -> None:
    """However full their lines are, and whichever segment they are in."""
    keys, table = some_keys(count), Table(slot_bits=8, max_segments=1_024)
    table.load(keys, np.ones(count, dtype=np.uint64))
    undone, at = found(table, keys)

    assert undone == 0
    assert table.words[at].tolist() == keys.tolist()


def test_keys_that_are_not_there_are_told_apart_from_those_that_are() -> None:
    """Nothing is taken for them."""
    keys, table = some_keys(5_000), Table(slot_bits=8, max_segments=1_024)
    table.load(keys[::2], np.ones(2_500, dtype=np.uint64))
    _, at = found(table, keys)

    assert (at[::2] >= 0).all()
    assert (at[1::2] == -1).all()
    assert len(table) == 2_500


def test_new_keys_take_slots_while_segments_split() -> None:
    """Also where a split moves the slots of the examples that were looked up already."""
    keys, table = some_keys(30_000), Table(slot_bits=6, max_segments=4_096)
    undone, _ = found(table, np.concatenate([keys, keys]), taking=True)
    _, at = found(table, keys)

    assert undone == 0
    assert len(table) == len(keys)
    assert table.words[at].tolist() == keys.tolist()


def test_a_new_key_that_stands_twice_in_an_example_takes_one_slot() -> None:
    """The second one finds what the first one took."""
    table = Table(slot_bits=6, max_segments=4)
    _, at = found(table, np.array([5, 6, 5, 5], dtype=np.uint64), taking=True)

    assert len(table) == 2
    assert at[0] == at[2] == at[3] != at[1]


def test_a_full_table_says_so() -> None:
    """And the examples before were done."""
    table = Table(slot_bits=6, max_segments=1)
    undone, at = found(table, some_keys(70), taking=True)

    assert undone > 0
    assert len(table) == 52
    assert (at[:49] >= 0).all()


def test_one_by_one_and_at_once_agree_on_every_slot() -> None:
    """`insert` is what writes a checkpoint into a table."""
    keys, table = some_keys(3_000), Table(slot_bits=8, max_segments=64)
    table.load(keys, np.ones(len(keys), dtype=np.uint64))
    _, at = found(table, keys)

    assert at.tolist() == [insert(table.words, key) for key in keys]


def test_keys_that_were_looked_up_are_found_again_where_they_are() -> None:
    """When a segment splits, an example is looked up once more than others; its keys stay in the lines they are in."""
    layout, key = Table(slot_bits=6, max_segments=1).layout, np.uint64(0xF123456789ABCDEF)
    words = np.concatenate([Table(slot_bits=6, max_segments=1).words, np.zeros(8, dtype=np.uint64)])
    words[layout.words - 2] = words[layout.words] = key
    at, left = np.empty(1, dtype=np.int64), np.empty(2, dtype=np.int64)
    aim(words, np.array([key]), at)

    assert [(look(words, np.array([key]), at, left), at[0]) for _ in range(2)] == [(0, layout.words - 2)] * 2
