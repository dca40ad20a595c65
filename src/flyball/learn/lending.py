"""Coefficients lent from the table to a dense block and given back: for rows that come as codes of a dictionary.

A row group of a columnar file names each of its values once, in a dictionary, and its rows by their places in it. So
each value's coefficient is looked up once for the group, not once for every row; and since a dictionary is in the order
of first appearance, the values that occur most lie side by side, where the table gives each a cache line of its own.
The arithmetic is that of `flyball.learn.ftrl` and `flyball.learn.lanes`, in the same order: the table ends in the same
state, bit for bit.

In a block the row of place i begins at word i << bits, with its key, as in a table whose rows have 2^bits words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.arena import AT_LIVE
from flyball.learn.atomic import load, prefetch, store
from flyball.learn.ftrl import Desk, step, weigh
from flyball.learn.growth import reserve
from flyball.learn.kernel import inlined, inner, kernel
from flyball.learn.lanes import (
    mark_rows,
)
from flyball.learn.loss import answer, loss
from flyball.learn.place import frame_of, seek
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
        scores: shape (n,), gets the prediction before learning.

    >>> ones = np.ones(2)
    >>> Told(ones, ones, np.ones(2, np.uint8), np.zeros(2, np.uint64), np.empty(2)).labels.tolist()
    [1.0, 1.0]
    """

    labels: NDArray[np.float64]
    weights: NDArray[np.float64]
    known: NDArray[np.uint8]
    noises: NDArray[Any]
    scores: NDArray[np.float64]


class Room(NamedTuple):
    """Room for what is worked on.

    Attributes:
        places: shape (2, BLOCK * features), two blocks of rows.
        keys: shape (features,), of one row.
        at: shape (features,), the words of the rows of its places.
        ones: shape (features,), every feature's value.

    >>> room_of(3).ones.sum()
    np.float64(3.0)
    """

    places: NDArray[np.int32]
    keys: NDArray[Any]
    at: NDArray[np.int64]
    ones: NDArray[np.float64]


@kernel
def room_of(features: int) -> Room:
    """Room for rows of so many features."""
    places = np.zeros((2, BLOCK * features), np.int32)
    return Room(places, np.empty(features, np.uint64), np.empty(features, np.int64), np.ones(features))


@kernel
def wanted(block: Words, bits: int, used: Flags, least: int, most: int, keys: Words, places: Codes) -> int:
    """The keys whose marks are in least..most, and their places in the block; how many there are.

    `keys` and `places` have room for one more.
    """
    count = 0
    for i in range(len(used)):
        keys[count] = block[i << bits]
        places[count] = i
        count += used[i] >= least and used[i] <= most
    return count


@kernel
def repeated(block: Words, bits: int, start: int, end: int, seen: Words) -> bool:
    """Whether a key stands twice at places start..end; `seen` is room for twice as many keys, a power of two."""
    seen[:] = 0
    mask = uint64(len(seen) - 1)
    for i in range(start, end):
        key = block[i << bits]
        at = key & mask
        while seen[at] != uint64(0):
            if seen[at] == key:
                return True
            at = (at + uint64(1)) & mask
        seen[at] = key
    return False


@kernel
def united(block: Words, bits: int, start: int, used: Flags, codes: Codes, places: Codes, seen: Codes) -> int:
    """Makes keys that are equal one; how many are left, which stand close together from place `start` on.

    Args:
        block: holds a row for each place.
        bits: a row has 2 to this power words.
        start: where the keys of one column begin.
        used: shape (keys,), the marks of each; of equal ones they are united.
        codes: shape (rows,), which key a row has, -1 where a value is missing; gets which of those left.
        places: shape (keys,), gets for each key which of those left it is.
        seen: room for twice as many keys, a power of two.
    """
    seen[:] = 0
    mask, count = uint64(len(seen) - 1), 0
    for i in range(len(used)):
        key = block[(start + i) << bits]
        at = key & mask
        while seen[at] != 0 and block[(start + seen[at] - 1) << bits] != key:
            at = (at + uint64(1)) & mask
        if seen[at] == 0:
            block[(start + count) << bits] = key
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
def loss_of(told: Told, kind: int) -> float:
    """The weighted sum of the losses of these predictions."""
    total = 0.0
    for i in range(len(told.scores)):
        if told.known[i] != 0:
            total += told.weights[i] * loss(told.scores[i], told.labels[i], kind)
    return total


@inner
def copy_words(source: Words, begin: int, target: Words, to: int, count: int) -> None:
    """Copies words from one place to another."""
    for i in range(count):
        store(target, to + i, load(source, begin + i))


@kernel
def lend(words: Words, keys: Words, places: Codes, block: Words) -> bool:
    """Copies the rows of these keys to their places in the block, taking slots for new ones; False if it is full."""
    if load(words, AT_LIVE) == uint64(0):
        # All are new: splitting empty segments costs nothing.
        reserve(words, len(keys))
    starts = np.minimum(np.arange(0, len(keys) + BATCH, BATCH), len(keys))
    return lend_batches(words, starts, keys, places, block, seeker_of(BATCH))


