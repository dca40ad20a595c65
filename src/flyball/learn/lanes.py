"""FTRL-Proximal in several lanes at once: variants of one model that share keys and counts, mixed as they deserve.

Each lane is `flyball.learn.ftrl` with settings and a z of its own; n, the sum of squared gradients that sets the
learning rate of a coordinate, is shared, and its gradient is that of the served mixture (`flyball.learn.mixture`).
Where it has no bound, with the squared error, it is that of the steepest lane, so that no lane runs away.
That is one search, one line of the cache and one square root for all of them. A row beside its key, as float32:

    z of lane 0 | n | z of lane 1 | z of lane 2 | ... | z of the last

The first word is a pair, as that of a single lane. The two limits of the kernel, for one example of F features and V
lanes: bytes moved, F cache lines of 64 bytes read and written back (32 bytes of each are used by four or five lanes);
operations, F x (2 square roots, V divisions, about 20 V others) and V + 3 exponentials. A reader in another process
reads each word whole: it may find one lane of a coordinate a step behind another, and never half of a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.arena import AT_EXPIRY, AT_GENERATION
from flyball.learn.atomic import load, load_acquire, single_of_bits, store
from flyball.learn.candidate import leave_out
from flyball.learn.expiry import stale, stamp_bits_in, stamp_for, stamped
from flyball.learn.ftrl import AHEAD, LARGEST, LEARN, PREDICT, Steps, ask, longest, weight
from flyball.learn.growth import FULL
from flyball.learn.kernel import inner, kernel
from flyball.learn.loss import SQUARED
from flyball.learn.mark import mark, touched_base
from flyball.learn.mixture import STACKS, Mixture, blend, judge, mixture_of, recall, retain
from flyball.learn.offset import end_of, offset_of
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.place import frame_of, seek
from flyball.learn.screen import Sieve, guards, screen, sieve_of
from flyball.learn.seeker import MASK, Seeker, advance, begin, seeker_of, settle, take
from flyball.learn.word import float32, float64, uint32, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Singles = NDArray[np.float32]


class Bench(NamedTuple):
    """Room for one example of at most F features in V lanes.

    Attributes:
        counts: shape (F,), n.
        roots: shape (F,), their square roots.
        z: shape (V, F).
        held: shape (V, F), the coefficients.
        margins: shape (V,).
        answers: shape (V + STACKS,), the predictions of the experts.
        present: shape (1,), what expires now, as the table's header says (`flyball.learn.expiry`).
        whole: shape (1,), how many lanes, the first, learn from candidates too (`flyball.learn.candidate`).
        left: shape (F,), the values for the others.

    >>> bench_of(3, 4).z.shape
    (4, 3)
    """

    counts: NDArray[np.float64]
    roots: NDArray[np.float64]
    z: NDArray[np.float64]
    held: NDArray[np.float64]
    margins: NDArray[np.float64]
    answers: NDArray[np.float64]
    present: NDArray[Any]
    whole: NDArray[np.int64]
    left: NDArray[np.float64]


class Said(NamedTuple):
    """What was said when predictions were asked that are learned from now, or are asked now.

    Attributes:
        rows: shape (steps,), for each step the row of its prediction in `told`; -1 where nothing was noted.
        told: shape (predictions, lanes + 1), float32: the margin of each lane, and how many examples had been learned
            when it said so; NaN where that is not known.

    >>> nothing_said(2, 5).told.shape
    (0, 6)
    """

    rows: NDArray[np.int64]
    told: NDArray[np.float32]


def nothing_said(steps: int, lanes: int) -> Said:
    """For so many steps: lanes are judged by what they say when they learn.

    >>> nothing_said(2, 5).rows.tolist()
    [-1, -1]
    """
    return Said(np.full(steps, -1, dtype=np.int64), np.empty((0, lanes + 1), dtype=np.float32))


@kernel
def bench_of(most: int, lanes: int) -> Bench:
    """Room for examples of at most `most` features, in lanes that all learn from all of them."""
    z, held = np.zeros((lanes, most)), np.zeros((lanes, most))
    margins, answers, present = np.zeros(lanes), np.zeros(lanes + STACKS), np.zeros(1, np.uint64)
    whole = np.full(1, lanes)
    return Bench(np.zeros(most), np.zeros(most), z, held, margins, answers, present, whole, np.zeros(most))


@inner
def fetch_rows(words: Words, at: Integers, count: int, bench: Bench) -> None:
    """Takes the rows of the keys at words `at` apart."""
    lanes, stamp_bits = len(bench.margins), stamp_bits_in(bench.present[0])
    for j in range(count):
        pair = load(words, at[j] + 1) & ~stamp_bits
        bench.z[0, j] = z_of(pair)
        bench.counts[j] = n_of(pair)
    for lane in range(1, lanes, 2):
        word = 1 + (lane + 1) // 2
        for j in range(count):
            pair = load(words, at[j] + word)
            bench.z[lane, j] = z_of(pair)
            if lane + 1 < lanes:
                bench.z[lane + 1, j] = n_of(pair)


@inner
def forget_row(bench: Bench, j: int) -> None:
    """Feature j has no row: nothing was learned of it."""
    bench.counts[j] = 0.0
    for lane in range(len(bench.margins)):
        bench.z[lane, j] = 0.0


@inner
def weigh_rows(hyper: Floats, count: int, bench: Bench) -> None:
    """sqrt n and all coefficients; loops without branches or sums, which the compiler makes wide."""
    for j in range(count):
        bench.roots[j] = np.sqrt(bench.counts[j])
    for lane in range(len(bench.margins)):
        alpha, beta_l2, l1 = hyper[lane, 0], hyper[lane, 1] + hyper[lane, 0] * hyper[lane, 3], hyper[lane, 2]
        z, held = bench.z[lane], bench.held[lane]
        for j in range(count):
            held[j] = weight(z[j], bench.roots[j], beta_l2, alpha, l1)


@inner
def sum_rows(values: Floats, bench: Bench) -> None:
    """The margin of each lane, summed in the order of the features."""
    for lane in range(len(bench.margins)):
        held, total = bench.held[lane], 0.0
        for j in range(len(values)):
            total += held[j] * values[j]
        bench.margins[lane] = total


@inner
def slope_of(p: float, label: Floats) -> float:
    """The gradient of the loss by the margin: of what is told now, less that of what was told before."""
    return float(label[1] * (p - label[0]) - label[3] * (p - label[2]))


@inner
def shared_slope(served: float, label: Floats, kind: int, bench: Bench) -> float:
    """The gradient that is added to n."""
    slope = slope_of(served, label)
    if kind != SQUARED:
        return slope
    slope = abs(slope)
    for lane in range(len(bench.margins)):
        slope = max(slope, abs(slope_of(bench.answers[lane], label)))
    return slope


@inner
def step_rows(
    hyper: Floats, served: float, label: Floats, kind: int, keys: Words, values: Floats, bench: Bench
) -> None:
    """Adds one example's gradients: each lane its own to z, the shared one to n."""
    count, slope, whole = len(values), shared_slope(served, label, kind, bench), bench.whole[0]
    left = bench.left[:count]
    if whole < len(bench.margins):
        leave_out(keys, values, left)
    for j in range(count):
        g = slope * values[j]
        grown = min(bench.counts[j] + g * g, LARGEST)
        bench.counts[j] = grown
        # What the root grew by; the root itself is not needed any more.
        bench.roots[j] = np.sqrt(grown) - bench.roots[j]
    for lane in range(len(bench.margins)):
        own, inverse = slope_of(bench.answers[lane], label), 1.0 / hyper[lane, 0]
        z, held, seen = bench.z[lane], bench.held[lane], values if lane < whole else left
        for j in range(count):
            moved = z[j] + own * seen[j] - bench.roots[j] * inverse * held[j]
            z[j] = min(max(moved, -LARGEST), LARGEST)


