"""Softmax regression by FTRL-Proximal: one of many classes, each feature crossed with each class in one table.

A class has a word of its own, a hash of its name. The key of a feature for a class is a hash of the two, so a class may
appear at any time, the order of classes means nothing, and nothing is kept for what was never seen: all coefficients
begin at 0, and all classes alike. The gradient of the cross-entropy by the margin of a class is its probability, less 1
for the true one (Bishop, Pattern Recognition and Machine Learning, 2006, section 4.3.4); from there on it is
`flyball.learn.lanes`, whose rows and steps are used: lanes share n, whose gradient is that of the served mixture.

What is served is the mean of the lanes' probabilities by their posterior probabilities: exponential weights on log
loss, with a small share handed round (`flyball.learn.mixture` says from where; lanes alone are mixed here, no stacks).
Its state stands in the header of the table: the weight of all examples, the loss of each lane and of what was served
(all with decay), then the probability of each lane.

The two limits of the kernel, for C classes, F features and V lanes: bytes moved, C x F cache lines read and written
back; operations, C times those of an example of the lanes, and C x V exponentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.arena import AT_MIXTURE
from flyball.learn.atomic import bits_of_float, float_of_bits, load, store
from flyball.learn.ftrl import LARGEST, longest
from flyball.learn.kernel import inner, kernel
from flyball.learn.lanes import Bench, add_margins, bench_of, fetch_rows, mark_rows, pack_rows, weigh_rows
from flyball.learn.loss import SMALLEST
from flyball.learn.maths import exp, log
from flyball.learn.mixture import MEMORY, SHARE
from flyball.learn.place import Frame, frame_of, hint
from flyball.learn.seeker import MASK, Seeker, advance, begin, seeker_of, settle, take
from flyball.learn.slots import ZERO_KEY, mix
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

AT_ONCE = 1 << 14
"""So many crossed keys are formed before they are learned: 128 kB, which stay in the second cache."""


class Vote(NamedTuple):
    """Room for the margins and probabilities of one example, and the state of the mixture.

    Attributes:
        margins: shape (C, V).
        answers: shape (V, C), the probabilities of each lane.
        served: shape (C,).
        sums: shape (V + 2,), the weight of all examples, then the loss of each lane and of what was served.
        shares: shape (V,).

    >>> vote_of(3, 4).margins.shape
    (3, 4)
    """

    margins: NDArray[np.float64]
    answers: NDArray[np.float64]
    served: NDArray[np.float64]
    sums: NDArray[np.float64]
    shares: NDArray[np.float64]


class Examples(NamedTuple):
    """What is to be learned.

    Attributes:
        starts: shape (n + 1,), example i has features `starts[i]:starts[i + 1]`.
        keys: of the features, as for two classes.
        values: of the features.
        classes: shape (n,), the place of the true class among all.
        weights: shape (n,), 0 or more.
        noises: shape (n,), the random bits of the rounding.
        scores: shape (n, C), room for probabilities.

    >>> none = np.empty(0)
    >>> len(Examples(np.zeros(1, np.int64), none, none, none, none, none, none).starts)
    1
    """

    starts: NDArray[np.int64]
    keys: NDArray[Any]
    values: NDArray[np.float64]
    classes: NDArray[np.int64]
    weights: NDArray[np.float64]
    noises: NDArray[Any]
    scores: NDArray[np.float64]


@kernel
def vote_of(classes: int, lanes: int) -> Vote:
    """Room for so many classes and lanes; all lanes are believed alike."""
    margins, answers = np.zeros((classes, lanes)), np.zeros((lanes, classes))
    return Vote(margins, answers, np.zeros(classes), np.zeros(lanes + 2), np.full(lanes, 1.0 / lanes))


@inner
def recall(words: Words, vote: Vote) -> None:
    """Reads the state of the mixture that the table holds; nothing where it holds none."""
    if load(words, AT_MIXTURE) == uint64(0):
        return
    after = AT_MIXTURE + len(vote.sums)
    for i in range(len(vote.sums)):
        vote.sums[i] = float_of_bits(int64(load(words, AT_MIXTURE + i)))
    for i in range(len(vote.shares)):
        vote.shares[i] = float_of_bits(int64(load(words, after + i)))


@inner
def retain(words: Words, vote: Vote) -> None:
    """Writes the state of the mixture into the table."""
    after = AT_MIXTURE + len(vote.sums)
    for i in range(len(vote.sums)):
        store(words, AT_MIXTURE + i, uint64(bits_of_float(vote.sums[i])))
    for i in range(len(vote.shares)):
        store(words, after + i, uint64(bits_of_float(vote.shares[i])))


@inner
def crossed(key: int, word: int) -> int:
    """The key of a feature for the class of this word, which is mixed already: words may be as regular as keys are."""
    both = mix(uint64(key) ^ uint64(word))
    return both if both != uint64(0) else uint64(ZERO_KEY)


@inner
def cross_all(keys: Words, words: Words, into: Words) -> None:
    """The keys of one example: all features for the first class, then all for the next; len(keys) x len(words)."""
    for c in range(len(words)):
        word, at = mix(words[c]), c * len(keys)
        for j in range(len(keys)):
            into[at + j] = crossed(keys[j], word)


@inner
def believe(vote: Vote) -> None:
    """From the margins to each lane's probabilities, and to those that are served."""
    classes, lanes = vote.margins.shape
    for c in range(classes):
        vote.served[c] = 0.0
    for lane in range(lanes):
        most, total, answers = vote.margins[0, lane], 0.0, vote.answers[lane]
        for c in range(classes):
            most = max(most, vote.margins[c, lane])
        for c in range(classes):
            answers[c] = exp(vote.margins[c, lane] - most)
            total += answers[c]
        for c in range(classes):
            answers[c] /= total
            vote.served[c] += vote.shares[lane] * answers[c]
    whole = 0.0
    for c in range(classes):
        whole += vote.served[c]
    for c in range(classes):
        vote.served[c] /= whole


