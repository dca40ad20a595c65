"""Compiled operations on a coefficient table's words: insert, write, copy out, forget, digest; for its writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.arena import AT_EXPIRY, AT_LIVE, AT_MAX_SEGMENTS, HEADER_WORDS
from flyball.learn.atomic import load, store, store_release
from flyball.learn.expiry import stale, stamp_bits_in, stamp_for
from flyball.learn.growth import FULL, LOAD_DENOMINATOR, LOAD_NUMERATOR, SPLIT, split
from flyball.learn.kernel import inner
from flyball.learn.mark import copying_base, fill_marks, is_marked, mark, touched_base, unmark
from flyball.learn.place import Frame, frame_of, reachable, seek, segment_at
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

ZERO_KEY = 0x9E3779B97F4A7C15
"""Stands for the key 0, which marks an empty slot: features are never given the key 0."""


@inner
def take_slot(words: Words, at: int, key: int) -> int:
    """Puts a new key into the empty slot at word `at`; SPLIT if its segment had to split first, or FULL."""
    frame = frame_of(words)
    slot = (at - frame.segments) >> frame.width_bits
    slot_bits, segment = frame.slot_bits, slot >> frame.slot_bits
    lives = HEADER_WORDS + int64(load(words, AT_MAX_SEGMENTS)) + segment
    live = load(words, lives)
    if int64(live) * LOAD_DENOMINATOR >= (int64(1) << slot_bits) * LOAD_NUMERATOR:
        return split(words, segment)
    copying = copying_base(words)
    if copying != 0:
        # Where everything counted as changed, empty slots are marked too.
        unmark(words, copying, slot)
    store(words, lives, live + uint64(1))
    store(words, AT_LIVE, load(words, AT_LIVE) + uint64(1))
    clear_row(words, frame, at)
    store_release(words, at, uint64(key))
    return at


@inner
def clear_row(words: Words, frame: Frame, at: int) -> None:
    """Makes what was learned of the key at word `at` nothing."""
    for word in range(at + 1, at + (int64(1) << frame.width_bits)):
        store(words, word, uint64(0))


@inner
def insert(words: Words, key: int) -> int:
    """The word index of this key's slot, taken anew if need be; SPLIT if its segment had to split first, or FULL."""
    at = seek(words, frame_of(words), key)
    return at if load(words, at) == uint64(key) else take_slot(words, at, key)


@inner
def put(words: Words, keys: Words, rows: Words) -> int:
    """Writes these rows under these keys, taking slots as needed; how many were written before the table was full.

    `rows` has all rows one after the other, without keys.
    """
    frame, touched = frame_of(words), touched_base(words)
    each = (int64(1) << frame.width_bits) - 1
    for i in range(len(keys)):
        at = int64(SPLIT)
        while at == SPLIT:
            at = insert(words, keys[i])
        if at == FULL:
            return i
        for j in range(each):
            store(words, at + 1 + j, rows[i * each + j])
        mark(words, touched, (at - frame.segments) >> frame.width_bits)
    return len(keys)


@inner
def copy_row(words: Words, frame: Frame, at: int, row: Words) -> None:
    """Copies what is learned of the key at word `at`."""
    for j in range((int64(1) << frame.width_bits) - 1):
        row[j] = load(words, at + 1 + j)


@inner
def copy_out(words: Words, only_touched: bool, keys: Words, rows: Words) -> int:
    """Copies what is held (or of that, what is touched) in the order of the table; how many entries there are."""
    frame, touched = frame_of(words), touched_base(words)
    each, count, present = (int64(1) << frame.width_bits) - 1, 0, load(words, AT_EXPIRY)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << frame.slot_bits):
            slot = (segment << frame.slot_bits) + i
            at = frame.segments + (slot << frame.width_bits)
            key = load(words, at)
            if (
                key == uint64(0)
                or stale(load(words, at + 1), present)
                or (only_touched and not is_marked(words, touched, slot))
            ):
                continue
            if count < len(keys):
                keys[count] = key
                copy_row(words, frame, at, rows[count * each :])
            count += 1
        place = reachable(words, place)
    return count


@inner
def untouch(words: Words) -> None:
    """Forgets which slots have changed: they are in a checkpoint now."""
    fill_marks(words, touched_base(words), uint64(0))


@inner
def forget(words: Words) -> None:
    """Makes every row nothing, as if its key had never been learned, and marks it as changed."""
    frame, touched, present = frame_of(words), touched_base(words), load(words, AT_EXPIRY)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << frame.slot_bits):
            slot = (segment << frame.slot_bits) + i
            at = frame.segments + (slot << frame.width_bits)
            key = load(words, at)
            if key != uint64(0):
                clear_row(words, frame, at)
                # With a stamp it is taken out in time, as all that is not used.
                store(words, at + 1, stamp_for(key, present))
                mark(words, touched, slot)
        place = reachable(words, place)


@inner
def mix(x: int) -> int:
    """A bijection of 64-bit words that spreads every bit over all (the finaliser of splitmix64, Steele et al. 2014)."""
    x = uint64(x)
    x = (x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB)
    return x ^ (x >> uint64(31))


@inner
def digest_row(words: Words, frame: Frame, at: int, present: int) -> int:
    """A hash of what is learned of the key at word `at`, and of its stamp; 0 where that is nothing, or has expired."""
    first = load(words, at + 1)
    if stale(first, present):
        return uint64(0)
    total, any_bit = mix(first), first & ~stamp_bits_in(present)
    for word in range(at + 2, at + (int64(1) << frame.width_bits)):
        held = load(words, word)
        total = mix(total ^ held)
        any_bit |= held
    return total if any_bit != uint64(0) else uint64(0)


@inner
def digest(words: Words) -> int:
    """A hash of all keys and rows that does not depend on where they lie: the sum of each one's hash, modulo 2^64.

    A row of zeros is left out, as a key that was never learned is: what is forgotten leaves no trace.
    """
    frame, present = frame_of(words), load(words, AT_EXPIRY)
    total = uint64(0)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << frame.slot_bits):
            at = frame.segments + (((segment << frame.slot_bits) + i) << frame.width_bits)
            key = load(words, at)
            row = digest_row(words, frame, at, present) if key != uint64(0) else uint64(0)
            if row != uint64(0):
                total += mix(key ^ row)
        place = reachable(words, place)
    return total


@inner
def count_held(words: Words) -> int:
    """How many keys have a row that says something and has not expired."""
    frame, present = frame_of(words), load(words, AT_EXPIRY)
    count = int64(0)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << frame.slot_bits):
            at = frame.segments + (((segment << frame.slot_bits) + i) << frame.width_bits)
            count += load(words, at) != uint64(0) and digest_row(words, frame, at, present) != uint64(0)
        place = reachable(words, place)
    return count
