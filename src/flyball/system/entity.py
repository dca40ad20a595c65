"""Entities: what history is kept for."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from flyball.system.place import Declared
from flyball.system.signal import Signal, kind_or_none


@dataclass(frozen=True, slots=True)
class Entity(Signal):
    """What history is kept for, such as a user, an ad or a route: a name, even where it is written in digits.

    Args:
        name: its name in requests and files.
        type: `str` or `int`.
        owner: who answers for it.
        description: what it means.
        was: the name that it had, whose features it keeps.

    >>> Entity("ad_id", str).categorical, Entity("user_id", int).categorical
    (True, True)
    """

    name: str
    type: object
    _: KW_ONLY
    owner: str = ""
    description: str = ""
    was: str | None = None

    def __post_init__(self) -> None:
        """Notes the line."""
        Declared.__post_init__(self)
        self._settle(type=kind_or_none(self.type) or self.type)

    @property
    def op(self) -> str:
        """What it is."""
        return "entity"
