"""A copy of a table as it was at one moment, taken in steps while learning goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.arena import AT_COPYING, AT_DIRECTORY_BITS, AT_WIDTH_BITS
from flyball.learn.atomic import load, store
from flyball.learn.kernel import inner
from flyball.learn.mark import (
    begin_copying,
    copying_base,
    end_copying,
    is_marked,
    segment_marks,
    touch_all,
    unmark,
)
from flyball.learn.place import depth_in, frame_of, hint, place_of, seek, segment_in
from flyball.learn.slots import copy_row
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Words = NDArray[Any]
    Write = Callable[[Words, Words], None]

SEGMENTS = 64
"""How many segments a step looks through at most: where nothing is marked, 0.1 ms at 1 MiB each."""
AHEAD = 16
"""How many keys ahead the cache is asked for lines."""


@inner
def copy_segment(words: Words, segment: int, keys: Words, rows: Words, seen: int, count: int) -> tuple[int, int]:
    """Copies marked slots of a segment and takes their marks away, until `len(keys)` marks were seen.

    Returns:
        (marks seen, slots copied), both counted on from what was given.
    """
    frame, plane, each = frame_of(words), copying_base(words), segment_marks(words)
    size = (int64(1) << frame.width_bits) - 1
    for word in range(plane + segment * each, plane + (segment + 1) * each):
        marks = load(words, word)
        if marks == uint64(0):
            continue
        slot = (word - plane) << 6
        for i in range(64):
            bit = uint64(1) << uint64(i)
            if marks & bit == uint64(0):
                continue
            if seen == len(keys):
                break
            at = frame.segments + ((slot + i) << frame.width_bits)
            key = load(words, at)
            if key != uint64(0):
                keys[count] = key
                copy_row(words, frame, at, rows[count * size :])
                count += 1
            marks &= ~bit
            seen += 1
        store(words, word, marks)
        if seen == len(keys):
            break
    return seen, count


@inner
def copy_marked(words: Words, cursor: int, keys: Words, rows: Words) -> tuple[int, int]:
    """Copies marked slots from `cursor` on, the prefix of a key with as many bits as the directory can have.

    Going by prefixes it does not matter that segments split between two calls: a prefix has been dealt with or has not.

    Returns:
        (how many were copied, the new cursor; at its end 2^(bits of the directory)).
    """
    bits = int64(load(words, AT_DIRECTORY_BITS))
    frame = frame_of(words)
    seen, count = int64(0), int64(0)
    for _ in range(SEGMENTS):
        if cursor >> bits != 0:
            break
        entry = load(words, frame.directory + (cursor >> (bits - frame.depth)))
        seen, count = copy_segment(words, segment_in(entry), keys, rows, seen, count)
        if seen == len(keys):
            break  # perhaps in the middle of a segment: what is copied of it is not marked any more
        own = bits - depth_in(entry)
        cursor = ((cursor >> own) + 1) << own
    return count, cursor


@inner
def preserve_marked(words: Words, cursor: int, wanted: Words, keys: Words, rows: Words) -> int:
    """Copies those of the wanted keys whose slots are marked, and takes the marks away; how many there were."""
    bits = int64(load(words, AT_DIRECTORY_BITS))
    frame, plane, count = frame_of(words), copying_base(words), 0
    size = (int64(1) << frame.width_bits) - 1
    for i in range(len(wanted)):
        if i + AHEAD < len(wanted) and place_of(bits, wanted[i + AHEAD]) >= cursor:
            hint(words, frame, wanted[i + AHEAD])
        key = wanted[i]
        if place_of(bits, key) < cursor:
            continue
        at = seek(words, frame, key)
        slot = (at - frame.segments) >> frame.width_bits
        if load(words, at) == key and is_marked(words, plane, slot):
            keys[count] = key
            copy_row(words, frame, at, rows[count * size :])
            count += 1
            unmark(words, plane, slot)
    return count


class Snapshot:
    """The entries that had changed when this was made, handed over in steps; made by `Table.begin_snapshot`.

    Each entry is handed over once, in an order that is no promise. What has been handed over is taken as written down:
    `entries(only_touched=True)` tells what changed since this was made.

    Args:
        words: the table's.
        write: takes keys and rows; it must copy or write them before it returns, and must not raise.

    >>> from flyball.learn.table import Table
    >>> table, found = Table(slot_bits=6, max_segments=8), []
    >>> ones = np.ones(3)
    >>> table.put(np.array([7, 8, 9], np.uint64), z=ones, n=ones)
    >>> snapshot = table.begin_snapshot(lambda keys, pairs: found.extend(keys.tolist()))
    >>> table.put(np.array([5, 8], np.uint64), z=ones[:2], n=ones[:2])
    >>> while not snapshot.step(2): pass
    >>> sorted(found), sorted(table.entries(only_touched=True)[0].tolist())
    ([7, 8, 9], [5, 8])
    """

    def __init__(self, words: Words, write: Write) -> None:
        self._words = words
        self._write = write
        self._cursor = 0
        self._end = 1 << int(words[AT_DIRECTORY_BITS])
        self._size = (1 << int(words[AT_WIDTH_BITS])) - 1
        begin_copying(words)

    @property
    def done(self) -> bool:
        """Whether everything was handed over, or the rest was given up."""
        return self._cursor == self._end

    def step(self, most: int) -> bool:
        """Hands over at most `most` entries; whether that was all. To be called between two batches of learning."""
        if self.done:
            return True
        keys, rows = self._room(most)
        count, self._cursor = copy_marked(self._words, self._cursor, keys, rows)
        self._hand_over(keys[:count], rows[: count * self._size])
        finished = self._cursor == self._end
        if finished:
            self._words[AT_COPYING] = 0
        return finished

    def preserve(self, keys: Words) -> None:
        """Hands over what is still missing of these keys; to be called before their pairs are changed."""
        if self.done:
            return
        mine, rows = self._room(len(keys))
        count = preserve_marked(self._words, self._cursor, keys, mine, rows)
        self._hand_over(mine[:count], rows[: count * self._size])

    def _room(self, most: int) -> tuple[Words, Words]:
        return np.empty(most, dtype=np.uint64), np.empty(most * self._size, dtype=np.uint64)

    def _hand_over(self, keys: Words, rows: Words) -> None:
        if len(keys) > 0:
            self._write(keys, rows)

    def abandon(self) -> None:
        """Gives up: what was handed over is of no use, so everything counts as changed again."""
        if not self.done:
            end_copying(self._words)
            touch_all(self._words)
            self._cursor = self._end
