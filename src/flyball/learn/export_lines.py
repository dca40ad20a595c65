"""Where an exported coefficient lies: one line of the cache holds several keys' and is nearly all that is read for one.

    line | E remainders, 32 bits each | lane 0: E coefficients, 16 bits each | lane 1: ... | whether the search goes on

E is 10 for one lane and 5 for four. The upper half of a key says in which line its search begins, the lower half is the
remainder that it is told by, and how far away the next line is that it is looked for in (double hashing: Knuth, TAOCP
3, 6.4; the number of lines is a prime, so that in the end it would come to all). A key that finds its line full leaves
a mark there that the search goes on. An unused place has the remainder 0 and the coefficient 0, which no key is
exported with.

Lines are filled to 85 %. A search then reads 1.11 lines for a key that is there and 1.55 for one that is not; with four
lanes 1.26 and 1.77 (measured).

Two exported keys of which one would be taken for the other (the same remainder, in a line that both searches come to)
are marked as WIDE and kept whole elsewhere, so exported keys are exact. A key that was not exported is taken for
another with a probability of 2^-32 for each place that is looked at, 1 in 300 million.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.atomic import prefetch_read
from flyball.learn.fixed_point import STEP, WIDE
from flyball.learn.kernel import inner, kernel
from flyball.learn.slots import mix
from flyball.learn.word import float64, int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Fixed = NDArray[np.int16]
    Integers = NDArray[np.int64]

FILL = 0.85
LINE_BYTES = 64
GOES_ON = 15
"""The place, in numbers of 32 bits, of what says whether the search goes on."""
MOST_LANES = 28
"""With so many a line holds one key."""


def keys_per_line(lanes: int) -> int:
    """How many keys a line has room for.

    >>> keys_per_line(1), keys_per_line(4)
    (10, 5)
    """
    return (LINE_BYTES - 4) // (4 + 2 * lanes)


class Lines(NamedTuple):
    """The lines of an export.

    Attributes:
        words: shape (8 n,), uint64.
        confused: shape (keys,), those that are kept whole since another could be taken for them.

    >>> Lines(np.zeros(8, np.uint64), np.zeros(0, bool)).words.nbytes
    64
    """

    words: Words
    confused: NDArray[np.bool_]


def prime_from(least: int) -> int:
    """The first prime number that is not below `least`.

    >>> prime_from(1), prime_from(8), prime_from(11)
    (2, 11, 11)
    """
    number = max(2, least)
    while any(number % divisor == 0 for divisor in range(2, math.isqrt(number) + 1)):
        number += 1
    return number


def lay_out(keys: Words, fixed: Fixed) -> Lines:
    """Puts keys (shape (n,), each once) and their coefficients (shape (n, lanes)) into lines.

    >>> lines = lay_out(np.array([7, 8], np.uint64), np.array([[1], [2]], np.int16))
    >>> lines.words.view(np.uint32)[:3].tolist(), lines.words.view(np.int16)[20:23].tolist()
    ([7, 8, 0], [1, 2, 0])
    """
    count, lanes = fixed.shape
    each = keys_per_line(lanes)
    homes = prime_from(math.ceil(count / (each * FILL)))
    held, onward = np.zeros(homes, dtype=np.int64), np.zeros(homes, dtype=np.uint32)
    line, slot = np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.int64)
    _place_all(keys, each, held, onward, line, slot)
    words = np.zeros(8 * homes, dtype=np.uint64)
    remainders, coefficients = words.view(np.uint32).reshape(-1, 16), words.view(np.int16).reshape(-1, 32)
    remainders[line, slot] = keys & np.uint64(0xFFFFFFFF)
    remainders[:, GOES_ON] = onward
    none = view_of(words, np.empty(0, dtype=np.uint64), np.empty((0, lanes), dtype=np.float32))
    confused = _confused(none, each, keys, 32 * line + 2 * each + slot)
    for lane in range(lanes):
        coefficients[line, (2 + lane) * each + slot] = np.where(confused, WIDE, fixed[:, lane])
    return Lines(words, confused)


@kernel
def _place_all(
    keys: Words, each: int, held: Integers, onward: NDArray[np.uint32], line: Integers, slot: Integers
) -> None:
    homes = len(held)
    # Each line belongs to those first whose search begins there.
    for i in range(len(keys)):
        home = home_of(homes, keys[i])
        if held[home] < each:
            line[i], slot[i] = home, held[home]
            held[home] += 1
    for i in range(len(keys)):
        if line[i] >= 0:
            continue
        there = home_of(homes, keys[i])
        while held[there] >= each:
            onward[there] = 1
            there = next_home(homes, there, keys[i])
        line[i], slot[i] = there, held[there]
        held[there] += 1


@kernel
def _found(view: View, each: int, keys: Words, places: Integers) -> None:
    for i in range(len(keys)):
        places[i] = seek_exported(view, each, keys[i])


def _confused(view: View, each: int, keys: Words, places: Integers) -> NDArray[np.bool_]:
    """Which keys are found in others' places, and whose places those are."""
    found = np.empty(len(keys), dtype=np.int64)
    _found(view, each, keys, found)
    [wrong] = np.nonzero(found != places)
    order = np.argsort(places)
    confused = np.zeros(len(keys), dtype=np.bool_)
    confused[wrong] = True
    confused[order[np.searchsorted(places, found[wrong], sorter=order)]] = True
    return confused


