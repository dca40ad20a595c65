"""Sources: how recorded data is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.system.place import Declared, as_tuple

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Declared):
    """Which columns of a file mean what, and how its texts are read.

    Args:
        time: the column that says when the prediction was asked for.
        id: the column that holds the prediction's id.
        outcome_time: the column that says when the outcome was known.
        tz: the zone of times without an offset.
        unit: what times given as numbers count since 1970: "s", "ms" or "us".
        label: the column that holds the outcome; without it, the column named after the outcome.
        weight: the column that holds the weight of each example.
        delimiter: the character between the fields of a text file; without it, it is found out.
        quoted: whether fields of a text file may be quoted.
        missing: the texts that stand for a missing value.

    >>> Source(time="ts", label="clicked", missing=["", "NA"]).missing
    ('', 'NA')
    """

    time: str | None = None
    id: str | None = None
    outcome_time: str | None = None
    tz: str | None = None
    unit: str | None = None
    label: str | None = None
    weight: str | None = None
    delimiter: str | None = None
    quoted: bool = True
    missing: Sequence[str] = ("",)

    def __post_init__(self) -> None:
        """Notes the line."""
        Declared.__post_init__(self)
        self._settle(missing=as_tuple(self.missing))
