"""The definition that a state directory goes on with, found without loading what was learned.

>>> import tempfile
>>> from flyball import Input, Model, Outcome
>>> from flyball.run.state import State
>>> directory = Path(tempfile.mkdtemp())
>>> held_definition(directory) is None
True
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> State.open(directory, System("flights", models=[late])).close()
>>> isinstance(held := held_definition(directory), Held), held.versions
(True, {'late': 1})
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  # the example uses it

import msgspec

from flyball.events.reader import open_reader
from flyball.events.record import Plan
from flyball.learn.checkpoint import CheckpointStore
from flyball.run.engine import Memory
from flyball.run.state import read_label
from flyball.system.system import System


@dataclass(slots=True)
class Held:
    """A definition, and the version of each model that was ever there."""

    system: System
    versions: dict[str, int] = field(default_factory=dict)


def held_definition(directory: Path) -> Held | None:
    """The definition that holds; `None` where the directory holds no state yet.

    Args:
        directory: the state directory; another process may have it open.

    Raises:
        StateRefused: it is of a newer format.
    """
    if read_label(directory) is None or not (directory / "log" / "log.json").exists():
        return None
    plans: list[tuple[str, dict[str, int]]] = []
    seen = 0
    if (directory / "checkpoint").is_dir():
        checkpoint = CheckpointStore(directory / "checkpoint").load_parts()
        if checkpoint is not None:
            plans = msgspec.msgpack.decode(checkpoint.parts["engine"], type=Memory).definitions
            seen = checkpoint.seq
    with open_reader(directory / "log") as reader:
        bodies = (record.body for record in reader.read(after=max(seen, reader.first_seq - 1)))
        plans += [(body.definition, body.versions) for body in bodies if isinstance(body, Plan)]
    if not plans:
        return None
    held = Held(System.from_json(plans[-1][0]))
    for _, versions in plans:
        held.versions |= versions
    return held
