"""Moments: int64 microseconds UTC since 1970, and the texts and numbers that they arrive as."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias
from zoneinfo import ZoneInfo

from flyball.system.duration import format_duration, parse_duration
from flyball.system.excerpt import excerpt
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "EpochUnit",
    "format_duration",
    "format_moment",
    "parse_duration",
    "parse_moment",
    "zone",
]

EpochUnit: TypeAlias = Literal["s", "ms", "us"]
"""What a number since 1970 counts."""

UNIT_US = {"s": 1_000_000, "ms": 1_000, "us": 1}
"""Microseconds in each unit of an epoch."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # naive on purpose: the arithmetic below is all in UTC
_FIRST_US = -62_135_596_800_000_000
_LAST_US = 253_402_300_799_999_999
_DAY_US = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s?([Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,12})?", re.ASCII)
_ACCEPTED = "RFC 3339 with an offset, such as '2026-01-31T08:00:00Z', or an epoch with a declared unit (s, ms, us)"


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of this name, such as `"Europe/Berlin"`.

    Raises:
        ValueRefused: the time zone database has no such name.

    >>> zone("UTC")
    zoneinfo.ZoneInfo(key='UTC')
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        message = f"{excerpt(name)} is no time zone; accepted: a name of the IANA database, such as 'Europe/Berlin'"
        raise ValueRefused("tz_unknown", message) from error


def parse_moment(raw: object, unit: str | None = None, tz: str | None = None) -> int:
    """The moment, in microseconds UTC since 1970, that a text, a number or a `datetime` stands for.

    Text follows RFC 3339 (a space may stand for the T, seconds may be left out, digits after the sixth decimal are cut;
    a second of 60 is the next one). An offset in the text wins over `tz`. A wall-clock time that occurs twice in its
    zone is the first of the two; one that never occurs is refused.

    Args:
        raw: text, int, float, `Decimal`, `datetime` or `date`.
        unit: what numbers count since 1970: "s", "ms" or "us"; without it numbers are refused.
        tz: the zone of texts without an offset; without it they are refused.

    Raises:
        ValueRefused: it is no moment, or an impossible one, or outside the years 1 to 9999.

    >>> parse_moment("1970-01-01T00:00:01Z"), parse_moment(1.5, unit="s")
    (1000000, 1500000)
    >>> parse_moment("1970-01-01 01:00", tz="Europe/Berlin")
    0
    >>> parse_moment("2026-01-31 08:00")
    Traceback (most recent call last):
        ...
    flyball.system.refusal.ValueRefused: '2026-01-31 08:00' has no offset; add one such as 'Z', or declare tz=
    """
    parse = _PARSERS.get(type(raw))
    if parse is None:
        parse = next((parse for kind, parse in _PARSERS.items() if isinstance(raw, kind)), None)
    if parse is None or isinstance(raw, bool):
        raise ValueRefused("wrong_type", f"{excerpt(raw)} is not a moment; accepted: {_ACCEPTED}")
    return _within(parse(raw, unit, tz), raw)


def format_moment(us: int) -> str:
    """The moment as RFC 3339 in UTC, with as many decimals as it needs.

    Args:
        us: microseconds UTC since 1970, within the years 1 to 9999.

    Raises:
        ValueRefused: outside those years.

    >>> format_moment(0), format_moment(1_500_000)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.5Z')
    """
    moment = _EPOCH + timedelta(microseconds=_within(us, us))
    decimals = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment.replace(microsecond=0).isoformat()}{decimals}Z"


def _within(us: int, raw: object) -> int:
    if not _FIRST_US <= us <= _LAST_US:
        raise ValueRefused("out_of_range", f"{excerpt(raw)} lies outside the years 1 to 9999; is its unit right?")
    return us


def _from_text(raw: object, unit: str | None, tz: str | None) -> int:
    text = str(raw).strip()
    match = _RFC3339.fullmatch(text)
    if match is not None:
        return _from_parts(match, text, tz)
    if _NUMBER.fullmatch(text) is not None:
        return _from_exact(Fraction(text), text, unit)
    raise ValueRefused("unparsable", f"{excerpt(raw)} is not a moment; accepted: {_ACCEPTED}")


