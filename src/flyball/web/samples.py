"""The last minutes as sums over short, equal stretches of time, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Samples:
    """Sums by stretch of time; the oldest stretches go.

    Args:
        step_us: length of a stretch, microseconds.
        keep: how many stretches.

    >>> samples = Samples(step_us=10, keep=2)
    >>> for now in (1, 5, 12, 23):
    ...     samples.add(now, np.array([1.0]))
    >>> [(start, sums.tolist()) for start, sums in samples.items()]
    [(10, [1.0]), (20, [1.0])]
    >>> samples.last(15).tolist()
    [2.0]
    """

    def __init__(self, *, step_us: int, keep: int) -> None:
        self.step_us = step_us
        self._keep = keep
        self._sums: dict[int, Floats] = {}

    def add(self, now_us: int, sums: Floats) -> None:
        """Adds to the stretch in which this moment lies; time that runs backwards is taken for the latest stretch."""
        start = now_us // self.step_us * self.step_us
        latest = next(reversed(self._sums), start)
        start = max(start, latest)
        held = self._sums.get(start)
        self._sums[start] = sums.copy() if held is None else held + sums
        while len(self._sums) > self._keep or next(iter(self._sums)) <= start - self._keep * self.step_us:
            del self._sums[next(iter(self._sums))]

    def items(self) -> Iterator[tuple[int, Floats]]:
        """Beginning and sums of each stretch, the earliest first."""
        yield from self._sums.items()

    def last(self, us: int) -> Floats:
        """The sums of the latest stretches, as many as cover this many microseconds; empty without any."""
        if not self._sums:
            return np.zeros(0)
        latest = next(reversed(self._sums))
        total: Floats = np.sum([sums for start, sums in self._sums.items() if start > latest - us], axis=0)
        return total

    def clear(self) -> None:
        """Forgets all."""
        self._sums.clear()


def quantile(bounds: Sequence[float], counts: Sequence[float] | Floats, share: float) -> float | None:
    """The value below which this share lies, read from a histogram; None where it is empty.

    Args:
        bounds: the upper ends of the buckets but the last, rising; the first begins at 0.
        counts: one more than bounds; what lies beyond the last end is taken for that end.
        share: 0 to 1.

    >>> quantile([1.0, 2.0], [10, 10, 0], 0.75)
    1.5
    >>> quantile([1.0], [0, 0], 0.5) is None
    True
    """
    total = float(sum(counts))
    if total <= 0.0 or not bounds:
        return None
    wanted, seen, low = share * total, 0.0, 0.0
    for high, count in zip(bounds, counts, strict=False):
        if count > 0 and seen + count >= wanted:
            return float(low + (high - low) * (wanted - seen) / count)
        seen, low = seen + count, high
    return float(bounds[-1])
