"""Moments that Arrow holds and Python cannot: outside the years 1 to 9999."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from flyball.run.files.arrow_array import ArrowArray


@dataclass(frozen=True, slots=True)
class FarMoment:
    """A moment outside the years 1 to 9999.

    Args:
        ticks: how many units since 1970.
        unit: "s", "ms" or "us".

    >>> print(FarMoment(300_000_000_000, "s"))
    300,000,000,000 s since 1970
    """

    ticks: int
    unit: str

    def __str__(self) -> str:
        """As it is stored: there is no year to name."""
        return f"{self.ticks:,} {self.unit} since 1970"


def python_objects(array: ArrowArray) -> list[object]:
    """Arrow's values as Python's; moments are cut to microseconds, which is all that Python's hold.

    A moment that Python cannot hold is a `FarMoment`. Where nobody knows a column's zone, its moments are given in UTC:
    Arrow stores the moment itself, the zone only says how to show it.

    Args:
        array: of any type, in one piece or several.

    >>> python_objects(pa.array([0, 300_000_000_000, None], pa.timestamp("s")))
    [datetime.datetime(1970, 1, 1, 0, 0), FarMoment(ticks=300000000000, unit='s'), None]
    """
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    try:
        return list(array.to_pylist())
    except (OverflowError, ValueError, KeyError):
        moments = days_as_moments(array)
        if not pa.types.is_timestamp(moments.type):
            raise
    unit = moments.type.unit
    ticks = moments.cast(pa.int64())
    plain = ticks.cast(pa.timestamp(unit, None if moments.type.tz is None else "UTC"))
    return [_held(moment, count.as_py(), unit) for moment, count in zip(plain, ticks, strict=True)]


def days_as_moments(array: ArrowArray) -> ArrowArray:
    """Dates as moments, however far; everything else as it is.

    >>> days_as_moments(pa.array([1], pa.date32())).type
    TimestampType(timestamp[s])
    """
    if pa.types.is_date(array.type):
        return array.cast(pa.timestamp("s" if pa.types.is_date32(array.type) else "ms"))
    return array


def _held(moment: ArrowArray, ticks: int, unit: str) -> object:
    try:
        held: object = moment.as_py()
    except (OverflowError, ValueError):
        return FarMoment(ticks, unit)
    return held
