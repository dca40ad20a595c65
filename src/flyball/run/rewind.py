"""Rewinding: a model's coefficients are learned again from the log, without what a rewind leaves out."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from flyball.events.record import Rewind
from flyball.system.error import FlyballError
from flyball.system.mistake import did_you_mean, one_of
from flyball.system.moment import format_moment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from flyball.events.joiner import Joiner
    from flyball.events.record import Record
    from flyball.run.live_model import LiveModel
    from flyball.run.work import Work

RECORDS = 256
"""How many records one step folds: fewer cost more each."""
ENTRIES = 65_536
"""How many coefficients one step writes."""
MOST_STRETCHES = 1_000
"""How many stretches one rewind may exclude."""


class RewindRefused(FlyballError):
    """A model cannot be rewound so; nothing was changed."""


class Lookup(Protocol):
    """Gives records that were logged before; every log is one."""

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """The records with these seqs."""

    def read(self, after: int = 0) -> Iterator[Record]:
        """The records with `seq > after`, in order."""


class Fold(Protocol):
    """A second engine, which learns one model anew."""

    seq: int
    models: dict[str, LiveModel]
    joiner: Joiner

    def advance(self, records: Sequence[Record]) -> Work | None:
        """Takes the next records of the log, up to one that takes long."""


def check_rewind(body: Rewind, *, models: Collection[str], first_seq: int, now: int) -> None:
    """Refuses a rewind that cannot be done: to be called before it is logged, since the log takes nothing back.

    Args:
        body: the rewind.
        models: the models that there are.
        first_seq: the first record that the log still holds.
        now: the time, microseconds UTC.

    Raises:
        RewindRefused: the model is unknown, a time lies in the future or a stretch before `to_ts`, or the log was cut.

    >>> check_rewind(Rewind(model="ctr", to_ts=5, exclude=[(6, 9)]), models=["ctr"], first_seq=1, now=10)
    >>> check_rewind(Rewind(model="ctr", to_ts=5), models=["ctr"], first_seq=1001, now=10)
    Traceback (most recent call last):
        ...
    flyball.run.rewind.RewindRefused: 'ctr' cannot be rewound: what was learned before record 1001 cannot be learned
    again, since the log no longer holds it (max_disk); use `freeze`, or exclude nothing and start a new state
    """
    names = sorted(models)
    if body.model not in names:
        msg = f"no model is named {body.model!r}; accepted: {one_of(names)}; {did_you_mean(body.model, names)}"
        raise RewindRefused(msg)
    if first_seq > 1:
        raise RewindRefused(
            f"{body.model!r} cannot be rewound: what was learned before record {first_seq} cannot be learned again, "
            "since the log no longer holds it (max_disk); use `freeze`, or exclude nothing and start a new state"
        )
    if body.to_ts > now:
        raise RewindRefused(f"to {format_moment(body.to_ts)} lies in the future; give a time that has passed")
    if len(body.exclude) > MOST_STRETCHES:
        raise RewindRefused(f"exclude has {len(body.exclude)} stretches; give at most {MOST_STRETCHES} at once")
    for from_ts, to_ts in body.exclude:
        if from_ts >= to_ts:
            raise RewindRefused(
                f"exclude from {format_moment(from_ts)} to {format_moment(to_ts)} is empty; give a later end"
            )
        if from_ts < body.to_ts:
            raise RewindRefused(
                f"exclude from {format_moment(from_ts)} begins before to {format_moment(body.to_ts)}, up to which "
                "nothing is to change; give an earlier `to`"
            )


class Rebuild:
    """The rewind of one model, done step by step.

    The log is folded again into a new engine that learns this model alone; then its coefficients are written over
    those of the model. While this goes on, what is logged waits in the log, and no checkpoint may be taken: the state
    is whole again when `step` says so. Whoever reads the table meanwhile finds old coefficients at first, and old and
    new ones while they are being written over.

    Args:
        again: the engine that has seen nothing, and leaves out what rewinds have left out.
        model: the model.
        joiner: the joiner of the engine that is rewound; it has taken the rewind.
        lookup: the log.
        last: the records up to the rewind, which comes last, as far as the log may not hold them yet.

    >>> from flyball.events.record import Plan, Record, Tick
    >>> from flyball.run.engine import Engine
    >>> from flyball.testing.memory_log import MemoryLog
    >>> from flyball import Input, Model, Outcome, System
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> log = MemoryLog()
    >>> bodies = [Plan(definition=system.to_json(), versions={"late": 1}), Tick(), Rewind(model="late", to_ts=0)]
    >>> log.append([Record(seq=i + 1, event_ts=0, ingest_ts=0, body=body) for i, body in enumerate(bodies)])
    >>> rebuild = Engine(log).advance(list(log.read()))
    >>> rebuild.step(records=2), rebuild.progress, rebuild.step()
    (False, (2, 3), True)
    """

    def __init__(self, again: Fold, model: LiveModel, joiner: Joiner, lookup: Lookup, last: Sequence[Record]) -> None:
        body = last[-1].body
        assert isinstance(body, Rewind)  # noqa: S101  # what a rebuild is made for
        self.name = body.model
        self.seq = last[-1].seq
        self._again: Fold | None = again
        self._model = model
        self._joiner = joiner
        self._lookup = lookup
        self._last = last
        self._done = 0
        self._work: Work | None = None
        self._log: Iterator[Record] | None = None
        self._rest: Sequence[Record] = ()
        self._entries: tuple[NDArray[np.uint64], NDArray[np.uint64]] | None = None

    @property
    def progress(self) -> tuple[int, int]:
        """How many records have been folded, of how many."""
        return (self.seq if self._again is None else self._again.seq), self.seq

    def run(self) -> None:
        """Does all that is left."""
        while not self.step(records=32 * RECORDS):
            pass

    def step(self, *, records: int = RECORDS, entries: int = ENTRIES) -> bool:
        """Does the next bit; whether that was the last.

        Args:
            records: how many records are folded at once.
            entries: how many coefficients are written at once.
        """
        again = self._again
        if self._work is not None:
            if self._work.step():
                self._work = None
        elif again is not None and again.seq < self.seq:
            chunk = self._rest or self._next(again.seq, records)
            self._work = again.advance(chunk)
            # It stops after a record that takes long: what follows is not given by the log again.
            self._rest = [record for record in chunk if record.seq > again.seq]
        if self._work is not None or (again is not None and again.seq < self.seq):
            return False
        if again is not None:
            self._joiner.correct(self.name, again.joiner)
            self._entries = self._learned(again.models)
            self._model.table.forget()
            if self.name in again.models:
                self._model.table.common = again.models[self.name].table.common
                self._model.admit_by(again.models[self.name].table.gate)
            # Models and the engine that looks records up for them hold each other: a whole table would stay.
            again.models.clear()
            self._again = None
        return self._write(entries)

    def _next(self, after: int, size: int) -> Sequence[Record]:
        """The next records, from the log or, where it may not have them yet, from memory."""
        first = self._last[0].seq
        if after + 1 < first:
            if self._log is None:
                self._log = self._lookup.read(after)
            return list(islice(self._log, min(size, first - 1 - after)))
        return self._last[after + 1 - first : after + 1 - first + size]

    def _learned(self, models: Mapping[str, LiveModel]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        model = models.get(self.name)
        return (np.empty(0, np.uint64), np.empty(0, np.uint64)) if model is None else model.table.entries()

    def _write(self, size: int) -> bool:
        assert self._entries is not None  # noqa: S101  # written when the fold is done
        keys, rows = self._entries
        each, end = self._model.table.layout.row_words, self._done + size
        self._model.table.load(keys[self._done : end], rows[self._done * each : end * each])
        self._done = end
        return self._done >= len(keys)
