"""The whole loop, and what each part of it costs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from benchmarks.data import DATA, set_named
from benchmarks.table import Table
from flyball.events.store import SqliteLog
from flyball.run.engine import Engine
from flyball.run.ephemeral import Ephemeral
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.live_model import LiveModel
from flyball.run.state import State
from flyball.system.load import load_system
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flyball.system.system import System

PARTS: tuple[tuple[str, type, str], ...] = (
    ("encode", Form, "many"),
    ("learn", LiveModel, "_learn"),
    ("cells", LiveModel, "_score"),
    ("log", SqliteLog, "append"),
    ("whole", Engine, "apply"),
)
"""What is timed: the name, and the method that does it; joining is what remains of the engine."""


P = ParamSpec("P")
R = TypeVar("R")


class Watch:
    """Seconds spent in methods, while it is on."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys((name for name, _, _ in PARTS), 0.0)
        self._before: list[tuple[type, str, object]] = []

    def __enter__(self) -> Self:
        for name, owner, method in PARTS:
            original = getattr(owner, method)
            self._before.append((owner, method, original))
            setattr(owner, method, self._timed(name, original))
        return self

    def __exit__(self, *exception: object) -> None:
        for owner, method, original in self._before:
            setattr(owner, method, original)

    def _timed(self, name: str, original: Callable[P, R]) -> Callable[P, R]:
        def timed(*arguments: P.args, **named: P.kwargs) -> R:
            start = perf_counter()
            try:
                return original(*arguments, **named)
            finally:
                self.spent[name] += perf_counter() - start

        return timed


def measured(name: str, system: System, path: Path, *, logged: bool) -> list[str]:
    """One row: records a second, and the microseconds that a record spends in each part."""
    start = perf_counter()
    recording = read_recording(system, path)
    read = perf_counter() - start
    replay = recording.replay(logged=logged)
    with tempfile.TemporaryDirectory() as folder:
        opened = State.open(Path(folder) / "state", system) if logged else None
        target: State | Ephemeral = Ephemeral(system, replay) if opened is None else opened
        with Watch() as watch:
            start = perf_counter()
            replay.run(target)
            if opened is not None:
                opened.close()
            seconds = perf_counter() - start
    count = len(replay.schedule)
    spent = watch.spent
    join = spent["whole"] - spent["learn"] - spent["cells"]
    rest = seconds - spent["whole"] - spent["encode"] - spent["log"]
    parts = [read, spent["encode"], rest, join, spent["learn"], spent["cells"], spent["log"]]
    return [name, f"{count:,}", f"{count / seconds:,.0f}", *(f"{part / count * 1e6:.2f}" for part in parts)]


def sources(folder: Path, *, quick: bool) -> Iterator[tuple[str, System, Path]]:
    """The files: the world's traffic, and real flights where they are there."""
    path = folder / "clicks.parquet"
    World(0).month(2 if quick else 30, 1_000 if quick else 10_000).write(path)
    yield "simulated ads", load_system(ADS), path
    if DATA.exists() and not quick:
        flights = set_named("seaflights15")
        yield "flights, outcomes as they came", flights.system(folder, delayed=True), flights.path


def table(*, quick: bool) -> Table:
    """Every set without a log, and with a durable one."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as name:
        for title, system, path in sources(Path(name), quick=quick):
            measured(title, system, path, logged=False)
            rows.append(measured(title, system, path, logged=False))
            rows.append(measured(f"{title}, logged durably", system, path, logged=True))
    return Table(
        name="loop",
        title="The whole loop: log, join, learn, cells",
        columns=["", "records", "records/s", "read", "encode", "the rest", "join", "learn", "cells", "log"],
        rows=rows,
        notes=[
            "A record is a prediction or an outcome. From `read` on: microseconds a record; reading comes on top.",
            "`the rest` is what is not told apart: making records, checkpoints and sealing, those at closing too.",
        ],
    )
