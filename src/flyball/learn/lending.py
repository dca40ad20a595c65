"""Coefficients lent from the table to a dense block and given back: for rows that come as codes of a dictionary.

A row group of a columnar file names each of its values once, in a dictionary, and its rows by their places in it. So
each value's coefficient is looked up once for the group, not once for every row; and since a dictionary is in the order
of first appearance, the values that occur most lie side by side, where the table gives each a cache line of its own.
The arithmetic is that of `flyball.learn.ftrl`, in the same order: the table ends in the same state, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.arena import AT_LIVE
from flyball.learn.atomic import load, prefetch, store
from flyball.learn.ftrl import Desk, answer, loss, step, weigh, write_back
from flyball.learn.growth import reserve
from flyball.learn.kernel import inlined, inner, kernel
from flyball.learn.place import bases, directory_of, seek
from flyball.learn.seeker import MASK, Seeker, advance, begin, seeker_of, settle, take
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Integers = NDArray[np.int64]
    Codes = NDArray[np.int32]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.uint8]

BATCH = 64
"""How many keys are looked up at once."""
BLOCK = 256
"""How many rows are turned from columns into rows at once: one cache line of codes holds 16."""
AHEAD = 3
"""How many rows ahead the cache is asked for coefficients."""


class Codebook(NamedTuple):
    """Where each signal's values lie in the block: code c of signal s at `bases[s] + c`, a missing one at `absent[s]`.

    Attributes:
        bases: shape (signals,).
        absent: shape (signals,).

    >>> Codebook(np.array([1, 4], np.int32), np.array([3, 9], np.int32)).bases.tolist()
    [1, 4]
    """

    bases: NDArray[np.int32]
    absent: NDArray[np.int32]


class Told(NamedTuple):
    """What is told of n rows, and what is to be known of them.

    Attributes:
        labels: shape (n,).
        weights: shape (n,), of the examples.
        known: shape (n,), 1 where there is a label; elsewhere nothing is learned.
        noises: shape (n,), the random bits of the rounding.
        margins: shape (n,), gets the margin before learning.

    >>> ones = np.ones(2)
    >>> Told(ones, ones, np.ones(2, np.uint8), np.zeros(2, np.uint64), np.empty(2)).labels.tolist()
    [1.0, 1.0]
    """

    labels: NDArray[np.float64]
    weights: NDArray[np.float64]
    known: NDArray[np.uint8]
    noises: NDArray[Any]
    margins: NDArray[np.float64]


class Room(NamedTuple):
    """Room for what is worked on.

    Attributes:
        places: shape (2, BLOCK * features), two blocks of rows.
        keys: shape (features,), of one row.
        ones: shape (features,), every feature's value.

    >>> Room(np.zeros((2, 3 * BLOCK), np.int32), np.empty(3, np.uint64), np.ones(3)).ones.sum()
    np.float64(3.0)
    """

    places: NDArray[np.int32]
    keys: NDArray[Any]
    ones: NDArray[np.float64]


@kernel
def wanted(block: Words, used: Flags, least: int, most: int, keys: Words, places: Codes) -> int:
    """The keys whose marks are in least..most, and their places in the block; how many there are.

    `keys` and `places` have room for one more.
    """
    count = 0
    for i in range(len(used)):
        keys[count] = block[2 * i]
        places[count] = i
        count += used[i] >= least and used[i] <= most
    return count


@kernel
def repeated(block: Words, start: int, end: int, seen: Words) -> bool:
    """Whether a key stands twice at places start..end; `seen` is room for twice as many keys, a power of two."""
    seen[:] = 0
    mask = uint64(len(seen) - 1)
    for i in range(start, end):
        key = block[2 * i]
        at = key & mask
        while seen[at] != uint64(0):
            if seen[at] == key:
                return True
            at = (at + uint64(1)) & mask
        seen[at] = key
    return False


@kernel
def united(block: Words, start: int, used: Flags, codes: Codes, places: Codes, seen: Codes) -> int:
    """Makes keys that are equal one; how many are left, which stand close together from place `start` on.

    Args:
        block: holds (key, pair) for each place.
        start: where the keys of one column begin.
        used: shape (keys,), the marks of each; of equal ones they are united.
        codes: shape (rows,), which key a row has, -1 where a value is missing; gets which of those left.
        places: shape (keys,), gets for each key which of those left it is.
        seen: room for twice as many keys, a power of two.
    """
    seen[:] = 0
    mask, count = uint64(len(seen) - 1), 0
    for i in range(len(used)):
        key = block[2 * (start + i)]
        at = key & mask
        while seen[at] != 0 and block[2 * (start + seen[at] - 1)] != key:
            at = (at + uint64(1)) & mask
        if seen[at] == 0:
            block[2 * (start + count)] = key
            used[count] = used[i]
            count += 1
            seen[at] = count
        else:
            used[seen[at] - 1] |= used[i]
        places[i] = seen[at] - 1
    for row in range(len(codes)):
        codes[row] = places[codes[row]] if codes[row] >= 0 else codes[row]
    return count


@kernel
def loss_of(told: Told, squared: bool) -> float:
    """The weighted sum of the losses of these margins; labels are 0 or 1, or numbers."""
    total = 0.0
    for i in range(len(told.margins)):
        if told.known[i] != 0:
            total += told.weights[i] * loss(answer(told.margins[i], squared), told.labels[i], squared)
    return total


@kernel
def lend(words: Words, keys: Words, places: Codes, block: Words) -> bool:
    """Copies the pairs of these keys to their places in the block, taking slots for new ones; False if it is full."""
    if load(words, AT_LIVE) == uint64(0):
        # All are new: splitting empty segments costs nothing.
        reserve(words, len(keys))
    starts = np.minimum(np.arange(0, len(keys) + BATCH, BATCH), len(keys))
    return lend_batches(words, starts, keys, places, block, seeker_of(BATCH))


@inner
def lend_batches(words: Words, starts: Integers, keys: Words, places: Codes, block: Words, seeker: Seeker) -> bool:
    """`lend`, given the room that it needs."""
    begin(words, starts, keys, seeker)
    for i in range(len(starts) - 1):
        advance(words, starts, keys, i, seeker)
        settle(words, starts, keys, i, seeker)
        if not take(words, starts, keys, i, seeker):
            return False
        at = seeker.at[i & MASK]
        for j in range(starts[i + 1] - starts[i]):
            block[2 * places[starts[i] + j] + 1] = load(words, at[j] + 1)
    return True


@kernel
def show(words: Words, keys: Words, places: Codes, block: Words) -> None:
    """Copies the pairs of these keys to their places in the block, zero where there is none: only to predict with."""
    slot_bits, segments = bases(words)
    directory, depth = directory_of(words)
    for i in range(len(keys)):
        at = seek(words, directory, segments, slot_bits, depth, keys[i])
        block[2 * places[i] + 1] = load(words, at + 1) if load(words, at) == keys[i] else uint64(0)


@kernel
def give(words: Words, keys: Words, places: Codes, block: Words) -> None:
    """Copies the pairs of these keys back from their places in the block."""
    starts = np.minimum(np.arange(0, len(keys) + BATCH, BATCH), len(keys))
    give_batches(words, starts, keys, places, block, seeker_of(BATCH), np.empty(BATCH, np.uint64))


@inner
def give_batches(
    words: Words, starts: Integers, keys: Words, places: Codes, block: Words, seeker: Seeker, pairs: Words
) -> None:
    """`give`, given the room that it needs."""
    begin(words, starts, keys, seeker)
    for i in range(len(starts) - 1):
        advance(words, starts, keys, i, seeker)
        settle(words, starts, keys, i, seeker)
        mine = pairs[: starts[i + 1] - starts[i]]
        for j in range(len(mine)):
            mine[j] = block[2 * places[starts[i] + j] + 1]
        write_back(words, seeker.at[i & MASK], mine)


@inner
def place_codes(codes: Codes, base: int, absent: int, places: Codes, stride: int) -> None:
    """One signal's places for a block of rows, each `stride` after the one before."""
    # The lines of the block after the next, which no prefetcher expects: there are as many streams as signals.
    for i in range(0, BLOCK, 16):
        prefetch(codes, BLOCK + i)
    at = 0
    for i in range(len(codes)):
        code = codes[i]
        places[at] = base + code if code >= 0 else absent
        at += stride


