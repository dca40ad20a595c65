"""Events: the declared types of facts."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from flyball.system.entity import Entity
from flyball.system.place import Declared, as_tuple


@dataclass(frozen=True, slots=True)
class Event(Declared):
    """A type of fact that the system is told, such as an impression.

    Args:
        name: its name.
        keys: the entities it is about, or their names.
        owner: who answers for it.
        description: what it means.

    >>> Event("impression", keys=("ad_id", "user_id")).keys
    ('ad_id', 'user_id')
    """

    name: str
    keys: tuple[str, ...] = ()
    _: KW_ONLY
    owner: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Notes the line; entities among the keys become their names."""
        Declared.__post_init__(self)
        self._settle(keys=tuple(key.name if isinstance(key, Entity) else key for key in as_tuple(self.keys)))
