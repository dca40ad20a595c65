"""How much is not known yet of a prediction: the score of McMahan et al., KDD 2013, section 7.3.

The step that the next gradient of 1 would make in a coefficient, alpha / (beta + sqrt n), says how much is still to be
learned of a feature. Their sum over the features of a row, each times |value|, is the most that one more example could
move its margin, since no gradient of log loss is above 1; times the slope of the answer at that margin, p (1 - p) for a
probability, it is what it could move the answer, to first order. It takes one search per feature, as an answer does.

Where lanes are mixed they share n, so that each has this sum with settings of its own; these are added in the
proportions in which the lanes' margins are served.

Measured on the simulated exchange (`tests/integration/test_uncertainty.py`): its rank correlation with the error that
is really made, |p - true p|, is 0.67, that of the deviation of 32 models of a bootstrap 0.64, and that of p (1 - p)
alone 0.68: that large probabilities err by more is most of what there is to know. In log odds, where that is taken
away, it is 0.18, and the bootstrap's 0.03. Without the slope it would rank errors of probabilities the wrong way
round: -0.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.arena import AT_EXPIRY, AT_GENERATION
from flyball.learn.atomic import load_acquire
from flyball.learn.expiry import stale, stamp_bits_in
from flyball.learn.ftrl import ask
from flyball.learn.kernel import inner, kernel
from flyball.learn.loss import LOGISTIC, POISSON
from flyball.learn.mixture import STACKS, mixture_of, recall
from flyball.learn.offset import end_of
from flyball.learn.pair import n_of
from flyball.learn.place import frame_of, seek

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.recipe import Recipe

    Words = NDArray[Any]
    Floats = NDArray[np.float64]


@kernel
def believe(words: Words, shares: Floats) -> None:
    """How much of each lane's margin is served, whatever its sign: its own share, and what the stacks make of it."""
    lanes = len(shares)
    if lanes == 1:
        shares[0] = 1.0
        return
    mixture = mixture_of(lanes)
    recall(words, mixture)
    for lane in range(lanes):
        share = mixture.shares[lane]
        for i in range(STACKS):
            share += mixture.shares[lanes + i] * mixture.stacks[i, lane]
        shares[lane] = abs(share)


@inner
def add_rates(words: Words, hyper: Floats, keys: Words, values: Floats, count: int, sums: Floats) -> None:
    """For each lane the sum of rate times |value|, nothing changed; safe as `flyball.learn.ftrl.margin_of` is."""
    while True:
        before, present = load_acquire(words, AT_GENERATION), load_acquire(words, AT_EXPIRY)
        frame = frame_of(words)
        for lane in range(len(sums)):
            sums[lane] = 0.0
        for j in range(count):
            at, root = seek(words, frame, keys[j]), 0.0
            if load_acquire(words, at) == keys[j]:
                pair = load_acquire(words, at + 1)
                root = 0.0 if stale(pair, present) else np.sqrt(n_of(pair & ~stamp_bits_in(present)))
            for lane in range(len(sums)):
                below = hyper[lane, 1] + hyper[lane, 0] * hyper[lane, 3] + root
                sums[lane] += hyper[lane, 0] / (below if below > 0.0 else 1.0) * abs(values[j])
        if load_acquire(words, AT_GENERATION) == before:
            return


@kernel
def unknown(words: Words, hyper: Floats, keys: Words, values: Floats, count: int) -> float:
    """The most that one more example could move the margin of the first `count` features.

    Safe while another process learns.
    """
    lanes = len(hyper)
    ask(words, keys, 0, count)
    sums, shares = np.zeros(lanes), np.zeros(lanes)
    add_rates(words, hyper, keys, values, end_of(keys, 0, count), sums)
    believe(words, shares)
    total = 0.0
    for lane in range(lanes):
        total += shares[lane] * sums[lane]
    return total


def uncertainty(
    recipe: Recipe, words: Words, keys: Words, values: Floats, *, prediction: float, scale: float = 1.0
) -> float:
    """How far one more example could move a prediction, to first order and in its own units.

    For numbers, whose gradients have no bound, it is what an error of one `scale` would move.

    Args:
        recipe: of the model.
        words: of its table.
        keys: the features of the row.
        values: theirs.
        prediction: what is served for them.
        scale: of the outcome: what the model calls 1.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> recipe = recipe_of(FTRL(alpha=0.5), "logistic")
    >>> uncertainty(recipe, recipe.table().words, np.array([7], np.uint64), np.ones(1), prediction=0.5)
    0.125
    """
    moved = float(unknown(words, recipe.hyper, keys, values, len(keys)))
    if recipe.kind == LOGISTIC:
        return moved * prediction * (1.0 - prediction)
    return moved * (prediction if recipe.kind == POISSON else scale)
