"""Predictions of one row over HTTP, twenty signals each: how many a second, how late, and at what cost."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from benchmarks.contender import ContenderFailed, cores, memory, post
from benchmarks.contenders import UVICORN, flyball, missing, peers
from benchmarks.load import Heard, Plan, evenly_random
from benchmarks.phone_calls import read_calls
from benchmarks.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.contenders import Entry
    from benchmarks.phone_calls import PhoneCalls

LEARNED = 8_000
"""How many calls all have learned from."""
ASKED = 4_096
"""How many other calls are asked about, over and over."""
CONNECTIONS = (1, 16, 64)
SHARES = (0.25, 0.5, 0.75, 0.9)
"""The offered loads, as parts of what each can do."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long is measured, in seconds.

    Args:
        warm: before anything counts.
        closed: each closed loop.
        rounds: how many of each there are, of which the quickest counts.
        open: each open loop.
        checked: how many answers are looked at.
    """

    warm: float
    closed: float
    rounds: int
    open: float
    checked: int


FULL = Times(5.0, 1.5, 3, 5.0, 400)
QUICK = Times(0.2, 0.3, 1, 0.5, 300)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of one.

    Args:
        name: of the server.
        ready: seconds from its start to its first answer.
        processes: (name, proportional share, resident) of each process, MiB.
        loss: the log loss of its answers.
        closed: the closed loops, by connections.
        cpu: microseconds of all its processes for each answer of the last closed loop.
        opened: the open loops, by their share of the maximum.
    """

    name: str
    ready: float
    processes: list[tuple[str, float, float]]
    loss: float
    closed: dict[int, Heard]
    cpu: float
    opened: dict[float, Heard]

    @property
    def most(self) -> float:
        """Answers a second, the most that was seen."""
        return max(heard.rate for heard in self.closed.values())


def measure(entry: Entry, calls: PhoneCalls, times: Times) -> Measured:
    """Measures one server, from its start to its end.

    Raises:
        ContenderFailed: it did not answer all, or its answers are not sane.
    """
    _, core = cores()
    requests = [post(entry.path, entry.body(row)) for row in calls.rows]
    with entry.server as server:
        entry.prepare()
        checked = calls.part(0, times.checked)
        loss = checked.log_loss([entry.answer(row) for row in checked.rows])
        if loss > checked.log_loss_of_their_mean:
            raise ContenderFailed(f"{server.name} has a log loss of {loss:.3f}: it has learned nothing")
        closed: dict[int, Heard] = {}
        for connections in CONNECTIONS:
            plan = Plan(port=server.port, requests=requests, connections=connections, core=core, seconds=times.closed)
            if connections == CONNECTIONS[0]:
                server.load(replace(plan, seconds=times.warm))
            cpu = np.inf
            for _ in range(times.rounds):
                before = server.cpu_seconds()
                heard = server.load(plan)
                cpu = min(cpu, (server.cpu_seconds() - before) / heard.answered * 1e6)
                best = closed.setdefault(connections, heard)
                closed[connections] = max(best, heard, key=lambda each: each.rate)
        most = max(heard.rate for heard in closed.values())
        opened = {
            share: server.load(replace(plan, arrivals=evenly_random(most * share, times.open))) for share in SHARES
        }
        for heard in (*closed.values(), *opened.values()):
            if not heard.good:
                raise ContenderFailed(f"{server.name}: {heard.statuses}, {heard.unanswered} not answered")
        held = [(name, *memory(pid)) for pid, name in entry.named().items()]
    return Measured(server.name, server.ready_seconds, held, loss, closed, cpu, opened)


def entries(folder: Path, learned: PhoneCalls, *, quick: bool) -> Iterator[Entry]:
    """Who is measured."""
    yield flyball(folder / "flyball", learned)
    if not missing():
        all_peers = list(peers(folder, learned))
        yield from all_peers[1:2] if quick else all_peers


def tables(*, quick: bool) -> list[Table]:
    """How many, and how late."""
    calls = read_calls(LEARNED + ASKED)
    learned, asked = calls.part(0, LEARNED), calls.part(LEARNED, LEARNED + ASKED)
    with tempfile.TemporaryDirectory() as name:
        found = [measure(entry, asked, QUICK if quick else FULL) for entry in entries(Path(name), learned, quick=quick)]
    notes = [f"{calls.source}; {conditions()}"]
    if missing():
        notes.append(f"Nobody is compared: {', '.join(missing())} not installed; `make bench` installs them.")
    return [how_many(found, notes), how_late(found)]


def conditions() -> str:
    """How it was measured."""
    if cores()[1] is None:
        return "the load shares the only core, so that all figures are too low."
    return "all processes of a server share one core, the load has another; connections stay open."


def how_many(found: list[Measured], notes: list[str]) -> Table:
    """The table of rates and costs."""
    ours = found[0].most
    rows = [
        [
            each.name,
            *(f"{each.closed[c].rate:,.0f}" for c in CONNECTIONS),
            f"{ours / each.most:.1f}",
            f"{each.cpu:.0f}",
            f"{each.ready:.1f}",
            f"{sum(pss for _, pss, _ in each.processes):.0f}",
            f"{each.loss:.3f}",
        ]
        for each in found
    ]
    held = "; ".join(f"{name} {pss:.0f} ({rss:.0f})" for name, pss, rss in found[0].processes)
    return Table(
        name="serving",
        title="Predictions a second over HTTP, one row of 20 signals each",
        columns=[
            "one HTTP worker each",
            *(f"C = {c}" for c in CONNECTIONS),
            "flyball ÷ it",
            "CPU µs",
            "ready, s",
            "memory, MB",
            "log loss",
        ],
        rows=rows,
        notes=[
            *notes,
            f"Closed loops of C connections, the best of {FULL.rounds}. flyball types each request, logs each",
            "prediction durably and has its loop and dashboard running on the same core; the others log nothing, but",
            f"for the two that append to SQLite in batches. FastAPI runs under `uvicorn {UVICORN}`;",
            f"`CPU µs`: of all processes, for a request at C = {CONNECTIONS[-1]}.",
            f"Memory is proportional (PSS); flyball's processes, with what is resident: {held} MB.",
        ],
    )


def how_late(found: list[Measured]) -> Table:
    """The table of latencies."""
    rows = []
    for each in found:
        cells = []
        for share in SHARES:
            p50, p99, p999 = each.opened[share].ms(0.5, 0.99, 0.999)
            cells.append(f"{_short(p50)} / {_short(p99)} / {_short(p999)}")
        rows.append([each.name, f"{each.most:,.0f}", *cells])
    return Table(
        name="serving_latency",
        title="How late predictions are, at loads that do not wait for answers",
        columns=["p50 / p99 / p99.9, ms", "maximum a second", *(f"at {share:.0%}" for share in SHARES)],
        rows=rows,
        notes=[
            "Open loops at parts of each one's own maximum, which closed loops found. Requests are due at random",
            f"times, the same for all, over {CONNECTIONS[-1]} connections; latency counts from when a request was due.",
        ],
        command="serving",
    )


def _short(ms: float) -> str:
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{np.round(ms):.0f}"