def _from_parts(match: re.Match[str], text: str, tz: str | None) -> int:
    year, month, day, hour, minute, second, decimals, offset = match.groups(default="")
    whole = int(second or 0)
    leap = whole == 60 and minute == "59"  # RFC 3339 writes a leap second as 60
    try:
        wall = datetime(  # noqa: DTZ001  # the zone is settled below
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), 59 if leap else whole
        )
    except ValueError as error:
        raise ValueRefused("impossible_time", f"{excerpt(text)} is an impossible time: {error}") from error
    us = int(decimals[:6].ljust(6, "0")) if decimals else 0
    if leap:
        us += 1_000_000
    if not offset:
        return _from_wall(wall, text, tz) + us
    shift = 0 if offset in "Zz" else int(offset[1:3]) * 60 + int(offset[-2:])
    if shift >= 24 * 60 or (shift and int(offset[-2:]) >= 60):
        raise ValueRefused("impossible_time", f"{excerpt(text)} has an impossible offset {offset!r}")
    east = -shift if offset[0] == "-" else shift
    return (wall - _EPOCH) // _MICROSECOND - east * 60_000_000 + us


def _from_wall(wall: datetime, raw: object, tz: str | None) -> int:
    if tz is None:
        raise ValueRefused("naive_time", f"{excerpt(raw)} has no offset; add one such as 'Z', or declare tz=")
    there = zone(tz)
    try:
        moment = wall.replace(tzinfo=there).astimezone(UTC)
        occurs = moment.astimezone(there).replace(tzinfo=None) == wall
    except OverflowError as error:
        raise ValueRefused("out_of_range", f"{excerpt(raw)} lies outside the years 1 to 9999 in UTC") from error
    if not occurs:
        raise ValueRefused("impossible_time", f"{excerpt(raw)} never occurs in {tz}: the clocks were put forward")
    return (moment.replace(tzinfo=None) - _EPOCH) // _MICROSECOND


def _from_number(raw: object, unit: str | None, tz: str | None) -> int:
    del tz  # an epoch counts from one moment everywhere
    number = raw if isinstance(raw, int | float | Decimal) else 0
    # A signalling NaN must not be asked for its float.
    if not (number.is_finite() if isinstance(number, Decimal) else isinstance(number, int) or isfinite(number)):
        raise ValueRefused("not_finite", f"{excerpt(raw)} is not a finite number")
    if not -_LAST_US <= number <= _LAST_US:
        return _within(_LAST_US + 1, raw)
    # A decimal stays one: as a fraction, 1e-999999999 would fill the memory.
    return _from_exact(Fraction(number) if isinstance(number, float) else number, raw, unit)


def _from_exact(number: int | Fraction | Decimal, raw: object, unit: str | None) -> int:
    if unit is None:
        raise ValueRefused("no_unit", f"{excerpt(raw)} is a number without a unit; declare unit= as 's', 'ms' or 'us'")
    if unit not in UNIT_US:
        raise ValueRefused("no_unit", f"{excerpt(unit)} is no unit of an epoch; accepted: 's', 'ms', 'us'")
    return round(number * UNIT_US[unit])


def _from_datetime(raw: object, unit: str | None, tz: str | None) -> int:
    del unit  # it counts nothing
    if isinstance(raw, datetime):
        if raw.tzinfo is None or raw.utcoffset() is None:
            return _from_wall(raw.replace(tzinfo=None, fold=0), raw, tz)
        return (raw.replace(tzinfo=None) - _EPOCH - (raw.utcoffset() or timedelta())) // _MICROSECOND
    if isinstance(raw, date):
        return _from_wall(datetime(raw.year, raw.month, raw.day), raw, tz)  # noqa: DTZ001  # its zone is tz
    raise ValueRefused("wrong_type", f"{excerpt(raw)} is not a moment; accepted: {_ACCEPTED}")


_PARSERS: dict[type, Callable[[object, str | None, str | None], int]] = {
    str: _from_text,
    int: _from_number,
    float: _from_number,
    Decimal: _from_number,
    datetime: _from_datetime,
    date: _from_datetime,
}