@inner
def place_rows(codes: Codes, book: Codebook, first: int, places: Codes) -> None:
    """The places of the features of a block of rows, row by row; the bias is at place 0."""
    signals = len(book.bases)
    end = min(first + BLOCK, codes.shape[1])
    for s in range(signals):
        place_codes(codes[s, first:end], book.bases[s], book.absent[s], places[s + 1 :], signals + 1)


@kernel
def learn(block: Words, hyper: Floats, squared: bool, book: Codebook, codes: Codes, told: Told) -> float:
    """Predicts and learns rows in order, on lent coefficients; the weighted sum of their losses.

    `block` holds (key, pair) for each place. `codes` has shape (signals, n or more), -1 where a value is missing.
    """
    features = len(book.bases) + 1
    room = Room(np.zeros((2, BLOCK * features), np.int32), np.empty(features, np.uint64), np.ones(features))
    desk = Desk(np.empty(features, np.uint64), np.empty(features), np.empty(features))
    return learn_rows(block, hyper, squared, book, codes, told, room, desk)


@inlined
def row_of(places: Codes, i: int, features: int) -> Codes:
    """The places of the features of row i, in whichever of the two blocks it is."""
    at = (i % BLOCK) * features
    return places[(i // BLOCK) & 1, at : at + features]


@inner
def fetch_lent(block: Words, mine: Codes, keys: Words, pairs: Words) -> None:
    """The keys and pairs at these places."""
    for j in range(len(mine)):
        keys[j] = load(block, int64(mine[j]) * 2)
        pairs[j] = load(block, int64(mine[j]) * 2 + 1)


@inner
def learn_rows(
    block: Words,
    hyper: Floats,
    squared: bool,
    book: Codebook,
    codes: Codes,
    told: Told,
    room: Room,
    desk: Desk,
) -> float:
    """`learn`, given the room that it needs."""
    count, features, total = len(told.margins), len(desk.pairs), 0.0
    place_rows(codes, book, 0, room.places[0])
    for i in range(count):
        if i % BLOCK == 0 and i + BLOCK < count:
            place_rows(codes, book, i + BLOCK, room.places[1 - ((i // BLOCK) & 1)])
        mine = row_of(room.places, i, features)
        later = row_of(room.places, min(i + AHEAD, count - 1), features)
        fetch_lent(block, mine, room.keys, desk.pairs)
        weigh(desk.pairs, hyper, desk.roots, desk.held)
        margin = 0.0
        for j in range(features):
            prefetch(block, int64(later[j]) * 2)
            margin += desk.held[j]
        told.margins[i] = margin
        p = answer(margin, squared)
        if told.known[i] != 0:
            step(hyper, told.weights[i] * (p - told.labels[i]), told.noises[i], room.keys, room.ones, desk)
            for j in range(features):
                store(block, int64(mine[j]) * 2 + 1, desk.pairs[j])
            total += told.weights[i] * loss(p, told.labels[i], squared)
    return total
