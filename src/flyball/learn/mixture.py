"""The mixture of a learner's lanes: which of them is believed, example by example, without a setting to choose.

Every lane predicts by itself. Three more experts weigh the lanes' margins by online regression, slowly, more quickly
and boldly (stacking: Wolpert, Neural Networks 1992). What is served is the mean of all experts' predictions by their
posterior probabilities, each multiplied by how well it foretold every label (exponential weights, Vovk 1990, in the
Bayesian form for log loss), with a small share handed round so that an expert that was bad comes back when the world
changes (fixed share: Herbster and Warmuth, Machine Learning 1998, section 5). The regret against the best single lane
is then at most ln K plus the cost of the changes, whatever the data.

Its state is kept in the header of the table, so that whoever reads the coefficients reads it too:

    center      | the margin with which the model began: stacks weigh what lanes say beside it
    weight      | the weight of all examples so far, with decay
    losses      | per expert, and last of what was served: the loss, with the same decay
    pending     | how many examples of weight 1 are not in there yet, and the products of their probabilities
    shares      | per expert: its posterior probability
    stacks      | per stack a row, per lane: the weight of its margin
    learned     | how many examples there were

Outcomes may come long after they were foretold, many at once. So each expert is judged by what its lanes *said* when
the prediction was asked, not by what they would say now; and since what was said meanwhile was said in the same
ignorance, D examples later it counts for (1 + D)^-1/4 of an example that is told at once. (The regret of experts who
are told late grows with the delay, and their rates are to be lowered by it: Joulani, Gyorgy and Szepesvari, ICML 2013.
The exponent was measured: docs/decisions/014-no-knobs.md.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.arena import AT_MIXTURE
from flyball.learn.atomic import bits_of_float, float_of_bits, load, store
from flyball.learn.kernel import inner, kernel
from flyball.learn.loss import LOGISTIC, POISSON, SMALLEST, SQUARED, answer, loss, margin_for
from flyball.learn.maths import exp, log
from flyball.learn.word import float32, float64, int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

STACKS = 3
"""How many experts weigh the lanes."""
RATES = (0.005, 0.01, 0.08)
"""Their learning rates."""
BEGINNINGS = (0.5, 0.5, 3.0)
"""What the weights of each begin with, in all: half of the mean of the lanes' margins, or thrice."""
SHARE = 3e-4
"""What part of all probability is handed round after each example."""
MEMORY = 20_000.0
"""Losses are remembered for about so many examples."""
WIDEST = 50.0
"""Margins of probabilities and of counts are cut here before they are weighed."""
FARTHEST = 1e30
"""And those of numbers here: their squares are finite."""
STEEPEST = 2.0
"""An example of more weight moves the stacks as one of this weight does."""
MOST_PENDING = 16.0
"""So many probabilities of at least 1e-15 have a product that is a normal number."""
TINY = 1e-300
"""Below every such product."""


class Mixture(NamedTuple):
    """The state, in memory of its own while examples are learned.

    Attributes:
        center: shape (1,).
        sums: shape (K + 2,), the weight of all examples, then the loss of each expert and of what was served.
        pending: shape (K + 2,), a count of examples, then for each the product of the probabilities of their labels:
            one logarithm for all of them.
        shares: shape (K,), K = lanes + STACKS.
        stacks: shape (STACKS, lanes).
        learned: shape (1,).

    >>> mixture = mixture_of(4)
    >>> len(mixture.shares), mixture.stacks[:, 0].tolist()
    (7, [0.125, 0.125, 0.75])
    """

    center: NDArray[np.float64]
    sums: NDArray[np.float64]
    pending: NDArray[np.float64]
    shares: NDArray[np.float64]
    stacks: NDArray[np.float64]
    learned: NDArray[np.float64]


@kernel
def mixture_of(lanes: int) -> Mixture:
    """As it is before anything is learned: all experts are believed alike, and each stack weighs all lanes alike."""
    experts = lanes + STACKS
    pending = np.ones(experts + 2)
    pending[0] = 0.0
    shares, stacks = np.full(experts, 1.0 / experts), np.empty((STACKS, lanes))
    for i in range(STACKS):
        stacks[i] = BEGINNINGS[i] / lanes
    return Mixture(np.zeros(1), np.zeros(experts + 2), pending, shares, stacks, np.zeros(1))


