"""Calibration curves: what margins mean where answers have come, as a non-decreasing line through a few points.

McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, section 7: predictions are corrected by an
isotonic function of the prediction, for each part of the traffic. Here the margins from -8 to 8 (probabilities from
0.0003 to 0.9997) are cut into bins, the outermost of which go on for ever. Of each the sums of labels and weights and
the mean prediction are known. The curve goes through one point a bin, (the margin of the mean prediction, the margin of
the fitted rate), straight in between and with slope 1 outside.

What is believed before answers come is that the predictions are right. First all bins together move and tilt the whole
curve, a line, against `PULL` examples' worth of that belief; then each bin bends it, against as much belief in the
line, and what falls is pooled (`flyball.learn.isotonic`). So little data moves the curve little, and with fewer
examples than `FEWEST` there is none. Examples are counted in units of information on the margin, p (1 - p) each at
weight 1: rare answers need as many positives as common ones. Above `MOST` a bin forgets its oldest examples little by
little. Decision 011 has what was measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flyball.learn.isotonic import pool
from flyball.learn.kernel import inner, kernel
from flyball.learn.maths import log, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BINS = 32
LOWEST = -8.0
WIDTH = 0.5
OUTERMOST = 10.0
"""No point lies further out: sums there would lose a small probability in a float32."""
RIM = 0.05 * WIDTH
"""Points keep this distance from the edges of their bins, so that no two are at one place."""

PULL = 64.0
PULL_TILT = 500.0
FLATTEST = 0.05
"""The line never rises less: the order of predictions is left to bins that say otherwise."""
MOST = 200.0
FEWEST = 25.0
FORGOTTEN = 0.05
"""The share that a bin forgets at once; smaller and more often would have curves fitted after every example."""
FARTHEST = 30.0
"""Fitted margins are cut to ±30."""


class Bins(NamedTuple):
    """What is known of one curve's bins, and what is made of it; all of shape (BINS,).

    Attributes:
        yes: sums of weight times label.
        whole: sums of weights.
        means: mean predictions, 0 where there is none.
        fitted: margins of the curve at the points.
        places: margins of the points.
        units: what weight is worth one unit of information.
        rates: room for the rates to be pooled.
        pulls: room for their weights.
        sizes: room for pooling.

    >>> len(bins_of().yes)
    32
    """

    yes: NDArray[np.float64]
    whole: NDArray[np.float64]
    means: NDArray[np.float64]
    fitted: NDArray[np.float64]
    places: NDArray[np.float64]
    units: NDArray[np.float64]
    rates: NDArray[np.float64]
    pulls: NDArray[np.float64]
    sizes: NDArray[np.int64]


@kernel
def bins_of() -> Bins:
    """Bins without examples."""
    a, b, c, d = np.zeros(BINS), np.zeros(BINS), np.zeros(BINS), np.zeros(BINS)
    e, f, g, h = np.zeros(BINS), np.zeros(BINS), np.zeros(BINS), np.zeros(BINS)
    return Bins(a, b, c, d, e, f, g, h, np.zeros(BINS, np.int64))


@inner
def bin_of(margin: float) -> int:
    """The bin of a margin."""
    return int(min(max((margin - LOWEST) / WIDTH, 0.0), BINS - 1.0))


@inner
def mean_of(margin: float) -> float:
    """What a margin adds to the mean prediction of its bin."""
    return sigmoid(min(max(margin, -OUTERMOST), OUTERMOST))


@inner
def place_in(here: int, mean: float) -> float:
    """The margin of a bin's point, given its mean prediction."""
    left = -OUTERMOST if here == 0 else LOWEST + here * WIDTH + RIM
    right = OUTERMOST if here == BINS - 1 else LOWEST + (here + 1) * WIDTH - RIM
    return min(max(log(mean) - log(1.0 - mean), left), right)


@inner
def between(margin: float, x: float, y: float, u: float, v: float) -> float:
    """The line through (x, y) and (u, v) at a margin."""
    return y + (margin - x) * ((v - y) / (u - x))


@inner
def information(yes: float, no: float) -> float:
    """What so many positives and negatives tell of a margin: 1 over the variance of their log odds (Woolf 1955)."""
    return yes * no / (yes + no) if yes > 0.0 and no > 0.0 else 0.0


