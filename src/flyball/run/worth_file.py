"""The file in a state directory that holds what every signal was last found to be worth.

>>> import tempfile
>>> from pathlib import Path
>>> directory = Path(tempfile.mkdtemp())
>>> read_worths(directory) is None
True
>>> write_worths(directory, Worths(written_us=5, through=9, models={"ctr": {"examples": 3}}))
>>> read_worths(directory).models["ctr"]
{'examples': 3}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

NAME = "worth.json"


class Worths(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Args:
        written_us: when, microseconds UTC.
        through: the last record of the log that was looked at.
        models: by model, what `flyball ablate --json` prints.

    >>> Worths(written_us=5, through=9, models={}).through
    9
    """

    written_us: int
    through: int
    models: dict[str, dict[str, Any]]


def write_worths(directory: Path, worths: Worths) -> None:
    """Replaces the file as a whole; a reader finds the old one or the new one.

    Args:
        directory: of the state.
        worths: what was found.
    """
    beside = directory / f"{NAME}.new"
    beside.write_bytes(msgspec.json.encode(worths))
    beside.replace(directory / NAME)


def read_worths(directory: Path) -> Worths | None:
    """What was last found; `None` where nobody has looked yet, or the file is damaged: it is written again.

    Args:
        directory: of the state.
    """
    try:
        return msgspec.json.decode((directory / NAME).read_bytes(), type=Worths)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