@inner
def lend_batches(words: Words, starts: Integers, keys: Words, places: Codes, block: Words, seeker: Seeker) -> bool:
    """`lend`, given the room that it needs."""
    bits = frame_of(words).width_bits
    begin(words, starts, keys, seeker)
    for i in range(len(starts) - 1):
        advance(words, starts, keys, i, seeker)
        settle(words, starts, keys, i, seeker)
        if not take(words, starts, keys, i, seeker):
            return False
        at = seeker.at[i & MASK]
        for j in range(starts[i + 1] - starts[i]):
            to = int64(places[starts[i] + j]) << bits
            copy_words(words, at[j] + 1, block, to + 1, (int64(1) << bits) - 1)
    return True


@kernel
def show(words: Words, keys: Words, places: Codes, block: Words) -> None:
    """Copies the rows of these keys to their places in the block, zero where there is none: only to predict with."""
    frame = frame_of(words)
    each = (int64(1) << frame.width_bits) - 1
    for i in range(len(keys)):
        at, to = seek(words, frame, keys[i]), int64(places[i]) << frame.width_bits
        if load(words, at) == keys[i]:
            copy_words(words, at + 1, block, to + 1, each)
        else:
            block[to + 1 : to + 1 + each] = 0


@kernel
def give(words: Words, keys: Words, places: Codes, block: Words) -> None:
    """Copies the rows of these keys back from their places in the block."""
    starts = np.minimum(np.arange(0, len(keys) + BATCH, BATCH), len(keys))
    give_batches(words, starts, keys, places, block, seeker_of(BATCH))


@inner
def give_batches(words: Words, starts: Integers, keys: Words, places: Codes, block: Words, seeker: Seeker) -> None:
    """`give`, given the room that it needs."""
    bits = frame_of(words).width_bits
    begin(words, starts, keys, seeker)
    for i in range(len(starts) - 1):
        advance(words, starts, keys, i, seeker)
        settle(words, starts, keys, i, seeker)
        at, count = seeker.at[i & MASK], starts[i + 1] - starts[i]
        for j in range(count):
            begins = int64(places[starts[i] + j]) << bits
            copy_words(block, begins + 1, words, at[j] + 1, (int64(1) << bits) - 1)
        mark_rows(words, at, count)


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
def learn(block: Words, hyper: Floats, kind: int, book: Codebook, codes: Codes, told: Told) -> float:
    """Predicts and learns rows in order, on lent coefficients; the weighted sum of their losses.

    `block` holds a row of two words for each place. `codes` has shape (signals, n or more), -1 where one is missing.
    """
    features = len(book.bases) + 1
    desk = Desk(np.empty(features, np.uint64), np.empty(features), np.empty(features))
    return learn_rows(block, hyper, kind, book, codes, told, room_of(features), desk)


@inlined
def row_of(places: Codes, i: int, features: int) -> Codes:
    """The places of the features of row i, in whichever of the two blocks it is."""
    at = (i % BLOCK) * features
    return places[(i // BLOCK) & 1, at : at + features]


@inlined
def arrange(book: Codebook, codes: Codes, i: int, count: int, room: Room) -> None:
    """Turns the next block of rows from columns into rows where row i is the first of a block."""
    if i % BLOCK == 0 and i + BLOCK < count:
        place_rows(codes, book, i + BLOCK, room.places[1 - ((i // BLOCK) & 1)])


@inner
def fetch_lent(block: Words, mine: Codes, keys: Words, pairs: Words) -> None:
    """The keys and pairs at these places."""
    for j in range(len(mine)):
        keys[j] = load(block, int64(mine[j]) * 2)
        pairs[j] = load(block, int64(mine[j]) * 2 + 1)


@inner
def learn_rows(
    block: Words, hyper: Floats, kind: int, book: Codebook, codes: Codes, told: Told, room: Room, desk: Desk
) -> float:
    """`learn`, given the room that it needs."""
    count, features, total = len(told.scores), len(desk.pairs), 0.0
    place_rows(codes, book, 0, room.places[0])
    for i in range(count):
        arrange(book, codes, i, count, room)
        mine = row_of(room.places, i, features)
        later = row_of(room.places, min(i + AHEAD, count - 1), features)
        fetch_lent(block, mine, room.keys, desk.pairs)
        weigh(desk.pairs, hyper, desk.roots, desk.held)
        margin = 0.0
        for j in range(features):
            prefetch(block, int64(later[j]) * 2)
            margin += desk.held[j]
        p = answer(margin, kind)
        told.scores[i] = p
        if told.known[i] != 0:
            step(hyper, told.weights[i] * (p - told.labels[i]), told.noises[i], room.keys, room.ones, desk)
            for j in range(features):
                store(block, int64(mine[j]) * 2 + 1, desk.pairs[j])
            total += told.weights[i] * loss(p, told.labels[i], kind)
    return total
