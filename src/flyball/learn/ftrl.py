"""FTRL-Proximal, per coordinate, over a table of coefficients.

McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, Algorithm 1. The bias is a coordinate like
any other. The two limits of the kernel, for one example of F features: bytes moved, F cache lines of 64 bytes read and
written back (16 bytes of each are used); operations, F x (2 square roots, 3 divisions, about 20 others) and one
exponential.
"""

from __future__ import annotations

from math import copysign
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.arena import AT_DEPTH, AT_GENERATION
from flyball.learn.atomic import load, load_acquire, store
from flyball.learn.kernel import kernel
from flyball.learn.maths import sigmoid
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.slots import (
    SPLIT,
    bases,
    hint,
    mix,
    seek,
    take_slot,
    touch,
    touched_base,
)
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.uint8]

PREDICT = 1
LEARN = 2

LARGEST = 2.0**127
"""The bound of z and n, which a float32 must hold: an absurd outcome may spoil a coefficient, but makes it no NaN."""

AHEAD = 2
"""How many examples ahead the cache is asked for lines: with 40 features each, as many as a core keeps in flight."""


@kernel
def weight(z: float, root_n: float, beta_l2: float, alpha: float, l1: float) -> float:
    """The coefficient of (z, sqrt n): 0 where |z| <= l1, else -alpha (z - sgn(z) l1) / (beta + alpha l2 + sqrt n)."""
    return -copysign(max(abs(z) - l1, 0.0), z) * alpha / (beta_l2 + root_n)


@kernel
def answer(margin: float, squared: bool) -> float:
    """The prediction for a margin: itself for the squared loss, its sigmoid for the logistic loss."""
    return margin if squared else sigmoid(margin)


@kernel
def margin_of(words: Words, hyper: Floats, keys: Words, values: Floats, start: int, end: int) -> float:
    """The sum of coefficient times value over features start..end, in their order; nothing is changed.

    Other processes may be learning meanwhile: every pair is read whole, and while the directory changes the sum is
    formed again.
    """
    alpha, beta_l2, l1 = hyper[0], hyper[1] + hyper[0] * hyper[3], hyper[2]
    while True:
        before = load_acquire(words, AT_GENERATION)
        slot_bits, directory, segments = bases(words)
        depth = int64(load(words, AT_DEPTH))
        total = 0.0
        for j in range(start, end):
            at = seek(words, directory, segments, slot_bits, depth, keys[j])
            if load(words, at) == keys[j]:
                # Acquired, so that the generation below is not read before it.
                pair = load_acquire(words, at + 1)
                total += weight(z_of(pair), np.sqrt(n_of(pair)), beta_l2, alpha, l1) * values[j]
        if before & uint64(1) == uint64(0) and load_acquire(words, AT_GENERATION) == before:
            return total


@kernel
def collect(words: Words, keys: Words, start: int, end: int, at: Integers, pairs: Words) -> bool:
    """Leaves the slot and the pair of each of features start..end in `at` and `pairs`, taking slots for new ones.

    False when the table is full.
    """
    slot_bits, directory, segments = bases(words)
    depth = int64(load(words, AT_DEPTH))
    j = start
    while j < end:
        place = seek(words, directory, segments, slot_bits, depth, keys[j])
        if load(words, place) != keys[j]:
            place = take_slot(words, place, keys[j])
        if place >= 0:
            at[j - start] = place
            pairs[j - start] = load(words, place + 1)
            j += 1
        elif place == SPLIT:
            # Slots found before the split may have moved.
            depth = int64(load(words, AT_DEPTH))
            j = start
        else:
            return False
    return True


@kernel
def weigh(pairs: Words, hyper: Floats, count: int, roots: Floats, held: Floats) -> None:
    """sqrt n and the coefficient of each pair; a loop without branches or sums, which the compiler makes wide."""
    alpha, beta_l2, l1 = hyper[0], hyper[1] + hyper[0] * hyper[3], hyper[2]
    for j in range(count):
        root = np.sqrt(n_of(pairs[j]))
        roots[j] = root
        held[j] = weight(z_of(pairs[j]), root, beta_l2, alpha, l1)


