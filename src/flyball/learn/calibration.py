"""Calibration of predictions, kept in the table of coefficients: shared, written down and replayed as these are.

An example belongs to cells, one after the other: the cell of all examples, then one for each dimension by which the
model is calibrated (`flyball.learn.slice_cells`). Each has a curve (`flyball.learn.curve`) from the margin that it is
given to the one that it hands on, so that a slice with few answers leans on what all examples say. A cell has keys of
its own in the table, each with one pair of float32 in the first word of its row:

    counts      | positives, negatives
    sums, bin b | weight of positives, weight of all
    points, b   | mean prediction, fitted margin + 64; the latter 0 before there is a curve

Whoever learns adds an example to three rows of each of its cells, and fits a curve again whenever its examples, or its
positives, have grown by a thirtieth; whoever answers reads two points of each cell, about four lines of the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.arena import AT_COPYING, AT_EXPIRY, AT_GENERATION
from flyball.learn.atomic import bits_of_float, load, load_acquire, store
from flyball.learn.curve import (
    BINS,
    FEWEST,
    Bins,
    between,
    bin_of,
    bins_of,
    fit,
    information,
    mean_of,
    place_in,
)
from flyball.learn.expiry import stale, stamp_bits_in, stamped
from flyball.learn.ftrl import LEARN
from flyball.learn.growth import FULL, SPLIT
from flyball.learn.kernel import inner, kernel
from flyball.learn.loss import LOGISTIC, margin_for
from flyball.learn.mark import mark, touched_base
from flyball.learn.maths import sigmoid
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.place import Frame, frame_of, seek
from flyball.learn.sampling import in_the_world
from flyball.learn.slots import ZERO_KEY, insert, mix
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.uint8]

SUMS = 0
POINTS = BINS
COUNTS = 2 * BINS
ROWS = 2 * BINS + 1
"""Keys of one cell, where every bin has examples."""
SALT = 0x6361_6C69_6272_6174
"""'calibrat': no feature has such a key, but by a collision of 64 bits."""

LIFT = 64.0
"""Added to a fitted margin, which makes it positive: 0 says that there is none."""
HEAVIEST = 2.0**60
"""Weights are cut here, so that sums of them fit a float32."""
SAFEST = 34.0
"""Margins are cut here: a probability is never 0 or 1."""


@inner
def key_of(cell: int, row: int) -> int:
    """The key of one of a cell's rows."""
    key = mix(uint64(cell) ^ mix(uint64(SALT) + uint64(row)))
    return key if key != uint64(0) else uint64(ZERO_KEY)


@inner
def pair_of(words: Words, frame: Frame, key: int) -> int:
    """The first pair of a key, without its stamp; 0 where the table does not hold it."""
    at, present = seek(words, frame, key), load_acquire(words, AT_EXPIRY)
    # Acquired, so that a generation that is read later is not read before.
    pair = load_acquire(words, at + 1) if load_acquire(words, at) == uint64(key) else uint64(0)
    return uint64(0) if stale(pair, present) else pair & ~stamp_bits_in(present)


@inner
def through(words: Words, frame: Frame, cell: int, margin: float) -> float:
    """The margin that a cell makes of one: the same where it has no curve."""
    here = bin_of(margin)
    point = pair_of(words, frame, key_of(cell, POINTS + here))
    if n_of(point) == 0.0:
        return margin
    x, y = place_in(here, z_of(point)), n_of(point) - LIFT
    other = here + 1 if margin >= x else here - 1
    if other < 0 or other >= BINS:
        return margin + (y - x)
    point = pair_of(words, frame, key_of(cell, POINTS + other))
    if n_of(point) == 0.0:
        # Another process is writing the curve down for the first time.
        return margin + (y - x)
    return between(margin, x, y, place_in(other, z_of(point)), n_of(point) - LIFT)