@inner
def pack_rows(words: Words, at: Integers, noise: int, keys: Words, bench: Bench) -> None:
    """Puts the rows of the keys at words `at` together again, rounded at random (`flyball.learn.pair.pack`)."""
    lanes, present = len(bench.margins), bench.present[0]
    for j in range(len(keys)):
        random = (uint64(noise) ^ keys[j]) * uint64(0xD1342543DE82EF95)
        random ^= random >> uint64(32)
        pair = pack(bench.z[0, j], bench.counts[j], random)
        if present != uint64(0):
            pair = stamped(pair, stamp_for(keys[j], present), random)
        store(words, at[j] + 1, pair)
    for lane in range(1, lanes, 2):
        word = 1 + (lane + 1) // 2
        for j in range(len(keys)):
            random = (uint64(noise) ^ keys[j]) * (uint64(0xD1342543DE82EF95) + uint64(4 * lane))
            random ^= random >> uint64(32)
            other = bench.z[lane + 1, j] if lane + 1 < lanes else 0.0
            store(words, at[j] + word, pack(bench.z[lane, j], other, random))


@inner
def mark_rows(words: Words, at: Integers, count: int) -> None:
    """Marks the rows at words `at` as touched."""
    frame, touched = frame_of(words), touched_base(words)
    for j in range(count):
        mark(words, touched, (at[j] - frame.segments) >> frame.width_bits)


