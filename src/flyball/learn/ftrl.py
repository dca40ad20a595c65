"""FTRL-Proximal, per coordinate, over a table of coefficients.

McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, Algorithm 1. The bias is a coordinate like
any other. The two limits of the kernel, for one example of F features: bytes moved, F cache lines of 64 bytes read and
written back (16 bytes of each are used); operations, F x (2 square roots, a division, about 20 others) and one
exponential.
"""

from __future__ import annotations

from math import copysign
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.arena import AT_EXPIRY, AT_GENERATION
from flyball.learn.atomic import load, load_acquire, store
from flyball.learn.expiry import stale, stamp_bits_in, stamp_for, stamped
from flyball.learn.growth import FULL
from flyball.learn.kernel import inner, kernel
from flyball.learn.loss import answer
from flyball.learn.mark import mark, touched_base
from flyball.learn.offset import end_of, offset_of
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.place import frame_of, hint, seek
from flyball.learn.screen import Sieve, guards, screen, sieve_of
from flyball.learn.seeker import MASK, Seeker, advance, begin, seeker_of, settle, take
from flyball.learn.slots import mix
from flyball.learn.word import uint64

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


@inner
def weight(z: float, root_n: float, beta_l2: float, alpha: float, l1: float) -> float:
    """The coefficient of (z, sqrt n): 0 where |z| <= l1, else -alpha (z - sgn(z) l1) / (beta + alpha l2 + sqrt n)."""
    below = beta_l2 + root_n
    # Without beta and l2 a feature that was never learned has 0 / 0.
    return -copysign(max(abs(z) - l1, 0.0), z) * alpha / (below if below > 0.0 else 1.0)


@inner
def margin_of(words: Words, hyper: Floats, keys: Words, values: Floats, start: int, end: int) -> float:
    """The sum of coefficient times value over features start..end, in their order; nothing is changed.

    Another process may be learning meanwhile: every pair is read whole. Where something that may have been read is
    used again, the sum is formed again; what a writer that died had begun is no reason to.
    """
    alpha, beta_l2, l1 = hyper[0], hyper[1] + hyper[0] * hyper[3], hyper[2]
    learned = end_of(keys, start, end)
    while True:
        before, present = load_acquire(words, AT_GENERATION), load_acquire(words, AT_EXPIRY)
        frame, stamp_bits = frame_of(words), stamp_bits_in(present)
        total = offset_of(values, learned, end)
        for j in range(start, learned):
            at = seek(words, frame, keys[j])
            # Acquired, so that the generation below is not read before.
            if load_acquire(words, at) == keys[j]:
                pair = load_acquire(words, at + 1)
                if stale(pair, present):
                    continue
                pair &= ~stamp_bits
                total += weight(z_of(pair), np.sqrt(n_of(pair)), beta_l2, alpha, l1) * values[j]
        if load_acquire(words, AT_GENERATION) == before:
            return total


@inner
def fetch(words: Words, at: Integers, pairs: Words) -> None:
    """The pairs of the slots at words `at`."""
    for j in range(len(pairs)):
        pairs[j] = load(words, at[j] + 1)


@inner
def weigh(pairs: Words, hyper: Floats, roots: Floats, held: Floats) -> None:
    """sqrt n and the coefficient of each pair; a loop without branches or sums, which the compiler makes wide."""
    alpha, beta_l2, l1 = hyper[0], hyper[1] + hyper[0] * hyper[3], hyper[2]
    for j in range(len(pairs)):
        root = np.sqrt(n_of(pairs[j]))
        roots[j] = root
        held[j] = weight(z_of(pairs[j]), root, beta_l2, alpha, l1)


@inner
def step(hyper: Floats, slope: float, noise: int, keys: Words, values: Floats, desk: Desk) -> None:
    """Adds one example's gradient, `slope` times each value, to its pairs; wide, as `weigh` is."""
    inverse_alpha = 1.0 / hyper[0]
    pairs, roots, held = desk.pairs, desk.roots, desk.held
    for j in range(len(keys)):
        g = slope * values[j]
        z, n = z_of(pairs[j]), n_of(pairs[j])
        grown = min(n + g * g, LARGEST)
        sigma = (np.sqrt(grown) - roots[j]) * inverse_alpha
        random = (uint64(noise) ^ keys[j]) * uint64(0xD1342543DE82EF95)
        random ^= random >> uint64(32)
        pairs[j] = pack(min(max(z + g - sigma * held[j], -LARGEST), LARGEST), grown, random)


@inner
def clear_stamps(present: int, pairs: Words) -> None:
    """Takes the stamps out of pairs."""
    stamp_bits = stamp_bits_in(present)
    for j in range(len(pairs)):
        pairs[j] &= ~stamp_bits


@inner
def stamp_pairs(present: int, noise: int, keys: Words, pairs: Words) -> None:
    """Stamps the pairs that `step` made with the present."""
    for j in range(len(keys)):
        random = (uint64(noise) ^ keys[j]) * uint64(0xD1342543DE82EF95)
        random ^= random >> uint64(32)
        pairs[j] = stamped(pairs[j], stamp_for(keys[j], present), random)


@inner
def write_back(words: Words, at: Integers, pairs: Words) -> None:
    """Stores the pairs in their slots and marks these as touched."""
    frame, touched = frame_of(words), touched_base(words)
    for j in range(len(pairs)):
        store(words, at[j] + 1, pairs[j])
        mark(words, touched, (at[j] - frame.segments) >> frame.width_bits)


@inner
def longest(starts: Integers) -> int:
    """The largest number of features in one example."""
    most = 0
    for i in range(len(starts) - 1):
        most = max(most, starts[i + 1] - starts[i])
    return most


