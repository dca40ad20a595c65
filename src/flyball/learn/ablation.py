"""What each signal is worth, in one pass: a model and its variants, each of which never sees some of the signals.

Lane 0 is the model, `flyball.learn.ftrl` with one setting. Every other lane is that model without the features of some
signals: it neither uses nor learns them. All lanes share the keys and n, whose gradient is that of lane 0's prediction,
so that one search, one square root and one division serve all of them, and what is left for each lane is
multiplications and additions without a branch, which the compiler makes wide. A row beside its key, as float32, is that
of `flyball.learn.lanes`:

    z of lane 0 | n | z of lane 1 | z of lane 2 | ... | unused

The loops run over the whole row: n is taken for one more lane, whose results are thrown away.

That n is shared is what is approximate (McMahan et al., KDD 2013, section 4.3, share it too): a model that is really
trained without a signal would have slightly other learning rates. decisions/015 has the differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.ablation_loss import judge
from flyball.learn.atomic import bits_of_float, float_of_bits, prefetch
from flyball.learn.ftrl import LARGEST, longest
from flyball.learn.kernel import inner, kernel
from flyball.learn.seeker import MASK, Seeker, advance, begin, seeker_of, settle, take
from flyball.learn.word import float32, float64, int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Integers = NDArray[np.int64]
    Codes = NDArray[np.int32]

WIDE = 8
"""Rows are gone through in whole vectors of so many lanes."""


class Given(NamedTuple):
    """Examples: features and their signals as in `Features`, labels of shape (n, 4) and noises as `ftrl.run` has them.

    >>> none = np.empty(0)
    >>> len(Given(np.zeros(1, np.int64), none, none, none, none, none).starts)
    1
    """

    starts: NDArray[np.int64]
    keys: NDArray[Any]
    values: NDArray[np.float64]
    signals: NDArray[np.int32]
    labels: NDArray[np.float64]
    noises: NDArray[Any]


class Bench(NamedTuple):
    """Room for one example of at most F features in rows of H numbers.

    Attributes:
        counts: shape (F,), n.
        roots: shape (F,), their square roots.
        factors: shape (F,), what a z is multiplied with to be a coefficient.
        margins: shape (H,).
        slopes: shape (H,), the gradients of the losses.

    >>> bench_of(3, 8).margins.shape
    (8,)
    """

    counts: NDArray[np.float64]
    roots: NDArray[np.float64]
    factors: NDArray[np.float64]
    margins: NDArray[np.float64]
    slopes: NDArray[np.float64]


@kernel
def bench_of(most: int, width: int) -> Bench:
    """Room for examples of at most `most` features."""
    return Bench(np.zeros(most), np.zeros(most), np.zeros(most), np.zeros(width), np.zeros(width))


@inner
def add_one(row: Singles, factor: float, l1: float, margins: Floats) -> None:
    """Adds a feature to the margins: |z| less l1, times its factor."""
    for h in range(len(margins)):
        z = float64(row[h])
        margins[h] += (z - min(max(z, -l1), l1)) * factor


@inner
def add_four(a: Singles, b: Singles, c: Singles, d: Singles, factors: Floats, l1: float, margins: Floats) -> None:
    """Adds four features, one after the other: margins stay in registers meanwhile."""
    first, second, third, fourth = factors[0], factors[1], factors[2], factors[3]
    for h in range(len(margins)):
        za, zb, zc, zd = float64(a[h]), float64(b[h]), float64(c[h]), float64(d[h])
        total = margins[h] + (za - min(max(za, -l1), l1)) * first
        total += (zb - min(max(zb, -l1), l1)) * second
        total += (zc - min(max(zc, -l1), l1)) * third
        margins[h] = total + (zd - min(max(zd, -l1), l1)) * fourth


@inner
def sum_rows(halves: Singles, at: Integers, l1: float, values: Floats, bench: Bench) -> None:
    """The margins of all lanes, summed in the order of the features; `roots` gets the factors times the values."""
    count, width, margins = len(values), len(bench.margins), bench.margins
    for h in range(width):
        margins[h] = 0.0
    weighted = bench.roots
    j = 0
    while j + 3 < count:
        a, b, c, d = 2 * at[j] + 2, 2 * at[j + 1] + 2, 2 * at[j + 2] + 2, 2 * at[j + 3] + 2
        rows = halves[a : a + width], halves[b : b + width], halves[c : c + width], halves[d : d + width]
        add_four(rows[0], rows[1], rows[2], rows[3], weighted[j : j + 4], l1, margins)
        j += 4
    while j < count:
        a = 2 * at[j] + 2
        add_one(halves[a : a + width], weighted[j], l1, margins)
        j += 1


@inner
def weigh(halves: Singles, at: Integers, hyper: Floats, values: Floats, bench: Bench) -> None:
    """n, and the factors; `roots` gets these times the values, until `step` has it hold what the roots grow by."""
    alpha, beta_l2 = hyper[0], hyper[1] + hyper[0] * hyper[3]
    for j in range(len(values)):
        bench.counts[j] = float64(halves[2 * at[j] + 3])
    for j in range(len(values)):
        below = beta_l2 + np.sqrt(bench.counts[j])
        # Without beta and l2 a feature that was never learned has 0 / 0.
        bench.factors[j] = -alpha / (below if below > 0.0 else 1.0)
        bench.roots[j] = bench.factors[j] * values[j]


@inner
def grow(hyper: Floats, slope: float, values: Floats, bench: Bench) -> None:
    """n after this example, and in `roots` what its root grew by over alpha."""
    for j in range(len(values)):
        g = slope * values[j]
        n = bench.counts[j]
        grown = min(n + g * g, LARGEST)
        bench.counts[j] = grown
        bench.roots[j] = (np.sqrt(grown) - np.sqrt(n)) / hyper[0]


@inner
def move(
    row: Singles, kept: Floats, slopes: Floats, l1: float, factor: float, value: float, pull: float, low: int
) -> None:
    """One step of every lane that keeps the feature; the others stay at 0. Rounded at random, as a pair is."""
    mask = ~uint64(0x1FFFFFFF)
    for h in range(len(slopes)):
        z = float64(row[h])
        held = (z - min(max(z, -l1), l1)) * factor
        moved = min(max(z + slopes[h] * value - pull * held, -LARGEST), LARGEST) * kept[h]
        row[h] = float32(float_of_bits(int64((uint64(bits_of_float(moved)) + uint64(low)) & mask)))


@inner
def step(
    halves: Singles,
    at: Integers,
    l1: float,
    kept: Floats,
    signals: Codes,
    noise: int,
    keys: Words,
    values: Floats,
    bench: Bench,
) -> None:
    """Adds one example's gradients: each lane its own to z, that of lane 0 to n."""
    width, bits = len(bench.margins), uint64(0x1FFFFFFF)
    for j in range(len(values)):
        random = (uint64(noise) ^ keys[j]) * uint64(0xD1342543DE82EF95)
        random ^= random >> uint64(32)
        first, whose = 2 * at[j] + 2, int64(signals[j]) + 1
        row = halves[first : first + width]
        pull, factor = bench.roots[j], bench.factors[j]
        move(row, kept[whose], bench.slopes, l1, factor, values[j], pull, random & bits)
        n = uint64(bits_of_float(bench.counts[j])) + ((random >> uint64(35)) & bits)
        row[1] = float32(float_of_bits(int64(n & ~bits)))


