"""Taking out rows that have expired: a segment is written anew without them, a few segments at a time.

Behind an empty slot there is nothing, so a row cannot just be emptied. Where a segment and the one beside it, whose
keys differ in the last bit that they share, have room in one, they become one: memory follows what is held down again.
Readers go on in what was replaced, as when a segment splits (`flyball.learn.growth`); it is not written again before
the generation is counted up.

A sweep goes round the table ROUNDS times in the time after which rows expire. It leaves segments with few expired rows
as they are, unless one is so old that its stamp might come round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.arena import (
    AT_COPYING,
    AT_DIRECTORY_BITS,
    AT_DUE,
    AT_EXPIRY,
    AT_FREE,
    AT_MAX_SEGMENTS,
    AT_SWEPT,
    AT_USED,
    HEADER_WORDS,
)
from flyball.learn.atomic import load, store, store_release
from flyball.learn.expiry import SPAN, age_of, stale, stamp_bits_in, stamp_for
from flyball.learn.growth import carry, give_back, left_behind, lose, take_segment
from flyball.learn.kernel import inner
from flyball.learn.mark import mark, touched_base
from flyball.learn.place import depth_in, directory_of, frame_of, make_entry, reachable, segment_at, segment_in
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

ROUNDS = 4
"""So an expired row stays for an eighth of its life on average."""
MERGED_NUMERATOR = 3
MERGED_DENOMINATOR = 4
"""How full a segment may be that two become: less than one that splits."""
WORTH = 16
"""A segment is written anew where one of so many slots would become free."""
OLDEST = 4 * SPAN
"""Or where a row is older, in epochs."""


@inner
def lives_at(words: Words, segment: int) -> int:
    """The word that tells how many keys a segment holds."""
    return HEADER_WORDS + int64(load(words, AT_MAX_SEGMENTS)) + segment


@inner
def expired_in(words: Words, segment: int) -> tuple[int, int]:
    """(how many rows of a segment have expired, the age of the oldest in epochs)."""
    frame, present = frame_of(words), load(words, AT_EXPIRY)
    count, oldest = int64(0), int64(0)
    for i in range(int64(1) << frame.slot_bits):
        at = frame.segments + (((segment << frame.slot_bits) + i) << frame.width_bits)
        if load(words, at) != uint64(0):
            first = load(words, at + 1)
            count += stale(first, present)
            oldest = max(oldest, age_of(first, present))
    return count, oldest


@inner
def pour(words: Words, source: int, target: int, depth: int) -> None:
    """Copies what has not expired of one segment into another, whose keys share `depth` leading bits."""
    frame, present, lives = frame_of(words), load(words, AT_EXPIRY), lives_at(words, target)
    count, dropped = int64(load(words, lives)), int64(0)
    for i in range(int64(1) << frame.slot_bits):
        number = (source << frame.slot_bits) + i
        at = frame.segments + (number << frame.width_bits)
        if load(words, at) == uint64(0):
            continue
        if left_behind(words, number, at, present):
            dropped += 1
        else:
            carry(words, frame, number, target, depth)
            count += 1
    store(words, lives, uint64(count))
    lose(words, dropped)


@inner
def replace(words: Words, first: int, count: int, segment: int, depth: int) -> None:
    """Lets `count` entries of the directory from place `first` on lead to this segment; each is right by itself."""
    directory, _ = directory_of(words)
    for i in range(count):
        store_release(words, directory + first + i, make_entry(segment, depth))


@inner
def tidy_segment(words: Words, place: int, everything: bool) -> None:
    """Takes expired rows out of the segment at a place of the directory, if that is worth while; or out of any."""
    room = int64(load(words, AT_FREE)) + int64(load(words, AT_MAX_SEGMENTS)) - int64(load(words, AT_USED))
    if room < 1:
        return
    frame = frame_of(words)
    entry = load(words, frame.directory + place)
    segment, depth, slots = segment_in(entry), depth_in(entry), int64(1) << frame.slot_bits
    count, oldest = expired_in(words, segment)
    each = int64(1) << (frame.depth - depth)
    first = place & ~(each - 1)
    if depth > 0:
        other = load(words, frame.directory + (first ^ each))
        left = (
            int64(load(words, lives_at(words, segment)))
            - count
            + int64(load(words, lives_at(words, segment_in(other))))
        )
        if depth_in(other) == depth and left * MERGED_DENOMINATOR <= slots * MERGED_NUMERATOR:
            target = take_segment(words, depth - 1)
            pour(words, segment, target, depth - 1)
            pour(words, segment_in(other), target, depth - 1)
            replace(words, first & ~each, 2 * each, target, depth - 1)
            give_back(words, segment)
            give_back(words, segment_in(other))
            return
    if count > 0 and (everything or count * WORTH >= slots or oldest > OLDEST):
        target = take_segment(words, depth)
        pour(words, segment, target, depth)
        replace(words, first, each, target, depth)
        give_back(words, segment)


@inner
def sweep(words: Words, segments: int, everything: bool) -> int:
    """Takes expired rows out of the next segments, as far as that is due; how many segments it came by.

    Args:
        words: the table's; while a snapshot is taken, nothing is done.
        segments: how many at most.
        everything: whether every expired row is taken out, however few a segment has.
    """
    bits, done = int64(load(words, AT_DIRECTORY_BITS)), int64(0)
    while done < segments and load(words, AT_SWEPT) < load(words, AT_DUE) and load(words, AT_COPYING) == uint64(0):
        swept = int64(load(words, AT_SWEPT))
        at = swept & ((int64(1) << bits) - 1)
        frame = frame_of(words)
        own = bits - depth_in(load(words, frame.directory + (at >> (bits - frame.depth))))
        tidy_segment(words, at >> (bits - frame.depth), everything)
        store(words, AT_SWEPT, uint64(swept + ((((at >> own) + 1) << own) - at)))
        done += 1
    return done


@inner
def restamp(words: Words, present: int) -> None:
    """Writes another stamp into every row, and marks it as changed; none where nothing expires any more.

    The header's word must say that no stamp is looked at, so that readers see the rows that are done and those that are
    not; `present` is what it is to say afterwards.
    """
    frame, touched = frame_of(words), touched_base(words)
    stamp_bits = stamp_bits_in(load(words, AT_EXPIRY))
    place = reachable(words, -1)
    while place >= 0:
        segment = segment_at(words, place)
        for i in range(int64(1) << frame.slot_bits):
            slot = (segment << frame.slot_bits) + i
            at = frame.segments + (slot << frame.width_bits)
            key = load(words, at)
            if key != uint64(0):
                store(words, at + 1, (load(words, at + 1) & ~stamp_bits) | stamp_for(key, present))
                mark(words, touched, slot)
        place = reachable(words, place)
