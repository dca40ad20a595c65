"""Axes: where a value lies between two ends, and at which round values to put ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from flyball.cli.report.wording import EPOCH, figure, short

if TYPE_CHECKING:
    from collections.abc import Sequence

Scale = Literal["linear", "log", "log-odds"]

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
STEPS: Final = tuple(
    s * SECOND for s in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600)
)
"""Steps of a time axis below a month, in microseconds."""
RATES: Final = (1e-6, 1e-5, 1e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.997, 0.999, 0.9999)
"""Candidates for ticks of a log-odds axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From `low` to `high`, by one of three scales.

    >>> axis = Axis(low=0.0, high=10.0)
    >>> axis.at(2.5), Axis(low=1.0, high=4.0, scale="log").at(2.0)
    (0.25, 0.5)
    """

    low: float
    high: float
    scale: Scale = "linear"

    def at(self, value: float) -> float:
        """The place of a value, 0 at the low end and 1 at the high end; beyond them below 0 or above 1."""
        low, high = self._bent(self.low), self._bent(self.high)
        return (self._bent(value) - low) / (high - low) if high > low else 0.5

    def _bent(self, value: float) -> float:
        if self.scale == "log":
            return math.log(max(value, 1e-300))
        if self.scale == "log-odds":
            cut = min(max(value, 1e-12), 1.0 - 1e-12)
            return math.log(cut / (1.0 - cut))
        return value

    def ticks(self, count: int = 5) -> list[float]:
        """Round values within the axis, about so many.

        >>> Axis(low=0.0, high=0.31).ticks()
        [0.0, 0.1, 0.2, 0.3]
        >>> Axis(low=0.004, high=0.6, scale="log-odds").ticks()
        [0.01, 0.03, 0.1, 0.25, 0.5]
        >>> Axis(low=0.7, high=1.6, scale="log").ticks()
        [0.8, 1.0, 1.2, 1.4, 1.6]
        """
        if self.scale == "log-odds":
            inside = [rate for rate in RATES if self.low <= rate <= self.high]
            return inside if len(inside) > 2 else self._even(count)
        if self.scale == "log" and self.high / self.low > 20.0:
            powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            return [10.0**power for power in powers]
        return self._even(count)

    def _even(self, count: int) -> list[float]:
        span = self.high - self.low
        if span <= 0.0:
            return [self.low]
        step = 10.0 ** math.floor(math.log10(span / count))
        for factor in (1.0, 2.0, 5.0, 10.0):
            if span / (step * factor) <= count:
                step *= factor
                break
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(i * step, 12) for i in range(first, last + 1)]


def label(value: float) -> str:
    """The text of a tick.

    >>> label(0.25), label(1.0), label(25_000.0)
    ('0.25', '1', '25k')
    """
    if value >= 10_000.0:
        return short(value)
    text = figure(value, 6)
    return text.rstrip("0").rstrip(".") if "." in text else text


def time_ticks(from_us: int, until_us: int, count: int = 7) -> list[tuple[int, str]]:
    """Round moments between two, at most about so many, each with its text.

    >>> time_ticks(0, 3 * DAY, 4)
    [(0, '1 Jan'), (86400000000, '2 Jan'), (172800000000, '3 Jan'), (259200000000, '4 Jan')]
    >>> [text for _, text in time_ticks(0, 365 * DAY, 5)]
    ['Jan 1970', 'Apr 1970', 'Jul 1970', 'Oct 1970', 'Jan 1971']
    """
    for step in STEPS:
        if (until_us - from_us) / step <= count:
            first = -(-from_us // step)
            return [(i * step, _moment_label(i * step, step)) for i in range(first, until_us // step + 1)]
    return _month_ticks(from_us, until_us, count)


def _moment_label(us: int, step: int) -> str:
    try:
        at = EPOCH + timedelta(microseconds=us)
    except OverflowError:
        return ""
    if step < 60 * SECOND:
        return f"{at:%H:%M:%S}"
    return f"{at:%H:%M}" if us % DAY else f"{at.day} {at:%b}"


def _month_ticks(from_us: int, until_us: int, count: int) -> list[tuple[int, str]]:
    try:
        first, last = EPOCH + timedelta(microseconds=from_us), EPOCH + timedelta(microseconds=until_us)
    except OverflowError:
        return []
    months: Sequence[int] = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    for step in (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12000):
        if len(months) / step <= count + 1:
            break
    ticks = []
    for month in months:
        at = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        us = (at - EPOCH) // timedelta(microseconds=1)
        if month % step == 0 and from_us <= us <= until_us:
            ticks.append((us, f"{at:%b} {at.year}" if step < 12 else f"{at.year}"))
    return ticks
