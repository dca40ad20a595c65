"""Bins on the log-odds of the prediction: what the area under the curve and the calibration curve are read from.

A bin keeps the weight of the yes, the weight of the no, and sum w p. The inner bins cut log-odds from -12 to 12 evenly
(p from 6 in a million to its opposite); two more take what lies beyond. Neighbours can be merged when they are read,
so bins of equal weight need no second pass over the examples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LOWEST: Final = -12.0
HIGHEST: Final = 12.0
COARSE: Final = 128
"""Inner bins of a slice's or a time bucket's cell; a cell's bins fill 130 x 3 doubles."""
FINE: Final = 2048
"""Inner bins of the cell of the whole: 16 of them make one coarse bin."""
FIELDS: Final = 3
"""Of each bin: weight of the yes, weight of the no, sum w p."""
DUST: Final = 1e-9
"""Weight below this share of the cell's is what rounding leaves when an example is taken back: read as nothing."""
NORMAL_95: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """What was predicted and what happened, over the examples of neighbouring predictions.

    Attributes:
        weight: sum of the examples' weights.
        predicted: mean prediction.
        actual: mean outcome.
        lower: lower end of the 95 % interval of the true rate (Wilson, 1927).
        upper: its upper end.

    >>> CalibrationBin(weight=10.0, predicted=0.2, actual=0.3, lower=0.108, upper=0.603).predicted
    0.2
    """

    weight: float
    predicted: float
    actual: float
    lower: float
    upper: float


def without_dust(bins: Floats) -> Floats:
    """The bins, with what rounding left of examples taken back set to 0.

    Args:
        bins: shape (bins, 3).

    >>> without_dust(np.array([[1.0, 2.0, 0.5], [1e-17, -1e-17, 1e-18]])).tolist()
    [[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]]
    """
    classes = bins[:, :2]
    kept = np.zeros_like(bins)
    kept[:, :2] = np.where(classes > DUST * max(float(classes.sum()), 0.0), classes, 0.0)
    # However small the predictions, sum w p counts wherever its bin has weight.
    kept[:, 2] = np.where(kept[:, 0] + kept[:, 1] > 0.0, np.maximum(bins[:, 2], 0.0), 0.0)
    return kept


def area(bins: Floats) -> tuple[float, float] | None:
    """The area under the ROC curve, and how far the bins may have moved it; None where one class is absent.

    Pairs within one bin count as ties, for a half; the true area lies within the second number of the first, since the
    order within a bin can move such a pair by a half at most.

    Args:
        bins: shape (bins, 3), from the lowest prediction to the highest.

    >>> area(np.array([[1.0, 8.0, 0.9], [4.0, 2.0, 3.0]]))
    (0.8, 0.16)
    """
    kept = without_dust(bins)
    yes, no = kept[:, 0], kept[:, 1]
    pairs = float(yes.sum()) * float(no.sum())
    if pairs <= 0.0:
        return None
    above = yes[::-1].cumsum()[::-1] - yes
    return float((no * (above + yes / 2.0)).sum()) / pairs, float((no * yes).sum()) / 2.0 / pairs


def merged(bins: Floats, groups: int) -> Floats:
    """Neighbouring bins merged into at most `groups` of nearly equal weight, empty ones left out.

    Args:
        bins: shape (bins, 3).
        groups: how many at most, at least 1.

    >>> merged(np.array([[1.0, 1.0, 0.1], [0.0, 0.0, 0.0], [1.0, 1.0, 0.9], [2.0, 2.0, 3.0]]), 2).tolist()
    [[2.0, 2.0, 1.0], [2.0, 2.0, 3.0]]
    """
    kept = without_dust(bins)
    kept = kept[kept[:, 0] + kept[:, 1] > 0.0]
    if len(kept) == 0:
        return kept
    weight = kept[:, 0] + kept[:, 1]
    # A bin belongs to the group in which its middle lies, so that one heavy bin does not starve its neighbours.
    middle = (weight.cumsum() - weight / 2.0) / weight.sum()
    group = np.minimum((middle * groups).astype(np.int64), groups - 1)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return np.add.reduceat(kept, starts, axis=0)


def calibration_curve(bins: Floats, *, per_weight: float = 1.0, groups: int = 20) -> tuple[CalibrationBin, ...]:
    """Predicted against actual, over at most `groups` bins of equal weight, each with its 95 % interval.

    Args:
        bins: shape (bins, 3).
        per_weight: effective examples per unit of weight (sum w / sum w^2); 1 where all weights are 1.
        groups: how many at most.

    >>> [(b.predicted, b.actual) for b in calibration_curve(np.array([[4.0, 12.0, 2.0]]))]
    [(0.125, 0.25)]
    """
    curve = []
    for yes, no, predictions in merged(bins, groups):
        weight = float(yes + no)
        actual = float(yes) / weight
        lower, upper = wilson(actual, weight * per_weight)
        predicted = min(float(predictions) / weight, 1.0)
        curve.append(CalibrationBin(weight=weight, predicted=predicted, actual=actual, lower=lower, upper=upper))
    return tuple(curve)


def wilson(rate: float, examples: float) -> tuple[float, float]:
    """The 95 % score interval of a rate seen over so many examples (Wilson, 1927, JASA 22).

    >>> [round(end, 3) for end in wilson(0.5, 100)]
    [0.404, 0.596]
    """
    square = NORMAL_95 * NORMAL_95
    scale = 1.0 + square / examples
    middle = (rate + square / (2.0 * examples)) / scale
    half = NORMAL_95 / scale * math.sqrt(rate * (1.0 - rate) / examples + square / (4.0 * examples * examples))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def calibration_error(bins: Floats, *, per_weight: float = 1.0, groups: int = 15) -> float | None:
    """The root of the debiased squared calibration error over bins of equal weight; None without two examples.

    The plain expected calibration error of a perfect model is not 0 (0.047 at 200 examples and 10 bins), since chance
    alone moves every bin. Here the variance of each bin's rate is taken off, so that the expectation is 0; the rest is
    cut at 0 before the root (Bröcker, "Estimating reliability and resolution of probability forecasts", 2012; Kumar,
    Liang and Ma, "Verified Uncertainty Calibration", NeurIPS 2019, section 4).

    Args:
        bins: shape (bins, 3).
        per_weight: effective examples per unit of weight (sum w / sum w^2).
        groups: how many bins of equal weight at most.

    >>> calibration_error(np.array([[50.0, 50.0, 50.0]]))
    0.0
    >>> round(calibration_error(np.array([[500.0, 500.0, 700.0]])), 3)
    0.199
    """
    squared = total = 0.0
    for yes, no, predictions in merged(bins, groups):
        weight = float(yes + no)
        examples = weight * per_weight
        if examples < 2.0:
            continue
        actual = float(yes) / weight
        gap = float(predictions) / weight - actual
        squared += weight * (gap * gap - actual * (1.0 - actual) / (examples - 1.0))
        total += weight
    return math.sqrt(max(squared / total, 0.0)) if total > 0.0 else None
