"""Marks of slots, one bit each, in two planes: what changed since the last checkpoint, and what is yet to be copied.

The planes take turns. While no snapshot is taken the second one is empty; when one begins, they are exchanged, and what
was marked as changed is what it has to copy. Only the writer reads and writes marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.arena import AT_COPYING, AT_MAX_SEGMENTS, AT_SLOT_BITS, AT_TOUCHED, AT_USED
from flyball.learn.atomic import load, store
from flyball.learn.kernel import inner
from flyball.learn.place import planes_base
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]


@inner
def touched_base(words: Words) -> int:
    """First word of the plane that marks what changes now."""
    return int64(load(words, AT_TOUCHED))


@inner
def copying_base(words: Words) -> int:
    """First word of the plane that marks what a snapshot has yet to copy; 0 while none is taken."""
    return int64(load(words, AT_COPYING))


@inner
def plane_words(words: Words) -> int:
    """Words in one plane."""
    return int64(load(words, AT_MAX_SEGMENTS)) * segment_marks(words)


@inner
def segment_marks(words: Words) -> int:
    """Words of marks of one segment."""
    return (int64(1) << int64(load(words, AT_SLOT_BITS))) // 64


@inner
def mark(words: Words, plane: int, slot: int) -> None:
    """Marks slot number `slot` (counted over all segments)."""
    word = plane + (slot >> 6)
    marks, bit = load(words, word), uint64(1) << uint64(slot & 63)
    if marks & bit == uint64(0):
        store(words, word, marks | bit)


@inner
def unmark(words: Words, plane: int, slot: int) -> None:
    """Takes the mark of slot number `slot` away."""
    word = plane + (slot >> 6)
    store(words, word, load(words, word) & ~(uint64(1) << uint64(slot & 63)))


@inner
def is_marked(words: Words, plane: int, slot: int) -> bool:
    """Whether slot number `slot` is marked."""
    return bool((load(words, plane + (slot >> 6)) >> uint64(slot & 63)) & uint64(1))


@inner
def fill_marks(words: Words, plane: int, marks: int) -> None:
    """Sets every word of a plane, as far as segments were ever taken, to these 64 marks."""
    end = plane + int64(load(words, AT_USED)) * segment_marks(words)
    words[plane:end] = uint64(marks)


@inner
def clear_segment(words: Words, segment: int) -> None:
    """Takes the marks of a segment away, in both planes."""
    each, size = segment_marks(words), plane_words(words)
    first = planes_base(words) + segment * each
    words[first : first + each] = 0
    words[first + size : first + size + each] = 0


@inner
def touch_all(words: Words) -> None:
    """Marks every slot as changed, empty ones too."""
    fill_marks(words, touched_base(words), ~uint64(0))


@inner
def begin_copying(words: Words) -> None:
    """What was marked as changed is yet to be copied from here on, and nothing has changed."""
    first, touched = planes_base(words), touched_base(words)
    other = first + plane_words(words) if touched == first else first
    store(words, AT_COPYING, uint64(touched))
    store(words, AT_TOUCHED, uint64(other))


@inner
def end_copying(words: Words) -> None:
    """Nothing is to be copied any more."""
    fill_marks(words, copying_base(words), uint64(0))
    store(words, AT_COPYING, uint64(0))
