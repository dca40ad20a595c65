"""How a table grows: the one segment that is full splits in two. Only the writer does it, while others may read.

The order of the stores is what matters; `flyball.learn.arena` says what readers rely on. On a machine that reorders
them (ARM) it holds as well: the generation is counted up before the first store into what is used again, each word of
that is first written by a releasing store, and readers acquire what they read before they look at the generation again.
Later stores into the same words come after those for every reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.arena import (
    AT_DIRECTORY,
    AT_DIRECTORY_BITS,
    AT_EXPIRY,
    AT_FREE,
    AT_GENERATION,
    AT_LIVE,
    AT_MAX_SEGMENTS,
    AT_SLOT_BITS,
    AT_USED,
    HEADER_WORDS,
)
from flyball.learn.atomic import load, store, store_release
from flyball.learn.expiry import stale
from flyball.learn.kernel import inner
from flyball.learn.mark import clear_segment, copying_base, is_marked, mark, touched_base
from flyball.learn.place import (
    Frame,
    depth_in,
    directory_of,
    frame_of,
    half_of,
    halves_base,
    home,
    make_entry,
    make_where,
    next_slot,
    reachable,
    segment_at,
    segment_in,
)
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


@inner
def renew(words: Words) -> None:
    """Tells readers that something that they may still follow is about to be written again."""
    store_release(words, AT_GENERATION, load(words, AT_GENERATION) + uint64(1))


@inner
def take_segment(words: Words, depth: int) -> int:
    """An empty segment whose keys share `depth` leading bits, or FULL."""
    most = int64(load(words, AT_MAX_SEGMENTS))
    free = int64(load(words, AT_FREE))
    frame = frame_of(words)
    if free > 0:
        segment = int64(load(words, HEADER_WORDS + 2 * most + free - 1))
        store(words, AT_FREE, uint64(free - 1))
        renew(words)
        bits = frame.slot_bits + frame.width_bits
        first = frame.segments + (segment << bits)
        for at in range(first, first + (int64(1) << bits)):
            store_release(words, at, uint64(0))
        clear_segment(words, segment)
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
    """Puts a segment that the directory does not name any more on the free stack; readers may still be in it."""
    free = int64(load(words, AT_FREE))
    store(words, HEADER_WORDS + 2 * int64(load(words, AT_MAX_SEGMENTS)) + free, uint64(segment))
    store(words, AT_FREE, uint64(free + 1))


@inner
def carry_marks(words: Words, source: int, target: int) -> None:
    """Marks slot number `target` as slot number `source` is marked."""
    touched, copying = touched_base(words), copying_base(words)
    if is_marked(words, touched, source):
        mark(words, touched, target)
    if copying != 0 and is_marked(words, copying, source):
        mark(words, copying, target)


@inner
def left_behind(words: Words, slot: int, at: int, present: int) -> bool:
    """Whether the row of slot number `slot`, at word `at`, has expired, and no snapshot has yet to copy it."""
    copying = copying_base(words)
    return stale(load(words, at + 1), present) and (copying == 0 or not is_marked(words, copying, slot))


@inner
def carry(words: Words, frame: Frame, source: int, target: int, depth: int) -> None:
    """Copies slot number `source` into segment `target`, whose keys share `depth` leading bits."""
    slot_bits, width_bits = frame.slot_bits, frame.width_bits
    at = frame.segments + (source << width_bits)
    key = load(words, at)
    slot = home(uint64(depth) << uint64(32), slot_bits, width_bits, key)
    to = frame.segments + (((target << slot_bits) + slot) << width_bits)
    while load(words, to) != uint64(0):
        to = next_slot(frame, to)
    for j in range(1, int64(1) << width_bits):
        store(words, to + j, load(words, at + j))
    store(words, to, key)
    carry_marks(words, source, (to - frame.segments) >> width_bits)


@inner
def move(words: Words, source: int, low: int, high: int, depth: int) -> None:
    """Copies the slots of segment `source` into `low` or `high` by their bit number `depth` (0 = leading)."""
    frame, present = frame_of(words), load(words, AT_EXPIRY)
    slot_bits, width_bits = frame.slot_bits, frame.width_bits
    total, ones, dropped = int64(0), int64(0), int64(0)
    for i in range(int64(1) << slot_bits):
        number = (source << slot_bits) + i
        at = frame.segments + (number << width_bits)
        key = load(words, at)
        if key == uint64(0):
            continue
        if left_behind(words, number, at, present):
            dropped += 1
            continue
        side = int64((key >> uint64(63 - depth)) & uint64(1))
        carry(words, frame, number, high if side == 1 else low, depth + 1)
        total += 1
        ones += side
    lives = HEADER_WORDS + int64(load(words, AT_MAX_SEGMENTS))
    store(words, lives + low, uint64(total - ones))
    store(words, lives + high, uint64(ones))
    lose(words, dropped)


@inner
def lose(words: Words, count: int) -> None:
    """So many rows are not there any more."""
    if count > 0:
        store(words, AT_LIVE, load(words, AT_LIVE) - uint64(count))


@inner
def double(words: Words) -> None:
    """Writes the directory, one bit deeper, into the half that does not hold; one store makes that half hold."""
    directory, depth = directory_of(words)
    half = 1 - half_of(load(words, AT_DIRECTORY))
    other = halves_base(words) + (half << int64(load(words, AT_DIRECTORY_BITS)))
    renew(words)
    for i in range(int64(1) << depth):
        entry = load(words, directory + i)
        store_release(words, other + 2 * i, entry)
        store_release(words, other + 2 * i + 1, entry)
    store_release(words, AT_DIRECTORY, make_where(depth + 1, half))


@inner
def split(words: Words, segment: int) -> int:
    """Replaces a segment by two, each with half of its keys' range. SPLIT, or FULL and nothing has changed."""
    local = int64(load(words, HEADER_WORDS + segment))
    _, depth = directory_of(words)
    room = int64(load(words, AT_FREE)) + int64(load(words, AT_MAX_SEGMENTS)) - int64(load(words, AT_USED))
    # Where rows expire, one segment more must be there to take the place of one that they are taken out of.
    if room < 2 + int64(load(words, AT_EXPIRY) != uint64(0)) or (
        local == depth and depth >= int64(load(words, AT_DIRECTORY_BITS))
    ):
        return FULL
    low = take_segment(words, local + 1)
    high = take_segment(words, local + 1)
    move(words, segment, low, high, local)
    if local == depth:
        double(words)
    directory, depth = directory_of(words)
    half = int64(1) << (depth - local - 1)
    last = reachable(words, -1)
    while segment_at(words, last) != segment:
        last = reachable(words, last)
    first = last + 1 - 2 * half
    # Each entry is right by itself: what is not replaced yet leads to the segment that split, which stays as it is.
    for i in range(half):
        store_release(words, directory + first + i, make_entry(low, local + 1))
        store_release(words, directory + first + half + i, make_entry(high, local + 1))
    give_back(words, segment)
    return SPLIT


@inner
def reserve(words: Words, count: int) -> None:
    """Splits segments until `count` evenly spread keys fit, or as evenly as there are segments for."""
    each = (int64(1) << int64(load(words, AT_SLOT_BITS))) * LOAD_NUMERATOR // LOAD_DENOMINATOR
    most = int64(load(words, AT_MAX_SEGMENTS))
    depth = 0
    # One segment more is taken while another one splits.
    while (int64(1) << depth) * each < count and (int64(2) << depth) < most:
        depth += 1
    place = reachable(words, -1)
    while place >= 0:
        directory, _ = directory_of(words)
        entry = load(words, directory + place)
        if depth_in(entry) >= depth:
            place = reachable(words, place)
        elif split(words, segment_in(entry)) == FULL:
            return
        else:
            place = reachable(words, -1)
