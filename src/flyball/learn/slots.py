"""Compiled operations on a coefficient table's words: find, insert, split, copy out. Layout: `flyball.learn.arena`.

Cost of one feature in one example: one directory word (32 kB for 2^27 keys, in the first or second cache) and one cache
line of 64 bytes with four slots, fetched ahead. A search begins at the first slot of a line, so that most end in it: at
the highest load, 0.8, a line is full for 16 % of the keys, at 0.56 for 6 % (measured; buckets as in
Knuth, TAOCP 3, 6.4). Only the writer calls `insert` and `split`; readers call `seek`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    load,
    load_acquire,
    prefetch,
    store,
    store_release,
)
from flyball.learn.kernel import inner
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

FULL = -1
"""No segment is left, or the keys are too skewed to be told apart by the directory."""
SPLIT = -3
"""The segment of this key split; look again."""

LOAD_NUMERATOR = 4
LOAD_DENOMINATOR = 5

ZERO_KEY = 0x9E3779B97F4A7C15
"""Stands for the key 0, which marks an empty slot: features are never given the key 0."""


@inner
def bases(words: Words) -> tuple[int, int, int]:
    """(slot_bits, first word of the directory, first word of the segments)."""
    slot_bits = int64(load(words, AT_SLOT_BITS))
    most = int64(load(words, AT_MAX_SEGMENTS))
    directory = HEADER_WORDS + 3 * most
    touched = directory + (int64(1) << int64(load(words, AT_DIRECTORY_BITS)))
    end = touched + most * max(int64(1), (int64(1) << slot_bits) // 64)
    return slot_bits, directory, -(-end // HUGE_PAGE_WORDS) * HUGE_PAGE_WORDS


@inner
def touched_base(words: Words) -> int:
    """First word of the touched bits."""
    most = int64(load(words, AT_MAX_SEGMENTS))
    return int64(HEADER_WORDS + 3 * most + (int64(1) << int64(load(words, AT_DIRECTORY_BITS))))


@inner
def entry_of(words: Words, directory: int, depth: int, key: int) -> int:
    """The directory's entry for this key: its segment, and in the upper half how many leading bits its keys share."""
    # A shift by 64 is undefined, so depth 0 shifts twice.
    return load(words, directory + int64((uint64(key) >> uint64(63 - depth)) >> uint64(1)))


@inner
def make_entry(segment: int, depth: int) -> int:
    """A directory entry."""
    return uint64(segment) | (uint64(depth) << uint64(32))


@inner
def segment_in(entry: int) -> int:
    """The segment of a directory entry."""
    return int64(uint64(entry) & uint64(0xFFFFFFFF))


@inner
def home(entry: int, slot_bits: int, key: int) -> int:
    """The slot where the search for this key begins: the first of a line, from the key's bits after the shared ones."""
    return int64((uint64(key) << (uint64(entry) >> uint64(32))) >> uint64(64 - slot_bits)) & ~3


@inner
def hint(words: Words, directory: int, segments: int, slot_bits: int, depth: int, key: int) -> None:
    """Asks the cache for the line where the search for this key begins."""
    entry = entry_of(words, directory, depth, key)
    prefetch(words, segments + ((segment_in(entry) << slot_bits) + home(entry, slot_bits, key)) * 2)


@inner
def next_line(segments: int, mask: int, at: int) -> int:
    """The first word of the cache line after the one that holds word `at`, in the same segment."""
    slot = (at - segments) >> 1
    return segments + (((slot & ~mask) | (((slot & ~3) + 4) & mask)) << 1)


@inner
def probe(words: Words, first: int, slot: int, mask: int, key: int) -> int:
    """The word index of this key's slot, or of the empty one where it would go; a segment is never full."""
    at = first + slot * 2
    held = load_acquire(words, at)
    while held != uint64(key) and held != uint64(0):
        slot = (slot + 1) & mask
        at = first + slot * 2
        held = load_acquire(words, at)
    return at


@inner
def seek(words: Words, directory: int, segments: int, slot_bits: int, depth: int, key: int) -> int:
    """`probe` in the segment of this key."""
    entry = entry_of(words, directory, depth, key)
    first = segments + (segment_in(entry) << (slot_bits + 1))
    return probe(words, first, home(entry, slot_bits, key), (int64(1) << slot_bits) - 1, key)


