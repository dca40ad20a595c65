"""Compiled operations on a coefficient table's words: find, insert, split, copy out. Layout: `flyball.learn.arena`.

Cost of one feature in one example: one directory word (32 kB for 2^27 keys, in the first or second cache) and one cache
line of 64 bytes with four slots, fetched ahead. At a load of at most 0.8 a hit takes 3 probes on average, within two
neighbouring lines (Knuth, TAOCP 3, 6.4). Only the writer calls `insert` and `split`; readers call `seek`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from flyball.learn.kernel import kernel

from flyball.learn.arena import (
    AT_DEPTH,
    AT_DIRECTORY_BITS,
    AT_FREE,
    AT_GENERATION,
    AT_LIVE,
    AT_MAX_SEGMENTS,
    AT_SHARED,
    AT_SLOT_BITS,
    AT_USED,
    HEADER_WORDS,
    HUGE_PAGE_WORDS,
)
from flyball.learn.atomic import (
    bits_of_float,
    bits_of_single,
    float_of_bits,
    load,
    load_acquire,
    prefetch,
    single_of_bits,
    store,
    store_release,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

FULL = -1
"""No segment is left, or the keys are too skewed to be told apart by the directory."""
SPLIT = -3
"""The segment of this key split; look again."""

LOAD_NUMERATOR = 4
LOAD_DENOMINATOR = 5

ZERO_KEY = 0x9E3779B97F4A7C15
"""Stands for the key 0, which marks an empty slot."""


@kernel
def bases(words: Words) -> tuple[int, int, int]:
    """(slot_bits, first word of the directory, first word of the segments)."""
    slot_bits = np.int64(load(words, AT_SLOT_BITS))
    most = np.int64(load(words, AT_MAX_SEGMENTS))
    directory = HEADER_WORDS + 3 * most
    touched = directory + (np.int64(1) << np.int64(load(words, AT_DIRECTORY_BITS)))
    end = touched + most * max(np.int64(1), (np.int64(1) << slot_bits) // 64)
    return slot_bits, directory, -(-end // HUGE_PAGE_WORDS) * HUGE_PAGE_WORDS


@kernel
def touched_base(words: Words) -> int:
    """First word of the touched bits."""
    most = np.int64(load(words, AT_MAX_SEGMENTS))
    return np.int64(HEADER_WORDS + 3 * most + (np.int64(1) << np.int64(load(words, AT_DIRECTORY_BITS))))


@kernel
def entry_of(words: Words, directory: int, depth: int, key: int) -> int:
    """The directory's entry for this key: its segment, and in the upper half how many leading bits its keys share."""
    # A shift by 64 is undefined, so depth 0 shifts twice.
    return load(words, directory + np.int64((np.uint64(key) >> np.uint64(63 - depth)) >> np.uint64(1)))


@kernel
def make_entry(segment: int, depth: int) -> int:
    """A directory entry."""
    return np.uint64(segment) | (np.uint64(depth) << np.uint64(32))


@kernel
def segment_in(entry: int) -> int:
    """The segment of a directory entry."""
    return np.int64(np.uint64(entry) & np.uint64(0xFFFFFFFF))


@kernel
def home(entry: int, slot_bits: int, key: int) -> int:
    """The slot where the search for this key begins: the key's bits after those its segment shares."""
    return np.int64((np.uint64(key) << (np.uint64(entry) >> np.uint64(32))) >> np.uint64(64 - slot_bits))


@kernel
def hint(words: Words, directory: int, segments: int, slot_bits: int, depth: int, key: int) -> None:
    """Asks the cache for the line where the search for this key begins."""
    entry = entry_of(words, directory, depth, key)
    prefetch(words, segments + ((segment_in(entry) << slot_bits) + home(entry, slot_bits, key)) * 2)


@kernel
def probe(words: Words, first: int, slot: int, mask: int, key: int) -> int:
    """The word index of this key's slot, or of the empty one where it would go; a segment is never full."""
    at = first + slot * 2
    held = load_acquire(words, at)
    while held != np.uint64(key) and held != np.uint64(0):
        slot = (slot + 1) & mask
        at = first + slot * 2
        held = load_acquire(words, at)
    return at


