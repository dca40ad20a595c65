"""Typed values: what a raw value becomes once it is taken as a declared kind."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind
from flyball.system.missing import MISSING, Missing
from flyball.system.moment import parse_moment
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Value", "ValueRefused", "coerce", "coercer"]

Value: TypeAlias = bool | int | float | str | tuple[str, ...] | dict[str, float] | Missing
"""A typed value; a timestamp is an int of microseconds, a list a tuple of texts."""

TEXT_BYTES = 65_536
"""The longest text, in bytes of UTF-8."""
ITEMS = 10_000
"""The longest list or mapping."""
ITEMS_BYTES = 1_048_576
"""The longest list or mapping, in bytes of UTF-8 of its texts together."""

_INT_FIRST, _INT_LAST = -(2**63), 2**63 - 1
_INT = re.compile(r"\s*([+-]?\d{1,40})(?:\.0{1,20})?\s*", re.ASCII)
_FLOAT = re.compile(r"\s*[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,9})?\s*", re.ASCII)
_NOT_FINITE = re.compile(r"\s*[+-]?(?:nan|inf|infinity)\s*", re.ASCII | re.IGNORECASE)
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}
_ACCEPTED = {
    Kind.BOOL: "true or false, 1 or 0, yes or no",
    Kind.INT: "a whole number within int64",
    Kind.FLOAT: "a finite number",
    Kind.STR: "text of at most 64 KiB",
    Kind.LIST: "a list of at most 10,000 texts",
    Kind.TIMESTAMP: "a moment",
    Kind.MAP: "a mapping of at most 10,000 texts to finite numbers",
}


def coerce(kind: Kind, raw: object, *, unit: str | None = None, tz: str | None = None) -> Value:
    """The value of `kind` that `raw` stands for; `None` becomes `MISSING`.

    Text is taken for numbers and truths (files hold nothing else), numbers are not taken for text. A mapping comes back
    sorted by key, so that sums over it do not depend on the order it was sent in.

    Args:
        kind: what the value is declared to be.
        raw: anything at all.
        unit: for timestamps: what numbers count since 1970, "s", "ms" or "us".
        tz: for timestamps: the zone of texts without an offset.

    Raises:
        ValueRefused: and nothing else, whatever `raw` is.

    >>> coerce(Kind.INT, "7"), coerce(Kind.FLOAT, 7), coerce(Kind.LIST, ["a", "b"]), coerce(Kind.STR, None)
    (7, 7.0, ('a', 'b'), MISSING)
    >>> coerce(Kind.FLOAT, float("nan"))
    Traceback (most recent call last):
        ...
    flyball.system.refusal.ValueRefused: nan is not a finite number; leave the value out where it is missing
    """
    if raw is None or raw is MISSING:
        return MISSING
    convert = _TABLE[kind].get(type(raw))
    if convert is not None:
        return convert(raw)
    if kind is Kind.TIMESTAMP:
        plain = _plain(raw)
        absent = isinstance(plain, date) and plain != plain  # noqa: PLR0124  # pandas' missing time is unlike itself
        return MISSING if plain is None or absent else parse_moment(plain, unit, tz)
    return _coerce_other(kind, raw)


def coercer(kind: Kind, *, unit: str | None = None, tz: str | None = None) -> Callable[[object], Value]:
    """`coerce` with all but the raw value settled, for many values of one signal.

    >>> to_int = coercer(Kind.INT)
    >>> to_int("7")
    7
    """

    def one(raw: object) -> Value:
        return coerce(kind, raw, unit=unit, tz=tz)

    return one


def _coerce_other(kind: Kind, raw: object) -> Value:
    plain = _plain(raw)
    for accepted, convert in _TABLE[kind].items():
        # bool is an int to Python, but true is no number here.
        if isinstance(plain, accepted) and isinstance(plain, bool) is (accepted is bool):
            return convert(plain)
    if plain is None:
        return MISSING
    raise ValueRefused("wrong_type", f"{excerpt(raw)} is not taken as {kind}; accepted: {_ACCEPTED[kind]}")


def _plain(raw: object) -> object:
    """The built-in value inside a number of another library, such as a NumPy scalar."""
    if type(raw).__module__ == "numpy" and getattr(raw, "ndim", None) == 0:
        return _of_numpy(raw)
    if isinstance(raw, int | float | str | Decimal):
        return raw
    if isinstance(raw, Integral):
        return int(raw)
    if isinstance(raw, Real):
        try:
            return float(raw)
        except (OverflowError, ValueError) as error:
            raise ValueRefused("out_of_range", f"{excerpt(raw)} does not fit into a 64-bit float") from error
    return raw


def _of_numpy(scalar: Any) -> object:  # noqa: ANN401  # NumPy is not imported to take its scalars
    """The built-in value of a NumPy scalar: its times count nanoseconds, of which Python's know nothing."""
    if scalar.dtype.kind != "M":
        return scalar if scalar.dtype.kind == "m" else scalar.item()
    moment: object = scalar.astype("datetime64[us]").item()
    if isinstance(moment, int):
        raise ValueRefused("out_of_range", f"{scalar} lies outside the years 1 to 9999")
    return moment


def _refuse(kind: Kind, raw: object) -> ValueRefused:
    return ValueRefused("unparsable", f"{excerpt(raw)} is not taken as {kind}; accepted: {_ACCEPTED[kind]}")