@inner
def take_slot(words: Words, at: int, key: int) -> int:
    """Puts a new key into the empty slot at word `at`; SPLIT if its segment had to split first, or FULL."""
    slot_bits, _, segments = bases(words)
    segment = (at - segments) >> (slot_bits + 1)
    lives = HEADER_WORDS + int64(load(words, AT_MAX_SEGMENTS)) + segment
    live = load(words, lives)
    if int64(live) * LOAD_DENOMINATOR >= (int64(1) << slot_bits) * LOAD_NUMERATOR:
        return split(words, segment)
    store(words, lives, live + uint64(1))
    store(words, AT_LIVE, load(words, AT_LIVE) + uint64(1))
    store(words, at + 1, uint64(0))
    store_release(words, at, uint64(key))
    return at


@inner
def insert(words: Words, key: int) -> int:
    """The word index of this key's slot, taken anew if need be; SPLIT if its segment had to split first, or FULL."""
    slot_bits, directory, segments = bases(words)
    at = seek(words, directory, segments, slot_bits, int64(load(words, AT_DEPTH)), key)
    return at if load(words, at) == uint64(key) else take_slot(words, at, key)


@inner
def touch(words: Words, touched: int, segments: int, at: int) -> None:
    """Marks the slot at word `at` as changed since the last checkpoint."""
    slot = (at - segments) >> 1
    word = touched + (slot >> 6)
    marks, mark = load(words, word), uint64(1) << uint64(slot & 63)
    if marks & mark == uint64(0):
        store(words, word, marks | mark)


@inner
def is_touched(words: Words, touched: int, slot: int) -> bool:
    """Whether slot number `slot` (counted over all segments) changed since the last checkpoint."""
    return bool((load(words, touched + (slot >> 6)) >> uint64(slot & 63)) & uint64(1))


