"""The losses of many margins of one example, and their gradients: loops that the compiler makes wide.

`flyball.learn.loss` says what they are; here they are written without branches. exp is that of `flyball.learn.maths`,
with its whole number found by adding and subtracting 1.5 * 2^52, which needs no conversion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.learn.atomic import bits_of_float, float_of_bits
from flyball.learn.kernel import inner
from flyball.learn.loss import LARGEST_MARGIN, LOGISTIC, POISSON
from flyball.learn.maths import (
    INVERSE_LN2,
    LARGEST_EXPONENT,
    LN2_HIGH,
    LN2_LOW,
    artanh_series,
    exp_series,
    log,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TO_WHOLE = 6755399441055744.0
"""1.5 * 2^52: a double of this size has no fraction."""
FARTHEST = 34.53877639491069
"""A log loss is cut where the probability is 1e-15."""


@inner
def wide_exp(x: float) -> float:
    """e to the power of x, |x| <= 708, within 1 ulp of `flyball.learn.maths.exp`."""
    shifted = x * INVERSE_LN2 + TO_WHOLE
    k = shifted - TO_WHOLE
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    return float(exp_series(r) * float_of_bits((bits_of_float(shifted) + 1023) << 52))


@inner
def log_one_more(e: float) -> float:
    """ln(1 + e) for e from 0 to 1, within 1e-12: 2 artanh(s), s = e / (2 + e) <= 1/3, by its series to s^23."""
    s = e / (2.0 + e)
    q = s * s
    return 2.0 * s + 2.0 * s * q * artanh_series(q)


@inner
def judge(kind: int, margins: Floats, label: Floats, slopes: Floats, losses: Floats) -> None:
    """The loss of every margin and its gradient.

    Args:
        kind: the loss.
        margins: shape (H,).
        label: value, weight, the value learned before for the same prediction, and its weight: what was told before is
            taken back.
        slopes: shape (H,), gets the gradients.
        losses: shape (H,), gets the losses times the weights.
    """
    if kind == LOGISTIC:
        judge_yes(margins, label, slopes, losses)
    elif kind == POISSON:
        judge_counts(margins, label, slopes, losses)
    else:
        judge_numbers(margins, label, slopes, losses)


@inner
def judge_yes(margins: Floats, label: Floats, slopes: Floats, losses: Floats) -> None:
    """Log loss: ln(1 + e^m) - y m."""
    weight, told = label[1] - label[3], label[1] * label[0] - label[3] * label[2]
    # In two loops: in one the registers do not suffice.
    for h in range(len(margins)):
        e = wide_exp(-min(abs(margins[h]), LARGEST_EXPONENT))
        losses[h] = e
        slopes[h] = weight * ((1.0 if margins[h] >= 0.0 else e) / (1.0 + e)) - told
    for h in range(len(margins)):
        m = min(max(margins[h], -FARTHEST), FARTHEST)
        losses[h] = weight * (log_one_more(losses[h]) + max(m, 0.0)) - told * m


@inner
def judge_numbers(margins: Floats, label: Floats, slopes: Floats, losses: Floats) -> None:
    """Squared error."""
    value, weight, before, weight_before = label[0], label[1], label[2], label[3]
    for h in range(len(margins)):
        now, then = margins[h] - value, margins[h] - before
        slopes[h] = weight * now - weight_before * then
        losses[h] = weight * now * now - weight_before * then * then


@inner
def judge_counts(margins: Floats, label: Floats, slopes: Floats, losses: Floats) -> None:
    """Half of the Poisson deviance: y ln y - y m - y + e^m."""
    weight, told = label[1] - label[3], label[1] * label[0] - label[3] * label[2]
    now, then = max(label[0], 0.0), max(label[2], 0.0)
    least = label[1] * (now * log(now) - now) if now > 0.0 else 0.0
    least -= label[3] * (then * log(then) - then) if then > 0.0 else 0.0
    for h in range(len(margins)):
        m = min(max(margins[h], -LARGEST_MARGIN), LARGEST_MARGIN)
        p = wide_exp(m)
        slopes[h] = weight * p - told
        losses[h] = weight * p - told * m + least
