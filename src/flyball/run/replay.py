"""Replay: a file's rows predicted, joined, scored and learned from in the order in which they really happened."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from msgspec.structs import replace

from flyball.events.record import Origin, Outcome, Prediction, Record
from flyball.run.form import Form
from flyball.run.in_turn import in_turn
from flyball.run.schedule import Schedule
from flyball.system.error import FlyballError
from flyball.watch.board import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from flyball.events.record import Body, Leaf
    from flyball.learn.column import Column
    from flyball.run.batch import Batch
    from flyball.run.engine import Engine
    from flyball.run.files.typed_rows import Rows
    from flyball.run.live_model import Observer

CHUNK = 8192
"""How many events are taken at once; what comes out does not depend on it."""
NOT_YET = np.iinfo(np.int64).max
"""The place of a row that has not been asked: after all others."""


Chunk: TypeAlias = "tuple[int, list[tuple[int, int, Body]], dict[str, Batch]]"
"""The place of the event after it, its records, and its predictions encoded."""


class ReplayRefused(FlyballError):
    """The file cannot be replayed here; nothing was changed."""


class Target(Protocol):
    """What a replay feeds: a `State`, or an `Ephemeral`."""

    engine: Engine

    @property
    def now(self) -> int:
        """The time of the last record, microseconds UTC."""

    def commit(
        self, entries: Sequence[tuple[int, int, Body]], batches: Mapping[str, Batch] | None = None
    ) -> list[Record]:
        """Applies the next records, (event_ts, ingest_ts, body) each."""


class Replay:
    """The rows of a file on their way through a system.

    Args:
        rows: typed rows in the order of their predictions (`Rows.in_time_order`).
        outcome: the name of the outcome that the file holds.
        name: the file's name, for the log.
        fingerprint: a hash of the file and of how it is read: an interrupted replay goes on only with the same.
        logged: whether the target logs: then inputs are written down.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.ephemeral import Ephemeral
    >>> from flyball.run.files.typed_rows import Rows
    >>> from flyball.system.kind import Kind
    >>> two, yes = np.arange(2), np.ones(2, bool)
    >>> rows = Rows(row=two, columns={"hour": Column.of(Kind.INT, [7, 8])}, event_ts=two, outcome_ts=None,
    ...             has_outcome_ts=yes, label=np.array([0.0, 1.0]), has_label=yes, ids=None, weight=None, scores=None,
    ...             rejections=(), ignored=())
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> replay = Replay(rows, outcome="late", name="flights.csv", fingerprint="", logged=False)
    >>> replay.run(Ephemeral(System("flights", models=[late]), replay))
    4
    """

    def __init__(self, rows: Rows, *, outcome: str, name: str, fingerprint: str, logged: bool) -> None:
        self.rows = rows
        self.outcome = outcome
        self._origin = Origin(name=name, fingerprint=fingerprint, rows=rows.n)
        self._logged = logged
        known = rows.has_label if rows.outcome_ts is None else rows.has_label & rows.has_outcome_ts
        self.schedule = Schedule.of(rows.event_ts, rows.outcome_ts, known)
        self._ids = self._texts()
        self._seqs = np.full(rows.n, NOT_YET, dtype=np.int64)
        self._scores: dict[str, NDArray[np.float64]] = {}
        self._said: dict[str, NDArray[np.float32]] = {}
        self._forms: list[Form] = []
        self._named = False

    def _texts(self) -> list[str]:
        if self.rows.ids is not None:
            return self.rows.ids.texts()
        # Files of one name must not share ids, and the same file must find its own again.
        file = f"{self._origin.name}:{self._origin.fingerprint[:12]}"
        return [f"{file}:{row}" for row in self.rows.row.tolist()]

    def run(self, target: Target, progress: Callable[[int, int], None] | None = None, *, threads: int = 1) -> int:
        """Feeds everything that the target has not yet seen of this file; how many events those were.

        Args:
            target: what is fed.
            progress: called with the events done and their number.
            threads: all but one of these encode ahead of what is learned; what comes out does not depend on it.

        Raises:
            ReplayRefused: as `check`.
        """
        engine = target.engine
        self._forms = [form for form in engine.forms if form.outcome.name == self.outcome]
        # A sum or a mean has parts, which have names; a row has one part.
        self._named = any(form.outcome.reducer in {"sum", "mean"} for form in self._forms)
        self._scores = {form.model: np.full(self.rows.n, np.nan) for form in self._forms}
        self._said = {form.model: np.full((self.rows.n, form.recipe.said), np.nan, "<f4") for form in self._forms}
        done = self._begin(target)
        total = len(self.schedule)
        for end, entries, batches in self._chunks(done, engine, threads - 1):
            target.commit(entries, batches)
            for name, batch in batches.items():
                # Where a target without a log finds them again.
                places = np.searchsorted(self._seqs, batch.seqs, side="right") - 1
                self._scores[name][places] = batch.scores
                if batch.said is not None:
                    self._said[name][places] = batch.said
            if progress is not None:
                progress(end, total)
        return total - done

    def _begin(self, target: Target) -> int:
        """Writes the origin, or finds out how many events of this file the target has seen already."""
        held = target.engine.origin
        if held is not None and held[1] == self._origin:
            sizes = np.where(self.schedule.outcome, 1, len(self._forms))
            ends = np.concatenate([[0], np.cumsum(sizes)])
            seen = target.engine.seq - held[0]
            done = int(np.searchsorted(ends, seen))
            # What is after the origin came from this file, unless somebody asked or told something in between.
            if done < len(ends) and ends[done] == seen and (done == 0 or self.schedule.times[done - 1] == target.now):
                self._number(0, done, held[0] + 1)
                return done
        first = self._first(target)
        target.commit([(first, first, self._origin)])
        return 0

    def check(self, target: Target) -> None:
        """Refuses a file that the target cannot take, before anything is changed.

        Raises:
            ReplayRefused: the file begins before the end of what the target has seen of another one.
        """
        held = target.engine.origin
        if held is None or held[1] != self._origin:
            self._first(target)

    def _first(self, target: Target) -> int:
        """The time of the first event."""
        first = int(self.schedule.times[0]) if len(self.schedule) > 0 else target.now
        if first < target.now:
            msg = (
                f"{self._origin.name} begins before the end of what this state has seen; replay files in the order of "
                "their times, or give a state directory of its own"
            )
            raise ReplayRefused(msg)
        return first

    def _number(self, start: int, end: int, first_seq: int) -> NDArray[np.int64]:
        """The seq of the first record of each event start..end; remembers those of predictions."""
        outcome = self.schedule.outcome[start:end]
        sizes = np.where(outcome, 1, len(self._forms))
        seqs = first_seq + np.cumsum(sizes) - sizes
        self._seqs[self.schedule.rows[start:end][~outcome]] = seqs[~outcome]
        return seqs

    def _chunks(self, done: int, engine: Engine, encoders: int) -> Iterator[Chunk]:
        """All chunks from event `done` on, made ahead by so many threads; by none where that is 0."""
        total, seq = len(self.schedule), engine.seq + 1
        sizes = np.where(self.schedule.outcome, 1, len(self._forms))
        ends = np.concatenate([[0], np.cumsum(sizes)])
        spans = [(start, min(start + CHUNK, total)) for start in range(done, total, CHUNK)]
        tasks = [(start, end, seq + int(ends[start] - ends[done])) for start, end in spans]
        if encoders < 1:
            return (self._chunk(self._forms, task) for task in tasks)
        if any(form.program.functions for form in self._forms):
            encoders = 1  # users' functions are called row by row in order, by one thread
        return in_turn([partial(self._chunk, self._anew(engine)) for _ in range(encoders)], tasks)

    def _anew(self, engine: Engine) -> list[Form]:
        """Forms of a thread's own: encoders remember dictionaries, and the engine's may be asked at the same time."""
        assert engine.system is not None  # noqa: S101  # a target has a definition
        return [Form(engine.system, form.model, form.version) for form in self._forms]

    def _chunk(self, forms: Sequence[Form], task: tuple[int, int, int]) -> Chunk:
        """The records of events start..end, the first of them at `seq`: `task` has all three."""
        start, end, seq = task
        outcome = self.schedule.outcome[start:end]
        seqs = self._number(start, end, seq)
        asked = self.schedule.rows[start:end][~outcome]
        # Rows are in the order of their predictions, so those of a chunk are neighbours.
        first, last = (int(asked[0]), int(asked[-1]) + 1) if len(asked) > 0 else (0, 0)
        batches: dict[str, Batch] = {}
        bodies: list[list[Prediction]] = []
        for number, form in enumerate(forms):
            leaves = [self.rows.columns[name].part(first, last) for name in form.names]
            derived = form.derive(leaves, last - first)
            mine = seqs[~outcome] + number
            batches[form.model] = form.many(mine, self.rows.event_ts[first:last], leaves, derived)
            bodies.append(self._predictions(form, mine, first, leaves, derived, wanted=self._logged))
        return end, self._entries(start, end, first, bodies), batches

    def _predictions(
        self,
        form: Form,
        seqs: NDArray[np.int64],
        first: int,
        leaves: Sequence[Column],
        derived: Sequence[Column],
        *,
        wanted: bool,
    ) -> list[Prediction]:
        """The bodies of rows from `first` on; their inputs only where they are wanted."""
        inputs, made = _transposed(leaves, len(seqs), wanted=wanted), _transposed(derived, len(seqs), wanted=wanted)
        return [
            Prediction(
                id=self._ids[first + i],
                model=form.model,
                version=form.version,
                definition=form.definition,
                inputs=inputs[i],
                score=0.0,
                as_of=seq - 1,
                learned_through=seq - 1,
                derived=made[i],
            )
            for i, seq in enumerate(seqs.tolist())
        ]

    def _entries(
        self, start: int, end: int, first: int, bodies: Sequence[Sequence[Prediction]]
    ) -> list[tuple[int, int, Body]]:
        labels, weights = self.rows.label, self.rows.weight
        entries: list[tuple[int, int, Body]] = []
        events = zip(
            self.schedule.rows[start:end].tolist(),
            self.schedule.outcome[start:end].tolist(),
            self.schedule.times[start:end].tolist(),
            strict=True,
        )
        for row, is_outcome, time in events:
            if is_outcome:
                weight = 1.0 if weights is None else float(weights[row])
                id, value = self._ids[row], float(labels[row])
                part = id if self._named else None
                told = Outcome(id=id, outcome=self.outcome, value=value, outcome_id=part, weight=weight)
                entries.append((time, time, told))
            else:
                entries += [(time, time, answers[row - first]) for answers in bodies]
        return entries

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """The records of predictions as they would have been logged: what a target without a log looks up."""
        records: list[Record] = []
        for seq in seqs:
            row = int(np.searchsorted(self._seqs, seq, side="right")) - 1
            form = self._forms[seq - int(self._seqs[row])]
            leaves = [self.rows.columns[name].part(row, row + 1) for name in form.names]
            derived = form.derive(leaves, 1)
            [body] = self._predictions(form, np.array([seq]), row, leaves, derived, wanted=True)
            score, time = float(self._scores[form.model][row]), int(self.rows.event_ts[row])
            body = replace(body, score=score, said=self._said[form.model][row].tobytes())
            records.append(Record(seq=seq, event_ts=time, ingest_ts=time, body=body))
        return records

    def read(self, after: int = 0) -> Iterator[Record]:
        """Refuses: only single predictions are looked up, since nobody rewinds what keeps no log.

        Raises:
            ReplayRefused: always.
        """
        raise ReplayRefused(f"a replay that keeps no log cannot be read again after record {after}; give it a state")

    @contextmanager
    def watching_column(self, target: Target) -> Iterator[dict[str, Board]]:
        """Scores the file's own score column on the very examples on which each model is scored.

        What is bound is a board for each model, filled while the replay runs; empty where the file has no score column.
        """
        models = [] if self.rows.scores is None else list(target.engine.models.items())
        boards = {name: Board([], "number" if model.form.numeric else "binary") for name, model in models}
        observers = [(model, self._observer(boards[name])) for name, model in models]
        for model, observe in observers:
            model.observers.append(observe)
        try:
            yield boards
        finally:
            for model, observe in observers:
                model.observers.remove(observe)

    def _observer(self, board: Board) -> Observer:
        """What scores the file's column on that board."""
        given = self.rows.scores
        assert given is not None  # noqa: S101  # only a file with scores is watched

        def observe(
            seqs: NDArray[np.int64],
            values: NDArray[np.float64],
            weights: NDArray[np.float64],
            signs: NDArray[np.float64],
            event_ts: NDArray[np.int64],
        ) -> None:
            places = np.maximum(np.searchsorted(self._seqs, seqs, side="right") - 1, 0)
            offsets, scores = seqs - self._seqs[places], given[places]
            # Others' examples are not of this file, and a row may lack a score.
            mine = (offsets >= 0) & (offsets < len(self._forms)) & ~np.isnan(scores)
            none = np.zeros((int(mine.sum()), 0), np.int32)
            board.add(scores[mine], values[mine], weights[mine], signs[mine], event_ts[mine], none)

        return observe


def _transposed(columns: Sequence[Column], count: int, *, wanted: bool) -> list[list[Leaf]]:
    """The values of each row as they are logged; empty where they are not wanted."""
    if not wanted or not columns:
        # One list for all: nobody changes a record's, and 10^5 lists a second would keep the garbage collector busy.
        return [[]] * count
    return [list(row) for row in zip(*(column.leaves(0, count) for column in columns), strict=True)]