@inner
def sum_classes(values: Floats, bench: Bench, vote: Vote) -> None:
    """The margin of each class in each lane, summed in the order of the features."""
    for lane in range(vote.margins.shape[1]):
        held = bench.held[lane]
        for c in range(vote.margins.shape[0]):
            total, at = 0.0, c * len(values)
            for j in range(len(values)):
                total += held[at + j] * values[j]
            vote.margins[c, lane] = total


@inner
def step_classes(hyper: Floats, label: int, weight: float, values: Floats, bench: Bench, vote: Vote) -> None:
    """Adds one example's gradients: each lane its own to z, that of the served probabilities to n."""
    count = len(values)
    for c in range(len(vote.served)):
        at, slope = c * count, weight * (vote.served[c] - (1.0 if c == label else 0.0))
        for j in range(count):
            g = slope * values[j]
            grown = min(bench.counts[at + j] + g * g, LARGEST)
            bench.counts[at + j] = grown
            bench.roots[at + j] = np.sqrt(grown) - bench.roots[at + j]
    for lane in range(len(hyper)):
        inverse, z, held = 1.0 / hyper[lane, 0], bench.z[lane], bench.held[lane]
        for c in range(len(vote.served)):
            at, own = c * count, weight * (vote.answers[lane, c] - (1.0 if c == label else 0.0))
            for j in range(count):
                moved = z[at + j] + own * values[j] - bench.roots[at + j] * inverse * held[at + j]
                z[at + j] = min(max(moved, -LARGEST), LARGEST)


@inner
def judge(vote: Vote, label: int, weight: float) -> None:
    """Each lane is believed as far as it foretold the class."""
    lanes, most, whole = len(vote.shares), 0.0, 0.0
    for lane in range(lanes):
        most = max(most, vote.answers[lane, label])
    least = -log(max(most, SMALLEST))
    for lane in range(lanes):
        lost = -log(max(vote.answers[lane, label], SMALLEST))
        vote.sums[lane + 1] += weight * lost - vote.sums[lane + 1] / MEMORY
        vote.shares[lane] *= exp(weight * (least - lost))
        whole += vote.shares[lane]
    for lane in range(lanes):
        vote.shares[lane] = vote.shares[lane] / whole * (1.0 - SHARE) + SHARE / lanes
    served = -log(max(vote.served[label], SMALLEST))
    vote.sums[lanes + 1] += weight * served - vote.sums[lanes + 1] / MEMORY
    vote.sums[0] += weight - vote.sums[0] / MEMORY


