"""Finding the slots of many keys, for the table's only writer: ahead of time, and all keys of an example at once.

A core waits longer for memory, and for branches that it guessed wrongly, than it computes. So the slots of an example
are found in three stages, each while other examples are learned: `aim` asks the cache for the lines where the searches
begin, `look` compares all keys of those lines without a branch (vectorised probing: Polychroniou et al., SIGMOD 2015,
section 5) and asks for the next line of the few that are not there, and `settle` finishes these. What the writer reads
of its own table needs no atomic access; `load` is used because it checks no bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.atomic import load, prefetch
from flyball.learn.growth import FULL
from flyball.learn.kernel import inlined, inner, kernel
from flyball.learn.mark import touched_base
from flyball.learn.place import beside, frame_of, home, next_line, place_of, segment_in
from flyball.learn.slots import insert
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Integers = NDArray[np.int64]

RING = 4
"""How many examples are on their way: the present one, one looked up, one aimed at, and room for the next."""
MASK = RING - 1


class Seeker(NamedTuple):
    """Where the searches of the examples on their way have come to; example i is in row i modulo RING.

    Attributes:
        at: shape (RING, most), the word of each key's slot.
        left: shape (RING, most + 1), the places of the keys that are not found yet, or not in the table.
        counts: shape (RING,), how many those are.

    >>> seeker_of(40).at.shape
    (4, 40)
    """

    at: NDArray[np.int64]
    left: NDArray[np.int64]
    counts: NDArray[np.int64]


@kernel
def seeker_of(most: int) -> Seeker:
    """A seeker for examples of at most `most` keys."""
    at, left = np.empty((RING, most), dtype=np.int64), np.empty((RING, most + 1), dtype=np.int64)
    return Seeker(at, left, np.zeros(RING, dtype=np.int64))


@inner
def aim(words: Words, keys: Words, at: Integers) -> None:
    """Leaves in `at` the word where the search for each key begins, and asks the cache for their lines."""
    frame = frame_of(words)
    slot_bits, width_bits = frame.slot_bits, frame.width_bits
    for j in range(len(keys)):
        entry = load(words, frame.directory + place_of(frame.depth, keys[j]))
        slot = (segment_in(entry) << slot_bits) + home(entry, slot_bits, width_bits, keys[j])
        at[j] = frame.segments + (slot << width_bits)
        prefetch(words, at[j])


@inner
def in_line(words: Words, width_bits: int, line: int, key: int) -> int:
    """The word of this key's slot in the line at word `line`, or the line's first if it is not there."""
    at = line
    if width_bits == 1:
        if load(words, line + 2) == key:
            at = line + 2
        if load(words, line + 4) == key:
            at = line + 4
        if load(words, line + 6) == key:
            at = line + 6
    elif width_bits == 2 and load(words, line + 4) == key:
        at = line + 4
    return at


@inner
def look(words: Words, keys: Words, at: Integers, left: Integers) -> int:
    """Goes from the lines in `at`, as `aim` or an earlier `look` left them, to the slots of the keys that lie there.

    Returns:
        How many do not; `left` begins with their places among the keys.
    """
    frame, touched = frame_of(words), touched_base(words)
    width_bits = frame.width_bits
    count = 0
    for j in range(len(keys)):
        # Segments begin on a line, so the last bits of a word's place are its place in the line.
        place = in_line(words, width_bits, at[j] & ~7, keys[j])
        at[j] = place
        left[count] = j
        count += load(words, place) != keys[j]
        prefetch(words, touched + ((place - frame.segments) >> (width_bits + 6)))
    for i in range(count):
        prefetch(words, next_line(frame, at[left[i]]))
    return count


@inner
def walk(words: Words, keys: Words, at: Integers, left: Integers, count: int) -> int:
    """Finishes what `look` began.

    Returns:
        How many keys the table does not hold; `left` begins with their places among the keys.
    """
    frame = frame_of(words)
    last = beside(frame.width_bits) << frame.width_bits
    absent = 0
    for i in range(count):
        j = left[i]
        place = at[j]
        # A line fills from its first slot on, and nothing is ever taken out: behind an empty slot there is nothing.
        while load(words, place) != keys[j] and load(words, place | last) != uint64(0):
            place = in_line(words, frame.width_bits, next_line(frame, place), keys[j])
        at[j] = place
        left[absent] = j
        absent += load(words, place) != keys[j]
    return absent


@inlined
def begin(words: Words, starts: Integers, keys: Words, seeker: Seeker) -> None:
    """Aims at the first two examples, and looks the first one up."""
    last = len(starts) - 1
    for k in range(min(2, last)):
        aim(words, keys[starts[k] : starts[k + 1]], seeker.at[k])
    if last > 0:
        seeker.counts[0] = look(words, keys[starts[0] : starts[1]], seeker.at[0], seeker.left[0])


@inlined
def advance(words: Words, starts: Integers, keys: Words, i: int, seeker: Seeker) -> None:
    """Takes the two examples after i one stage further; to be called for each example, in order."""
    last = len(starts) - 1
    if i + 2 < last:
        aim(words, keys[starts[i + 2] : starts[i + 3]], seeker.at[(i + 2) & MASK])
    if i + 1 < last:
        here = (i + 1) & MASK
        seeker.counts[here] = look(words, keys[starts[i + 1] : starts[i + 2]], seeker.at[here], seeker.left[here])


@inlined
def settle(words: Words, starts: Integers, keys: Words, i: int, seeker: Seeker) -> None:
    """Finishes the searches of example i: `at` holds the slots, `left` and `counts` tell the keys that have none."""
    here = i & MASK
    if seeker.counts[here] > 0:
        mine = keys[starts[i] : starts[i + 1]]
        seeker.counts[here] = walk(words, mine, seeker.at[here], seeker.left[here], seeker.counts[here])


@inner
def take(words: Words, starts: Integers, keys: Words, i: int, seeker: Seeker) -> bool:
    """Takes slots for the keys of example i that have none after `settle`; False when the table is full."""
    here, k = i & MASK, 0
    while k < seeker.counts[here]:
        j = seeker.left[here, k]
        place = insert(words, keys[starts[i] + j])
        if place == FULL:
            return False
        k += 1
        if place >= 0:
            seeker.at[here, j] = place
            continue
        # A segment split: slots that were found before may have moved.
        realign(words, starts, keys, i, i, seeker)
        settle(words, starts, keys, i, seeker)
        k = 0
    return True


@inner
def realign(words: Words, starts: Integers, keys: Words, first: int, i: int, seeker: Seeker) -> None:
    """Looks for the slots of the examples from `first` on again that are on their way while example i is learned."""
    for other in range(first, min(i + 3, len(starts) - 1)):
        aim(words, keys[starts[other] : starts[other + 1]], seeker.at[other & MASK])
    for other in range(first, min(i + 2, len(starts) - 1)):
        there, mine = other & MASK, keys[starts[other] : starts[other + 1]]
        seeker.counts[there] = look(words, mine, seeker.at[there], seeker.left[there])