@inner
def fit(bins: Bins, counts: Floats) -> bool:
    """Fits the curve; whether there is enough to fit one. Bins forget some of what they have too much of.

    Args:
        bins: with `yes`, `whole` and `means`; gets `fitted`, and a mean prediction for bins that have none.
        counts: shape (2,), how many positives and negatives there were.
    """
    yes, whole = 0.0, 0.0
    for b in range(BINS):
        yes += bins.yes[b]
        whole += bins.whole[b]
    if information(counts[0], counts[1]) < FEWEST or yes <= 0.0 or whole - yes <= 0.0:
        return False
    each_yes, each_no = yes / counts[0], (whole - yes) / counts[1]
    measure(bins, each_yes, each_no)
    kept_yes, kept = forget_some(bins)
    counts[0] *= kept_yes / yes
    counts[1] *= (kept - kept_yes) / (whole - yes)
    middle = middle_of(bins)
    shift, tilt = line_of(bins, middle)
    for b in range(BINS):
        p = sigmoid(bins.places[b] + shift + tilt * (bins.places[b] - middle))
        pull = PULL * bins.units[b]
        bins.rates[b] = (bins.yes[b] + pull * p) / (bins.whole[b] + pull)
        bins.pulls[b] = bins.whole[b] + pull
    pool(bins.rates, bins.pulls, bins.sizes)
    for b in range(BINS):
        rate = bins.rates[b]
        bins.fitted[b] = min(max(log(rate) - log(1.0 - rate), -FARTHEST), FARTHEST)
    return True


@inner
def measure(bins: Bins, each_yes: float, each_no: float) -> None:
    """Places the points and says what weight is worth a unit of information, given the mean weights of the labels."""
    for b in range(BINS):
        if bins.means[b] == 0.0:
            bins.means[b] = mean_of(LOWEST + (b + 0.5) * WIDTH)
        bins.places[b] = place_in(b, bins.means[b])
        p = sigmoid(bins.places[b])
        # Of n examples n p are positive; `information` of these, divided by the sum of the weights.
        bins.units[b] = (p * each_no + (1.0 - p) * each_yes) / (p * (1.0 - p))
        # Until there are rates: what turns a sum of weights of labels into one of information.
        bins.rates[b] = 1.0 / (p * each_no + (1.0 - p) * each_yes)


@inner
def forget_some(bins: Bins) -> tuple[float, float]:
    """Shrinks the sums of bins that have more than enough; the sums over all bins of what is left: yes, whole."""
    yes, whole = 0.0, 0.0
    for b in range(BINS):
        enough = MOST * bins.units[b]
        if bins.whole[b] > enough:
            keep = enough * (1.0 - FORGOTTEN) / bins.whole[b]
            bins.yes[b] *= keep
            bins.whole[b] *= keep
        yes += bins.yes[b]
        whole += bins.whole[b]
    return yes, whole


@inner
def middle_of(bins: Bins) -> float:
    """The mean place of what is known, by information: about it a line is tilted."""
    total, whole = 0.0, 0.0
    for b in range(BINS):
        known = bins.whole[b] / bins.units[b]
        total += known * bins.places[b]
        whole += known
    return total / whole


@inner
def line_of(bins: Bins, middle: float) -> tuple[float, float]:
    """(by how much the curve is moved, by how much it is steeper than 1 about the middle): the most likely line.

    Logistic regression on the places (Platt, "Probabilistic outputs for support vector machines", 1999) by Newton's
    method, with `PULL` and `PULL_TILT` towards (0, 0).
    """
    shift, tilt = 0.0, 0.0
    for _ in range(12):
        slope, slope_tilt = -PULL * shift, -PULL_TILT * tilt
        curve, curve_tilt, both = PULL, PULL_TILT, 0.0
        for b in range(BINS):
            if bins.whole[b] > 0.0:
                away = bins.places[b] - middle
                q, worth = sigmoid(bins.places[b] + shift + tilt * away), bins.rates[b]
                missing, bend = worth * (bins.yes[b] - bins.whole[b] * q), worth * bins.whole[b] * q * (1.0 - q)
                slope += missing
                slope_tilt += missing * away
                curve += bend
                curve_tilt += bend * away * away
                both += bend * away
        area = curve * curve_tilt - both * both
        move = (curve_tilt * slope - both * slope_tilt) / area
        turn = (curve * slope_tilt - both * slope) / area
        # One step at a time: far off, the curvature says little.
        shift += min(max(move, -1.0), 1.0)
        tilt = max(tilt + min(max(turn, -0.5), 0.5), FLATTEST - 1.0)
        if abs(move) + abs(turn) < 1e-6:
            break
    return shift, tilt
