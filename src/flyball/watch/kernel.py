"""The compiled loop that adds examples to a board's cells, one after the other.

Examples are added strictly in their order, so that however a stream is cut into chunks, every sum gets the same bits.
The two limits, for one example with d slice dimensions: bytes moved, (d + 2) rows of which 80 bytes of sums and 24 of
one bin are read and written; operations, 2 logarithms and 13 (d + 2) additions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.kernel import kernel
from flyball.learn.maths import log
from flyball.watch.bins import COARSE, FIELDS, FINE, HIGHEST, LOWEST
from flyball.watch.sums import BINARY_SUMS, SMALLEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Signs = NDArray[np.int8]
    Codes = NDArray[np.int32]

AT_COUNT = 0
"""Where the state of the buckets keeps how many there are."""
AT_SHIFT = 1
"""Where it keeps how often their width has doubled."""

_STEPS = FINE // COARSE
_SCALE = FINE / (HIGHEST - LOWEST)


@kernel
def fine_bin(log_odds: float) -> int:
    """The bin of the whole's cell in which these log-odds lie: 0 below the lowest, FINE + 1 from the highest on."""
    if log_odds < LOWEST:
        return 0
    if log_odds >= HIGHEST:
        return FINE + 1
    return 1 + min(int((log_odds - LOWEST) * _SCALE), FINE - 1)


@kernel
def coarse_bin(fine: int) -> int:
    """The bin of a slice's cell that holds this bin of the whole's."""
    if fine == 0:
        return 0
    if fine > FINE:
        return COARSE + 1
    return 1 + (fine - 1) // _STEPS


@kernel
def terms_of_binary(terms: Floats, score: float, value: float, weight: float, sign: float) -> int:
    """Write what one example adds to the sums and then to its bin; give the bin of the whole's cell."""
    cut = min(max(score, SMALLEST), 1.0 - SMALLEST)
    log_yes = log(cut)
    log_no = log(1.0 - cut)
    loss = -(value * log_yes + (1.0 - value) * log_no)
    once = sign * weight
    twice = once * weight
    terms[0] = sign
    terms[1] = once
    terms[2] = twice
    terms[3] = once * value
    terms[4] = once * score
    terms[5] = once * loss
    terms[6] = twice * loss
    terms[7] = twice * loss * loss
    terms[8] = once * (score - value) * (score - value)
    terms[9] = twice * score * (1.0 - score)
    terms[10] = once * value
    terms[11] = once * (1.0 - value)
    terms[12] = once * score
    return fine_bin(log_yes - log_no)


@kernel
def terms_of_number(terms: Floats, score: float, value: float, weight: float, sign: float) -> None:
    """Write what one example adds to the sums of a cell of numbers."""
    error = score - value
    square = error * error
    once = sign * weight
    twice = once * weight
    terms[0] = sign
    terms[1] = once
    terms[2] = twice
    terms[3] = once * value
    terms[4] = once * score
    terms[5] = once * value * value
    terms[6] = once * abs(error)
    terms[7] = once * square
    terms[8] = twice * error
    terms[9] = twice * square
    terms[10] = twice * square * square


@kernel
def add_terms(rows: Floats, row: int, terms: Floats, sums: int, bin_at: int) -> None:
    """Add the terms to one cell: its sums, and where `bin_at` is not negative its bin."""
    for k in range(sums):
        rows[row, k] += terms[k]
    if bin_at >= 0:
        at = sums + FIELDS * bin_at
        for k in range(FIELDS):
            rows[row, at + k] += terms[sums + k]


@kernel
def place(keys: Integers, count: int, key: int) -> int:
    """The first of the `count` sorted keys that is not below `key`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def double_width(state: Integers, keys: Integers, slots: Integers, rows: Floats) -> None:
    """Make every bucket twice as wide: neighbours with the same halved key are added into the earlier one's row."""
    count = state[AT_COUNT]
    freed = np.empty(count, np.int64)
    kept = free = 0
    for i in range(count):
        key = keys[i] >> 1
        slot = slots[i]
        if kept > 0 and keys[kept - 1] == key:
            into = slots[kept - 1]
            for k in range(rows.shape[1]):
                rows[into, k] += rows[slot, k]
                rows[slot, k] = 0.0
            freed[free] = slot
            free += 1
        else:
            keys[kept] = key
            slots[kept] = slot
            kept += 1
    for i in range(free):
        slots[kept + i] = freed[i]
    state[AT_COUNT] = kept
    state[AT_SHIFT] += 1