@kernel
def seek(words: Words, directory: int, segments: int, slot_bits: int, depth: int, key: int) -> int:
    """`probe` in the segment of this key."""
    entry = entry_of(words, directory, depth, key)
    first = segments + (segment_in(entry) << (slot_bits + 1))
    return probe(words, first, home(entry, slot_bits, key), (np.int64(1) << slot_bits) - 1, key)


@kernel
def take_slot(words: Words, at: int, key: int) -> int:
    """Puts a new key into the empty slot at word `at`; SPLIT if its segment had to split first, or FULL."""
    slot_bits, _, segments = bases(words)
    segment = (at - segments) >> (slot_bits + 1)
    lives = HEADER_WORDS + np.int64(load(words, AT_MAX_SEGMENTS)) + segment
    live = load(words, lives)
    if np.int64(live) * LOAD_DENOMINATOR >= (np.int64(1) << slot_bits) * LOAD_NUMERATOR:
        return split(words, segment)
    store(words, lives, live + np.uint64(1))
    store(words, AT_LIVE, load(words, AT_LIVE) + np.uint64(1))
    store(words, at + 1, np.uint64(0))
    store_release(words, at, np.uint64(key))
    return at


@kernel
def insert(words: Words, key: int) -> int:
    """The word index of this key's slot, taken anew if need be; SPLIT if its segment had to split first, or FULL."""
    slot_bits, directory, segments = bases(words)
    at = seek(words, directory, segments, slot_bits, np.int64(load(words, AT_DEPTH)), key)
    return at if load(words, at) == np.uint64(key) else take_slot(words, at, key)


@kernel
def touch(words: Words, touched: int, segments: int, at: int) -> None:
    """Marks the slot at word `at` as changed since the last checkpoint."""
    slot = (at - segments) >> 1
    word = touched + (slot >> 6)
    store(words, word, load(words, word) | (np.uint64(1) << np.uint64(slot & 63)))


@kernel
def is_touched(words: Words, touched: int, slot: int) -> bool:
    """Whether slot number `slot` (counted over all segments) changed since the last checkpoint."""
    return bool((load(words, touched + (slot >> 6)) >> np.uint64(slot & 63)) & np.uint64(1))


