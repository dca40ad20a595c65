"""Lengths of time, written with their unit."""

from __future__ import annotations

import re
from fractions import Fraction

from flyball.system.excerpt import excerpt
from flyball.system.refusal import ValueRefused

UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
"""Microseconds in each unit; a day is 24 hours."""

_PATTERN = re.compile(r"(\d{1,19}(?:\.\d{1,9})?)[ ]?(us|ms|s|m|h|d|w)", re.ASCII)
_LONGEST_US = 2**63 - 1
DURATION = "a number and a unit of us ms s m h d w"
"""What is accepted, for messages."""
_ACCEPTED = f"{DURATION}, such as '30m'"


def parse_duration(raw: object) -> int:
    """The microseconds in a length of time such as `"30m"`.

    Args:
        raw: text of one number, whole or decimal, and one unit of `us ms s m h d w`; `1d` is 24 hours.

    Raises:
        ValueRefused: it is not such a text, or it is no whole number of microseconds, or it exceeds int64.

    >>> parse_duration("30m"), parse_duration("1.5h")
    (1800000000, 5400000000)
    >>> parse_duration("soon")
    Traceback (most recent call last):
        ...
    flyball.system.refusal.ValueRefused: 'soon' is not a duration; accepted: a number and a unit of us ms s m h d w, ...
    """
    if not isinstance(raw, str):
        raise ValueRefused("wrong_type", f"{excerpt(raw)} is not a duration; accepted: {_ACCEPTED}")
    match = _PATTERN.fullmatch(raw)
    if match is None:
        raise ValueRefused("unparsable", f"{excerpt(raw)} is not a duration; accepted: {_ACCEPTED}")
    exact = Fraction(match[1]) * UNITS_US[match[2]]
    if exact.denominator != 1:
        raise ValueRefused("unparsable", f"{excerpt(raw)} is no whole number of microseconds; use a smaller unit")
    if exact > _LONGEST_US:
        raise ValueRefused("out_of_range", f"{excerpt(raw)} is longer than int64 microseconds can hold")
    return int(exact)


def format_duration(us: int) -> str:
    """The shortest exact text of a length of time, in the largest unit that divides it (weeks are written as days).

    Args:
        us: microseconds, 0 or more.

    >>> format_duration(1_800_000_000), format_duration(604_800_000_000), format_duration(0)
    ('30m', '7d', '0s')
    """
    if us == 0:
        return "0s"
    unit = next(unit for unit in ("d", "h", "m", "s", "ms", "us") if us % UNITS_US[unit] == 0)
    return f"{us // UNITS_US[unit]}{unit}"