@inner
def note(told: Singles, margins: Floats, mixture: Mixture) -> None:
    """Notes what is said."""
    for lane in range(len(margins)):
        told[lane] = margins[lane]
    told[len(margins)] = mixture.learned[0]


@inner
def trust_of(told: Singles, mixture: Mixture) -> float:
    """How much what was said counts; 1 where nothing was learned since, so that the same would be said now."""
    since = float64(float32(mixture.learned[0])) - float64(told[len(told) - 1])
    # What was said before a model was rewound may be of more examples than it has now; NaN is no greater than 0.
    return float64(1.0 / np.sqrt(np.sqrt(1.0 + abs(since)))) if abs(since) > 0.0 else 1.0


@inner
def remember(told: Singles, margins: Floats) -> None:
    """Takes the margins that were said in the place of those of now."""
    for lane in range(len(margins)):
        margins[lane] = told[lane]


@inner
def judge_said(
    mixture: Mixture, bench: Bench, said: Said, i: int, offset: float, served: float, label: Floats, kind: int
) -> None:
    """Lets the mixture learn from example i, by what was said of it when it was asked, where that is known."""
    trust = 1.0
    if said.rows[i] >= 0:
        trust = trust_of(said.told[said.rows[i]], mixture)
    if trust < 1.0:
        remember(said.told[said.rows[i]], bench.margins)
        served = blend(mixture, bench.margins, offset, bench.answers, kind)
    judge(mixture, bench.margins, bench.answers, served, label, kind, trust)


@kernel
def run(words: Words, gate: Words, hyper: Floats, whole: int, kind: int, steps: Steps, said: Said) -> int:
    """As `flyball.learn.ftrl.run`, with `hyper` of shape (lanes, 4): alpha, beta, l1 and l2 of each.

    Lanes from number `whole` on learn from no candidates: their coefficients of these are 0, and stay so.

    The gate, which may be empty, is asked about every feature that the table does not hold (`flyball.learn.screen`). A
    step that predicts notes what is said, one that learns is judged by it.
    """
    most, lanes = longest(steps.starts), len(hyper)
    mixture = mixture_of(lanes)
    recall(words, mixture)
    bench = bench_of(most, lanes)
    bench.whole[0] = whole
    done = run_steps(words, gate, hyper, kind, steps, said, seeker_of(most), bench, mixture, sieve_of(most))
    retain(words, mixture)
    return done


