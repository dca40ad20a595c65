"""Whether a change of the system file was looked at: `flyball plan` notes it, and `flyball up` refuses without it.

>>> import tempfile
>>> from flyball import Input, Model, Outcome, System
>>> from flyball.run.state import State
>>> late = [Model("late", signals=[Input(name, int)], outcome=Outcome("late")) for name in ("hour", "day")]
>>> directory, (old, new) = Path(tempfile.mkdtemp()), (System("flights", models=[each]) for each in late)
>>> State.open(directory, old).close()
>>> check_looked(directory, new)
Traceback (most recent call last):
    ...
flyball.run.state.StateRefused: the system file differs from the definition that holds in ...
>>> note_looked(directory, before=old, after=new)
>>> check_looked(directory, new)
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # the example uses it
from typing import TYPE_CHECKING

import msgspec

from flyball.events.directory import replacing
from flyball.run.held_definition import held_definition
from flyball.run.state import StateRefused
from flyball.system.change import Effect
from flyball.system.plan import plan

if TYPE_CHECKING:
    from flyball.system.system import System

FILE = "plan.json"


class Looked(msgspec.Struct, frozen=True):
    """The digests of the definition that held, and of the one that is to hold.

    >>> Looked(before="a", after="b").after
    'b'
    """

    before: str
    after: str


def note_looked(directory: Path, *, before: System, after: System) -> None:
    """Notes that somebody has seen what a change does.

    Args:
        directory: the state directory.
        before: the definition that holds.
        after: the one that is to hold.
    """
    with replacing(directory / FILE, durable=False) as beside:
        beside.write_bytes(msgspec.json.encode(Looked(before.digest, after.digest)))


def check_looked(directory: Path, system: System) -> None:
    """Refuses a definition that may not replace the one that holds, or whose change nobody has looked at.

    Args:
        directory: the state directory; anything is accepted where it holds no state.
        system: the definition that is to hold.

    Raises:
        StateRefused: with what to do.
    """
    held = held_definition(directory)
    if held is None or held.system.to_json() == system.to_json():
        return
    if held.system.name != system.name:
        msg = f"{directory} is the state of the system {held.system.name!r}, not of {system.name!r}; give each its own"
        raise StateRefused(msg)
    found = plan(held.system.to_json(), dict(held.versions), system)
    if found.refused:
        reasons = " ".join(change.sentence for change in found.changes if change.effect is Effect.REFUSED)
        raise StateRefused(f"{directory} cannot go on with this definition: {reasons} See `flyball plan`.")
    if _noted(directory) != Looked(held.system.digest, system.digest):
        raise StateRefused(
            f"the system file differs from the definition that holds in {directory}; see what that does with "
            f"`flyball plan SYSTEM --state {directory}`, then run the same again"
        )


def _noted(directory: Path) -> Looked | None:
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Looked)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