@inner
def ask_rest(words: Words, at: Integers, count: int, lines: int) -> None:
    """Asks the cache for the lines of rows after their first."""
    for j in range(count):
        for line in range(1, lines):
            prefetch(words, at[j] + 8 * line)


@kernel
def run(words: Words, halves: Singles, hyper: Floats, kind: int, kept: Floats, given: Given, losses: Floats) -> int:
    """Predicts and learns in all lanes; how many examples were done before the table was full.

    Args:
        words: of a table.
        halves: the same memory as float32.
        hyper: alpha, beta, l1 and l2.
        kind: the loss.
        kept: shape (signals + 1, H), 1 where a lane keeps the features of a signal, 0 where not; first the bias.
        given: the examples.
        losses: shape (n, H), gets the loss of each lane before it learned; place 1, which is n's, that of lane 0 again.
    """
    most = longest(given.starts)
    return run_steps(words, halves, hyper, kind, kept, given, losses, seeker_of(most), bench_of(most, kept.shape[1]))


@inner
def run_steps(
    words: Words,
    halves: Singles,
    hyper: Floats,
    kind: int,
    kept: Floats,
    given: Given,
    losses: Floats,
    seeker: Seeker,
    bench: Bench,
) -> int:
    """`run`, given the room that it needs."""
    starts, lines, l1 = given.starts, (kept.shape[1] + 2 + 15) // 16, hyper[2]
    begin(words, starts, given.keys, seeker)
    for i in range(len(starts) - 1):
        start, end, here = starts[i], starts[i + 1], i & MASK
        keys, values, at = given.keys[start:end], given.values[start:end], seeker.at[here]
        settle(words, starts, given.keys, i, seeker)
        if not take(words, starts, given.keys, i, seeker):
            return i
        weigh(halves, at, hyper, values, bench)
        sum_rows(halves, at, l1, values, bench)
        judge(kind, bench.margins, given.labels[i], bench.slopes, losses[i])
        losses[i, 1] = losses[i, 0]
        advance(words, starts, given.keys, i, seeker)
        if i + 2 < len(starts):
            ask_rest(words, seeker.at[(i + 1) & MASK], starts[i + 2] - end, lines)
        grow(hyper, bench.slopes[0], values, bench)
        step(halves, at, l1, kept, given.signals[start:end], given.noises[i], keys, values, bench)
    return len(starts) - 1
