"""The scale of a number that is learned, found while it is learned.

Squared error is no scale of its own: a learner whose steps suit numbers near 1 takes for ever to reach 10^6, and throws
itself about where all numbers are near 10^-6. So it learns (y - centre) / scale. The centre is the first number (or the
mean, where all are known beforehand); the scale is the power of two next to the root of the mean squared distance from
it, and changes when that has doubled, or fallen to a quarter. Then the coefficients are taken along
(`flyball.learn.rescale`), so that every prediction stays what it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import frexp, isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDER, NARROWER = 2.0, 0.25
"""The scale changes where the root of the mean square leaves this many times itself."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of the numbers so far.

    Args:
        fixed: the scale and centre are given, and stay.
        scale: 0 while no two numbers have differed.
        centre: what is taken off; None before the first number.
        weight: of all numbers.
        square: the weighted sum of their squared distances from the centre.

    >>> target = Target()
    >>> for start, end, target in target.parts(np.array([10.0, 14.0, 8.0]), np.ones(3)):
    ...     print(start, end, target.scale)
    0 1 0.0
    1 3 2.0
    """

    fixed: bool = False
    scale: float = 0.0
    centre: float | None = None
    weight: float = 0.0
    square: float = 0.0

    @classmethod
    def of(cls, targets: Floats, weights: Floats) -> Target:
        """What is known where all numbers are.

        >>> Target.of(np.array([9.0, 11.0]), np.ones(2)).centre
        10.0
        """
        whole = float(weights.sum())
        centre = float(np.average(targets, weights=weights))
        square = float((weights * (targets - centre) ** 2).sum())
        return cls(scale=_power(square / whole), centre=centre, weight=whole, square=square)

    def parts(self, targets: Floats, weights: Floats) -> Iterator[tuple[int, int, Target]]:
        """The numbers in runs of one scale: from, up to (without), and what is known at the end of the run.

        The same numbers give the same runs, however they are divided among calls.
        """
        if self.fixed or len(targets) == 0:
            yield 0, len(targets), self
            return
        centre = float(targets[0]) if self.centre is None else self.centre
        squares = weights * (targets - centre) ** 2
        sums = np.cumsum(np.concatenate([[self.square], squares]))[1:]
        wholes = np.cumsum(np.concatenate([[self.weight], weights]))[1:]
        with np.errstate(all="ignore"):
            means = np.where(wholes > 0.0, sums / wholes, 0.0)
        start, now = 0, replace(self, centre=centre)
        while start < len(targets):
            if now.left_by(means[start : start + 1])[0]:
                now = replace(now, scale=_power(float(means[start])))
            left = now.left_by(means[start + 1 :])
            end = start + 1 + int(np.argmax(left)) if left.any() else len(targets)
            now = replace(now, weight=float(wholes[end - 1]), square=float(sums[end - 1]))
            yield start, end, now
            start = end

    def left_by(self, means: Floats) -> NDArray[np.bool_]:
        """Which mean squares are too far from the scale.

        >>> Target(scale=4.0).left_by(np.array([0.5, 16.0, 65.0])).tolist()
        [True, False, True]
        """
        if self.scale == 0.0:
            return means > 0.0
        return (means > (WIDER * self.scale) ** 2) | (means < (NARROWER * self.scale) ** 2)

    def shrunk(self, targets: Floats) -> Floats:
        """Numbers in the units of the learner."""
        return (targets - (self.centre or 0.0)) / (self.scale or 1.0)

    def stretched(self, scores: Floats) -> Floats:
        """Scores of the learner in the units of the numbers."""
        return scores * (self.scale or 1.0) + (self.centre or 0.0)


def _power(mean_square: float) -> float:
    """The power of two next to a root; 0 for 0."""
    if mean_square <= 0.0 or not isfinite(mean_square):
        return 0.0
    mantissa, exponent = frexp(float(np.sqrt(mean_square)))
    return float(2.0 ** (exponent if mantissa > np.sqrt(0.5) else exponent - 1))
