"""A look at a state directory that changes nothing in it, also while another process has it open.

>>> import tempfile
>>> from flyball.run.state import State
>>> from flyball.system.input import Input
>>> from flyball.system.model import Model
>>> from flyball.system.outcome import Outcome
>>> directory = tempfile.mkdtemp()
>>> view_state(directory) is None
True
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> with State.open(directory, System("flights", models=[late])):
...     view = view_state(directory)
>>> isinstance(view, StateView), view.versions, newest_checkpoint(Path(directory)).seq
(True, {'late': 1}, 1)
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from flyball.events.joiner import Joiner
from flyball.events.reader import open_reader
from flyball.events.record import Plan
from flyball.learn.checkpoint import CheckpointStore
from flyball.run.engine import Memory, rules_of
from flyball.run.joining import Joining
from flyball.run.state import StateRefused, read_label
from flyball.system.system import System
from flyball.watch.guard import Guard

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from flyball.events.log import LogReader
    from flyball.events.record import Record
    from flyball.events.tally import Tally
    from flyball.learn.checkpoint import Checkpoint
    from flyball.watch.alarm import Alarm

GUARD = "guard "
"""How the parts of a checkpoint are named that hold guards, before the model's name."""
_TRIES = 5
"""How often a directory is looked at again that changes while it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """What a state directory says of itself.

    Args:
        path: the directory.
        system: the definition that holds.
        versions: the version of each model that was ever there.
        joiner: every prediction's fate, up to `last_seq`.
        first_seq: the first record that the log still holds.
        last_seq: the last one.
        last_ingest_ts: the log's time: that of the last record, microseconds UTC.
        checkpoint_seq: the last record that the newest checkpoint has seen; 0 without one.
        checkpoint_ts: when that was written, microseconds UTC; `None` unknown.
        alarms: what each model's guard had noticed by that checkpoint.
        features: how many coefficients each model has in that checkpoint; of models that came later it is not known.
        log_bytes: what the log takes on the disk.
        checkpoint_bytes: what the checkpoints take.
    """

    path: Path
    system: System
    versions: Mapping[str, int]
    joiner: Joiner
    first_seq: int
    last_seq: int
    last_ingest_ts: int | None
    checkpoint_seq: int
    checkpoint_ts: int | None = None
    features: Mapping[str, int] = field(default_factory=dict)
    alarms: Mapping[str, tuple[Alarm, ...]] = field(default_factory=dict)
    log_bytes: int = 0
    checkpoint_bytes: int = 0

    @property
    def learned_through(self) -> int:
        """The last record that has been learned from: everything in the log has."""
        return self.last_seq

    def tallies(self, model: str) -> dict[int, Tally]:
        """What became of the predictions of each version of a model; under 0, what no version can be told for."""
        return {version: tally for (name, version), tally in self.joiner.tallies.items() if name == model}


def view_state(path: str | Path) -> StateView | None:
    """Reads a state directory: its newest checkpoint, and the log after it; `None` where it holds no state yet.

    Coefficients are not learned: what is told takes the time of reading, not of replaying.

    Args:
        path: the directory.

    Raises:
        StateRefused: it is of a newer format, or its log was cut.
    """
    directory = Path(path)
    if read_label(directory) is None or not (directory / "log" / "log.json").exists():
        return None
    with open_reader(directory / "log") as reader:
        checkpoint = newest_checkpoint(directory)
        first, last, time = reader.first_seq, reader.last_seq, reader.last_ingest_ts
        fold = _Fold(checkpoint, reader)
        seen = 0 if checkpoint is None else checkpoint.seq
        if seen > last:
            raise StateRefused(
                f"{directory} has a checkpoint at record {seen} and a log that ends at {last}; its log was cut or "
                "replaced: restore both from one backup"
            )
        fold.take(islice(reader.read(after=seen), last - seen))
    if fold.system is None:
        return None
    tables = {} if checkpoint is None else checkpoint.tables
    return StateView(
        path=directory,
        system=fold.system,
        versions=fold.versions,
        joiner=fold.joiner,
        first_seq=first,
        last_seq=last,
        last_ingest_ts=time,
        checkpoint_seq=seen,
        checkpoint_ts=_written(directory / "checkpoint", seen),
        features={name: len(np.unique(keys)) for name, (keys, _) in tables.items()},
        alarms={} if checkpoint is None else _alarms(checkpoint),
        log_bytes=sum(found.st_size for found in _stats(directory / "log", "*")),
        checkpoint_bytes=sum(found.st_size for found in _stats(directory / "checkpoint", "*")),
    )


def _alarms(checkpoint: Checkpoint) -> dict[str, tuple[Alarm, ...]]:
    guards = {part: data for part, data in checkpoint.parts.items() if part.startswith(GUARD)}
    return {part.removeprefix(GUARD): Guard.restore(data).alarms() for part, data in guards.items()}


def newest_checkpoint(directory: Path) -> Checkpoint | None:
    """The newest checkpoint of a state directory; `None` where there is none.

    The process that has the state open may replace it meanwhile: then the newer one is read.
    """
    if not (directory / "checkpoint").is_dir():
        return None
    store = CheckpointStore(directory / "checkpoint")
    for _ in range(_TRIES):
        try:
            return store.load()
        except FileNotFoundError:
            continue
    raise StateRefused(f"{directory} writes checkpoints faster than they can be read; try again")


class _Fold:
    """The part of an engine that learns nothing: definitions and the joiner."""

    def __init__(self, checkpoint: Checkpoint | None, reader: LogReader) -> None:
        self.versions: dict[str, int] = {}
        self._joining = Joining(reader)
        if checkpoint is None:
            return
        memory = msgspec.msgpack.decode(checkpoint.parts["engine"], type=Memory)
        for _, versions in memory.definitions:
            self.versions.update(versions)
        system = System.from_json(memory.definitions[-1][0])
        joiner = Joiner.restore(*rules_of(system), checkpoint.parts["joiner"])
        self._joining = Joining(reader, joiner, system)

    @property
    def system(self) -> System | None:
        """The definition that holds."""
        return self._joining.system

    @property
    def joiner(self) -> Joiner:
        """Every prediction's fate."""
        return self._joining.joiner

    def take(self, records: Iterable[Record]) -> None:
        """Takes the next records."""
        for record in records:
            self._joining.take(record)
            if isinstance(record.body, Plan):
                self.versions.update(record.body.versions)


def _written(directory: Path, seq: int) -> int | None:
    """When the checkpoint at this record was written, or merged to a base since then."""
    found = [*_stats(directory, f"base-{seq:020d}"), *_stats(directory, f"delta-{seq:020d}-{'[0-9]' * 20}")]
    return min((each.st_mtime_ns // 1000 for each in found), default=None)


def _stats(directory: Path, pattern: str) -> list[os.stat_result]:
    """Size and time of every such file; those that vanish meanwhile are left out."""
    found: list[os.stat_result] = []
    for path in directory.glob(pattern):
        with suppress(FileNotFoundError):
            found.append(path.stat())
    return found
