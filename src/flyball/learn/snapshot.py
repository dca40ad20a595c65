"""A copy of a table as it was at one moment, taken in steps while learning goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.arena import AT_COPYING, AT_DIRECTORY_BITS
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
from flyball.learn.place import bases, depth_in, directory_of, hint, place_of, seek, segment_in
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
def copy_segment(words: Words, segment: int, keys: Words, pairs: Words, seen: int, count: int) -> tuple[int, int]:
    """Copies marked slots of a segment and takes their marks away, until `len(keys)` marks were seen.

    Returns:
        (marks seen, slots copied), both counted on from what was given.
    """
    _, segments = bases(words)
    plane, each = copying_base(words), segment_marks(words)
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
            key = load(words, segments + 2 * (slot + i))
            if key != uint64(0):
                keys[count] = key
                pairs[count] = load(words, segments + 2 * (slot + i) + 1)
                count += 1
            marks &= ~bit
            seen += 1
        store(words, word, marks)
        if seen == len(keys):
            break
    return seen, count


@inner
def copy_marked(words: Words, cursor: int, keys: Words, pairs: Words) -> tuple[int, int]:
    """Copies marked slots from `cursor` on, the prefix of a key with as many bits as the directory can have.

    Going by prefixes it does not matter that segments split between two calls: a prefix has been dealt with or has not.

    Returns:
        (how many were copied, the new cursor; at its end 2^(bits of the directory)).
    """
    bits = int64(load(words, AT_DIRECTORY_BITS))
    directory, depth = directory_of(words)
    seen, count = int64(0), int64(0)
    for _ in range(SEGMENTS):
        if cursor >> bits != 0:
            break
        entry = load(words, directory + (cursor >> (bits - depth)))
        seen, count = copy_segment(words, segment_in(entry), keys, pairs, seen, count)
        if seen == len(keys):
            break  # perhaps in the middle of a segment: what is copied of it is not marked any more
        own = bits - depth_in(entry)
        cursor = ((cursor >> own) + 1) << own
    return count, cursor


@inner
def preserve_marked(words: Words, cursor: int, wanted: Words, keys: Words, pairs: Words) -> int:
    """Copies those of the wanted keys whose slots are marked, and takes the marks away; how many there were."""
    bits = int64(load(words, AT_DIRECTORY_BITS))
    slot_bits, segments = bases(words)
    directory, depth = directory_of(words)
    plane, count = copying_base(words), 0
    for i in range(len(wanted)):
        if i + AHEAD < len(wanted) and place_of(bits, wanted[i + AHEAD]) >= cursor:
            hint(words, directory, segments, slot_bits, depth, wanted[i + AHEAD])
        key = wanted[i]
        if place_of(bits, key) < cursor:
            continue
        at = seek(words, directory, segments, slot_bits, depth, key)
        slot = (at - segments) >> 1
        if load(words, at) == key and is_marked(words, plane, slot):
            keys[count] = key
            pairs[count] = load(words, at + 1)
            count += 1
            unmark(words, plane, slot)
    return count


class Snapshot:
    """The entries that had changed when this was made, handed over in steps; made by `Table.begin_snapshot`.

    Each entry is handed over once, in an order that is no promise. What has been handed over is taken as written down:
    `entries(only_touched=True)` tells what changed since this was made.

    Args:
        words: the table's.
        write: takes keys and packed pairs; it must copy or write them before it returns, and must not raise.

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
        begin_copying(words)

    @property
    def done(self) -> bool:
        """Whether everything was handed over, or the rest was given up."""
        return self._cursor == self._end

    def step(self, most: int) -> bool:
        """Hands over at most `most` entries; whether that was all. To be called between two batches of learning."""
        if self.done:
            return True
        keys, pairs = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.uint64)
        count, self._cursor = copy_marked(self._words, self._cursor, keys, pairs)
        self._hand_over(keys[:count], pairs[:count])
        finished = self._cursor == self._end
        if finished:
            self._words[AT_COPYING] = 0
        return finished

    def preserve(self, keys: Words) -> None:
        """Hands over what is still missing of these keys; to be called before their pairs are changed."""
        if self.done:
            return
        mine, pairs = np.empty(len(keys), dtype=np.uint64), np.empty(len(keys), dtype=np.uint64)
        count = preserve_marked(self._words, self._cursor, keys, mine, pairs)
        self._hand_over(mine[:count], pairs[:count])

    def _hand_over(self, keys: Words, pairs: Words) -> None:
        if len(keys) > 0:
            self._write(keys, pairs)

    def abandon(self) -> None:
        """Gives up: what was handed over is of no use, so everything counts as changed again."""
        if not self.done:
            end_copying(self._words)
            touch_all(self._words)
            self._cursor = self._end
