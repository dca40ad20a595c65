"""Where a key's slot is: the directory, and the search in a segment. Layout: `flyball.learn.arena`.

Cost of one feature in one example: one directory word (32 kB for 2^27 keys, in the first or second cache) and one cache
line of 64 bytes with four slots, fetched ahead. A search begins at the first slot of a line, so that most end in it: at
the highest load, 0.8, a line is full for 16 % of the keys, at 0.56 for 6 % (measured; buckets as in
Knuth, TAOCP 3, 6.4). Everything here may be called by readers, while another process writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.arena import (
    AT_DIRECTORY,
    AT_DIRECTORY_BITS,
    AT_GENERATION,
    AT_MAX_SEGMENTS,
    AT_SLOT_BITS,
    HEADER_WORDS,
    HUGE_PAGE_WORDS,
)
from flyball.learn.atomic import load, load_acquire, prefetch
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
def bases(words: Words) -> tuple[int, int]:
    """(slot_bits, first word of the segments)."""
    slot_bits = int64(load(words, AT_SLOT_BITS))
    plane = int64(load(words, AT_MAX_SEGMENTS)) * ((int64(1) << slot_bits) // 64)
    return slot_bits, -(-(planes_base(words) + 2 * plane) // HUGE_PAGE_WORDS) * HUGE_PAGE_WORDS


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
def home(entry: int, slot_bits: int, key: int) -> int:
    """The slot where the search for this key begins: the first of a line, from the key's bits after the shared ones."""
    return int64((uint64(key) << (uint64(entry) >> uint64(32))) >> uint64(64 - slot_bits)) & ~3


@inner
def hint(words: Words, directory: int, segments: int, slot_bits: int, depth: int, key: int) -> None:
    """Asks the cache for the line where the search for this key begins."""
    entry = load(words, directory + place_of(depth, key))
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
    entry = load_acquire(words, directory + place_of(depth, key))
    first = segments + (segment_in(entry) << (slot_bits + 1))
    return probe(words, first, home(entry, slot_bits, key), (int64(1) << slot_bits) - 1, key)


@inner
def find(words: Words, key: int) -> tuple[bool, int]:
    """(whether this key is there, its pair)."""
    slot_bits, segments = bases(words)
    while True:
        before = load_acquire(words, AT_GENERATION)
        directory, depth = directory_of(words)
        at = seek(words, directory, segments, slot_bits, depth, key)
        known, pair = load_acquire(words, at) == uint64(key), load_acquire(words, at + 1)
        if load_acquire(words, AT_GENERATION) == before:
            return known, pair


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
