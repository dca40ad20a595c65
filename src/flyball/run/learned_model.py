"""A model as a state directory has learned it, to be looked at; nothing in the directory changes.

>>> import tempfile
>>> from flyball.run.state import State
>>> from flyball.system.input import Input
>>> from flyball.system.model import Model
>>> from flyball.system.outcome import Outcome
>>> from flyball.system.system import System
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> directory = Path(tempfile.mkdtemp())
>>> State.open(directory, System("flights", models=[late])).close()
>>> with learned(directory, "late") as found:
...     found.seq, len(found.model.table)
(1, 0)
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  # the example uses it
from typing import TYPE_CHECKING

from flyball.events.reader import open_reader
from flyball.run.engine import Engine
from flyball.run.log_replay import fold_until
from flyball.run.state import StateRefused, read_label
from flyball.run.state_view import newest_checkpoint
from flyball.system.error import FlyballError
from flyball.system.mistake import did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flyball.events.reader import SqliteReader
    from flyball.run.live_model import LiveModel
    from flyball.system.system import System


class ModelUnknown(FlyballError):
    """A state has no model of this name."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedModel:
    """A model, and the log that it was learned from.

    Attributes:
        system: the definition that holds.
        model: what was learned.
        engine: that has folded the log.
        reader: of the log.
        seq: the last record that was learned from.

    >>> LearnedModel.__slots__
    ('system', 'model', 'engine', 'reader', 'seq')
    """

    system: System
    model: LiveModel
    engine: Engine
    reader: SqliteReader
    seq: int


@contextmanager
def learned(state: Path, model: str, *, progress: Callable[[int, int], None] | None = None) -> Iterator[LearnedModel]:
    """Learns a state's log in memory, from its newest checkpoint on; another process may have the state open.

    It takes the memory of all models of the state and, where the last checkpoint is old, the time of learning what came
    since.

    Args:
        state: the state directory.
        model: the model's name.
        progress: called with the records folded and their number.

    Raises:
        StateRefused: the directory holds no state.
        ModelUnknown: it has no such model.
    """
    if read_label(state) is None:
        raise StateRefused(f"{state} holds no state; give one that `flyball up` or `flyball replay --state` made")
    with open_reader(state / "log") as reader:
        engine = Engine(reader)
        # Before the log's end is read: a checkpoint that is written meanwhile would lie behind it.
        checkpoint = newest_checkpoint(state)
        if checkpoint is not None:
            engine.restore(checkpoint)
        fold_until(engine, reader, reader.last_seq, progress)
        system = engine.system
        if system is None:
            raise StateRefused(f"{state} holds no definition yet, so no model has learned anything")
        names = sorted(each.name for each in system.models)
        if model not in names:
            hint = did_you_mean(model, names)
            raise ModelUnknown(f"no model is named {model!r}; accepted: {one_of(names)}{'; ' + hint if hint else ''}")
        yield LearnedModel(system, engine.models[model], engine, reader, engine.seq)
