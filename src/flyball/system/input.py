"""Inputs: the signals that come with a request."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from flyball.system.place import Declared
from flyball.system.signal import Signal, kind_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.system.canonical import JSON


@dataclass(frozen=True, slots=True)
class Input(Signal):
    """A signal that comes with the request. An int is a number; names written in digits are an `Entity`.

    Args:
        name: its name in requests and files.
        type: `bool`, `int`, `float`, `str`, `list[str]`, `datetime` or `dict[str, float]`.
        owner: who answers for it.
        description: what it means.
        unit: for a `datetime` sent as a number: what it counts since 1970, "s", "ms" or "us".
        tz: for a `datetime` sent as text without an offset: its zone, such as "Europe/Berlin".
        was: the name that it had, whose features it keeps.

    >>> Input("hour", int)
    Input(name='hour', type=<Kind.INT: 'int'>, owner='', description='', unit=None, tz=None, was=None)
    """

    name: str
    type: object
    _: KW_ONLY
    owner: str = ""
    description: str = ""
    unit: str | None = None
    tz: str | None = None
    was: str | None = None

    def __post_init__(self) -> None:
        """Notes the line."""
        Declared.__post_init__(self)
        self._settle(type=kind_or_none(self.type) or self.type)

    @property
    def op(self) -> str:
        """What it is."""
        return "input"

    @property
    def params(self) -> Mapping[str, JSON]:
        """What a raw value is read by, where that is declared."""
        return {key: value for key, value in (("unit", self.unit), ("tz", self.tz)) if value is not None}
