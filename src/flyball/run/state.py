"""A state directory: the log, the checkpoints, and the engine that folds them; opened by one process at a time.

What is in it:

    state.json      format and the system's name
    log/            the one input
    checkpoint/     what was learned up to one place in the log
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec.structs import replace

from flyball.events.directory import full_disk, replacing
from flyball.events.log import LogFull
from flyball.events.record import Plan, Prediction, Record
from flyball.events.store import SqliteLog
from flyball.learn.checkpoint import CheckpointStore
from flyball.learn.checkpoint_file import CheckpointFull, CheckpointSuperseded
from flyball.run.checkpointing import Checkpointing, first_needed
from flyball.run.engine import Engine
from flyball.run.ephemeral import BEGINNING_US
from flyball.run.finishing import finish_checkpoint
from flyball.run.lease import take_lease
from flyball.run.live.chores import do_apart
from flyball.system.change import Effect
from flyball.system.error import FlyballError
from flyball.system.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flyball.events.record import Body
    from flyball.run.batch import Batch
    from flyball.system.plan import Plan as Changes
    from flyball.system.system import System

FORMAT = 1
SEGMENT_BYTES = 64 << 20
"""The size of a segment of the log."""
CHUNK = 8192
"""How many records of the log are folded at once."""


class StateRefused(FlyballError):
    """The state directory is of another system, of a newer format, or none; nothing in it was changed."""


class StateBroken(FlyballError):
    """An earlier failure left memory ahead of the log; open the state again, which goes on from what was logged."""


class Label(msgspec.Struct, frozen=True):
    """What `state.json` says.

    >>> msgspec.json.encode(Label(FORMAT, "ads"))
    b'{"format":1,"system":"ads"}'
    """

    format: int
    system: str


def read_label(path: Path) -> Label | None:
    """What a directory says it is; `None` where it says nothing.

    Raises:
        StateRefused: it is of a newer format, or says something unintelligible.

    >>> import tempfile
    >>> read_label(Path(tempfile.mkdtemp())) is None
    True
    """
    file = path / "state.json"
    if not file.exists():
        return None
    try:
        label = msgspec.json.decode(file.read_bytes(), type=Label)
    except msgspec.DecodeError as error:
        msg = f"{file} cannot be read ({error}); give a state directory that flyball made, or an empty one"
        raise StateRefused(msg) from error
    if label.format > FORMAT:
        msg = f"{path} has format {label.format}, of a newer flyball; this one opens formats up to {FORMAT}: upgrade it"
        raise StateRefused(msg)
    return label


def segment_size(max_disk_bytes: int | None) -> int:
    """The bytes of one segment: only whole ones can be dropped, so a limit is met by several.

    >>> segment_size(None), segment_size(80 << 20)
    (67108864, 10485760)
    """
    return SEGMENT_BYTES if max_disk_bytes is None else min(SEGMENT_BYTES, max(max_disk_bytes // 8, 1 << 20))


class State:
    """The state of a system on disk, opened.

    Args:
        path: the directory; made if it is not there.
        system: the definition that is to hold; `None` goes on with the one in the state.
        activate: whether it holds at once; without it, from a call of `activate` on.
        durable: whether what is committed survives a power loss.
        checkpoint_every: records between two checkpoints.
        segment_rows: records in one segment of the log.
        max_disk_bytes: the log's limit; its oldest records are dropped, never those still needed. `None`: no limit.
        shared: whether it is the state of a running system: other processes may read the tables of coefficients,
            through their descriptors, the supervisor holds the lease, and other processes seal segments.
        progress: called with the records folded so far and their number, while the state is opened.

    Raises:
        StateRefused: the directory is of another system or a newer format, or the definition may not replace the one
            that holds; the message says what differs.
        LogBusy: another process has it open.

    >>> import tempfile
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> with State.open(tempfile.mkdtemp(), System("flights", models=[late])) as state:
    ...     state.engine.seq
    1
    """

    def __init__(
        self, path: Path, log: SqliteLog, checkpoint_every: int, max_disk_bytes: int | None, *, shared: bool
    ) -> None:
        self.path = path
        self.log = log
        self.engine = Engine(log, shared=shared)
        self._store = CheckpointStore(path / "checkpoint")
        self._checkpoint_every = checkpoint_every
        self._max_disk_bytes = max_disk_bytes
        self._due = checkpoint_every
        self._broken = False
        self._shared = shared
        self.stuck: str | None = None
        """Why what is in the log could not be folded, where a running system is to go on all the same."""
        self._held = ExitStack()
        self.checkpointing = Checkpointing(path / "checkpoint")
        """Takes checkpoints in steps, for whoever must not wait; `checkpoint` takes one at once."""
        self.problem: str | None = None
        """Why the last checkpoint, or what follows it, was not done; it is tried again when the next one is due."""
        self.excess_bytes = 0
        """By how much the log exceeds its limit, since what it holds is still needed; known after a checkpoint."""

    @classmethod
    def open(
        cls,
        path: str | Path,
        system: System | None = None,
        *,
        activate: bool = True,
        durable: bool = True,
        checkpoint_every: int = 200_000,
        segment_rows: int = 1_000_000,
        max_disk_bytes: int | None = None,
        shared: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> State:
        """Opens a state: loads its newest checkpoint, folds the log after it, and activates the definition."""
        # A program may change its working directory while the state is open.
        directory = Path(path).absolute()
        label = read_label(directory)
        if label is None and system is None:
            raise StateRefused(f"{directory} holds no state; give one that `flyball replay --state` made")
        if label is not None and system is not None:
            _refuse_other(directory, label.system, system.name)
        with ExitStack() as held:
            try:
                if not shared:
                    held.callback(os.close, take_lease(directory))
                log = SqliteLog(
                    directory / "log",
                    durable=durable,
                    segment_rows=segment_rows,
                    segment_bytes=segment_size(max_disk_bytes),
                    sealer=partial(do_apart, "seal") if shared else None,
                )
            except OSError as error:
                msg = f"{directory} cannot be used: {error.strerror}; give a directory that can be written"
                raise StateRefused(msg) from error
            held.callback(log.close)
            self = cls(directory, log, checkpoint_every, max_disk_bytes, shared=shared)
            self._recover(progress)
            if system is not None and activate and self.stuck is None:
                self.activate(system)
            self._held = held.pop_all()
        return self

    def _write_label(self, label: Label) -> None:
        file = self.path / "state.json"
        with full_disk(f"writing {str(file)!r}"), replacing(file, durable=True) as beside:
            beside.write_bytes(msgspec.json.encode(label))

    def _recover(self, progress: Callable[[int, int], None] | None) -> None:
        checkpoint = self._store.recover()
        if checkpoint is not None:
            self.engine.restore(checkpoint)
            self.checkpointing.durable(checkpoint.seq, first_needed(self.engine.joiner, checkpoint.seq))
            self._due += checkpoint.seq
        if self.engine.seq > self.log.last_seq:
            msg = (
                f"{self.path} has a checkpoint at record {self.engine.seq} and a log that ends at {self.log.last_seq}; "
                "its log was cut or replaced: restore both from one backup"
            )
            raise StateRefused(msg)
        try:
            fold(self.engine, self.log, progress)
        except Exception as error:  # a running system goes on without learning, others are told
            if not self._shared or self.engine.system is None:
                raise
            self.stuck = str(error)

    def activate(self, system: System) -> None:
        """Goes on with this definition.

        Raises:
            StateRefused: it may not replace the one that holds; nothing was changed.
        """
        if self.engine.system is not None:
            _refuse_other(self.path, self.engine.system.name, system.name)
        changes = self.changes(system)
        if changes.refused:
            reasons = " ".join(change.sentence for change in changes.changes if change.effect is Effect.REFUSED)
            msg = f"{self.path} cannot go on with this definition: {reasons} See `flyball plan`."
            raise StateRefused(msg)
        if not (self.path / "state.json").exists():
            self._write_label(Label(FORMAT, system.name))
        if self.engine.system is None or system.to_json() != self.engine.system.to_json():
            now = self.now
            self.commit([(now, now, Plan(definition=system.to_json(), versions=dict(changes.versions)))])

    def changes(self, system: System) -> Changes:
        """What activating a definition would do here."""
        held = self.engine.system
        versions = {name: model.version for name, model in self.engine.models.items()}
        return plan(None if held is None else held.to_json(), versions, system)

    @property
    def now(self) -> int:
        """The log's time: `ingest_ts` of the last record, microseconds UTC; before the first, the beginning of time."""
        return BEGINNING_US if self.log.last_ingest_ts is None else self.log.last_ingest_ts

    def commit(
        self, entries: Sequence[tuple[int, int, Body]], batches: Mapping[str, Batch] | None = None
    ) -> list[Record]:
        """Applies the next records and logs them, durably, in one step; what the log cannot take never happened.

        Args:
            entries: (event_ts, ingest_ts, body) of each.
            batches: as for `Engine.apply`; the answers go into the records before they are logged.

        Raises:
            LogFull: there is no space; make some and open the state again.
            StateBroken: an earlier commit failed.
        """
        if self._broken:
            raise StateBroken(f"{self.path} failed earlier and is closed to changes; open it again")
        first = self.engine.seq + 1
        records = [
            Record(seq=first + i, event_ts=event_ts, ingest_ts=ingest_ts, body=body)
            for i, (event_ts, ingest_ts, body) in enumerate(entries)
        ]
        self._broken = True
        self.engine.apply(records, batches)
        if batches is not None:
            records = answered(records, batches)
        self.log.append(records)
        self._broken = False
        if self.engine.seq >= self._due:
            self._checkpoint_if_there_is_room()
        return records

    def _checkpoint_if_there_is_room(self) -> None:
        """The records are logged and learned, so a full disk is no failure of who brought them."""
        try:
            self.checkpoint()
        except (CheckpointFull, LogFull) as error:
            self.problem = str(error)
            self._due = self.engine.seq + self._checkpoint_every

    def checkpoint(self) -> None:
        """Writes down what was learned, then does the log's chores.

        Raises:
            CheckpointFull: there is no space; the log still holds everything.
            LogFull: there is no space to seal a segment; nothing is lost.
        """
        with suppress(CheckpointSuperseded):  # somebody else has finished it
            self.checkpointing.complete(partial(finish_checkpoint, self.path))
        self.checkpointing.settle()
        last = self.checkpointing.last
        if self.engine.seq in {last, 0}:
            return
        base, deltas = self._store.sizes()
        whole = base == 0 or deltas > base
        self._store.save(self.engine.checkpoint(only_touched=not whole), after=0 if whole else last)
        self.engine.written()
        self.checkpointing.durable(self.engine.seq, first_needed(self.engine.joiner, self.engine.seq))
        self._due = self.engine.seq + self._checkpoint_every
        self.log.seal_ready()
        if self._max_disk_bytes is not None:
            kept = self.log.retain(max_disk_bytes=self._max_disk_bytes, keep_from_seq=self.checkpointing.needed)
            self.excess_bytes = kept.excess_bytes
        self.problem = None

    def leave(self) -> None:
        """Lets go of the directory as it is: the log has everything, and is folded on from the last checkpoint."""
        self._broken = True
        self.close()

    def close(self) -> None:
        """Writes a last checkpoint and lets go of the directory."""
        try:
            if not self._broken:
                self.checkpoint()
        finally:
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _refuse_other(directory: Path, held: str, given: str) -> None:
    if held != given:
        msg = f"{directory} is the state of the system {held!r}, not of {given!r}; give each its own"
        raise StateRefused(msg)