@inner
def served(score: float, margin: float, calibrated: float, kept: float) -> float:
    """The answer: the score itself, to the bit, where nothing corrects it."""
    if calibrated != margin:
        score = sigmoid(min(max(calibrated, -SAFEST), SAFEST))
    return score if kept == 1.0 else in_the_world(score, kept)


@kernel
def calibrate_one(words: Words, cells: Words, kept: float, score: float) -> float:
    """What is served for a score, given the cells of its row. Safe while another process learns.

    Args:
        words: the table's.
        cells: shape (cells of a row,), as `run` takes them.
        kept: the share of the negatives that came here (`flyball.learn.sampling`); 1: all.
        score: the learner's probability.
    """
    given = margin_for(score, LOGISTIC)
    while True:
        before = load_acquire(words, AT_GENERATION)
        frame, margin = frame_of(words), given
        for i in range(len(cells)):
            if cells[i] != uint64(0):
                margin = through(words, frame, cells[i], margin)
        if load_acquire(words, AT_GENERATION) == before:
            return served(score, given, margin, kept)


@inner
def write(words: Words, key: int, first: float, second: float, noise: int) -> bool:
    """Writes a pair under a key, taking a row if need be; False where the table is full."""
    at = int64(SPLIT)
    while at == SPLIT:
        at = insert(words, key)
    if at == FULL:
        return False
    random = (uint64(noise) ^ uint64(key)) * uint64(0xD1342543DE82EF95)
    random ^= random >> uint64(32)
    pair = pack(first, second, random)
    if load(words, AT_EXPIRY) != uint64(0):
        # Curves stay: part of one would be none.
        pair = stamped(pair, uint64(0), random)
    store(words, at + 1, pair)
    frame = frame_of(words)
    mark(words, touched_base(words), (at - frame.segments) >> frame.width_bits)
    return True


@inner
def step_of(count: float) -> int:
    """Counts up about 30 times while a count doubles: the exponent and the first five bits of a float64."""
    return bits_of_float(count) >> 47


@inner
def add_weight(words: Words, cell: int, margin: float, label: Floats, noise: int) -> bool:
    """Adds an example to the sums and to the mean prediction of its bin; False where the table is full.

    `label` is (value, weight, the value added before for the same prediction, and its weight).
    """
    here, weight, before = bin_of(margin), min(label[1], HEAVIEST), min(label[3], HEAVIEST)
    gained, gained_yes = weight - before, weight * label[0] - before * label[2]
    key = key_of(cell, SUMS + here)
    pair = pair_of(words, frame_of(words), key)
    # What is taken back may have been added to another bin, or be forgotten in part.
    whole = max(n_of(pair) + gained, 0.0)
    if not write(words, key, min(max(z_of(pair) + gained_yes, 0.0), whole), whole, noise):
        return False
    if gained <= 0.0:
        return True
    key = key_of(cell, POINTS + here)
    pair = pair_of(words, frame_of(words), key)
    mean, p = z_of(pair), mean_of(margin)
    mean = p if mean == 0.0 else mean + (p - mean) * (gained / whole)
    return write(words, key, mean, n_of(pair), noise)


@inner
def count(words: Words, cell: int, label: Floats, noise: int, counts: Floats) -> tuple[bool, bool]:
    """Counts an example, `counts` gets the new counts; (False where the table is full, whether to fit again)."""
    key = key_of(cell, COUNTS)
    pair = pair_of(words, frame_of(words), key)
    for i in range(2):
        counts[i] = z_of(pair) if i == 0 else n_of(pair)
        if label[1] > 0.0:
            counts[i] += label[0] if i == 0 else 1.0 - label[0]
        if label[3] > 0.0:
            counts[i] -= label[2] if i == 0 else 1.0 - label[2]
        counts[i] = max(counts[i], 0.0)
    # Of rare positives each tells much, and one that comes after its silence was counted makes all no more.
    grown = step_of(counts[0]) > step_of(z_of(pair)) or step_of(counts[0] + counts[1]) > step_of(
        z_of(pair) + n_of(pair)
    )
    return write(words, key, counts[0], counts[1], noise), grown


