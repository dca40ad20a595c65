"""Losses: how a margin becomes a prediction, and what a prediction costs when the label is known.

All three are generalised linear models with their canonical link (McCullagh and Nelder, 1989, section 2.2), so that the
gradient of the loss by the margin is the same for all: prediction minus label.
"""

from __future__ import annotations

from flyball.learn.kernel import inner
from flyball.learn.maths import exp, log, sigmoid

LOGISTIC = 0
"""Yes or no: log loss of a probability, the sigmoid of the margin."""
SQUARED = 1
"""A number: the squared error of the margin itself."""
POISSON = 2
"""A count: half of the Poisson deviance of a mean, the exponential of the margin."""

KINDS = {"logistic": LOGISTIC, "squared": SQUARED, "poisson": POISSON}
"""The numbers under which kernels know them."""

LARGEST_MARGIN = 30.0
"""A Poisson mean is cut to e^±30: about 10^13 and its inverse."""
SMALLEST = 1e-15
"""Probabilities are cut to [1e-15, 1 - 1e-15] before their logarithm is taken."""


@inner
def answer(margin: float, kind: int) -> float:
    """The prediction for a margin: itself, its sigmoid or its exponential."""
    if kind == LOGISTIC:
        return sigmoid(margin)
    if kind == POISSON:
        return exp(min(max(margin, -LARGEST_MARGIN), LARGEST_MARGIN))
    return margin


@inner
def loss(p: float, label: float, kind: int) -> float:
    """What a prediction costs: log loss, squared error, or half of the Poisson deviance, y ln(y / p) - y + p."""
    if kind == SQUARED:
        return (p - label) ** 2
    if kind == POISSON:
        return p if label <= 0.0 else label * log(label / max(p, SMALLEST)) - label + p
    p = min(max(p, SMALLEST), 1.0 - SMALLEST)
    return -log(p if label > 0.5 else 1.0 - p)


@inner
def margin_for(p: float, kind: int) -> float:
    """The margin whose `answer` is p."""
    if kind == SQUARED:
        return p
    p = max(p, SMALLEST)
    return log(p) if kind == POISSON else log(p) - log(max(1.0 - p, SMALLEST))
