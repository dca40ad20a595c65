"""The stretches of time whose predictions are not learned from."""

from __future__ import annotations

from bisect import bisect_right


class Exclusions:
    """Stretches `[from_ts, to_ts)` of event time (microseconds), for each model; touching ones are kept as one.

    >>> exclusions = Exclusions()
    >>> exclusions.add("ctr", 10, 20)
    >>> [exclusions.covers("ctr", ts) for ts in (9, 10, 19, 20)]
    [False, True, True, False]
    """

    __slots__ = ("ranges",)

    def __init__(self, ranges: dict[str, list[tuple[int, int]]] | None = None) -> None:
        self.ranges: dict[str, list[tuple[int, int]]] = {} if ranges is None else ranges

    def add(self, model: str, from_ts: int, to_ts: int) -> None:
        """Exclude `[from_ts, to_ts)` of `model` too; an empty stretch changes nothing.

        >>> exclusions = Exclusions()
        >>> exclusions.add("ctr", 10, 20)
        >>> exclusions.add("ctr", 20, 30)
        >>> exclusions.ranges
        {'ctr': [(10, 30)]}
        """
        if from_ts >= to_ts:
            return
        apart = []
        for start, end in self.ranges.get(model, ()):
            if end < from_ts or to_ts < start:
                apart.append((start, end))
            else:
                from_ts, to_ts = min(start, from_ts), max(end, to_ts)
        self.ranges[model] = sorted([*apart, (from_ts, to_ts)])

    def covers(self, model: str, event_ts: int) -> bool:
        """Whether a prediction that `model` made at `event_ts` (microseconds) is excluded.

        >>> Exclusions().covers("ctr", 0)
        False
        """
        ranges = self.ranges.get(model)
        if ranges is None:
            return False
        place = bisect_right(ranges, event_ts, key=_start) - 1
        return place >= 0 and event_ts < ranges[place][1]


def _start(stretch: tuple[int, int]) -> int:
    return stretch[0]