@inner
def read(words: Words, at: int, numbers: Floats) -> int:
    """Reads as many numbers as there is room for from word `at` on; the word after them."""
    for i in range(len(numbers)):
        numbers[i] = float_of_bits(int64(load(words, at + i)))
    return at + len(numbers)


@inner
def write(words: Words, at: int, numbers: Floats) -> int:
    """Writes numbers from word `at` on; the word after them."""
    for i in range(len(numbers)):
        store(words, at + i, uint64(bits_of_float(numbers[i])))
    return at + len(numbers)


@inner
def recall(words: Words, mixture: Mixture) -> None:
    """Reads the state that the table holds; nothing where it holds none. Safe while another process learns."""
    at = read(words, int64(AT_MIXTURE), mixture.center)
    experts = len(mixture.shares)
    if load(words, at + 2 * len(mixture.sums) + experts + mixture.stacks.size) == uint64(0):
        return
    at = read(words, read(words, at, mixture.sums), mixture.pending)
    at = read(words, at, mixture.shares)
    for i in range(STACKS):
        at = read(words, at, mixture.stacks[i])
    read(words, at, mixture.learned)


@inner
def retain(words: Words, mixture: Mixture) -> None:
    """Writes the state into the table, word by word: a reader may see some words of the state before.

    Nothing where nothing was learned: asking leaves no trace.
    """
    if mixture.learned[0] == 0.0:
        return
    at = write(words, write(words, int64(AT_MIXTURE), mixture.center), mixture.sums)
    at = write(words, write(words, at, mixture.pending), mixture.shares)
    for i in range(STACKS):
        at = write(words, at, mixture.stacks[i])
    write(words, at, mixture.learned)


@inner
def cut(margins: Floats, kind: int) -> None:
    """Makes of the margins what a log holds of them: float32, and not too large to be weighed."""
    widest = FARTHEST if kind == SQUARED else WIDEST
    for lane in range(len(margins)):
        margins[lane] = float64(float32(min(max(margins[lane], -widest), widest)))


@inner
def blend(mixture: Mixture, margins: Floats, offset: float, answers: Floats, kind: int) -> float:
    """The prediction to be served, from the margins of the lanes, to which the offset is yet to be added.

    `answers` gets that of each expert.
    """
    lanes = len(margins)
    cut(margins, kind)
    for lane in range(lanes):
        answers[lane] = answer(margins[lane] + offset, kind)
    center = mixture.center[0]
    for i in range(STACKS):
        total = center
        for lane in range(lanes):
            total += mixture.stacks[i, lane] * (margins[lane] - center)
        answers[lanes + i] = answer(total + offset, kind)
    # A reader may have found shares of two moments, which need not sum to 1.
    whole, served = 0.0, 0.0
    for k in range(len(answers)):
        whole += mixture.shares[k]
        # Means of counts are mixed by their logarithms: one wild expert would outweigh all others.
        served += mixture.shares[k] * (margin_for(answers[k], kind) if kind == POISSON else answers[k])
    if whole <= 0.0:
        return float(answers[0])
    mean = float(served / whole)
    return answer(mean, kind) if kind == POISSON else mean


@inner
def sharpness(mixture: Mixture, kind: int) -> float:
    """How much a difference in loss counts: 1 for log loss; else by how large losses have been."""
    if kind == LOGISTIC or mixture.sums[0] <= 0.0:
        return 1.0
    mean = float(mixture.sums[len(mixture.sums) - 1] / mixture.sums[0])
    if kind == POISSON:
        return 1.0 / max(1.0, 2.0 * mean)
    # The log likelihood of a normal distribution whose variance is that of the errors so far.
    return 0.5 / max(mean, 1e-12)


@inner
def settle(mixture: Mixture) -> None:
    """Puts what is pending into the sums."""
    count = mixture.pending[0]
    for k in range(1, len(mixture.sums)):
        mixture.sums[k] += -log(max(mixture.pending[k], TINY)) - mixture.sums[k] * count / MEMORY
        mixture.pending[k] = 1.0
    mixture.sums[0] += count - mixture.sums[0] * count / MEMORY
    mixture.pending[0] = 0.0