@kernel
def step(
    pairs: Words, hyper: Floats, slope: float, noise: int, keys: Words, values: Floats, roots: Floats, held: Floats
) -> None:
    """Adds one example's gradient, `slope` times each value, to its pairs; wide, as `weigh` is."""
    inverse_alpha = 1.0 / hyper[0]
    for j in range(len(keys)):
        g = slope * values[j]
        z, n = z_of(pairs[j]), n_of(pairs[j])
        grown = min(n + g * g, LARGEST)
        sigma = (np.sqrt(grown) - roots[j]) * inverse_alpha
        random = (uint64(noise) ^ keys[j]) * uint64(0xD1342543DE82EF95)
        random ^= random >> uint64(32)
        pairs[j] = pack(min(max(z + g - sigma * held[j], -LARGEST), LARGEST), grown, random)


@kernel
def write_back(words: Words, at: Integers, pairs: Words, count: int) -> None:
    """Stores the pairs in their slots and marks these as touched."""
    _, _, segments = bases(words)
    touched = touched_base(words)
    for j in range(count):
        store(words, at[j] + 1, pairs[j])
        touch(words, touched, segments, at[j])


@kernel
def longest(starts: Integers) -> int:
    """The largest number of features in one example."""
    most = 0
    for i in range(len(starts) - 1):
        most = max(most, starts[i + 1] - starts[i])
    return most


@kernel
def ask(words: Words, keys: Words, start: int, end: int) -> None:
    """Asks the cache for the lines of features start..end."""
    slot_bits, directory, segments = bases(words)
    depth = int64(load(words, AT_DEPTH))
    for j in range(start, end):
        hint(words, directory, segments, slot_bits, depth, keys[j])


@kernel
def predict(words: Words, hyper: Floats, starts: Integers, keys: Words, values: Floats, margins: Floats) -> None:
    """The margin of every example, nothing learned. Safe while another process learns.

    Example i has features `starts[i]:starts[i + 1]` of `keys` (uint64) and `values` (float64).
    """
    last = len(starts) - 1
    for i in range(last):
        if i + AHEAD < last:
            ask(words, keys, starts[i + AHEAD], starts[i + AHEAD + 1])
        margins[i] = margin_of(words, hyper, keys, values, starts[i], starts[i + 1])


@kernel
def run(
    words: Words,
    hyper: Floats,
    squared: bool,
    starts: Integers,
    keys: Words,
    values: Floats,
    todo: Flags,
    labels: Floats,
    noises: Words,
    margins: Floats,
) -> int:
    """Predicts and learns in the given order; how many steps were done before the table was full.

    Step i concerns features `starts[i]:starts[i + 1]`. `todo[i]` is PREDICT, LEARN or both (predict, then learn).
    `labels` has shape (steps, 4): value, weight, the value learned before for the same prediction, and its weight (0 if
    none): the gradient is `weight * (p - value) - weight_before * (p - value_before)`, with p the prediction now, so
    that a revised outcome takes back what was learned. `margins[i]` gets the margin before learning.
    """
    last = len(starts) - 1
    at = np.empty(longest(starts), dtype=np.int64)
    pairs = np.empty(len(at), dtype=np.uint64)
    roots = np.empty(len(at), dtype=np.float64)
    held = np.empty(len(at), dtype=np.float64)
    for i in range(last):
        if i + AHEAD < last:
            ask(words, keys, starts[i + AHEAD], starts[i + AHEAD + 1])
        start, end = starts[i], starts[i + 1]
        if todo[i] & LEARN == 0:
            margins[i] = margin_of(words, hyper, keys, values, start, end)
            continue
        if not collect(words, keys, start, end, at, pairs):
            return i
        weigh(pairs, hyper, end - start, roots, held)
        margin = 0.0
        for j in range(start, end):
            margin += held[j - start] * values[j]
        margins[i] = margin
        p = answer(margin, squared)
        slope = labels[i, 1] * (p - labels[i, 0]) - labels[i, 3] * (p - labels[i, 2])
        step(pairs, hyper, slope, noises[i], keys[start:end], values[start:end], roots, held)
        write_back(words, at, pairs, end - start)
    return last


@kernel
def noise_of(seqs: Integers, revisions: Integers, noises: Words) -> None:
    """The random bits with which each example is rounded: a hash of its place in the log, which replay repeats."""
    for i in range(len(seqs)):
        noises[i] = mix(mix(uint64(seqs[i])) + uint64(revisions[i]))


@kernel
def answers_of(margins: Floats, squared: bool, scale: float, scores: Floats) -> None:
    """The predictions of these margins, in the outcome's own scale."""
    for i in range(len(margins)):
        scores[i] = answer(margins[i], squared) * scale