def _same(raw: bool) -> bool:  # noqa: FBT001  # a converter takes the raw value alone
    return raw


def _bool_of_number(raw: float) -> bool:
    if raw in (0, 1):
        return bool(raw)
    raise _refuse(Kind.BOOL, raw)


def _bool_of_text(raw: str) -> bool:
    truth = _TRUTHS.get(raw.strip().lower()) if len(raw) <= ITEMS else None
    if truth is None:
        raise _refuse(Kind.BOOL, raw)
    return truth


def _int(raw: int) -> int:
    if _INT_FIRST <= raw <= _INT_LAST:
        return int(raw)
    raise ValueRefused("out_of_range", f"{excerpt(raw)} does not fit into int64")


def _int_of_number(raw: float | Decimal) -> int:
    if not (raw.is_finite() if isinstance(raw, Decimal) else isfinite(raw)):
        raise _not_finite(raw)
    if not _INT_FIRST <= raw <= _INT_LAST:
        raise ValueRefused("out_of_range", f"{excerpt(raw)} does not fit into int64")
    if raw != int(raw):
        raise _refuse(Kind.INT, raw)
    return _int(int(raw))


def _int_of_text(raw: str) -> int:
    match = _INT.fullmatch(raw)
    if match is None:
        raise _not_finite(raw) if _NOT_FINITE.fullmatch(raw) else _refuse(Kind.INT, raw)
    return _int(int(match[1]))


def _not_finite(raw: object) -> ValueRefused:
    return ValueRefused("not_finite", f"{excerpt(raw)} is not a finite number; leave the value out where it is missing")


def _float(raw: float | Decimal) -> float:
    try:
        number = float(raw)
    except (OverflowError, ValueError) as error:  # too large an int; a signalling NaN
        raise ValueRefused("out_of_range", f"{excerpt(raw)} does not fit into a 64-bit float") from error
    if not isfinite(number):
        raise _not_finite(raw)
    return number


def _float_of_text(raw: str) -> float:
    if _FLOAT.fullmatch(raw) is None:
        raise _not_finite(raw) if _NOT_FINITE.fullmatch(raw) else _refuse(Kind.FLOAT, raw)
    number = float(raw)
    if not isfinite(number):
        raise ValueRefused("out_of_range", f"{excerpt(raw)} does not fit into a 64-bit float")
    return number


def _bytes(text: str) -> int:
    """The length in UTF-8, at most `TEXT_BYTES`."""
    if text.isascii():
        length = len(text)
    else:
        try:
            length = len(text.encode())
        except UnicodeEncodeError as error:
            raise ValueRefused("not_text", f"{excerpt(text)} holds half a character and has no UTF-8") from error
    if length > TEXT_BYTES:
        raise ValueRefused("too_long", f"{excerpt(text)} has {length} bytes; at most {TEXT_BYTES} are taken")
    return length


def _str(raw: str) -> str:
    _bytes(raw)
    return str(raw)


def _list(raw: list[object] | tuple[object, ...]) -> tuple[str, ...]:
    _bounded(raw)
    total = 0
    for item in raw:
        if not isinstance(item, str):
            raise ValueRefused("wrong_type", f"{excerpt(item)} in a list is not text; accepted: {_ACCEPTED[Kind.LIST]}")
        total += _bytes(item)
    _bounded_bytes(total)
    return tuple(str(item) for item in raw)


def _map(raw: Mapping[object, object]) -> dict[str, float]:
    _bounded(raw)
    numbers: dict[str, float] = {}
    total = 0
    for key, number in raw.items():
        if not isinstance(key, str):
            raise ValueRefused("wrong_type", f"the key {excerpt(key)} is not text; accepted: {_ACCEPTED[Kind.MAP]}")
        total += _bytes(key)
        value = coerce(Kind.FLOAT, number)
        if not isinstance(value, float):
            raise ValueRefused("wrong_type", f"{excerpt(number)} at {excerpt(key)} is no number; leave the key out")
        numbers[str(key)] = value
    _bounded_bytes(total)
    return dict(sorted(numbers.items()))


def _bounded(items: list[object] | tuple[object, ...] | Mapping[object, object]) -> None:
    if len(items) > ITEMS:
        raise ValueRefused("too_many", f"{excerpt(items)} is too long; at most {ITEMS} items are taken")


def _bounded_bytes(total: int) -> None:
    if total > ITEMS_BYTES:
        raise ValueRefused("too_long", f"texts of {total} bytes together; at most {ITEMS_BYTES} are taken")


# Every converter takes exactly the types it is listed under, which no checker can see.
_TABLE: Mapping[Kind, Mapping[type, Callable[..., Value]]] = {
    Kind.BOOL: {bool: _same, int: _bool_of_number, float: _bool_of_number, str: _bool_of_text},
    Kind.INT: {int: _int, float: _int_of_number, Decimal: _int_of_number, str: _int_of_text},
    Kind.FLOAT: {float: _float, int: _float, Decimal: _float, str: _float_of_text},
    Kind.STR: {str: _str},
    Kind.LIST: {list: _list, tuple: _list},
    Kind.TIMESTAMP: {},
    Kind.MAP: {dict: _map},
}
