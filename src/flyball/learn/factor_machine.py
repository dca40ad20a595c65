"""A factorisation machine over a table of coefficients: what two features say together, of all pairs, in one pass.

Rendle, "Factorization Machines", ICDM 2010. Every feature has beside its coefficient w a vector v of k factors, and

    margin = sum of w_i x_i + 1/2 sum over f of [(sum of v_if x_i)^2 - sum of v_if^2 x_i^2]

is that of a linear model plus <v_i, v_j> x_i x_j for each pair i < j, in k F operations instead of F^2. The w are those
of `flyball.learn.lanes`: one lane with settings, or five that are mixed, each of which adds the same sum over pairs to
its margin. The v are learned by FTRL-Proximal (`flyball.learn.ftrl`) from the gradient of what is served,

    g_if = slope x_i (sum of v_jf x_j over the others j),

with one n for the k factors of a feature, the mean of their squared gradients: one root and one division for all.

The form is alphaFM's lazy one. A gradient of v is a product with other v, so from 0 there is no way: until its first
update a factor is plus or minus `scale`, each sign a bit of the key's hash (alphaFM draws it). It is never stored, so
that replays, readers and merged tables agree; from the first gradient on it is FTRL's, whose z began at 0. A feature
takes part in pairs from its second example on (its n of w is above 0); its factors learn from the first. The bias has
none: with it a pair is a linear term.

A row beside its key, as float32, first 1 + V // 2 words of V lanes:

    z of lane 0 | n | z of lane 1 | ... | z of v_0 | n of v | z of v_1 | z of v_2 | ...

The two limits of the kernel, for one example of F features, V = 5 lanes and k = 4: bytes moved, F cache lines of 64
bytes read and written back (56 bytes of each are used); operations, F x (4 square roots, V + 1 divisions, about
20 V + 30 k others) and V + 3 exponentials. With k = 8 a row takes two lines, or one where settings are given (V = 1). A
reader in another process reads each word whole, and n of v before the factors, which are written before it: it may find
one factor a step ahead of another, and never half of a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flyball.learn.arena import AT_EXPIRY
from flyball.learn.atomic import load, prefetch
from flyball.learn.factors import Factors, first_word
from flyball.learn.ftrl import LEARN, PREDICT, Steps, longest
from flyball.learn.growth import FULL
from flyball.learn.kernel import inner, kernel
from flyball.learn.lanes import (
    Bench,
    Said,
    bench_of,
    fetch_rows,
    forget_row,
    judge_said,
    mark_rows,
    note,
    pack_rows,
    slope_of,
    step_rows,
    sum_rows,
    weigh_rows,
)
from flyball.learn.loom import Loom, fetch_factors, loom_of, pack_factors, step_factors, sum_factors, weigh_factors
from flyball.learn.loss import answer
from flyball.learn.mixture import Mixture, blend, mixture_of, recall, retain
from flyball.learn.offset import end_of, offset_of
from flyball.learn.screen import Sieve, guards, screen, sieve_of
from flyball.learn.seeker import MASK, Seeker, advance, begin, seeker_of, settle, take

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


LINE = 8
"""Words in a line of the cache."""


class Place(NamedTuple):
    """Room for examples of so many features.

    >>> Place(seeker_of(3), sieve_of(3), bench_of(3, 5), loom_of(3, 4)).loom.held.shape
    (4, 3)
    """

    seeker: Seeker
    sieve: Sieve
    bench: Bench
    loom: Loom


@inner
def serve(mixture: Mixture, bench: Bench, offset: float, kind: int) -> float:
    """The prediction: that of the only lane, or the mixture of several."""
    if len(bench.margins) > 1:
        return blend(mixture, bench.margins, offset, bench.answers, kind)
    bench.answers[0] = answer(bench.margins[0] + offset, kind)
    return float(bench.answers[0])


@inner
def fetch_more(words: Words, at: Integers, count: int, length: int) -> None:
    """Asks the cache for what rows of so many words have in further lines."""
    for line in range(LINE, length, LINE):
        for j in range(count):
            prefetch(words, at[j] + line)


@inner
def fetch(words: Words, at: Integers, first: int, count: int, absent: Integers, bench: Bench, loom: Loom) -> None:
    """Takes the rows at words `at` apart; the features at the places `absent` have none."""
    fetch_rows(words, at, count, bench)
    fetch_factors(words, at, first, count, loom)
    for k in range(len(absent)):
        forget_row(bench, absent[k])


@inner
def sum_all(hyper: Floats, factors: Factors, keys: Words, values: Floats, bench: Bench, loom: Loom) -> None:
    """The margin of each lane, with what all pairs bring."""
    weigh_rows(hyper, len(keys), bench)
    weigh_factors(factors, keys, bench.counts, loom)
    sum_rows(values, bench)
    pairs = sum_factors(values, loom)
    for lane in range(len(bench.margins)):
        bench.margins[lane] += pairs


@kernel
def run(words: Words, gate: Words, hyper: Floats, factors: Factors, kind: int, steps: Steps, said: Said) -> int:
    """Predicts and learns in the given order, as `flyball.learn.lanes.run`; how many steps were done.

    Args:
        words: of a table.
        gate: asked about every feature that the table does not hold; may be empty.
        hyper: shape (lanes, 4): alpha, beta, l1 and l2 of w.
        factors: the settings of v.
        kind: the loss.
        steps: what is to be done.
        said: with several lanes, what was said when predictions were asked.
    """
    most, lanes = longest(steps.starts), len(hyper)
    mixture = mixture_of(lanes)
    recall(words, mixture)
    done = run_steps(
        words,
        gate,
        hyper,
        factors,
        kind,
        steps,
        said,
        Place(seeker_of(most), sieve_of(most), bench_of(most, lanes), loom_of(most, factors.k)),
        mixture,
    )
    retain(words, mixture)
    return done


@inner
def run_steps(
    words: Words,
    gate: Words,
    hyper: Floats,
    factors: Factors,
    kind: int,
    steps: Steps,
    said: Said,
    place: Place,
    mixture: Mixture,
) -> int:
    """`run`, given the room that it needs."""
    seeker, sieve, bench, loom = place
    starts, lanes, guarded = steps.starts, len(hyper), guards(words, gate)
    bench.present[0] = load(words, AT_EXPIRY)
    first, last, length = first_word(lanes), len(starts) - 1, first_word(lanes) + 1 + factors.k // 2
    begin(words, starts, steps.keys, seeker)
    for i in range(last):
        start, end, here = starts[i], starts[i + 1], i & MASK
        learned, at = end_of(steps.keys, start, end), seeker.at[here]
        keys, values = steps.keys[start:learned], steps.values[start:learned]
        offset, learns = offset_of(steps.values, learned, end), steps.todo[i] & LEARN != 0
        settle(words, starts, steps.keys, i, seeker)
        if guarded:
            kept = screen(words, gate, steps, i, learns, seeker, sieve)
            if kept == FULL:
                return i
            keys, values, at = sieve.keys[:kept], sieve.values[:kept], sieve.at
        elif learns and not take(words, starts, steps.keys, i, seeker):
            return i
        absent = seeker.left[here, : 0 if learns or guarded else seeker.counts[here]]
        fetch(words, at, first, len(keys), absent, bench, loom)
        sum_all(hyper, factors, keys, values, bench, loom)
        served = serve(mixture, bench, offset, kind)
        steps.scores[i] = served
        if lanes > 1 and steps.todo[i] & PREDICT != 0 and said.rows[i] >= 0:
            note(said.told[said.rows[i]], bench.margins, mixture)
        advance(words, starts, steps.keys, i, seeker)
        if i + 1 < last:
            fetch_more(words, seeker.at[(i + 1) & MASK], starts[i + 2] - end, length)
        if learns:
            label = steps.labels[i]
            step_rows(hyper, served, label, kind, keys, values, bench)
            step_factors(factors, slope_of(served, label), values, loom)
            pack_factors(words, at, lanes, steps.noises[i], keys, loom)
            pack_rows(words, at, steps.noises[i], keys, bench)
            mark_rows(words, at, len(keys))
            if lanes > 1:
                judge_said(mixture, bench, said, i, offset, served, label, kind)
    return last