@kernel
def run(words: Words, hyper: Floats, names: Words, examples: Examples) -> int:
    """Predicts and learns every example in its order; how many were done before the table was full.

    Args:
        words: of the table.
        hyper: shape (V, 4), alpha, beta, l1 and l2 of each lane.
        names: shape (C,), the word of each class.
        examples: n of them; their scores get the probabilities before learning.
    """
    starts, keys = examples.starts, examples.keys
    many, lanes, most = len(names), len(hyper), longest(starts) * len(names)
    seeker, bench, vote = seeker_of(most), bench_of(most, lanes), vote_of(many, lanes)
    both, begins = np.empty(max(AT_ONCE, most), np.uint64), np.zeros(AT_ONCE + 1, np.int64)
    recall(words, vote)
    first, total = 0, len(starts) - 1
    while first < total:
        last = first
        while last < total and last - first < AT_ONCE and (starts[last + 1] - starts[first]) * many <= len(both):
            at, end = begins[last - first], begins[last - first] + (starts[last + 1] - starts[last]) * many
            cross_all(keys[starts[last] : starts[last + 1]], names, both[at:end])
            last += 1
            begins[last - first] = end
        done = run_some(words, hyper, examples, first, begins[: last - first + 1], both, seeker, bench, vote)
        if done < last - first:
            last, total = first + done, first + done
        first = last
    retain(words, vote)
    return first


@inner
def run_some(
    words: Words,
    hyper: Floats,
    examples: Examples,
    first: int,
    begins: Integers,
    both: Words,
    seeker: Seeker,
    bench: Bench,
    vote: Vote,
) -> int:
    """`run` for the examples from `first` on, whose crossed keys are formed: `begins[i]:begins[i + 1]` of `both`."""
    begin(words, begins, both, seeker)
    for i in range(len(begins) - 1):
        row, here, keys = first + i, i & MASK, both[begins[i] : begins[i + 1]]
        values = examples.values[examples.starts[row] : examples.starts[row + 1]]
        label, weight = examples.classes[row], examples.weights[row]
        settle(words, begins, both, i, seeker)
        if not take(words, begins, both, i, seeker):
            return i
        fetch_rows(words, seeker.at[here], len(keys), bench)
        weigh_rows(hyper, len(keys), bench)
        sum_classes(values, bench, vote)
        believe(vote)
        for c in range(len(vote.served)):
            examples.scores[row, c] = vote.served[c]
        advance(words, begins, both, i, seeker)
        step_classes(hyper, label, weight, values, bench, vote)
        pack_rows(words, seeker.at[here], examples.noises[row], keys, bench)
        mark_rows(words, seeker.at[here], len(keys))
        judge(vote, label, weight)
    return len(begins) - 1


@inner
def ask_all(words: Words, frame: Frame, keys: Words, names: Words) -> None:
    """Asks the cache for the lines of one example."""
    for c in range(len(names)):
        word = mix(names[c])
        for j in range(len(keys)):
            hint(words, frame, crossed(keys[j], word))


@kernel
def predict(
    words: Words, hyper: Floats, names: Words, starts: Integers, keys: Words, values: Floats, scores: Floats
) -> None:
    """The probabilities of every example, shape (n, C), nothing learned. Safe while another process learns."""
    many, total = len(names), len(starts) - 1
    vote, both = vote_of(many, len(hyper)), np.empty(longest(starts) * many, np.uint64)
    recall(words, vote)
    for i in range(total):
        if i + 1 < total:
            ask_all(words, frame_of(words), keys[starts[i + 1] : starts[i + 2]], names)
        mine, its = keys[starts[i] : starts[i + 1]], values[starts[i] : starts[i + 1]]
        cross_all(mine, names, both)
        for c in range(many):
            add_margins(words, hyper, both[c * len(mine) : (c + 1) * len(mine)], its, vote.margins[c])
        believe(vote)
        for c in range(many):
            scores[i, c] = vote.served[c]
