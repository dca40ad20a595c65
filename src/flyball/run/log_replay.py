"""Replays a recorded log: the same records, folded by a new engine, from the first one.

>>> import tempfile
>>> from flyball.run.state import State
>>> from flyball.system.input import Input
>>> from flyball.system.model import Model
>>> from flyball.system.outcome import Outcome
>>> from flyball.system.system import System
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> directory = tempfile.mkdtemp()
>>> State.open(directory, System("flights", models=[late])).close()
>>> replay_log(directory).matches
True
>>> with open_reader(f"{directory}/log") as reader:
...     fold_until(Engine(reader), reader, last=1).seq
1
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from flyball.events.log import LogDropped
from flyball.events.reader import open_reader
from flyball.run.engine import Engine
from flyball.run.replayed import Replayed
from flyball.run.state import CHUNK, StateRefused, read_label
from flyball.run.state_view import newest_checkpoint
from flyball.run.summary import summarise
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.events.log import LogReader
    from flyball.system.system import System


class DefinitionDiffers(FlyballError):
    """The log was made by another definition than the one given."""


def replay_log(
    path: str | Path,
    *,
    system: System | None = None,
    command: str = "",
    progress: Callable[[int, int], None] | None = None,
    timer: Callable[[], float] = perf_counter,
) -> Replayed:
    """Folds every record of a log into a new engine, and reports as if it had been lived again.

    Nothing is written, and another process may be writing the log meanwhile: what it adds is left out.

    Args:
        path: the directory of a log, or a state directory; of that it is also told whether its state is the same.
        system: what the log's last definition must be; `None` takes what is there.
        command: what was typed, for the report.
        progress: called with the records folded and their number.
        timer: what measures how long things take, in seconds.

    Raises:
        LogForeign: the directory holds no log.
        LogDropped: its first records are gone, and what was learned from them cannot be learned again.
        StateRefused: the log holds no definition.
        DefinitionDiffers: the log's last definition is not that of `system`.
    """
    began = timer()
    directory = Path(path)
    is_state = read_label(directory) is not None
    with open_reader(directory / "log" if is_state else directory) as reader:
        # Before the log's end is read: a checkpoint that is written meanwhile would lie behind it.
        restored = _restored(directory, reader) if is_state else None
        first, last = reader.first_seq, reader.last_seq
        if first > 1:
            raise LogDropped(
                f"{directory} has dropped its records before {first} (--max-disk), and a log is replayed from its "
                "first record; what was learned is still in the state directory: see `flyball status --state`"
            )
        engine = fold_until(Engine(reader), reader, last, progress)
        if engine.system is None:
            raise StateRefused(f"{directory} holds no definition yet, so there is nothing to replay")
        if system is not None and system.to_json() != engine.system.to_json():
            raise DefinitionDiffers(
                f"the log was made with definition {engine.system.digest[:16]} of {engine.system.name!r}, the file "
                f"holds {system.digest[:16]} of {system.name!r}; leave the file out to replay the log as it was lived"
            )
        digest = engine.digest()
        matches = None if restored is None else digest == fold_until(restored, reader, last).digest()
        report = summarise(
            engine, source=f"the log in {directory.name}", seconds=timer() - began, rows=last, command=command
        )
    return Replayed(report=report, events=last, state_digest=digest, matches=matches)


def fold_until(
    engine: Engine, reader: LogReader, last: int, progress: Callable[[int, int], None] | None = None
) -> Engine:
    """Lets an engine take the records that it has not seen, up to `last`; gives it back.

    Args:
        engine: where it stands may not lie behind `last`.
        reader: of the log.
        last: the seq of the last record to take.
        progress: called with the records folded and their number.
    """
    records = islice(reader.read(after=engine.seq), last - engine.seq)
    while chunk := list(islice(records, CHUNK)):
        engine.apply(chunk)
        if progress is not None:
            progress(engine.seq, last)
    return engine


def _restored(directory: Path, reader: LogReader) -> Engine:
    """An engine as the newest checkpoint has it."""
    engine = Engine(reader)
    checkpoint = newest_checkpoint(directory)
    if checkpoint is not None:
        engine.restore(checkpoint)
    return engine
