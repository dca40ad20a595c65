"""How fast this machine reads and writes lines of memory at random: what no table that is larger than a cache can beat.

It is measured in a table's own memory, on its own pages, since how large a block is and how its pages are mapped
decides it.
"""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.atomic import load, prefetch, store
from flyball.learn.kernel import inner, kernel
from flyball.learn.place import first_of, frame_of, seek
from flyball.learn.slots import mix
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.table import Table

LINE_BYTES = 64
LINE_WORDS = 8
AHEAD = (0, 16, 64)
"""How many accesses ahead a line may be asked for: the quickest is the machine's."""


@inner
def line_of(number: int, lines: int) -> int:
    """The `number`-th line of a sequence that looks random; `lines` are fewer than 2^32."""
    return int64(((mix(uint64(number) + uint64(1)) >> uint64(32)) * uint64(lines)) >> uint64(32))


@kernel
def touch(words: NDArray[Any], first: int, lines: int, start: int, count: int, ahead: int) -> None:
    """Reads a word of each of `count` random lines and writes it back; no access waits for another."""
    for i in range(start, start + count):
        if ahead > 0:
            prefetch(words, first + LINE_WORDS * line_of(i + ahead, lines))
        at = first + LINE_WORDS * line_of(i, lines)
        store(words, at, load(words, at))


@kernel
def lines_read(words: NDArray[Any], keys: NDArray[Any]) -> int:
    """How many lines the searches for these keys read, in all."""
    frame, lines = frame_of(words), 0
    mask = ((int64(1) << (frame.slot_bits + frame.width_bits)) - 1) // LINE_WORDS
    for key in keys:
        began, ended = first_of(words, frame, key), seek(words, frame, key)
        lines += (((ended - frame.segments) // LINE_WORDS - (began - frame.segments) // LINE_WORDS) & mask) + 1
    return lines


def lines_a_key(table: Table, keys: NDArray[np.uint64]) -> float:
    """How many lines a search for one of these keys reads, on average.

    >>> from benchmarks.keys import filled, keys_for
    >>> 1.0 <= lines_a_key(filled(1000, shared=False), keys_for(np.arange(1000, dtype=np.uint64))) < 1.5
    True
    """
    return lines_read(table.words, keys) / len(keys)


def lines_per_second(table: Table, *, count: int, rounds: int) -> float:
    """Random lines of a table's segments read and written back in a second: the quickest of all rounds.

    >>> from benchmarks.keys import filled
    >>> lines_per_second(filled(1000, shared=False), count=1000, rounds=1) > 0.0
    True
    """
    first, lines = table.layout.segments, table.memory_bytes // LINE_BYTES
    best = np.inf
    for turn in range(rounds):
        for ahead in AHEAD:
            touch(table.words, first, lines, 0, 0, ahead)
            start = process_time()
            touch(table.words, first, lines, turn * count, count, ahead)
            best = min(best, process_time() - start)
    return count / best