@inner
def run_steps(
    words: Words,
    gate: Words,
    hyper: Floats,
    kind: int,
    steps: Steps,
    said: Said,
    seeker: Seeker,
    bench: Bench,
    mixture: Mixture,
    sieve: Sieve,
) -> int:
    """`run`, given the room that it needs."""
    starts, guarded = steps.starts, guards(words, gate)
    bench.present[0] = load(words, AT_EXPIRY)
    begin(words, starts, steps.keys, seeker)
    for i in range(len(starts) - 1):
        start, end, here = starts[i], starts[i + 1], i & MASK
        last, at = end_of(steps.keys, start, end), seeker.at[here]
        keys, values, offset = steps.keys[start:last], steps.values[start:last], offset_of(steps.values, last, end)
        learns = steps.todo[i] & LEARN != 0
        settle(words, starts, steps.keys, i, seeker)
        if guarded:
            kept = screen(words, gate, steps, i, learns, seeker, sieve)
            if kept == FULL:
                return i
            keys, values, at = sieve.keys[:kept], sieve.values[:kept], sieve.at
        elif learns and not take(words, starts, steps.keys, i, seeker):
            return i
        fetch_rows(words, at, len(keys), bench)
        if not learns and not guarded:
            for k in range(seeker.counts[here]):
                forget_row(bench, seeker.left[here, k])
        weigh_rows(hyper, len(keys), bench)
        sum_rows(values, bench)
        served = blend(mixture, bench.margins, offset, bench.answers, kind)
        steps.scores[i] = served
        if steps.todo[i] & PREDICT != 0 and said.rows[i] >= 0:
            note(said.told[said.rows[i]], bench.margins, mixture)
        advance(words, starts, steps.keys, i, seeker)
        if learns:
            step_rows(hyper, served, steps.labels[i], kind, keys, values, bench)
            pack_rows(words, at, steps.noises[i], keys, bench)
            mark_rows(words, at, len(keys))
            judge_said(mixture, bench, said, i, offset, served, steps.labels[i], kind)
    return len(starts) - 1


@inner
def add_margins(words: Words, hyper: Floats, keys: Words, values: Floats, margins: Floats) -> None:
    """The margin of each lane over all features, nothing changed; safe as `flyball.learn.ftrl.margin_of` is."""
    while True:
        before, present = load_acquire(words, AT_GENERATION), load_acquire(words, AT_EXPIRY)
        frame, stamp_bits = frame_of(words), stamp_bits_in(present)
        for lane in range(len(margins)):
            margins[lane] = 0.0
        for j in range(len(keys)):
            at = seek(words, frame, keys[j])
            if load_acquire(words, at) != keys[j]:
                continue
            first = load_acquire(words, at + 1)
            if stale(first, present):
                continue
            root = np.sqrt(n_of(first & ~stamp_bits))
            for lane in range(len(margins)):
                # Lane 0 is the first half of its row, lanes 1, 2, 3 the halves that follow the count.
                half = lane + 1 if lane > 0 else 0
                word = load_acquire(words, at + 1 + half // 2)
                bits = uint32(word >> uint64(32)) if half & 1 else uint32(word & uint64(0xFFFFFFFF))
                beta_l2 = hyper[lane, 1] + hyper[lane, 0] * hyper[lane, 3]
                z = float64(single_of_bits(bits))
                margins[lane] += weight(z, root, beta_l2, hyper[lane, 0], hyper[lane, 2]) * values[j]
        if load_acquire(words, AT_GENERATION) == before:
            return


@inner
def served_of(
    words: Words, hyper: Floats, kind: int, keys: Words, values: Floats, bench: Bench, mixture: Mixture
) -> float:
    """The prediction for one example, nothing learned."""
    last = end_of(keys, 0, len(keys))
    add_margins(words, hyper, keys[:last], values[:last], bench.margins)
    recall(words, mixture)
    return blend(mixture, bench.margins, offset_of(values, last, len(keys)), bench.answers, kind)


@kernel
def predict(
    words: Words, hyper: Floats, kind: int, starts: Integers, keys: Words, values: Floats, scores: Floats
) -> None:
    """The prediction of every example, nothing learned. Safe while another process learns."""
    last, lanes = len(starts) - 1, len(hyper)
    bench, mixture = bench_of(1, lanes), mixture_of(lanes)
    for i in range(last):
        if i + AHEAD < last:
            ask(words, keys, starts[i + AHEAD], starts[i + AHEAD + 1])
        mine, its = keys[starts[i] : starts[i + 1]], values[starts[i] : starts[i + 1]]
        scores[i] = served_of(words, hyper, kind, mine, its, bench, mixture)


@kernel
def score_one(words: Words, hyper: Floats, kind: int, keys: Words, values: Floats, count: int, told: Singles) -> float:
    """The prediction from the first `count` features, and in `told` what is said. Safe while another process learns."""
    lanes = len(hyper)
    ask(words, keys, 0, count)
    bench, mixture = bench_of(1, lanes), mixture_of(lanes)
    served = served_of(words, hyper, kind, keys[:count], values[:count], bench, mixture)
    if len(told) > 0:
        note(told, bench.margins, mixture)
    return served
