r"""Replays a file: read, typed, put in the order of time, fed through a system, reported.

>>> import pathlib, tempfile
>>> from flyball.system.input import Input
>>> from flyball.system.model import Model
>>> from flyball.system.outcome import Outcome
>>> from flyball.system.system import System
>>> path = pathlib.Path(tempfile.mkdtemp()) / "flights.csv"
>>> _ = path.write_text("hour,late\n7,1\n")
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> system = System("flights", models=[late])
>>> isinstance(read_recording(system, path), Recording)
True
>>> with State.open(tempfile.mkdtemp(), system) as state:
...     replay_into(state, path).rows
1
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.ephemeral import Ephemeral
from flyball.run.file_options import FileOptions
from flyball.run.files.leaf_spec import leaf_specs
from flyball.run.files.reading import read_table
from flyball.run.files.repeats import without_repeats
from flyball.run.files.typed_rows import typed_rows
from flyball.run.fingerprint import file_fingerprint
from flyball.run.replay import Replay
from flyball.run.replayed import Replayed
from flyball.run.report import Report
from flyball.run.state import State
from flyball.run.summary import scored, summarise
from flyball.system.moment import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.run.engine import Engine
    from flyball.run.files.typed_rows import Rows
    from flyball.run.replay import Target
    from flyball.system.source import Source
    from flyball.system.system import System
    from flyball.watch.board import Board

    Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file, read and ready to be replayed.

    Args:
        system: what it is read for.
        path: the file.
        rows: its rows in the order of time, each id once.
        outcome: the name of the outcome that it holds.
        score_column: where `rows.scores` came from.
        fingerprint: of the file and of how it was read.
        began: when reading began, on the timer.
        timer: what measures how long things take, in seconds.
        notes: sentences that are worth telling.
    """

    system: System
    path: Path
    rows: Rows
    outcome: str
    score_column: str | None
    fingerprint: str
    began: float
    timer: Callable[[], float]
    notes: tuple[str, ...]

    def replay(self, *, logged: bool) -> Replay:
        """Its way through a system."""
        return Replay(self.rows, outcome=self.outcome, name=self.path.name, fingerprint=self.fingerprint, logged=logged)

    def empty(self, command: str) -> Replayed:
        """The report where no row was taken: nothing was replayed, and no state was touched."""
        report = Report(
            system=self.system.name,
            digest=self.system.digest,
            source=self.path.name,
            command=command,
            seconds=self.timer() - self.began,
            rows=self.rows.rows_read,
            rejections=self.rows.rejections,
        )
        return Replayed(report=report, events=0, notes=self.notes, ignored=self.rows.ignored)

    def run(
        self, target: Target, replay: Replay, *, command: str, progress: Progress | None = None, threads: int = 1
    ) -> Replayed:
        """Feeds it to a target, and reports."""
        before = scored(target.engine)
        with replay.watching_column(target) as boards:
            events = replay.run(target, progress, threads=threads)
        resumed = len(replay.schedule) - events
        notes = list(self.notes)
        if boards and (resumed or any(before.values())):
            # The score column was compared on these rows only: beside sums of everything it would mislead.
            boards = {}
            notes.append(
                "the state had seen examples before, so the score column is not compared; leave out --state for that"
            )
        absent = 0 if self.rows.scores is None else int(np.isnan(self.rows.scores).sum())
        if boards and absent:
            notes.append(f"{absent:,} rows have no score in {self.score_column!r}; its figures are of the others")
        notes += _noticed(target.engine)
        report = summarise(
            target.engine,
            source=self.path.name,
            seconds=self.timer() - self.began,
            rows=self.rows.rows_read,
            command=command,
            rejections=self.rows.rejections,
            before=before,
            baselines=self._named(boards),
        )
        return Replayed(report=report, events=events, resumed=resumed, notes=tuple(notes), ignored=self.rows.ignored)

    def _named(self, boards: dict[str, Board]) -> dict[str, dict[str, Board]]:
        name = self.score_column
        return {} if name is None else {model: {name: board} for model, board in boards.items()}


