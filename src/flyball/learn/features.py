"""Features in bulk: rows of (key, value) pairs, and the compiled loops that make and combine them."""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.grid import GRIDS, cells_of
from flyball.learn.hash64 import hash_pair, hash_texts, hash_word, missing_key
from flyball.learn.kernel import kernel
from flyball.learn.maths import log
from flyball.learn.slots import ZERO_KEY
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.column import Words
    from flyball.learn.grid import Grid

    Keys = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Codes = NDArray[np.int32]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Features:
    """The features of n rows: those of row i are `starts[i]:starts[i + 1]` of `keys` and `values`.

    `signals` is the place of each feature's signal among the model's, -1 for the bias, where that was asked for.

    >>> Features(np.array([0, 2]), np.array([5, 6], np.uint64), np.ones(2)).rows
    1
    """

    starts: Integers
    keys: Keys
    values: Floats
    signals: Codes | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.starts) - 1


@kernel
def squash(number: float) -> float:
    """sgn(x) ln(1 + |x|): nearly x for small weights of a map, and of moderate size for any."""
    return copysign(log(1.0 + abs(number)), number)


def text_keys(words: Words, seed: int) -> Keys:
    """The key of every text of a dictionary, shape (len(words),).

    >>> from flyball.learn.column import Words
    >>> hex(text_keys(Words.of([""]), 0)[0])
    '0xef46db3751d8e999'
    """
    keys = np.empty(len(words), dtype=np.uint64)
    hash_texts(words.data, words.offsets, uint64(seed), keys)
    return keys


@kernel
def _number_keys(numbers: Integers, seed: int, missing: Flags, absent: int, keys: Keys) -> None:
    for i in range(len(numbers)):
        keys[i] = absent if missing[i] else hash_word(numbers[i], seed)


def single_numbers(numbers: Integers, missing: Flags, seed: int) -> Features:
    """One feature a row: the whole number as a category.

    >>> single_numbers(np.array([7, 7]), np.array([False, True]), 0).rows
    2
    """
    keys = np.empty(len(numbers), dtype=np.uint64)
    _number_keys(numbers, uint64(seed), missing, uint64(missing_key(seed)), keys)
    return singles(keys)


def single_codes(codes: Codes, keys_of_words: Keys, missing: Flags, seed: int) -> Features:
    """One feature a row: the key of the text with this code.

    >>> single_codes(np.array([1, 0], np.int32), np.array([5, 6], np.uint64), np.zeros(2, bool), 0).keys.tolist()
    [6, 5]
    """
    absent = uint64(missing_key(seed))
    if len(keys_of_words) == 0:
        return singles(np.full(len(codes), absent, dtype=np.uint64))
    keys = keys_of_words[codes]
    keys[missing] = absent
    return singles(keys)


def singles(keys: Keys) -> Features:
    """One feature of value 1 in each row.

    >>> singles(np.array([5, 6], np.uint64)).starts.tolist()
    [0, 1, 2]
    """
    return Features(np.arange(len(keys) + 1, dtype=np.int64), keys, np.ones(len(keys)))


@kernel
def _fill_cells(
    points: Integers,
    shares: Floats,
    weights: Floats,
    missing: Flags,
    seed: int,
    absent: int,
    starts: Integers,
    keys: Keys,
    values: Floats,
) -> None:
    for i in range(len(missing)):
        at = starts[i]
        if missing[i]:
            keys[at] = absent
            values[at] = 1.0
            continue
        for grid in range(len(weights)):
            point, share = points[grid, i], shares[grid, i]
            keys[at] = hash_word(point, seed)
            values[at] = (1.0 - share) * weights[grid]
            at += 1
            if share > 0.0:
                keys[at] = hash_word(point + 1 if point > 0 else point - 1, seed)
                values[at] = share * weights[grid]
                at += 1


def cell_features(numbers: Floats, missing: Flags, seed: int, grids: Sequence[Grid] = GRIDS) -> Features:
    """Each number as one or two points of every grid (`flyball.learn.grid`).

    >>> cell_features(np.array([1.0, 1.5]), np.zeros(2, bool), 0).values.tolist()
    [1.0, 0.375, 0.5, 0.5, 0.375]
    """
    points = np.empty((len(grids), len(numbers)), dtype=np.int64)
    shares = np.empty((len(grids), len(numbers)), dtype=np.float64)
    counts = np.zeros(len(numbers), dtype=np.int64)
    for i, grid in enumerate(grids):
        cells_of(numbers, grid.bits, points[i], shares[i])
        counts += 1 + (shares[i] > 0.0)
    starts = np.zeros(len(numbers) + 1, dtype=np.int64)
    np.cumsum(np.where(missing, 1, counts), out=starts[1:])
    keys = np.empty(starts[-1], dtype=np.uint64)
    values = np.empty(starts[-1], dtype=np.float64)
    weights, absent = np.array([grid.weight for grid in grids]), uint64(missing_key(seed))
    _fill_cells(points, shares, weights, missing, uint64(seed), absent, starts, keys, values)
    return Features(starts, keys, values)


@kernel
def _fill_items(
    offsets: Integers,
    codes: Codes,
    numbers: Floats,
    missing: Flags,
    word_keys: Keys,
    absent: int,
    starts: Integers,
    keys: Keys,
    values: Floats,
) -> int:
    seen = np.full(len(word_keys), -1, dtype=np.int64)
    count = 0
    for i in range(len(missing)):
        starts[i] = count
        if missing[i]:
            keys[count] = absent
            values[count] = 1.0
            count += 1
            continue
        for j in range(offsets[i], offsets[i + 1]):
            code = codes[j]
            if seen[code] != i:
                seen[code] = i
                keys[count] = word_keys[code]
                values[count] = squash(numbers[j]) if len(numbers) > 0 else 1.0
                count += 1
    starts[len(missing)] = count
    return count