@kernel
def take_segment(words: Words, depth: int) -> int:
    """An empty segment whose keys share `depth` leading bits, or FULL."""
    most = np.int64(load(words, AT_MAX_SEGMENTS))
    free = np.int64(load(words, AT_FREE))
    slot_bits, _, segments = bases(words)
    if free > 0:
        segment = np.int64(load(words, HEADER_WORDS + 2 * most + free - 1))
        store(words, AT_FREE, np.uint64(free - 1))
        first = segments + (segment << (slot_bits + 1))
        words[first : first + (np.int64(2) << slot_bits)] = 0
        marks = max(np.int64(1), (np.int64(1) << slot_bits) // 64)
        touched = touched_base(words) + segment * marks
        words[touched : touched + marks] = 0
    else:
        segment = np.int64(load(words, AT_USED))
        if segment >= most:
            return FULL
        store(words, AT_USED, np.uint64(segment + 1))
    store(words, HEADER_WORDS + segment, np.uint64(depth))
    store(words, HEADER_WORDS + most + segment, np.uint64(0))
    return segment


@kernel
def give_back(words: Words, segment: int) -> None:
    """Puts a segment that nothing points to on the free stack, unless a reader may still be in it."""
    if load(words, AT_SHARED) != np.uint64(0):
        return
    free = np.int64(load(words, AT_FREE))
    store(words, HEADER_WORDS + 2 * np.int64(load(words, AT_MAX_SEGMENTS)) + free, np.uint64(segment))
    store(words, AT_FREE, np.uint64(free + 1))


@kernel
def move(words: Words, source: int, low: int, high: int, depth: int) -> None:
    """Copies the slots of segment `source` into `low` or `high` by their bit number `depth` (0 = leading)."""
    slot_bits, _, segments = bases(words)
    touched = touched_base(words)
    mask = (np.int64(1) << slot_bits) - 1
    counts = np.zeros(2, dtype=np.int64)
    for i in range(mask + 1):
        at = segments + (((source << slot_bits) + i) << 1)
        key = load(words, at)
        if key == np.uint64(0):
            continue
        side = np.int64((key >> np.uint64(63 - depth)) & np.uint64(1))
        target = high if side == 1 else low
        slot = home(np.uint64(depth + 1) << np.uint64(32), slot_bits, key)
        to = segments + (((target << slot_bits) + slot) << 1)
        while load(words, to) != np.uint64(0):
            slot = (slot + 1) & mask
            to = segments + (((target << slot_bits) + slot) << 1)
        store(words, to + 1, load(words, at + 1))
        store(words, to, key)
        if is_touched(words, touched, (source << slot_bits) + i):
            touch(words, touched, segments, to)
        counts[side] += 1
    lives = HEADER_WORDS + np.int64(load(words, AT_MAX_SEGMENTS))
    store(words, lives + low, np.uint64(counts[0]))
    store(words, lives + high, np.uint64(counts[1]))


@kernel
def split(words: Words, segment: int) -> int:
    """Replaces a segment by two, each with half of its keys' range. SPLIT, or FULL and nothing has changed."""
    _, directory, _ = bases(words)
    local = np.int64(load(words, HEADER_WORDS + segment))
    depth = np.int64(load(words, AT_DEPTH))
    room = np.int64(load(words, AT_FREE)) + np.int64(load(words, AT_MAX_SEGMENTS)) - np.int64(load(words, AT_USED))
    if room < 2 or (local == depth and depth >= np.int64(load(words, AT_DIRECTORY_BITS))):
        return FULL
    low = take_segment(words, local + 1)
    high = take_segment(words, local + 1)
    move(words, segment, low, high, local)
    first = np.int64(-1)
    for i in range(np.int64(1) << depth):
        if segment_in(load(words, directory + i)) == segment:
            first = i
            break
    store_release(words, AT_GENERATION, load(words, AT_GENERATION) + np.uint64(1))
    if local == depth:
        # From the end, so that no entry is overwritten before it has been read.
        for i in range((np.int64(1) << depth) - 1, -1, -1):
            entry = load(words, directory + i)
            store_release(words, directory + 2 * i + 1, entry)
            store_release(words, directory + 2 * i, entry)
        depth += 1
        first *= 2
        store_release(words, AT_DEPTH, np.uint64(depth))
    half = np.int64(1) << (depth - local - 1)
    for i in range(half):
        store_release(words, directory + first + i, make_entry(low, local + 1))
        store_release(words, directory + first + half + i, make_entry(high, local + 1))
    store_release(words, AT_GENERATION, load(words, AT_GENERATION) + np.uint64(1))
    give_back(words, segment)
    return SPLIT


@kernel
def reserve(words: Words, count: int) -> bool:
    """Splits segments until `count` evenly spread keys fit; False if there are not enough segments."""
    _, directory, _ = bases(words)
    each = (np.int64(1) << np.int64(load(words, AT_SLOT_BITS))) * LOAD_NUMERATOR // LOAD_DENOMINATOR
    depth = 0
    while (np.int64(1) << depth) * each < count:
        depth += 1
    place = reachable(words, -1)
    while place >= 0:
        entry = load(words, directory + place)
        if np.int64(entry >> np.uint64(32)) >= depth:
            place = reachable(words, place)
        elif split(words, segment_in(entry)) == FULL:
            return False
        else:
            place = reachable(words, -1)
    return True


@kernel
def pack(z: float, n: float, noise: int) -> int:
    """z and n as two float32 in one word, rounded at random in the proportion of the distance to each neighbour.

    Rounding to nearest would freeze a coefficient once its steps fall below half a unit in the last place; at random it
    stays unbiased (McMahan et al., KDD 2013, section 5.1). A double's low 29 bits are what a float32 lacks: adding 29
    random bits and cutting them off rounds up with just the right probability.
    """
    low = np.uint64(0x1FFFFFFF)
    z_bits = (np.uint64(bits_of_float(z)) + (np.uint64(noise) & low)) & ~low
    n_bits = (np.uint64(bits_of_float(n)) + ((np.uint64(noise) >> np.uint64(35)) & low)) & ~low
    z32 = np.uint64(bits_of_single(np.float32(float_of_bits(np.int64(z_bits)))))
    n32 = np.uint64(bits_of_single(np.float32(float_of_bits(np.int64(n_bits)))))
    return z32 | (n32 << np.uint64(32))


@kernel
def z_of(pair: int) -> float:
    """The z of a pair."""
    return np.float64(single_of_bits(np.uint32(np.uint64(pair) & np.uint64(0xFFFFFFFF))))


@kernel
def n_of(pair: int) -> float:
    """The n of a pair."""
    return np.float64(single_of_bits(np.uint32(np.uint64(pair) >> np.uint64(32))))


@kernel
def put(words: Words, keys: Words, pairs: Words) -> int:
    """Writes these pairs under these keys, taking slots as needed; how many were written before the table was full."""
    _, _, segments = bases(words)
    touched = touched_base(words)
    for i in range(len(keys)):
        at = np.int64(SPLIT)
        while at == SPLIT:
            at = insert(words, keys[i])
        if at == FULL:
            return i
        store(words, at + 1, pairs[i])
        touch(words, touched, segments, at)
    return len(keys)


@kernel
def reachable(words: Words, after: int) -> int:
    """The next segment in the directory after place `after` (-1: from the start), as its last place; -1 at the end."""
    _, directory, _ = bases(words)
    size = np.int64(1) << np.int64(load(words, AT_DEPTH))
    place = after + 1
    if place >= size:
        return -1
    segment = load(words, directory + place)
    while place + 1 < size and load(words, directory + place + 1) == segment:
        place += 1
    return place


@kernel
def copy_out(words: Words, only_touched: bool, keys: Words, pairs: Words) -> int:
    """Copies the live (or the touched) slots into `keys` and `pairs`, in the order of the table; how many there are."""
    slot_bits, directory, segments = bases(words)
    touched = touched_base(words)
    count = 0
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_in(load(words, directory + place))
        for i in range(np.int64(1) << slot_bits):
            slot = (segment << slot_bits) + i
            key = load(words, segments + slot * 2)
            if key == np.uint64(0) or (only_touched and not is_touched(words, touched, slot)):
                continue
            if count < len(keys):
                keys[count] = key
                pairs[count] = load(words, segments + slot * 2 + 1)
            count += 1
        place = reachable(words, place)
    return count


@kernel
def untouch(words: Words) -> None:
    """Forgets which slots have changed: they are in a checkpoint now."""
    slot_bits, _, _ = bases(words)
    touched = touched_base(words)
    marks = max(np.int64(1), (np.int64(1) << slot_bits) // 64)
    words[touched : touched + np.int64(load(words, AT_USED)) * marks] = 0


@kernel
def mix(x: int) -> int:
    """A bijection of 64-bit words that spreads every bit over all (the finaliser of splitmix64, Steele et al. 2014)."""
    x = np.uint64(x)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@kernel
def digest(words: Words) -> int:
    """A hash of all (key, pair) that does not depend on where they lie: the sum of each one's hash, modulo 2^64."""
    slot_bits, directory, segments = bases(words)
    total = np.uint64(0)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_in(load(words, directory + place))
        for i in range(np.int64(1) << slot_bits):
            at = segments + (((segment << slot_bits) + i) << 1)
            key = load(words, at)
            if key != np.uint64(0):
                total += mix(key ^ mix(load(words, at + 1)))
        place = reachable(words, place)
    return total
