"""Where something was declared."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

_ROOM = "flyball.system"
_READER = f"{_ROOM}.document"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file.

    Args:
        file: its name as it was opened.
        line: counted from 1; 0 is the file as a whole.

    >>> str(Place("somewhere/ads.py", 7))
    'somewhere/ads.py:7'
    """

    file: str
    line: int

    def __str__(self) -> str:
        """As compilers write it."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def short(self) -> str:
        """The same without the folder.

        >>> Place("somewhere/ads.py", 7).short
        'ads.py:7'
        """
        return str(Place(PurePath(self.file).name, self.line))


def caller() -> Place | None:
    """The line outside this room that led here; `None` when a canonical JSON document did.

    >>> caller() is None
    False
    """
    frame = sys._getframe(1)  # noqa: SLF001  # `inspect.stack` reads source files: a hundred times slower
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if module == _READER:
            return None
        if module != "dataclasses" and not f"{module}.".startswith(f"{_ROOM}."):
            break
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


@dataclass(frozen=True, slots=True)
class Declared:
    """Whatever a system file declares: it knows its line, which takes no part in what it is equal to.

    >>> Declared() == Declared()
    True
    """

    place: Place | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Notes the line; whoever overrides this calls it."""
        self._settle(place=caller())

    def _settle(self, **fields: object) -> None:
        """Sets fields while the value is being made; it is frozen to everybody else."""
        for name, value in fields.items():
            object.__setattr__(self, name, value)


def as_tuple(given: object) -> tuple[object, ...]:
    """What was given for several values: a list or tuple as a tuple, anything else as the only one.

    >>> as_tuple(["a", "b"]), as_tuple("a")
    (('a', 'b'), ('a',))
    """
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def unchecked(given: object) -> Any:  # noqa: ANN401  # the check looks at it as an object again
    """What was given, taken for what its place is annotated as: `System` checks it later, at its line.

    >>> unchecked("soon")
    'soon'
    """
    return given


def raw(declared: object, field: str) -> object:
    """What was really given for a field, whatever its annotation promises.

    >>> raw(Place("ads.py", 7), "line")
    7
    """
    value: object = getattr(declared, field)
    return value


def as_float(given: object) -> object:
    """A number as a float, so that 1 and 1.0 declare the same; anything else as it is, for the check to find.

    >>> as_float(1), as_float("1")
    (1.0, '1')
    """
    if isinstance(given, bool) or not isinstance(given, int | float):
        return given
    try:
        return float(given) + 0.0  # minus zero becomes zero: they are equal but read differently
    except OverflowError:
        return given
