"""What can be said for sure of a slice: whether it does worse than the whole, and whether it is promised too much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from flyball.watch.bins import NORMAL_95

if TYPE_CHECKING:
    from flyball.watch.scorecard import Scorecard

FEW: Final = 50
"""Below so many examples a slice counts as small: its measures say little."""
SURE: Final = 3.0
"""Standard deviations from which a difference is told; of a thousand slices chance alone makes three."""


def skill(card: Scorecard, whole_card: Scorecard) -> float | None:
    """How much worse a slice is than the whole, from -1 to 1; None where one cannot be sure of a difference.

    The measure is normalised entropy (each by its own base rate) or the root of the mean squared error; 1 stands for
    a quarter more than the whole's, or beyond.

    >>> from flyball.watch.scorecard import Scorecard
    >>> whole = Scorecard(kind="number", examples=900, weight=900.0, rmse=2.0)
    >>> skill(Scorecard(kind="number", examples=100, weight=100.0, rmse=2.25, rmse_error=0.01), whole)
    0.5
    """
    low, middle, high = measure(card)
    _, base, _ = measure(whole_card)
    if middle is None or base is None or low is None or high is None or card.examples < FEW or base == 0.0:
        return None
    if abs(middle - base) < SURE / NORMAL_95 * (high - middle):
        return None
    return min(max((middle / base - 1.0) / 0.25, -1.0), 1.0)


def promise(card: Scorecard) -> float | None:
    """How much too high a slice is predicted, from -1 to 1; None where chance explains it.

    1 stands for half as much again as happened, or beyond.

    >>> from flyball.watch.scorecard import Scorecard
    >>> promise(Scorecard(kind="binary", examples=100, weight=100.0, calibration=1.5, calibration_z=5.0))
    1.0
    """
    if card.calibration is None or card.calibration_z is None or card.examples < FEW:
        return None
    if abs(card.calibration_z) < SURE:
        return None
    size = abs(math.log(card.calibration)) / math.log(1.5) if card.calibration > 0.0 else 1.0
    return math.copysign(min(size, 1.0), card.calibration_z)


def measure(card: Scorecard) -> tuple[float | None, float | None, float | None]:
    """Normalised entropy or rmse of a cell, between the ends of its 95 % interval.

    >>> from flyball.watch.scorecard import Scorecard
    >>> measure(Scorecard(kind="number", examples=1, weight=1.0, rmse=2.0))
    (None, 2.0, None)
    """
    if card.kind == "number":
        middle, error = card.rmse, card.rmse_error
    else:
        middle = card.normalised_entropy
        known = card.log_loss_error is not None and card.base_entropy
        error = (card.log_loss_error or 0.0) / card.base_entropy if known and card.base_entropy else None
    if middle is None or error is None:
        return None, middle, None
    return middle - NORMAL_95 * error, middle, middle + NORMAL_95 * error