@inner
def take_segment(words: Words, depth: int) -> int:
    """An empty segment whose keys share `depth` leading bits, or FULL."""
    most = int64(load(words, AT_MAX_SEGMENTS))
    free = int64(load(words, AT_FREE))
    slot_bits, _, segments = bases(words)
    if free > 0:
        segment = int64(load(words, HEADER_WORDS + 2 * most + free - 1))
        store(words, AT_FREE, uint64(free - 1))
        first = segments + (segment << (slot_bits + 1))
        words[first : first + (int64(2) << slot_bits)] = 0
        marks = max(int64(1), (int64(1) << slot_bits) // 64)
        touched = touched_base(words) + segment * marks
        words[touched : touched + marks] = 0
    else:
        segment = int64(load(words, AT_USED))
        if segment >= most:
            return FULL
        store(words, AT_USED, uint64(segment + 1))
    store(words, HEADER_WORDS + segment, uint64(depth))
    store(words, HEADER_WORDS + most + segment, uint64(0))
    return segment


@inner
def give_back(words: Words, segment: int) -> None:
    """Puts a segment that nothing points to on the free stack, unless a reader may still be in it."""
    if load(words, AT_SHARED) != uint64(0):
        return
    free = int64(load(words, AT_FREE))
    store(words, HEADER_WORDS + 2 * int64(load(words, AT_MAX_SEGMENTS)) + free, uint64(segment))
    store(words, AT_FREE, uint64(free + 1))


@inner
def move(words: Words, source: int, low: int, high: int, depth: int) -> None:
    """Copies the slots of segment `source` into `low` or `high` by their bit number `depth` (0 = leading)."""
    slot_bits, _, segments = bases(words)
    touched = touched_base(words)
    mask = (int64(1) << slot_bits) - 1
    total, ones = int64(0), int64(0)
    for i in range(mask + 1):
        at = segments + (((source << slot_bits) + i) << 1)
        key = load(words, at)
        if key == uint64(0):
            continue
        side = int64((key >> uint64(63 - depth)) & uint64(1))
        target = high if side == 1 else low
        slot = home(uint64(depth + 1) << uint64(32), slot_bits, key)
        to = segments + (((target << slot_bits) + slot) << 1)
        while load(words, to) != uint64(0):
            slot = (slot + 1) & mask
            to = segments + (((target << slot_bits) + slot) << 1)
        store(words, to + 1, load(words, at + 1))
        store(words, to, key)
        if is_touched(words, touched, (source << slot_bits) + i):
            touch(words, touched, segments, to)
        total += 1
        ones += side
    lives = HEADER_WORDS + int64(load(words, AT_MAX_SEGMENTS))
    store(words, lives + low, uint64(total - ones))
    store(words, lives + high, uint64(ones))


@inner
def split(words: Words, segment: int) -> int:
    """Replaces a segment by two, each with half of its keys' range. SPLIT, or FULL and nothing has changed."""
    _, directory, _ = bases(words)
    local = int64(load(words, HEADER_WORDS + segment))
    depth = int64(load(words, AT_DEPTH))
    room = int64(load(words, AT_FREE)) + int64(load(words, AT_MAX_SEGMENTS)) - int64(load(words, AT_USED))
    if room < 2 or (local == depth and depth >= int64(load(words, AT_DIRECTORY_BITS))):
        return FULL
    low = take_segment(words, local + 1)
    high = take_segment(words, local + 1)
    move(words, segment, low, high, local)
    first = int64(-1)
    for i in range(int64(1) << depth):
        if segment_in(load(words, directory + i)) == segment:
            first = i
            break
    store_release(words, AT_GENERATION, load(words, AT_GENERATION) + uint64(1))
    if local == depth:
        # From the end, so that no entry is overwritten before it has been read.
        for i in range((int64(1) << depth) - 1, -1, -1):
            entry = load(words, directory + i)
            store_release(words, directory + 2 * i + 1, entry)
            store_release(words, directory + 2 * i, entry)
        depth += 1
        first *= 2
        store_release(words, AT_DEPTH, uint64(depth))
    half = int64(1) << (depth - local - 1)
    for i in range(half):
        store_release(words, directory + first + i, make_entry(low, local + 1))
        store_release(words, directory + first + half + i, make_entry(high, local + 1))
    store_release(words, AT_GENERATION, load(words, AT_GENERATION) + uint64(1))
    give_back(words, segment)
    return SPLIT


@inner
def reserve(words: Words, count: int) -> None:
    """Splits segments until `count` evenly spread keys fit, or as evenly as there are segments for."""
    _, directory, _ = bases(words)
    each = (int64(1) << int64(load(words, AT_SLOT_BITS))) * LOAD_NUMERATOR // LOAD_DENOMINATOR
    most = int64(load(words, AT_MAX_SEGMENTS))
    depth = 0
    # One segment more is taken while another one splits.
    while (int64(1) << depth) * each < count and (int64(2) << depth) < most:
        depth += 1
    place = reachable(words, -1)
    while place >= 0:
        entry = load(words, directory + place)
        if int64(entry >> uint64(32)) >= depth:
            place = reachable(words, place)
        elif split(words, segment_in(entry)) == FULL:
            return
        else:
            place = reachable(words, -1)


@inner
def put(words: Words, keys: Words, pairs: Words) -> int:
    """Writes these pairs under these keys, taking slots as needed; how many were written before the table was full."""
    _, _, segments = bases(words)
    touched = touched_base(words)
    for i in range(len(keys)):
        at = int64(SPLIT)
        while at == SPLIT:
            at = insert(words, keys[i])
        if at == FULL:
            return i
        store(words, at + 1, pairs[i])
        touch(words, touched, segments, at)
    return len(keys)


@inner
def reachable(words: Words, after: int) -> int:
    """The next segment in the directory after place `after` (-1: from the start), as its last place; -1 at the end."""
    _, directory, _ = bases(words)
    size = int64(1) << int64(load(words, AT_DEPTH))
    place = after + 1
    if place >= size:
        return -1
    segment = load(words, directory + place)
    while place + 1 < size and load(words, directory + place + 1) == segment:
        place += 1
    return place


@inner
def copy_out(words: Words, only_touched: bool, keys: Words, pairs: Words) -> int:
    """Copies the live (or the touched) slots into `keys` and `pairs`, in the order of the table; how many there are."""
    slot_bits, directory, segments = bases(words)
    touched = touched_base(words)
    count = 0
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_in(load(words, directory + place))
        for i in range(int64(1) << slot_bits):
            slot = (segment << slot_bits) + i
            key = load(words, segments + slot * 2)
            if key == uint64(0) or (only_touched and not is_touched(words, touched, slot)):
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
    slot_bits, _, _ = bases(words)
    touched = touched_base(words)
    marks = max(int64(1), (int64(1) << slot_bits) // 64)
    words[touched : touched + int64(load(words, AT_USED)) * marks] = 0


@inner
def forget(words: Words) -> None:
    """Sets every pair to (0, 0), as if its key had never been learned, and marks it as changed."""
    slot_bits, directory, segments = bases(words)
    touched = touched_base(words)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_in(load(words, directory + place))
        for i in range(int64(1) << slot_bits):
            at = segments + (((segment << slot_bits) + i) << 1)
            if load(words, at) != uint64(0):
                store(words, at + 1, uint64(0))
                touch(words, touched, segments, at)
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
    """A hash of all (key, pair) that does not depend on where they lie: the sum of each one's hash, modulo 2^64."""
    slot_bits, directory, segments = bases(words)
    total = uint64(0)
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_in(load(words, directory + place))
        for i in range(int64(1) << slot_bits):
            at = segments + (((segment << slot_bits) + i) << 1)
            key = load(words, at)
            if key != uint64(0):
                total += mix(key ^ mix(load(words, at + 1)))
        place = reachable(words, place)
    return total