def fold(engine: Engine, log: SqliteLog, progress: Callable[[int, int], None] | None = None) -> None:
    """Takes the log's records that the engine has not seen, chunk by chunk.

    >>> import tempfile
    >>> with SqliteLog(tempfile.mkdtemp(), durable=False) as log:
    ...     fold(engine := Engine(log), log)
    ...     engine.seq
    0
    """
    chunk: list[Record] = []
    for record in log.read(after=engine.seq):
        chunk.append(record)
        if len(chunk) == CHUNK:
            engine.apply(chunk)
            chunk = []
            if progress is not None:
                progress(engine.seq, log.last_seq)
    engine.apply(chunk)


def answered(records: Sequence[Record], batches: Mapping[str, Batch]) -> list[Record]:
    """The records with the answers of their batches put in.

    >>> answered([], {})
    []
    """
    answers: dict[int, tuple[float, bytes]] = {}
    for batch in batches.values():
        said = [b""] * len(batch.seqs) if batch.said is None else [row.tobytes() for row in batch.said.astype("<f4")]
        answers |= zip(batch.seqs.tolist(), zip(batch.scores.tolist(), said, strict=True), strict=True)
    return [
        replace(record, body=replace(record.body, score=answers[record.seq][0], said=answers[record.seq][1]))
        if isinstance(record.body, Prediction)
        else record
        for record in records
    ]