@inner
def judge(
    mixture: Mixture, margins: Floats, answers: Floats, served: float, label: Floats, kind: int, trust: float
) -> None:
    """Learns from one example, after `blend`: `label` is (value, weight, the value learned before, its weight).

    `trust`, at most 1, is how much it counts.
    """
    pull(mixture, margins, answers, label, kind, trust)
    mixture.learned[0] += 1.0
    if kind == LOGISTIC and label[1] == 1.0 and label[3] == 0.0:
        judge_one(mixture, answers, served, label[0] > 0.5, trust)
    else:
        judge_weighted(mixture, answers, served, label, kind, trust)


@inner
def judge_one(mixture: Mixture, answers: Floats, served: float, yes: bool, trust: float) -> None:
    """Bayes' rule: each share times the probability that the expert gave to what happened, to the power of `trust`."""
    whole, experts = 0.0, len(answers)
    for k in range(experts + 1):
        p = min(max(answers[k] if k < experts else served, SMALLEST), 1.0 - SMALLEST)
        likely = p if yes else 1.0 - p
        mixture.pending[k + 1] *= likely
        if k < experts:
            mixture.shares[k] *= likely if trust == 1.0 else exp(trust * log(likely))
            whole += mixture.shares[k]
    mixture.pending[0] += 1.0
    hand_round(mixture, whole)
    if mixture.pending[0] >= MOST_PENDING:
        settle(mixture)


@inner
def hand_round(mixture: Mixture, whole: float) -> None:
    """Makes shares that sum to `whole` sum to 1, after a small part of them was handed round."""
    experts = len(mixture.shares)
    kept = (1.0 - SHARE) / whole
    for k in range(experts):
        mixture.shares[k] = mixture.shares[k] * kept + SHARE / experts


@inner
def judge_weighted(mixture: Mixture, answers: Floats, served: float, label: Floats, kind: int, trust: float) -> None:
    """The same for any loss and any weight: each share times e to minus the loss; `answers` is used up."""
    experts, scale, least = len(answers), trust * sharpness(mixture, kind), 0.0
    for k in range(experts + 1):
        p = answers[k] if k < experts else served
        lost = label[1] * loss(p, label[0], kind)
        if label[3] != 0.0:
            lost -= label[3] * loss(p, label[2], kind)
        mixture.sums[k + 1] += lost - mixture.sums[k + 1] / MEMORY
        if k < experts:
            answers[k] = lost * scale
            least = answers[k] if k == 0 else min(least, answers[k])
    mixture.sums[0] += label[1] - label[3] - mixture.sums[0] / MEMORY
    whole = 0.0
    for k in range(experts):
        mixture.shares[k] *= exp(least - answers[k])
        whole += mixture.shares[k]
    hand_round(mixture, whole)


@inner
def pull(mixture: Mixture, margins: Floats, answers: Floats, label: Floats, kind: int, trust: float) -> None:
    """One step of each stack down the gradient of its loss."""
    lanes, length, center = len(margins), 0.0, mixture.center[0]
    for lane in range(lanes):
        length += (margins[lane] - center) ** 2
    for i in range(STACKS):
        p, rate = answers[lanes + i], trust * RATES[i]
        slope = label[1] * (p - label[0]) - label[3] * (p - label[2])
        if kind == LOGISTIC:
            # The curvature of log loss is at most a quarter: no step goes beyond the least loss of its example.
            slope = min(max(slope, -STEEPEST), STEEPEST) / (1.0 + 0.25 * rate * length)
        else:
            # Normalised least mean squares (Nagumo and Noda 1967): steps of the size of what is predicted.
            curve = (1.0 + length) * (max(1.0, p) if kind == POISSON else 1.0)
            slope = min(label[1], STEEPEST) / max(label[1], SMALLEST) * slope / curve
        for lane in range(lanes):
            mixture.stacks[i, lane] -= rate * slope * (margins[lane] - center)
