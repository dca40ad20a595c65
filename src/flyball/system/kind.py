"""The types that a signal can have."""

from __future__ import annotations

import typing
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt

if typing.TYPE_CHECKING:
    from collections.abc import Mapping

_ACCEPTED = "bool, int, float, str, list[str], datetime, dict[str, float]"
_SYNONYMS = {
    "boolean": "bool",
    "integer": "int",
    "int64": "int",
    "long": "int",
    "double": "float",
    "number": "float",
    "numeric": "float",
    "text": "str",
    "string": "str",
    "varchar": "str",
    "category": "str",
    "date": "datetime",
    "time": "datetime",
    "dict": "dict[str, float]",
    "mapping": "dict[str, float]",
    "array": "list[str]",
}


class KindUnknown(FlyballError):
    """A declared type is none of the known ones.

    Args:
        declared: what was given as a type.

    >>> KindUnknown("strng").hint
    "did you mean 'str'?"
    """

    def __init__(self, declared: object) -> None:
        """Keeps what was given, what is accepted and the nearest accepted type apart."""
        self.given = declared.__name__ if isinstance(declared, type) else excerpt(declared)
        self.accepted = _ACCEPTED
        self.hint = _nearest(declared)
        super().__init__(f"unknown type {self.given}; accepted: {_ACCEPTED}; {self.hint}")


class Kind(StrEnum):
    """The type of a signal's values.

    `LIST` is a list of texts, `TIMESTAMP` int64 microseconds UTC since 1970, `MAP` texts to numbers.

    >>> Kind("list") is Kind.LIST
    True
    """

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STR = "str"
    LIST = "list"
    TIMESTAMP = "timestamp"
    MAP = "map"

    @staticmethod
    def of(declared: object) -> Kind:
        """The kind that a declared type stands for.

        Args:
            declared: a Python type (`bool`, `int`, `float`, `str`, `list[str]`, `datetime`, `dict[str, float]`), a
                `Kind`, or one of these as text.

        Raises:
            KindUnknown: it is none of them; the message names the nearest.

        >>> Kind.of(list[str]), Kind.of("timestamp")
        (<Kind.LIST: 'list'>, <Kind.TIMESTAMP: 'timestamp'>)
        """
        try:
            kind = _KINDS.get(declared)
        except TypeError:  # what was given cannot be hashed, so it is no key of the table
            kind = None
        if kind is None:
            raise KindUnknown(declared)
        return kind


_KINDS: Mapping[object, Kind] = {
    **{kind.value: kind for kind in Kind},
    bool: Kind.BOOL,
    int: Kind.INT,
    float: Kind.FLOAT,
    str: Kind.STR,
    list[str]: Kind.LIST,
    tuple[str, ...]: Kind.LIST,
    typing.List[str]: Kind.LIST,  # noqa: UP006  # the old spelling is what an older file may say
    "list[str]": Kind.LIST,
    datetime: Kind.TIMESTAMP,
    "datetime": Kind.TIMESTAMP,
    dict[str, float]: Kind.MAP,
    typing.Dict[str, float]: Kind.MAP,  # noqa: UP006  # the old spelling is what an older file may say
    "dict[str, float]": Kind.MAP,
}


def _nearest(declared: object) -> str:
    word = declared.__name__ if isinstance(declared, type) else declared
    if not isinstance(word, str):
        return "write the type as in Input('hour', int)"
    if declared is list or word == "list[int]":
        return "did you mean list[str]?"
    if word.lower() in _SYNONYMS:
        return f"did you mean {_SYNONYMS[word.lower()]!r}?"
    texts = [key for key in _KINDS if isinstance(key, str)]
    close = get_close_matches(word.lower(), texts, n=1)
    return f"did you mean {str(close[0])!r}?" if close else "write the type as in Input('hour', int)"
