"""Turns many plainly written values into numbers at once; whatever is written otherwise is left to `coerce`.

Every function gives values and a mask of those that it vouches for: there, the value is what `coerce` gives. Where the
mask is not set, the value means nothing and nothing is said about whether it can be taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from flyball.run.files.arrow_array import ArrowArray, compute, mask_of, matching
from flyball.system.kind import Kind
from flyball.system.moment import UNIT_US

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INT = "^-?[0-9]{1,18}$"
_FLOAT = r"^-?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,4})?$"
_WALL = r"^(1[7-9]|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
_PIECE = 65_536
_LATEST_US = 4_000_000_000_000_000
"""About the year 2096 and, negative, 1843: farther moments are left to `coerce`."""
_ZONED_US = 2_114_380_800_000_000
"""2037: Arrow's zones know no summer time after that year, so wall-clock times from then on are left to `coerce`."""


def fast_numbers(
    array: ArrowArray, kind: Kind, *, unit: str | None = None, tz: str | None = None
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values of a kind, shape (n,), and the mask of those that are vouched for.

    Args:
        array: texts, numbers, truths or moments; null is vouched for nowhere.
        kind: BOOL, INT, FLOAT or TIMESTAMP.
        unit: for timestamps: what numbers count since 1970.
        tz: for timestamps: the zone of what has no offset.

    >>> values, sure = fast_numbers(pa.array(["7", " 8", "x"]), Kind.INT)
    >>> values.tolist(), sure.tolist()
    ([7, 0, 0], [True, False, False])
    """
    types = pa.types
    if types.is_string(array.type):
        if kind is Kind.TIMESTAMP:
            return _moments_of_text(array, unit, tz)
        if kind in (Kind.INT, Kind.FLOAT):
            return _matched(array, _INT if kind is Kind.INT else _FLOAT, kind)
    elif types.is_timestamp(array.type) and kind is Kind.TIMESTAMP:
        return _moments(array, tz)
    elif types.is_integer(array.type) or types.is_floating(array.type):
        return _of_numbers(array, kind, unit)
    elif types.is_boolean(array.type) and kind is Kind.BOOL:
        return _filled(array, pa.int8()).astype(np.int64), _present(array)
    return _nothing(len(array), kind)


def _nothing(rows: int, kind: Kind) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    return np.zeros(rows, dtype=np.float64 if kind is Kind.FLOAT else np.int64), np.zeros(rows, dtype=np.bool_)


def _present(array: ArrowArray) -> NDArray[np.bool_]:
    return mask_of(array.is_valid())


def _filled(array: ArrowArray, kind: pa.DataType) -> NDArray[Any]:
    """As NumPy's array of this type, 0 where null."""
    cast = array.cast(kind)
    filled: NDArray[Any] = cast.fill_null(pa.scalar(0, kind)).to_numpy(zero_copy_only=False)
    return filled


def _matched(array: ArrowArray, pattern: str, kind: Kind) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    sure = matching(array, pattern)
    plain = array if sure.all() else compute.if_else(pa.array(sure), array, "0")
    values = _filled(plain, pa.int64() if kind is Kind.INT else pa.float64())
    return values, sure & np.isfinite(values) if kind is Kind.FLOAT else sure


def _of_numbers(array: ArrowArray, kind: Kind, unit: str | None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    present = _present(array)
    if pa.types.is_floating(array.type):
        numbers = _filled(array, pa.float64())
        if kind is Kind.FLOAT:
            return numbers, present & np.isfinite(numbers)
        if kind in (Kind.INT, Kind.BOOL):
            whole = present & (np.abs(numbers) < 2.0**62) & (numbers == np.trunc(numbers))
            if kind is Kind.BOOL:
                whole &= (numbers == 0) | (numbers == 1)
            return np.where(whole, numbers, 0.0).astype(np.int64), whole
        return _nothing(len(array), kind)
    if pa.types.is_uint64(array.type):
        present &= np.asarray(_filled(array, array.type)) <= np.uint64(2**63 - 1)
        array = compute.if_else(pa.array(present), array, None)
    values = _filled(array, pa.int64())
    if kind is Kind.FLOAT:
        return values.astype(np.float64), present
    if kind is Kind.BOOL:
        present &= (values == 0) | (values == 1)
    elif kind is Kind.TIMESTAMP:
        return _epochs(values, present, unit)
    return values, present


def _epochs(
    values: NDArray[np.int64], present: NDArray[np.bool_], unit: str | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    factor = 0 if unit is None else UNIT_US.get(unit, 0)
    if factor == 0:
        return _nothing(len(values), Kind.TIMESTAMP)
    limit = _LATEST_US // factor
    sure = present & (values >= -limit) & (values <= limit)
    return np.where(sure, values, 0) * factor, sure


def _moments_of_text(array: ArrowArray, unit: str | None, tz: str | None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    values, sure = _nothing(len(array), Kind.TIMESTAMP)
    if unit is not None:
        numbers, whole = _matched(array, _INT, Kind.INT)
        values, sure = _epochs(numbers, whole, unit)
    patterns = [(_WALL + _OFFSET, pa.timestamp("us", "UTC"))]
    if tz is not None:
        patterns.append((_WALL + "$", pa.timestamp("us")))
    for pattern, kind in patterns:
        for start in range(0, len(array), _PIECE):
            piece = array.slice(start, _PIECE)
            mine = matching(piece, pattern)
            if not mine.any():
                continue
            try:
                moments, known = _moments(compute.if_else(pa.array(mine), piece, None).cast(kind), tz)
            except pa.ArrowInvalid:  # one of them is impossible: `coerce` tells which
                continue
            mine &= known
            values[start : start + len(piece)][mine] = moments[mine]
            sure[start : start + len(piece)] |= mine
    return values, sure


def _moments(array: ArrowArray, tz: str | None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Arrow's moments as microseconds; Arrow keeps those with a zone in UTC."""
    first, last = -_LATEST_US, _LATEST_US
    if array.type.tz is None:
        if tz is None:
            return _nothing(len(array), Kind.TIMESTAMP)
        first, last = 0, _ZONED_US
        try:
            array = compute.assume_timezone(array, tz, ambiguous="earliest", nonexistent="raise")
        except (pa.ArrowInvalid, OSError):  # a wall-clock time that never occurs, or no such zone: `coerce` tells
            return _nothing(len(array), Kind.TIMESTAMP)
    ticks = _filled(array, pa.int64())
    per_us = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
    times, parts = per_us[array.type.unit]
    sure = _present(array) & (ticks >= first * parts // times) & (ticks <= last * parts // times)
    return np.where(sure, ticks, 0) // parts * times, sure
