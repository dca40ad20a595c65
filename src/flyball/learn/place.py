"""Where a key's slot is: the directory, and the search in a segment. Layout: `flyball.learn.arena`.

Cost of one feature in one example: one directory word (32 kB for 2^27 keys, in the first or second cache) and one cache
line of 64 bytes, fetched ahead, with four rows of two words, or two of four. A search begins at the first row of a
line, so that most end in it: with four rows, at the highest load, 0.8, a line is full for 16 % of the keys, at 0.56
for 6 % (measured; buckets as in Knuth, TAOCP 3, 6.4). Everything here may be called by readers, while another process
writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flyball.learn.arena import (
    AT_DIRECTORY,
    AT_DIRECTORY_BITS,
    AT_EXPIRY,
    AT_GENERATION,
    AT_MAX_SEGMENTS,
    AT_SLOT_BITS,
    AT_WIDTH_BITS,
    HEADER_WORDS,
    HUGE_PAGE_WORDS,
)
from flyball.learn.atomic import load, load_acquire, prefetch_read
from flyball.learn.expiry import stale, stamp_bits_in
from flyball.learn.kernel import inner
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]


@inner
def halves_base(words: Words) -> int:
    """First word of the directory's first half."""
    return int64(HEADER_WORDS + 3 * int64(load(words, AT_MAX_SEGMENTS)))


@inner
def planes_base(words: Words) -> int:
    """First word of the first plane of marks."""
    return halves_base(words) + (int64(2) << int64(load(words, AT_DIRECTORY_BITS)))


@inner
def beside(width_bits: int) -> int:
    """How many rows share a line with one: 3 rows of two words, 1 of four, none that are longer."""
    return max((int64(8) >> width_bits) - 1, int64(0))


@inner
def make_where(depth: int, half: int) -> int:
    """The word that says which half of the directory holds, and how deep it is: both change by one store."""
    return uint64(depth) | (uint64(half) << uint64(32))


@inner
def half_of(where: int) -> int:
    """The half that holds."""
    return int64(uint64(where) >> uint64(32))


@inner
def directory_of(words: Words) -> tuple[int, int]:
    """(first word of the half of the directory that holds, its depth), by one look."""
    where = load_acquire(words, AT_DIRECTORY)
    half = half_of(where) << int64(load(words, AT_DIRECTORY_BITS))
    return halves_base(words) + half, int64(uint64(where) & uint64(0xFFFFFFFF))


class Frame(NamedTuple):
    """What every search needs, read once for many: how rows lie, and the directory as it was at one moment.

    Attributes:
        slot_bits: a segment has 2 to this power slots.
        width_bits: a row has 2 to this power words.
        segments: first word of the segments.
        directory: first word of the half of the directory that holds.
        depth: with how many leading bits of a key it is indexed.

    >>> Frame(slot_bits=16, width_bits=1, segments=1 << 18, directory=512, depth=0).depth
    0
    """

    slot_bits: int
    width_bits: int
    segments: int
    directory: int
    depth: int


@inner
def frame_of(words: Words) -> Frame:
    """The frame of a table."""
    slot_bits, width_bits = int64(load(words, AT_SLOT_BITS)), int64(load(words, AT_WIDTH_BITS))
    plane = int64(load(words, AT_MAX_SEGMENTS)) * ((int64(1) << slot_bits) // 64)
    segments = -(-(planes_base(words) + 2 * plane) // HUGE_PAGE_WORDS) * HUGE_PAGE_WORDS
    directory, depth = directory_of(words)
    return Frame(slot_bits, width_bits, segments, directory, depth)


@inner
def place_of(depth: int, key: int) -> int:
    """The place of this key in a directory of this depth."""
    # A shift by 64 is undefined, so depth 0 shifts twice.
    return int64((uint64(key) >> uint64(63 - depth)) >> uint64(1))


@inner
def make_entry(segment: int, depth: int) -> int:
    """A directory entry: a segment, and in the upper half how many leading bits its keys share."""
    return uint64(segment) | (uint64(depth) << uint64(32))


@inner
def segment_in(entry: int) -> int:
    """The segment of a directory entry."""
    return int64(uint64(entry) & uint64(0xFFFFFFFF))


@inner
def depth_in(entry: int) -> int:
    """How many leading bits the keys of an entry's segment share."""
    return int64(uint64(entry) >> uint64(32))


@inner
def home(entry: int, slot_bits: int, width_bits: int, key: int) -> int:
    """The slot where the search for this key begins: the first of a line, from the key's bits after the shared ones."""
    return int64((uint64(key) << (uint64(entry) >> uint64(32))) >> uint64(64 - slot_bits)) & ~beside(width_bits)


@inner
def first_of(words: Words, frame: Frame, key: int) -> int:
    """The word of the slot where the search for this key begins."""
    entry = load_acquire(words, frame.directory + place_of(frame.depth, key))
    slot = (segment_in(entry) << frame.slot_bits) + home(entry, frame.slot_bits, frame.width_bits, key)
    return frame.segments + (slot << frame.width_bits)


@inner
def hint(words: Words, frame: Frame, key: int) -> None:
    """Asks the cache for the line where the search for this key begins: to read it, as workers map tables read-only."""
    prefetch_read(words, first_of(words, frame, key))


@inner
def next_slot(frame: Frame, at: int) -> int:
    """The word of the slot after the one at word `at`, in the same segment."""
    mask, slot = (int64(1) << frame.slot_bits) - 1, (at - frame.segments) >> frame.width_bits
    return frame.segments + (((slot & ~mask) | ((slot + 1) & mask)) << frame.width_bits)


@inner
def next_line(frame: Frame, at: int) -> int:
    """The first word of the line after the one that holds word `at`, in the same segment."""
    return next_slot(frame, at | (beside(frame.width_bits) << frame.width_bits))


@inner
def seek(words: Words, frame: Frame, key: int) -> int:
    """The word of this key's slot, or of the empty one where it would go; a segment is never full."""
    at = first_of(words, frame, key)
    held = load_acquire(words, at)
    while held != uint64(key) and held != uint64(0):
        at = next_slot(frame, at)
        held = load_acquire(words, at)
    return at


@inner
def find(words: Words, key: int, row: Words) -> bool:
    """Whether this key is there; `row` gets what is learned of it, as many words as it has room for, without stamps."""
    while True:
        before, present = load_acquire(words, AT_GENERATION), load_acquire(words, AT_EXPIRY)
        at = seek(words, frame_of(words), key)
        known = load_acquire(words, at) == uint64(key) and not stale(load_acquire(words, at + 1), present)
        for i in range(len(row)):
            row[i] = load_acquire(words, at + 1 + i)
        if len(row) > 0:
            row[0] &= ~stamp_bits_in(present)
        if load_acquire(words, AT_GENERATION) == before:
            return known


@inner
def reachable(words: Words, after: int) -> int:
    """The next segment in the directory after place `after` (-1: from the start), as its last place; -1 at the end."""
    directory, depth = directory_of(words)
    place = after + 1
    if place >= int64(1) << depth:
        return -1
    own = depth_in(load(words, directory + place))
    return place + (int64(1) << (depth - own)) - 1


@inner
def segment_at(words: Words, place: int) -> int:
    """The segment at a place of the directory."""
    directory, _ = directory_of(words)
    return segment_in(load(words, directory + place))