@inner
def ask(words: Words, keys: Words, start: int, end: int) -> None:
    """Asks the cache for the lines of features start..end."""
    frame = frame_of(words)
    for j in range(start, end):
        hint(words, frame, keys[j])


@kernel
def predict(
    words: Words, hyper: Floats, kind: int, starts: Integers, keys: Words, values: Floats, scores: Floats
) -> None:
    """The prediction of every example, nothing learned. Safe while another process learns.

    Example i has features `starts[i]:starts[i + 1]` of `keys` (uint64) and `values` (float64).
    """
    last = len(starts) - 1
    for i in range(last):
        if i + AHEAD < last:
            ask(words, keys, starts[i + AHEAD], starts[i + AHEAD + 1])
        scores[i] = answer(margin_of(words, hyper, keys, values, starts[i], starts[i + 1]), kind)


@kernel
def score_one(words: Words, hyper: Floats, kind: int, keys: Words, values: Floats, count: int) -> float:
    """The prediction from the first `count` features. Safe while another process learns."""
    ask(words, keys, 0, count)
    return answer(margin_of(words, hyper, keys, values, 0, count), kind)


class Steps(NamedTuple):
    """What `run` is given, under its names.

    >>> none = np.empty(0)
    >>> len(Steps(np.zeros(1, np.int64), none, none, none, none, none, none).starts)
    1
    """

    starts: NDArray[np.int64]
    keys: NDArray[Any]
    values: NDArray[np.float64]
    todo: NDArray[np.uint8]
    labels: NDArray[np.float64]
    noises: NDArray[Any]
    scores: NDArray[np.float64]


class Desk(NamedTuple):
    """Room for one example: the pairs of its features, the roots of their n, and their coefficients.

    >>> len(Desk(np.empty(3, np.uint64), np.empty(3), np.empty(3)).pairs)
    3
    """

    pairs: NDArray[Any]
    roots: NDArray[np.float64]
    held: NDArray[np.float64]


@kernel
def desk_of(most: int) -> Desk:
    """Room for examples of at most `most` features."""
    return Desk(np.empty(most, np.uint64), np.empty(most, np.float64), np.empty(most, np.float64))


@kernel
def run(
    words: Words,
    hyper: Floats,
    kind: int,
    starts: Integers,
    keys: Words,
    values: Floats,
    todo: Flags,
    labels: Floats,
    noises: Words,
    scores: Floats,
) -> int:
    """Predicts and learns in the given order; how many steps were done before the table was full.

    Step i concerns features `starts[i]:starts[i + 1]`. `todo[i]` is PREDICT, LEARN or both (predict, then learn).
    `labels` has shape (steps, 4): value, weight, the value learned before for the same prediction, and its weight (0 if
    none): the gradient is `weight * (p - value) - weight_before * (p - value_before)`, with p the prediction now, so
    that a revised outcome takes back what was learned. `scores[i]` gets the prediction before learning.
    """
    most = longest(starts)
    steps = Steps(starts, keys, values, todo, labels, noises, scores)
    return run_steps(words, np.empty(0, np.uint64), hyper, kind, steps, seeker_of(most), desk_of(most), sieve_of(most))


@kernel
def run_gated(words: Words, gate: Words, hyper: Floats, kind: int, steps: Steps) -> int:
    """As `run`, where a gate is asked about every feature that the table does not hold (`flyball.learn.screen`)."""
    most = longest(steps.starts)
    return run_steps(words, gate, hyper, kind, steps, seeker_of(most), desk_of(most), sieve_of(most))


@inner
def run_steps(
    words: Words,
    gate: Words,
    hyper: Floats,
    kind: int,
    steps: Steps,
    seeker: Seeker,
    desk: Desk,
    sieve: Sieve,
) -> int:
    """`run`, given the room that it needs."""
    starts, labels = steps.starts, steps.labels
    guarded, present = guards(words, gate), load(words, AT_EXPIRY)
    begin(words, starts, steps.keys, seeker)
    for i in range(len(starts) - 1):
        start, end, here = starts[i], starts[i + 1], i & MASK
        last, at = end_of(steps.keys, start, end), seeker.at[here]
        keys, values = steps.keys[start:last], steps.values[start:last]
        learns = steps.todo[i] & LEARN != 0
        settle(words, starts, steps.keys, i, seeker)
        if guarded:
            kept = screen(words, gate, steps, i, learns, seeker, sieve)
            if kept == FULL:
                return i
            keys, values, at = sieve.keys[:kept], sieve.values[:kept], sieve.at
        elif learns and not take(words, starts, steps.keys, i, seeker):
            return i
        pairs = desk.pairs[: len(keys)]
        fetch(words, at, pairs)
        if guarded:
            clear_stamps(present, pairs)
        elif not learns:
            for k in range(seeker.counts[here]):
                desk.pairs[seeker.left[here, k]] = uint64(0)
        weigh(pairs, hyper, desk.roots, desk.held)
        margin = offset_of(steps.values, last, end)
        for j in range(len(values)):
            margin += desk.held[j] * values[j]
        p = answer(margin, kind)
        steps.scores[i] = p
        advance(words, starts, steps.keys, i, seeker)
        if learns:
            slope = labels[i, 1] * (p - labels[i, 0]) - labels[i, 3] * (p - labels[i, 2])
            step(hyper, slope, steps.noises[i], keys, values, desk)
            if present != uint64(0):
                stamp_pairs(present, steps.noises[i], keys, pairs)
            write_back(words, at, pairs)
    return len(starts) - 1


@kernel
def noise_of(seqs: Integers, revisions: Integers, noises: Words) -> None:
    """The random bits with which each example is rounded: a hash of its place in the log, which replay repeats."""
    for i in range(len(seqs)):
        noises[i] = mix(mix(uint64(seqs[i])) + uint64(revisions[i]))
