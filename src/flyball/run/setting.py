"""One setting: its name, what it accepts, and what it means."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from flyball.system.duration import parse_duration
from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt
from flyball.system.mistake import did_you_mean, one_of
from flyball.system.size import format_size, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

Kind: TypeAlias = Literal["text", "count", "bytes", "seconds", "flag", "choice", "names", "path"]
"""How a value is written; see `Setting.accepted`."""
Value: TypeAlias = str | int | float | bool | tuple[str, ...] | None

_MICROSECONDS = 1_000_000
_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class SettingRefused(FlyballError):
    """A setting has a value that it cannot have, or there is none of that name; the message says what is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a setting is; its value stands in `flyball.run.settings.Settings`.

    Args:
        name: as in flyball.toml; the environment has it in capitals behind `FLYBALL_`.
        kind: how its value is written.
        meaning: one sentence for people.
        default: what it is where nobody says; `None` where `otherwise` says what holds then.
        otherwise: in words, what holds without a default.
        low: the smallest number accepted.
        high: the largest one.
        choices: the words accepted, for a choice.

    >>> port = Setting(name="port", kind="count", meaning="The port.", default=8000, low=0, high=65535)
    >>> port.read("8080", "--port"), port.variable
    (8080, 'FLYBALL_PORT')
    >>> port.read("eighty", "--port")
    Traceback (most recent call last):
        ...
    flyball.run.setting.SettingRefused: port = 'eighty' (from --port) cannot be taken; give a whole number from 0 to
    65535
    """

    name: str
    kind: Kind
    meaning: str
    default: Value = None
    otherwise: str = ""
    low: float = 0
    high: float = math.inf
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"FLYBALL_{self.name.upper()}"

    @property
    def accepted(self) -> str:
        """In words, what it accepts."""
        match self.kind:
            case "count":
                return f"a whole number{self._bounds(str)}"
            case "bytes":
                return f"a size such as '16MiB'{self._bounds(format_size)}"
            case "seconds":
                return f"a number of seconds, or text such as '10s'{self._bounds(str)}"
            case "flag":
                return "true or false"
            case "choice":
                return f"one of {one_of(self.choices)}"
            case "names":
                return "a list of texts, or one text with commas"
            case "path":
                return "the path of a file"
            case _:
                return "a text"

    def read(self, given: object, source: str) -> Value:
        """The value that was written.

        Args:
            given: text, as a flag or the environment has it, or a value of TOML.
            source: where it comes from, for messages.

        Raises:
            SettingRefused: it is not accepted.
        """
        value = _READERS[self.kind](given)
        if value is None or not self._within(value):
            hint = did_you_mean(given, self.choices)
            raise SettingRefused(
                f"{self.name} = {excerpt(given)} (from {source}) cannot be taken; give {self.accepted}"
                + (f": {hint}" if hint else "")
            )
        return value

    def shown(self, value: Value) -> str:
        """A value of it for people.

        >>> Setting(name="max_body", kind="bytes", meaning="The limit.").shown(1 << 20)
        '1.05 MB'
        """
        if value is None:
            return self.otherwise
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return ", ".join(value) or self.otherwise
        if self.kind == "bytes" and isinstance(value, int):
            return format_size(value)
        if self.kind == "seconds":
            return f"{value:g} s"
        return str(value)

    def _within(self, value: Value) -> bool:
        if self.choices:
            return value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        return math.isfinite(value) and self.low <= value <= self.high

    def _bounds(self, shown: Callable[[int], str]) -> str:
        low = shown(int(self.low)) if self.low == int(self.low) else f"{self.low:g}"
        return f", {low} or more" if self.high == math.inf else f" from {low} to {shown(int(self.high))}"


def _text(given: object) -> str | None:
    return given if isinstance(given, str) and given.strip() and given.isprintable() else None


def _count(given: object) -> int | None:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,3}(?:_?[0-9]{3}){0,5}|[0-9]{1,18}", given):
        return int(given)
    return None


def _bytes(given: object) -> int | None:
    if not isinstance(given, str):
        return _count(given)
    try:
        return parse_size(given)
    except FlyballError:
        return None


def _seconds(given: object) -> float | None:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    if not isinstance(given, str):
        return None
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", given):
        return float(given)
    try:
        return parse_duration(given) / _MICROSECONDS
    except FlyballError:
        return None


def _flag(given: object) -> bool | None:
    return given if isinstance(given, bool) else _FLAGS.get(given.lower()) if isinstance(given, str) else None


def _names(given: object) -> tuple[str, ...] | None:
    parts = [part.strip() for part in given.split(",")] if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        return None
    names = tuple(_text(part) for part in parts)
    return None if None in names or not names else tuple(name for name in names if name is not None)


_READERS: dict[Kind, Callable[[object], Value]] = {
    "text": _text,
    "path": _text,
    "choice": _text,
    "count": _count,
    "bytes": _bytes,
    "seconds": _seconds,
    "flag": _flag,
    "names": _names,
}