class View(NamedTuple):
    """An export as kernels read it; all but the last two arrays are the same memory.

    Attributes:
        words: the lines.
        remainders: likewise, as uint32.
        coefficients: likewise, as int16.
        wide_keys: shape (n,), increasing: keys that are kept whole.
        wide: shape (n, lanes), float32: their coefficients.

    >>> len(view_of(np.zeros(8, np.uint64), np.zeros(0, np.uint64), np.zeros((0, 1), np.float32)).wide_keys)
    0
    """

    words: Words
    remainders: NDArray[np.uint32]
    coefficients: NDArray[np.int16]
    wide_keys: Words
    wide: NDArray[np.float32]


def view_of(words: Words, wide_keys: Words, wide: NDArray[np.float32]) -> View:
    """The view of these lines.

    >>> view_of(np.zeros(8, np.uint64), np.zeros(0, np.uint64), np.zeros((0, 1), np.float32)).remainders.shape
    (16,)
    """
    return View(words, words.view(np.uint32), words.view(np.int16), wide_keys, wide)


@inner
def home_of(homes: int, key: int) -> int:
    """The line where the search for a key begins."""
    return int64(((uint64(key) >> uint64(32)) * uint64(homes)) >> uint64(32))


@inner
def next_home(homes: int, line: int, key: int) -> int:
    """The line where the search for a key goes on; keys of one remainder go equally far."""
    far = mix(uint64(key) & uint64(0xFFFFFFFF)) % uint64(homes - 1)
    return int64((uint64(line) + far + uint64(1)) % uint64(homes))


@inner
def seek_exported(view: View, each: int, key: int) -> int:
    """The place of a key's first coefficient, or -1 if it was not exported."""
    homes = len(view.words) // 8
    line = home_of(homes, key)
    remainder = uint64(key) & uint64(0xFFFFFFFF)
    for _ in range(homes):
        for slot in range(each):
            if uint64(view.remainders[16 * line + slot]) == remainder:
                return 32 * line + 2 * each + slot
        if view.remainders[16 * line + GOES_ON] == 0:
            return -1
        line = next_home(homes, line, key)
    return -1


@inner
def seek_wide(view: View, key: int) -> int:
    """The row of a key that is kept whole, or -1."""
    low, high = 0, len(view.wide_keys)
    while low < high:
        middle = (low + high) // 2
        if view.wide_keys[middle] < uint64(key):
            low = middle + 1
        else:
            high = middle
    return low if low < len(view.wide_keys) and view.wide_keys[low] == uint64(key) else -1


@inner
def add_exported(view: View, keys: Words, values: Floats, margins: Floats) -> None:
    """The margin of each lane, summed in the order of the features; keys that were not exported count nothing."""
    lanes = len(margins)
    each = (LINE_BYTES - 4) // (4 + 2 * lanes)
    for lane in range(lanes):
        margins[lane] = 0.0
    for j in range(len(keys)):
        prefetch_read(view.words, 8 * home_of(len(view.words) // 8, keys[j]))
    for j in range(len(keys)):
        place = seek_exported(view, each, keys[j])
        if place < 0:
            continue
        if view.coefficients[place] != WIDE:
            for lane in range(lanes):
                margins[lane] += float64(view.coefficients[place + lane * each]) * STEP * values[j]
            continue
        row = seek_wide(view, keys[j])
        if row >= 0:
            for lane in range(lanes):
                margins[lane] += float64(view.wide[row, lane]) * values[j]