def item_features(
    offsets: Integers, codes: Codes, numbers: Floats | None, missing: Flags, word_keys: Keys, seed: int
) -> Features:
    """One feature for each distinct item of a list (value 1) or map (value `squash` of its number).

    >>> offsets, codes, keys = np.array([0, 3]), np.array([1, 0, 1], np.int32), np.array([5, 6], np.uint64)
    >>> item_features(offsets, codes, None, np.zeros(1, bool), keys, 0).keys.tolist()
    [6, 5]
    """
    most = int(offsets[-1] - offsets[0]) + len(missing)
    keys, values = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.float64)
    starts = np.empty(len(missing) + 1, dtype=np.int64)
    given = np.empty(0, dtype=np.float64) if numbers is None else numbers
    count = _fill_items(offsets, codes, given, missing, word_keys, uint64(missing_key(seed)), starts, keys, values)
    return Features(starts, keys[:count], values[:count])


@kernel
def _cross_starts(left: Integers, right: Integers, starts: Integers) -> None:
    for i in range(len(starts) - 1):
        starts[i + 1] = starts[i] + (left[i + 1] - left[i]) * (right[i + 1] - right[i])


@kernel
def _fill_cross(
    left_starts: Integers,
    left_keys: Keys,
    right_starts: Integers,
    right_keys: Keys,
    seed: int,
    starts: Integers,
    keys: Keys,
) -> None:
    for i in range(len(starts) - 1):
        at = starts[i]
        for a in range(left_starts[i], left_starts[i + 1]):
            for b in range(right_starts[i], right_starts[i + 1]):
                keys[at] = hash_pair(left_keys[a], right_keys[b], seed)
                at += 1


def cross_features(left: Features, right: Features, seed: int) -> Features:
    """One feature for each pair of a left and a right one of the same row; all have value 1.

    >>> one = singles(np.array([5, 6], np.uint64))
    >>> cross_features(one, one, 0).values.tolist()
    [1.0, 1.0]
    """
    starts = np.zeros(left.rows + 1, dtype=np.int64)
    _cross_starts(left.starts, right.starts, starts)
    keys = np.empty(starts[-1], dtype=np.uint64)
    _fill_cross(left.starts, left.keys, right.starts, right.keys, uint64(seed), starts, keys)
    return Features(starts, keys, np.ones(len(keys)))


@kernel
def _place(cursor: Integers, starts: Integers, keys: Keys, values: Floats, to_keys: Keys, to_values: Floats) -> None:
    for i in range(len(cursor)):
        at = cursor[i]
        for j in range(starts[i], starts[i + 1]):
            to_keys[at] = keys[j] if keys[j] != uint64(0) else uint64(ZERO_KEY)
            to_values[at] = values[j]
            at += 1
        cursor[i] = at


def side_by_side(parts: list[Features], first_key: int, *, numbered: bool = False) -> Features:
    """The rows of all parts joined, in the order of the parts, each row beginning with `first_key` of value 1.

    The key 0, which the table needs for itself, becomes `ZERO_KEY`. With `numbered`, each feature is told its part.

    >>> side_by_side([singles(np.array([5, 6], np.uint64))], 9).keys.tolist()
    [9, 5, 9, 6]
    >>> side_by_side([singles(np.array([5, 6], np.uint64))], 9, numbered=True).signals.tolist()
    [-1, 0, -1, 0]
    """
    counts = np.ones(parts[0].rows, dtype=np.int64)
    for part in parts:
        counts += np.diff(part.starts)
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    keys = np.empty(starts[-1], dtype=np.uint64)
    values = np.empty(starts[-1], dtype=np.float64)
    keys[starts[:-1]] = first_key
    values[starts[:-1]] = 1.0
    cursor = starts[:-1] + 1
    for part in parts:
        _place(cursor, part.starts, part.keys, part.values, keys, values)
    if not numbered:
        return Features(starts, keys, values)
    places = np.arange(-1, len(parts), dtype=np.int32)
    sizes = np.stack([np.ones_like(counts), *(np.diff(part.starts) for part in parts)], axis=1)
    return Features(starts, keys, values, np.repeat(np.tile(places, len(counts)), sizes.ravel()))


@kernel
def _pick(
    rows: Integers, starts: Integers, keys: Keys, values: Floats, to: Integers, out: Keys, shares: Floats
) -> None:
    for i in range(len(rows)):
        at = to[i]
        for j in range(starts[rows[i]], starts[rows[i] + 1]):
            out[at] = keys[j]
            shares[at] = values[j]
            at += 1


def pick(features: Features, rows: Integers) -> Features:
    """The features of these rows, in this order.

    >>> pick(singles(np.array([5, 6], np.uint64)), np.array([1, 1, 0])).keys.tolist()
    [6, 6, 5]
    """
    starts = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(features.starts[rows + 1] - features.starts[rows], out=starts[1:])
    keys = np.empty(starts[-1], dtype=np.uint64)
    values = np.empty(starts[-1], dtype=np.float64)
    _pick(rows, features.starts, features.keys, features.values, starts, keys, values)
    if features.signals is None:
        return Features(starts, keys, values)
    places = np.arange(starts[-1]) + np.repeat(features.starts[rows] - starts[:-1], np.diff(starts))
    return Features(starts, keys, values, features.signals[places])
