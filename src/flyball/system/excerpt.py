"""What was given, short enough and safe to stand in a message."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum

_CHARACTERS = 60
_BITS = 256


def excerpt(given: object) -> str:
    """A short text that shows `given` and never fails: no foreign `__repr__` is called.

    Args:
        given: anything at all; a text longer than 60 characters is cut.

    >>> excerpt("DE"), excerpt(7), excerpt([1, 2, 3]), excerpt(object())
    ("'DE'", '7', 'a list of 3 items', 'an object')
    """
    if isinstance(given, str):
        return _quoted(given)
    if isinstance(given, bytes):
        return f"{len(given)} bytes"
    if given is None or isinstance(given, bool):
        return repr(given)
    if isinstance(given, float):
        return repr(float(given))
    if isinstance(given, Enum):
        return f"{type(given).__name__}.{given.name}"
    if isinstance(given, int):
        # Python refuses to write an int of more than 4,300 digits.
        return repr(int(given)) if given.bit_length() <= _BITS else f"an int of {given.bit_length()} bits"
    if isinstance(given, Decimal | date | time | timedelta):
        return str(given)[:_CHARACTERS]
    if isinstance(given, list | tuple | dict | set | frozenset):
        return f"a {type(given).__name__} of {len(given)} item{'' if len(given) == 1 else 's'}"
    if isinstance(given, type):
        return f"the type {given.__name__}"
    noun = type(given).__name__
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _quoted(text: str) -> str:
    if len(text) <= _CHARACTERS:
        return repr(str(text))
    return f"{text[:_CHARACTERS]!r}... ({len(text)} characters)"
