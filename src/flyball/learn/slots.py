"""Compiled operations on a coefficient table's words: insert, write, copy out, forget, digest; for its writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.arena import AT_LIVE, AT_MAX_SEGMENTS, HEADER_WORDS
from flyball.learn.atomic import load, store, store_release
from flyball.learn.growth import FULL, LOAD_DENOMINATOR, LOAD_NUMERATOR, SPLIT, split
from flyball.learn.kernel import inner
from flyball.learn.mark import copying_base, fill_marks, is_marked, mark, touched_base, unmark
from flyball.learn.place import bases, directory_of, reachable, seek, segment_at
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

ZERO_KEY = 0x9E3779B97F4A7C15
"""Stands for the key 0, which marks an empty slot: features are never given the key 0."""


@inner
def take_slot(words: Words, at: int, key: int) -> int:
    """Puts a new key into the empty slot at word `at`; SPLIT if its segment had to split first, or FULL."""
    slot_bits, segments = bases(words)
    segment = (at - segments) >> (slot_bits + 1)
    lives = HEADER_WORDS + int64(load(words, AT_MAX_SEGMENTS)) + segment
    live = load(words, lives)
    if int64(live) * LOAD_DENOMINATOR >= (int64(1) << slot_bits) * LOAD_NUMERATOR:
        return split(words, segment)
    copying = copying_base(words)
    if copying != 0:
        # Where everything counted as changed, empty slots are marked too.
        unmark(words, copying, (at - segments) >> 1)
    store(words, lives, live + uint64(1))
    store(words, AT_LIVE, load(words, AT_LIVE) + uint64(1))
    store(words, at + 1, uint64(0))
    store_release(words, at, uint64(key))
    return at


@inner
def insert(words: Words, key: int) -> int:
    """The word index of this key's slot, taken anew if need be; SPLIT if its segment had to split first, or FULL."""
    slot_bits, segments = bases(words)
    directory, depth = directory_of(words)
    at = seek(words, directory, segments, slot_bits, depth, key)
    return at if load(words, at) == uint64(key) else take_slot(words, at, key)


@inner
def put(words: Words, keys: Words, pairs: Words) -> int:
    """Writes these pairs under these keys, taking slots as needed; how many were written before the table was full."""
    _, segments = bases(words)
    touched = touched_base(words)
    for i in range(len(keys)):
        at = int64(SPLIT)
        while at == SPLIT:
            at = insert(words, keys[i])
        if at == FULL:
            return i
        store(words, at + 1, pairs[i])
        mark(words, touched, (at - segments) >> 1)
    return len(keys)


@inner
def copy_out(words: Words, only_touched: bool, keys: Words, pairs: Words) -> int:
    """Copies the live (or the touched) slots into `keys` and `pairs`, in the order of the table; how many there are."""
    slot_bits, segments = bases(words)
    touched = touched_base(words)
    count = 0
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << slot_bits):
            slot = (segment << slot_bits) + i
            key = load(words, segments + slot * 2)
            if key == uint64(0) or (only_touched and not is_marked(words, touched, slot)):
                continue
            if count < len(keys):
                keys[count] = key
                pairs[count] = load(words, segments + slot * 2 + 1)
            count += 1
        place = reachable(words, place)
    return count


@inner
def untouch(words: Words) -> None:
    """Forgets which slots have changed: they are in a checkpoint now."""
    fill_marks(words, touched_base(words), uint64(0))


@inner
def forget(words: Words) -> None:
    """Sets every pair to (0, 0), as if its key had never been learned, and marks it as changed."""
    slot_bits, segments = bases(words)
    touched = touched_base(words)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << slot_bits):
            at = segments + (((segment << slot_bits) + i) << 1)
            if load(words, at) != uint64(0):
                store(words, at + 1, uint64(0))
                mark(words, touched, (at - segments) >> 1)
        place = reachable(words, place)


@inner
def mix(x: int) -> int:
    """A bijection of 64-bit words that spreads every bit over all (the finaliser of splitmix64, Steele et al. 2014)."""
    x = uint64(x)
    x = (x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB)
    return x ^ (x >> uint64(31))


@inner
def digest(words: Words) -> int:
    """A hash of all (key, pair) that does not depend on where they lie: the sum of each one's hash, modulo 2^64.

    A pair of zeros is left out, as a key that was never learned is: what is forgotten leaves no trace.
    """
    slot_bits, segments = bases(words)
    total = uint64(0)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << slot_bits):
            at = segments + (((segment << slot_bits) + i) << 1)
            key, pair = load(words, at), load(words, at + 1)
            if key != uint64(0) and pair != uint64(0):
                total += mix(key ^ mix(pair))
        place = reachable(words, place)
    return total