@kernel
def bucket_row(state: Integers, keys: Integers, slots: Integers, rows: Floats, first_key: int) -> int:
    """The row of the bucket for this key of the first width; made if new, after doubling the width if there is no room.

    Kept: `slots` is a permutation of all rows, of which the first `state[AT_COUNT]` are in use and the others zero.
    """
    limit = keys.shape[0]
    while True:
        key = first_key >> state[AT_SHIFT]
        count = state[AT_COUNT]
        at = place(keys, count, key)
        if at < count and keys[at] == key:
            return int(slots[at])
        if count < limit:
            break
        double_width(state, keys, slots, rows)
    fresh = slots[count]
    for i in range(count, at, -1):
        keys[i] = keys[i - 1]
        slots[i] = slots[i - 1]
    keys[at] = key
    slots[at] = fresh
    state[AT_COUNT] = count + 1
    return int(fresh)


@kernel
def first_refused(
    sums: int, scores: Floats, values: Floats, weights: Floats, signs: Signs, slices: Codes, sizes: Codes
) -> int:
    """The index of the first example that cannot be added, or -1."""
    for i in range(scores.shape[0]):
        fine = np.isfinite(scores[i]) and np.isfinite(values[i]) and np.isfinite(weights[i]) and weights[i] >= 0.0
        if sums == BINARY_SUMS:
            fine = fine and 0.0 <= scores[i] <= 1.0 and 0.0 <= values[i] <= 1.0
        fine = fine and (signs[i] == 1 or signs[i] == -1)
        for j in range(sizes.shape[0]):
            fine = fine and 0 <= slices[i, j] < sizes[j]
        if not fine:
            return i
    return -1


@kernel
def add_examples(
    cells: tuple[Floats, Floats, Floats],
    buckets: tuple[Integers, Integers, Integers],
    sums: int,
    bucket_us: int,
    per_dimension: int,
    numbers: tuple[Floats, Floats, Floats],
    signs: Signs,
    event_ts: Integers,
    slices: Codes,
) -> None:
    """Add every example to the whole, to its time bucket and to one cell of each slice dimension.

    Args:
        cells: rows of the whole (1, wide), of the slices (dimensions x per_dimension, narrow), of the buckets.
        buckets: state, keys and slots of the time buckets.
        sums: how many sums a cell keeps, which tells yes-or-no outcomes from numbers.
        bucket_us: the first width of a bucket, in microseconds.
        per_dimension: how many rows each slice dimension has.
        numbers: score, value and weight of each example.
        signs: 1 adds, -1 takes back.
        event_ts: time of each prediction, microseconds UTC.
        slices: shape (examples, dimensions), the cell within each dimension.
    """
    whole, sliced, timed = cells
    state, keys, slots = buckets
    scores, values, weights = numbers
    binary = sums == BINARY_SUMS
    terms = np.zeros(BINARY_SUMS + FIELDS, np.float64)
    fine = coarse = -1
    row = from_ts = until_ts = 0
    for i in range(scores.shape[0]):
        if binary:
            fine = terms_of_binary(terms, scores[i], values[i], weights[i], float(signs[i]))
            coarse = coarse_bin(fine)
        else:
            terms_of_number(terms, scores[i], values[i], weights[i], float(signs[i]))
        add_terms(whole, 0, terms, sums, fine)
        if not from_ts <= event_ts[i] < until_ts:
            key = event_ts[i] // bucket_us
            row = bucket_row(state, keys, slots, timed, key)
            width = bucket_us << state[AT_SHIFT]
            from_ts = (key >> state[AT_SHIFT]) * width
            until_ts = from_ts + width
        add_terms(timed, row, terms, sums, coarse)
        for j in range(slices.shape[1]):
            add_terms(sliced, j * per_dimension + slices[i, j], terms, sums, coarse)