@inner
def add(words: Words, cell: int, margin: float, label: Floats, noise: int, bins: Bins, counts: Floats) -> bool:
    """Adds an example to a cell, and fits its curve again where it is time; False where the table is full."""
    if not add_weight(words, cell, margin, label, noise):
        return False
    done, grown = count(words, cell, label, noise, counts)
    if not grown or information(counts[0], counts[1]) < FEWEST:
        return done
    return done and fit_again(words, cell, noise, bins, counts)


@inner
def fit_again(words: Words, cell: int, noise: int, bins: Bins, counts: Floats) -> bool:
    """Fits a cell's curve and writes it down; False where the table is full."""
    frame = frame_of(words)
    for b in range(BINS):
        sums = pair_of(words, frame, key_of(cell, SUMS + b))
        # Rounded at random, a part may be more than the whole.
        bins.yes[b], bins.whole[b] = min(z_of(sums), n_of(sums)), n_of(sums)
        bins.means[b] = z_of(pair_of(words, frame, key_of(cell, POINTS + b)))
    if not fit(bins, counts):
        return True
    done = write(words, key_of(cell, COUNTS), counts[0], counts[1], noise)
    for b in range(BINS):
        if done and bins.whole[b] > 0.0:
            done = write(words, key_of(cell, SUMS + b), bins.yes[b], bins.whole[b], noise)
        done = done and write(words, key_of(cell, POINTS + b), bins.means[b], bins.fitted[b] + LIFT, noise)
    return done


@kernel
def run(words: Words, cells: Words, kept: float, todo: Flags, labels: Floats, noises: Words, scores: Floats) -> int:
    """Calibrates and learns steps in their order, after the learner's `run`; how many before the table was full.

    Args:
        words: the table's.
        cells: shape (steps, cells of a row); 0 stands for none.
        kept: the share of the negatives that came here; 1: all.
        todo: shape (steps,), as the learner's: only steps that learn are learned from.
        labels: shape (steps, 4), as the learner's.
        noises: shape (steps,), the random bits of the rounding.
        scores: shape (steps,), the learner's probabilities before learning; they become what is served.
    """
    bins, counts, margins = bins_of(), np.zeros(2), np.zeros(cells.shape[1] + 1)
    for i in range(len(scores)):
        frame = frame_of(words)
        margins[0] = margin_for(scores[i], LOGISTIC)
        for j in range(cells.shape[1]):
            known = cells[i, j] != uint64(0)
            margins[j + 1] = through(words, frame, cells[i, j], margins[j]) if known else margins[j]
        scores[i] = served(scores[i], margins[0], margins[-1], kept)
        if todo[i] & LEARN != 0:
            for j in range(cells.shape[1]):
                known = cells[i, j] != uint64(0)
                if known and not add(words, cells[i, j], margins[j], labels[i], noises[i], bins, counts):
                    return i
    return len(scores)


@kernel
def fill_keys(cells: Words, keys: Words) -> None:
    """The keys of all rows of these cells: shape (n,) and (n * ROWS,)."""
    for i in range(len(cells)):
        for row in range(ROWS):
            keys[i * ROWS + row] = key_of(cells[i], row)


def keys_to_preserve(words: Words, cells: Words) -> Words:
    """The keys that `run` may change, for a snapshot that is being taken; none while there is none.

    Args:
        words: the table's.
        cells: as `run` takes them.

    >>> from flyball.learn.table import Table
    >>> len(keys_to_preserve(Table().words, np.zeros((3, 1), np.uint64)))
    0
    """
    if words[AT_COPYING] == 0:
        return np.empty(0, dtype=np.uint64)
    distinct = np.unique(cells)
    keys = np.empty(len(distinct) * ROWS, dtype=np.uint64)
    fill_keys(distinct, keys)
    return keys