def read_recording(
    system: System, path: str | Path, options: FileOptions | None = None, *, timer: Callable[[], float] = perf_counter
) -> Recording:
    """Reads a file for a system.

    Args:
        system: what it is read for.
        path: a table in any form that `read_table` reads.
        options: what holds instead of the system's `Source`.
        timer: what measures how long things take, in seconds.

    Raises:
        FileUnreadable: the file is no table; the message says what it is.
        OptionRefused: an option cannot be followed.
        ColumnsUnknown: the system or an option names a column that is not there.
    """
    began = timer()
    given = options if options is not None else FileOptions()
    source, outcome = given.source(system.source), given.outcome_of(system)
    quoted = None if system.source is None else source.quoted
    table = read_table(path, delimiter=source.delimiter, quoted=quoted)
    models = [model.name for model in system.models if model.outcome.name == outcome.name]
    specs = {spec.name: spec for name in models for spec in leaf_specs(system.program(name))}
    rows = typed_rows(table, list(specs.values()), source, outcome, score_column=given.score_column)
    rows = without_repeats(rows.in_time_order(), source.id)
    how = {"source": _plain(source), "score": given.score_column, "outcome": outcome.name, "system": system.digest}
    notes = [*rows.notes]
    if outcome.counts_from_name is not None:
        notes.append(
            f"outcome {outcome.name!r} counts from the event {outcome.counts_from_name!r}, and a file holds no such "
            "events: a row whose outcome never came ends unexposed, and nothing is learned from its silence"
        )
    return Recording(
        system=system,
        path=Path(path),
        rows=rows,
        outcome=outcome.name,
        score_column=given.score_column,
        fingerprint=file_fingerprint(Path(path), how),
        began=began,
        timer=timer,
        notes=tuple(notes),
    )


def _noticed(engine: Engine) -> list[str]:
    """What guards have noticed, as sentences."""
    return [
        f"{alarm.said(name)}: predictions of {format_moment(alarm.first_ts)} to {format_moment(alarm.last_ts)}"
        for name, model in sorted(engine.models.items())
        for alarm in model.guard.alarms()
    ]


def _plain(source: Source) -> dict[str, str | bool | list[str] | None]:
    fields = {name: value for name, value in asdict(source).items() if name not in {"place", "missing"}}
    return {**fields, "missing": list(source.missing)}


def replay_file(
    system: System,
    path: str | Path,
    options: FileOptions | None = None,
    *,
    state: str | Path | None = None,
    max_disk_bytes: int | None = None,
    command: str = "",
    progress: Progress | None = None,
    threads: int = 1,
    timer: Callable[[], float] = perf_counter,
) -> Replayed:
    r"""Replays a file through a system, from nothing or on from a state directory.

    Args:
        system: the definition.
        path: the file.
        options: what holds instead of the system's `Source`.
        state: a directory that keeps the log and what was learned; an interrupted replay goes on where it was.
        max_disk_bytes: the log's limit there.
        command: what was typed, for the report.
        progress: called with the events done and their number.
        threads: all but one of these encode ahead of what is learned; what comes out does not depend on it.
        timer: what measures how long things take, in seconds.

    Raises:
        FlyballError: the file, an option or the state cannot be used; the message says why and what to do.

    >>> import pathlib, tempfile
    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "flights.csv"
    >>> _ = path.write_text("hour,late\n7,1\n8,0\n")
    >>> late = Model("late_model", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> replay_file(System("flights", models=[late]), path).examples
    2
    """
    recording = read_recording(system, path, options, timer=timer)
    if recording.rows.n == 0:
        return recording.empty(command)
    if state is None:
        replay = recording.replay(logged=False)
        return recording.run(Ephemeral(system, replay), replay, command=command, progress=progress, threads=threads)
    with State.open(state, system, activate=False, max_disk_bytes=max_disk_bytes, progress=progress) as opened:
        replay = recording.replay(logged=True)
        replay.check(opened)
        opened.activate(system)
        done = recording.run(opened, replay, command=command, progress=progress, threads=threads)
        opened.checkpoint()
        notes = done.notes
        if opened.excess_bytes > 0:
            over = f"the log takes {opened.excess_bytes:,} bytes more than its limit"
            notes = (*notes, f"{over}: its records are needed until the windows of its predictions have closed")
        return replace(done, notes=notes, state_digest=opened.engine.digest())


def replay_into(state: State, path: str | Path, **options: str | None) -> Report:
    """Replays a file into a state that is open.

    Args:
        state: whose definition holds.
        path: the file.
        options: the fields of `FileOptions`, by name.

    Raises:
        FlyballError: as `replay_file`.
    """
    system = state.engine.system
    assert system is not None  # noqa: S101  # a state is opened with a definition
    recording = read_recording(system, path, FileOptions.of(options))
    if recording.rows.n == 0:
        return recording.empty("").report
    return recording.run(state, recording.replay(logged=True), command="").report
