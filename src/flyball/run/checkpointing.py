"""Checkpoints of a running engine, taken between batches a few milliseconds at a time.

The process that learns writes a part (`flyball.learn.part`): the coefficients as they were at one record, copied step
by step while learning goes on, and what is small. It leaves out the joiner's state, which is large and follows from the
log: another process adds it and makes the checkpoint durable (`flyball.run.finishing`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.checkpoint import CheckpointStore
from flyball.learn.part import PartWriter, part_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from flyball.events.joiner import Joiner
    from flyball.learn.gate import Gate
    from flyball.learn.snapshot import Snapshot
    from flyball.learn.table import Table
    from flyball.run.engine import Engine

ENTRIES = 16_384
"""How many coefficients a step copies: 256 KiB."""
LINE = 4
"""A line of a gate takes as much as so many coefficients."""
LIMIT = "joiner limit"
"""The name under which a part holds the joiner's limit, which the log does not tell."""
NEEDED = "first needed record"
"""The name under which a checkpoint holds the first record that is needed to go on from it."""
_NONE = (np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint64))


def first_needed(joiner: Joiner, seq: int) -> int:
    """The first record that is needed to go on from a checkpoint at record `seq`, where the joiner was like this.

    >>> from flyball.events.joiner import Joiner
    >>> first_needed(Joiner({}, {}), 7)
    8
    """
    oldest = joiner.oldest_needed_seq
    return seq + 1 if oldest is None else oldest


class Checkpointing:
    """Takes checkpoints of an engine, one at a time: begun, copied, and durable once another process has finished it.

    Args:
        directory: of the checkpoints.

    Attributes:
        last: the record up to which the newest durable checkpoint goes; 0 where there is none.
        needed: the first record that is needed to go on from that one: its joiner may ask for predictions again.
        seq: the record up to which the one in the making goes; 0 while there is none.
        problem: what the disk said where the last part could not be written; `None` once one could.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.run.finishing import finish_checkpoint
    >>> from flyball.run.state import State
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> directory = Path(tempfile.mkdtemp())
    >>> with State.open(directory, system) as state:
    ...     begun = state.checkpointing.begin(state.engine)
    ...     while not state.checkpointing.step(): pass
    ...     finish_checkpoint(directory), state.checkpointing.settle(), state.checkpointing.last
    (1, True, 1)
    """

    def __init__(self, directory: Path) -> None:
        self._store = CheckpointStore(directory)
        self._writer: PartWriter | None = None
        self._tables: list[Table] = []
        self._snapshots: list[Snapshot] = []
        self._gates: dict[str, Gate] = {}
        self._lines: list[tuple[str, NDArray[np.uint64], NDArray[np.uint64]]] = []
        self.last = 0
        self.needed = 1
        self.seq = 0
        self.problem: str | None = None

    @property
    def busy(self) -> bool:
        """Whether one has been begun that is not durable yet: then no other may be."""
        return self.seq != 0

    def begin(self, engine: Engine) -> bool:
        """Begins the checkpoint of what the engine has learned so far; to be called between two batches.

        What is taken at once are the boards and definitions. Not while a rewind is being done.

        Args:
            engine: the engine, whose tables see every batch before it is learned (`Table.preserve`).

        Returns:
            Whether one is in the making now: not where nothing is new, nor where the disk refuses it (`problem`).
        """
        if self.busy or engine.seq in {self.last, 0}:
            return self.busy
        try:
            self._writer = PartWriter(part_path(self._store.directory, engine.seq, self.last))
        except OSError as error:
            self.problem = error.strerror
            return False
        self.seq = engine.seq
        self._tables = [model.table for model in engine.models.values()]
        self._snapshots = [
            model.table.begin_snapshot(partial(self._entries, name)) for name, model in engine.models.items()
        ]
        for name in engine.models:
            self._entries(name, *_NONE)
        # Of a gate, what has changed is copied at once: a part of what learning has written since.
        self._gates = engine.gates
        self._lines = [(name, *gate.entries(only_touched=True)) for name, gate in self._gates.items()]
        for gate in self._gates.values():
            gate.untouch()
        for name, data in {**engine.parts(), LIMIT: str(engine.joiner.max_pending).encode()}.items():
            self._write(partial(PartWriter.part, name=name, data=data))
        return self.busy

    def step(self, entries: int = ENTRIES) -> bool:
        """Copies a little more; whether there is a whole part, which waits to be finished. Only while `busy`.

        Args:
            entries: how many coefficients at most.
        """
        for snapshot in self._snapshots:
            if not snapshot.done:
                snapshot.step(entries)
                return False
        if self._lines:
            name, numbers, rows = self._lines.pop()
            most, each = max(entries // LINE, 1), len(rows) // max(len(numbers), 1)
            if len(numbers) > most:
                self._lines.append((name, numbers[most:], rows[most * each :]))
            self._entries(name, numbers[:most], rows[: most * each])
            return False
        if self._writer is not None and self._write(PartWriter.close):
            self._writer, self._snapshots, self._tables, self._gates, self.problem = None, [], [], {}, None
        return self.busy and self._writer is None

    def settle(self) -> bool:
        """Whether none is in the making: the one that was is durable now."""
        if self.busy and self._writer is None and self._store.seq >= self.seq:
            self.durable(self.seq, int(self._store.part(NEEDED)))
            self.seq = 0
        return not self.busy

    def durable(self, last: int, needed: int) -> None:
        """The newest durable checkpoint is this one.

        Args:
            last: the record up to which it goes.
            needed: the first record that is needed to go on from it.
        """
        self.last, self.needed = last, needed

    def complete(self, finish: Callable[[], object]) -> None:
        """Does all that is left of the one in the making, if there is one.

        Args:
            finish: makes a whole part durable.
        """
        while self.busy and not self.step():
            pass
        if self.busy:
            finish()
            self.settle()

    def abandon(self) -> None:
        """Gives up the one in the making unless its part is whole; the next one holds everything."""
        if self._writer is None:
            return
        self._writer.abandon()
        for snapshot in self._snapshots:
            snapshot.abandon()
        for table in self._tables:
            table.touch_all()
        for gate in self._gates.values():
            gate.touch_all()
        self._writer, self._snapshots, self._tables, self._gates, self._lines, self.seq = None, [], [], {}, [], 0

    def _entries(self, name: str, keys: NDArray[np.uint64], rows: NDArray[np.uint64]) -> None:
        self._write(lambda writer: writer.entries(name, keys, rows))

    def _write(self, what: Callable[[PartWriter], None]) -> bool:
        """Whether the disk took it; if not, the one in the making is given up."""
        if self._writer is None:
            return False
        try:
            what(self._writer)
        except OSError as error:
            self.problem = error.strerror
            self.abandon()
        return self._writer is not None
