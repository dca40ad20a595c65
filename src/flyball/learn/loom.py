"""A loom: the factors of one example's features side by side, weighed, summed and moved in loops without branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.atomic import load, store, store_release
from flyball.learn.bias import BIAS_KEY
from flyball.learn.factors import FARTHEST, Factors, beginning, factor, first_word
from flyball.learn.ftrl import LARGEST
from flyball.learn.kernel import inner, kernel
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.slots import mix
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


SPREAD = 0xD1342543DE82EF95
"""An odd number by which random bits are multiplied, as in `flyball.learn.lanes`."""


class Loom(NamedTuple):
    """Room for the factors of one example of at most F features.

    Attributes:
        signs: shape (F,), the hashes whose bits are the signs of the beginning; then words on their way to the table.
        shown: shape (F,), 1 where the feature takes part in pairs.
        free: shape (F,), 1 where its factors learn: not those of the bias.
        counts: shape (F,), n.
        roots: shape (F,), their square roots; then what these grow by, over alpha.
        rates: shape (F,); then the sums of squared gradients.
        z: shape (k + 1, F); the last is 0, as the last half of a row is.
        held: shape (k, F), the factors.
        pulls: shape (k, F), their gradients.
        sums: shape (k,), of factor times value.
        squares: shape (k,), of its square.

    >>> loom_of(3, 4).z.shape
    (5, 3)
    """

    signs: NDArray[Any]
    shown: NDArray[np.float64]
    free: NDArray[np.float64]
    counts: NDArray[np.float64]
    roots: NDArray[np.float64]
    rates: NDArray[np.float64]
    z: NDArray[np.float64]
    held: NDArray[np.float64]
    pulls: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]


@kernel
def loom_of(most: int, count: int) -> Loom:
    """Room for examples of at most `most` features of `count` factors."""
    shown, free, counts = np.zeros(most), np.zeros(most), np.zeros(most)
    z, held, pulls = np.zeros((count + 1, most)), np.zeros((count, most)), np.zeros((count, most))
    return Loom(
        np.zeros(most, np.uint64),
        shown,
        free,
        counts,
        np.zeros(most),
        np.zeros(most),
        z,
        held,
        pulls,
        np.zeros(count),
        np.zeros(count),
    )


@inner
def fetch_factors(words: Words, at: Integers, first: int, count: int, loom: Loom) -> None:
    """Takes the factors of the rows at words `at` apart."""
    for j in range(count):
        lead = load(words, at[j] + first)
        loom.z[0, j] = z_of(lead)
        loom.counts[j] = n_of(lead)
    for f in range(1, len(loom.held), 2):
        word, odd, even = first + (f + 1) // 2, loom.z[f], loom.z[f + 1]
        for j in range(count):
            pair = load(words, at[j] + word)
            odd[j] = z_of(pair)
            even[j] = n_of(pair)


@inner
def weigh_factors(factors: Factors, keys: Words, seen: Floats, loom: Loom) -> None:
    """All factors; loops without branches or sums, which the compiler makes wide. `seen` is n of w."""
    below, l1 = factors.beta + factors.alpha * factors.l2, factors.l1
    for j in range(len(keys)):
        root = np.sqrt(loom.counts[j])
        loom.roots[j] = root
        loom.rates[j] = factors.alpha / (below + root)
        free = 0.0 if keys[j] == uint64(BIAS_KEY) else 1.0
        loom.free[j] = free
        loom.shown[j] = free if seen[j] > 0.0 else 0.0
        loom.signs[j] = mix(keys[j])
    for f in range(len(loom.held)):
        z, held = loom.z[f], loom.held[f]
        for j in range(len(keys)):
            now = factor(z[j], l1, loom.rates[j])
            held[j] = now if loom.counts[j] > 0.0 else beginning(factors, loom.signs[j], f)


@inner
def sum_factors(values: Floats, loom: Loom) -> float:
    """What all pairs bring; sums in the order of the features, those of two factors side by side."""
    for f in range(0, len(loom.held), 2):
        even, odd = loom.held[f], loom.held[f + 1]
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for j in range(len(values)):
            p = min(max(even[j] * loom.shown[j] * values[j], -FARTHEST), FARTHEST)
            q = min(max(odd[j] * loom.shown[j] * values[j], -FARTHEST), FARTHEST)
            a += p
            b += q
            c += p * p
            d += q * q
        loom.sums[f], loom.sums[f + 1], loom.squares[f], loom.squares[f + 1] = a, b, c, d
    return together(loom.sums, loom.squares)


@inner
def together(sums: Floats, squares: Floats) -> float:
    """What pairs bring, from the sums over features."""
    total = 0.0
    for f in range(len(sums)):
        total += sums[f] * sums[f] - squares[f]
    return 0.5 * total


@inner
def step_factors(factors: Factors, slope: float, values: Floats, loom: Loom) -> None:
    """Adds one example's gradients to the factors; wide, as `weigh_factors` is."""
    inverse, part = 1.0 / factors.alpha, 1.0 / factors.k
    for j in range(len(values)):
        loom.rates[j] = 0.0
    for f in range(len(loom.held)):
        held, pulls, whole = loom.held[f], loom.pulls[f], loom.sums[f]
        for j in range(len(values)):
            own = min(max(held[j] * loom.shown[j] * values[j], -FARTHEST), FARTHEST)
            g = slope * values[j] * (whole - own) * loom.free[j]
            pulls[j] = g
            loom.rates[j] += g * g
    for j in range(len(values)):
        grown = min(loom.counts[j] + loom.rates[j] * part, LARGEST)
        loom.counts[j] = grown
        loom.roots[j] = (np.sqrt(grown) - loom.roots[j]) * inverse
    for f in range(len(loom.held)):
        z, held, pulls = loom.z[f], loom.held[f], loom.pulls[f]
        for j in range(len(values)):
            moved = min(max(z[j] + pulls[j] - loom.roots[j] * held[j], -LARGEST), LARGEST)
            z[j] = moved if loom.counts[j] > 0.0 else 0.0


@inner
def pack_factors(words: Words, at: Integers, lanes: int, noise: int, keys: Words, loom: Loom) -> None:
    """Puts the factors of the rows at words `at` together again, rounded at random; n last, for readers."""
    first, count = first_word(lanes), len(loom.held)
    for f in range(1, count, 2):
        # Packed apart from stores, which must not be reordered: so the compiler makes the first loop wide.
        odd, even, salt = loom.z[f], loom.z[f + 1], uint64(SPREAD) + uint64(4 * (lanes + f))
        for j in range(len(keys)):
            random = (uint64(noise) ^ keys[j]) * salt
            random ^= random >> uint64(32)
            loom.signs[j] = pack(odd[j], even[j], random)
        word = first + (f + 1) // 2
        for j in range(len(keys)):
            store(words, at[j] + word, loom.signs[j])
    lead, salt = loom.z[0], uint64(SPREAD) + uint64(4 * lanes)
    for j in range(len(keys)):
        random = (uint64(noise) ^ keys[j]) * salt
        random ^= random >> uint64(32)
        loom.signs[j] = pack(lead[j], loom.counts[j], random)
    for j in range(len(keys)):
        store_release(words, at[j] + first, loom.signs[j])
