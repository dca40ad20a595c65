"""Intervals for a mean that hold however often one looks.

An asymptotic confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory
and asymptotic confidence sequences", Annals of Statistics 2024 (arXiv 2103.06476), Theorem 2.2 for independent
differences and section 2.4 for the mean of conditional expectations of any sequence, whose means and variances may
change: what a model that learns gives. After t differences with mean m and deviation s the interval is

    m +- s sqrt(2 (t r^2 + 1) / (t^2 r^2) ln(sqrt(t r^2 + 1) / alpha))

and the probability that the true mean ever lies outside, at any of all times, tends to at most alpha as the first look
comes later. It asks for a little more than two finite moments. `MOMENT` sets r: where the interval is narrowest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

ALPHA: Final = 0.05
"""The probability that an interval ever misses what it is for."""
MOMENT: Final = 3_000
"""The interval is narrowest, for their number, at so many differences; a tenth of them or three hundred times as many
give one that is a quarter wider than it could be."""
FEWEST: Final = 100
"""Before so many nothing is said: the deviation is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean, between the ends of its interval.

    >>> Interval(low=0.1, mean=0.2, high=0.3).within(0.25)
    False
    """

    low: float
    mean: float
    high: float

    def within(self, bound: float) -> bool:
        """Whether the whole interval lies between minus and plus `bound`."""
        return -bound < self.low and self.high < bound

    def times(self, factor: float) -> Interval:
        """The interval of the mean times a positive factor.

        >>> Interval(low=1.0, mean=2.0, high=3.0).times(0.5)
        Interval(low=0.5, mean=1.0, high=1.5)
        """
        return Interval(low=self.low * factor, mean=self.mean * factor, high=self.high * factor)


def margin(count: float, alpha: float) -> float:
    """Half of the interval's width in standard deviations, after `count` differences.

    >>> round(margin(10_000, 0.05) * 100.0, 2)  # an interval for one look has 1.96
    3.11
    """
    # Theirs, section 2.2: the r with which the boundary is least at MOMENT.
    tilt = (-2.0 * math.log(alpha) + math.log(1.0 - 2.0 * math.log(alpha))) / MOMENT
    grown = count * tilt + 1.0
    return math.sqrt(2.0 * grown / (count * count * tilt) * math.log(math.sqrt(grown) / alpha))


def interval_of(count: float, total: float, squares: float, *, alpha: float = ALPHA) -> Interval | None:
    """The interval for a mean; `None` while there are fewer than `FEWEST` differences.

    Args:
        count: how many differences.
        total: their sum.
        squares: the sum of their squares.
        alpha: the probability that the interval ever misses the mean.

    >>> found = interval_of(400, 40.0, 104.0)
    >>> round(found.low, 3), found.mean, round(found.high, 3)
    (0.01, 0.1, 0.19)
    >>> interval_of(99, 1.0, 1.0) is None
    True
    """
    if count < FEWEST:
        return None
    mean = total / count
    half = math.sqrt(max(squares / count - mean * mean, 0.0)) * margin(count, alpha)
    return Interval(low=mean - half, mean=mean, high=mean + half)
