"""Reference learners, small and plain: logistic regression online, with every rule that `refuted` compares.

Each predicts a row before it learns from it, and gives the probabilities. Features are places in one array of weights,
so that nothing here hashes, grows or rounds: what differs between two runs is the rule alone.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.kernel import inner, kernel
from flyball.learn.maths import sigmoid
from flyball.learn.slots import mix
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PER_COORDINATE, PER_WEIGHT_ROOT, PER_WEIGHT_INVERSE, GLOBAL_ROOT, GLOBAL_INVERSE, CONSTANT = range(6)
"""Rules for the learning rate of feature i at row t: alpha / (beta + root of the sum of g_i^2), alpha / root n_i,
alpha / n_i, alpha / root t, alpha / t, alpha; n_i counts the rows so far that have the feature.

The first is what FTRL-Proximal does without l1 and l2 (McMahan et al. 2013, section 2); all but `GLOBAL_INVERSE` are
those of He et al. 2014, section 3.1.
"""


class Rows(NamedTuple):
    """Rows of features: row i has those of `starts[i]:starts[i + 1]`.

    Attributes:
        starts: shape (rows + 1,).
        places: which weight each feature has, shape (features,).
        values: of each feature, shape (features,).
        labels: what is learned, 0 or 1, shape (rows,).

    >>> Rows(np.array([0, 1]), np.array([0]), np.ones(1), np.ones(1)).labels.tolist()
    [1.0]
    """

    starts: NDArray[np.int64]
    places: NDArray[Any]
    values: Floats
    labels: Floats


@inner
def rate_of(rule: int, alpha: float, beta: float, squares: float, count: float, step: float) -> float:
    """The rate for a feature whose gradients' squares sum to `squares`, at its `count`-th row, the `step`-th of all."""
    if rule == PER_COORDINATE:
        return alpha / max(beta + sqrt(squares), 1e-12)
    if rule == PER_WEIGHT_ROOT:
        return alpha / sqrt(count)
    if rule == PER_WEIGHT_INVERSE:
        return alpha / count
    if rule == GLOBAL_ROOT:
        return alpha / sqrt(step)
    return alpha / step if rule == GLOBAL_INVERSE else alpha


@kernel
def descend(rows: Rows, weights: int, rule: int, alpha: float, beta: float) -> Floats:
    """Online gradient descent with one of the rules for the rate; the rate knows the gradient that it is used for."""
    weight, squares, counts = np.zeros(weights), np.zeros(weights), np.zeros(weights)
    given = np.empty(len(rows.labels))
    for i in range(len(given)):
        start, end = rows.starts[i], rows.starts[i + 1]
        margin = 0.0
        for j in range(start, end):
            margin += weight[rows.places[j]] * rows.values[j]
        given[i] = sigmoid(margin)
        slope = given[i] - rows.labels[i]
        for j in range(start, end):
            at, g = rows.places[j], slope * rows.values[j]
            squares[at] += g * g
            counts[at] += 1.0
            weight[at] -= rate_of(rule, alpha, beta, squares[at], counts[at], i + 1.0) * g
    return given


@kernel
def drop_out(rows: Rows, weights: int, share: float, alpha: float, beta: float) -> Floats:
    """Dropout: each row is learned without a random `share` of its features, the others scaled up to make good for it.

    Predictions are made with all features (Srivastava et al. 2014, "inverted" as usual now).
    """
    weight, squares = np.zeros(weights), np.zeros(weights)
    given = np.empty(len(rows.labels))
    for i in range(len(given)):
        start, end = rows.starts[i], rows.starts[i + 1]
        whole, thinned = 0.0, 0.0
        for j in range(start, end):
            part = weight[rows.places[j]] * rows.values[j]
            whole += part
            if draw(j) >= share:
                thinned += part / (1.0 - share)
        given[i] = sigmoid(whole)
        slope = sigmoid(thinned) - rows.labels[i]
        for j in range(start, end):
            if draw(j) >= share:
                at, g = rows.places[j], slope * rows.values[j] / (1.0 - share)
                squares[at] += g * g
                weight[at] -= rate_of(PER_COORDINATE, alpha, beta, squares[at], 0.0, 0.0) * g
    return given


@kernel
def bag(rows: Rows, weights: int, models: int, share: float, alpha: float, beta: float) -> Floats:
    """Feature bagging: models that each see a random `share` of all features; the mean of what they answer.

    The feature at place 0 is seen by all: let it be the one that every row has.
    """
    weight, squares = np.zeros((weights, models)), np.zeros((weights, models))
    given = np.empty(len(rows.labels))
    margins = np.empty(models)
    for i in range(len(given)):
        start, end = rows.starts[i], rows.starts[i + 1]
        margins[:] = 0.0
        for j in range(start, end):
            for k in range(models):
                margins[k] += weight[rows.places[j], k] * rows.values[j]
        given[i] = 0.0
        for k in range(models):
            margins[k] = sigmoid(margins[k])
            given[i] += margins[k] / models
        for j in range(start, end):
            at = rows.places[j]
            for k in range(models):
                if at == 0 or draw(at * models + k) < share:
                    g = (margins[k] - rows.labels[i]) * rows.values[j]
                    squares[at, k] += g * g
                    weight[at, k] -= rate_of(PER_COORDINATE, alpha, beta, squares[at, k], 0.0, 0.0) * g
    return given


@inner
def draw(place: int) -> float:
    """A number of [0, 1), the same for the same place."""
    return float(mix(uint64(place) + uint64(0x9E3779B97F4A7C15)) >> uint64(11)) * 2.0**-53
