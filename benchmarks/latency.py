"""From an outcome's acknowledgement to the coefficients that it changed: through checkpoints and growth too."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from benchmarks.contender import Contender, ContenderFailed, post
from benchmarks.contenders import up_command
from benchmarks.keys import CHUNK, keys_for
from benchmarks.load import Plan
from benchmarks.probe import PATH, SYSTEM, Prober, row
from benchmarks.table import Table
from flyball.run.live.roster import read_roster
from flyball.run.state import State
from flyball.system.load import load_system

if TYPE_CHECKING:
    from benchmarks.load import Heard

RATE = 1_000
"""Outcomes a second, and as many predictions."""
DELAY = 0.1
"""Seconds from a prediction to its outcome."""
CONNECTIONS = 32
LOOK_SECONDS = 3.0
"""After so long the dashboard shows what has been learned."""
BATCH = 512
"""Outcomes of one request, at the highest rate."""
PAIR = 0x3F8000003F800000
"""A coefficient's (z, n) of ones, as the table holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line of the table.

    Args:
        name: what it is called.
        seconds: how long it lasts.
        fresh: whether every row has values that none had before.
        checkpoint_every: records between two checkpoints.
        keys: how many features are learned beforehand.
        batches: how many requests of `BATCH` outcomes are sent as quickly as they are taken; 0: `RATE` single ones.
    """

    name: str
    seconds: float = 0.0
    fresh: bool = False
    checkpoint_every: int = 10_000_000
    keys: int = 0
    batches: int = 0


def cases(*, quick: bool) -> list[Case]:
    """What is measured."""
    seconds, keys = (1.5, 1 << 16) if quick else (15.0, 1 << 25)
    grown = f"while the table grows past 2^{keys.bit_length() - 1} features"
    return [
        Case(name="at 1,000 outcomes and 1,000 predictions a second", seconds=seconds),
        Case(name="the same, through checkpoints", seconds=seconds, checkpoint_every=2_000 if quick else 5_000),
        Case(name=f"the same, {grown}", seconds=seconds, fresh=True, keys=keys - round(RATE * 20 * seconds / 2)),
        Case(name="outcomes in batches, as fast as they are taken", batches=10 if quick else 600),
    ]


def single(case: Case) -> Plan:
    """Predictions and, some time after each, its outcome."""
    count = round(RATE * case.seconds)
    at = np.arange(count) / RATE
    rows = [row(f"row-{i}" if case.fresh else f"row-{i % 500}") for i in range(count)]
    asked = [post(PATH, msgspec.json.encode({"id": f"r{i}", "inputs": each})) for i, each in enumerate(rows)]
    told = [post("/v1/outcomes", msgspec.json.encode({"id": f"r{i}", "value": i % 2 == 0})) for i in range(count)]
    due = np.concatenate([at, at + DELAY])
    order = np.argsort(due, kind="stable")
    both = asked + told
    return Plan(
        port=0,
        requests=[both[i] for i in order],
        connections=CONNECTIONS,
        arrivals=due[order].tobytes(),
    )


def prepare(folder: Path, keys: int) -> None:
    """Makes a state whose table holds so many features already; as it is filled in memory, no log tells of them."""
    file = folder / "system.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SYSTEM, encoding="utf-8")
    with State.open(folder / "state", load_system(file)) as state:
        table = state.engine.models["late"].table
        for start in range(0, keys, CHUNK):
            chosen = keys_for(np.arange(start, min(start + CHUNK, keys), dtype=np.uint64))
            table.load(chosen, np.full(len(chosen), PAIR, dtype=np.uint64))


def features(state: Path) -> int:
    """How many features the running system has learned, as its dashboard shows, once it does."""
    running = read_roster(state)
    assert running is not None  # noqa: S101  # it answers
    until = time.perf_counter() + 60
    while time.perf_counter() < until:
        with urllib.request.urlopen(f"{running.control}/api/status", timeout=60) as answer:  # noqa: S310  # the address is our own system's
            model = json.load(answer)["models"].get("late")
        if model is not None:
            return int(model["card"]["features"])
        time.sleep(0.2)
    raise ContenderFailed("the dashboard shows no model after a minute")


@dataclass(frozen=True, slots=True)
class Found:
    """What a case gave.

    Args:
        rate: outcomes a second.
        delays: of the probes, seconds.
        keys: features before and after.
        checkpoints: how many were written.
    """

    rate: float
    delays: list[float]
    keys: tuple[int, int]
    checkpoints: int


def at_single_rate(server: Contender, case: Case) -> tuple[float, list[float]]:
    """(outcomes a second, delays) while single outcomes and predictions come."""
    plan = msgspec.structs.replace(single(case), port=server.port)
    prober = Prober(server.port, "probe")
    prober.probe()
    with server.loading(plan) as wait:
        end = time.perf_counter() + case.seconds + 0.5
        delays = prober.many(lambda: time.perf_counter() < end)
        heard = checked(wait())
    prober.close()
    return heard.statuses["202"] / heard.seconds, delays


def at_highest_rate(server: Contender, case: Case) -> tuple[float, list[float]]:
    """(outcomes a second, delays) while outcomes come as fast as they are taken."""
    numbers = [range(i * BATCH, (i + 1) * BATCH) for i in range(case.batches)]
    asked = [{"instances": [{"id": f"r{i}", "inputs": row(f"row-{i % 500}")} for i in some]} for some in numbers]
    for body in asked:
        status, said = server.ask(PATH, msgspec.json.encode(body))
        if status != 200:
            raise ContenderFailed(f"{status}: {said[:300]!r}")
    told = [{"outcomes": [{"id": f"r{i}", "value": i % 2 == 0} for i in some]} for some in numbers]
    requests = [post("/v1/outcomes", msgspec.json.encode(body)) for body in told]
    at_once = np.zeros(len(requests))
    plan = Plan(port=server.port, requests=requests, connections=4, arrivals=at_once.tobytes())
    prober = Prober(server.port, "probe")
    with server.loading(plan) as wait:
        delays = prober.many(lambda: not wait.over)
        heard = checked(wait())
    prober.close()
    return heard.answered * BATCH / heard.seconds, delays


def checked(heard: Heard) -> Heard:
    """What was heard, if whatever was answered was answered well; a machine that is too slow shows in the rate.

    Raises:
        ContenderFailed: it was not.
    """
    if heard.broken or not {"200", "202"} >= heard.statuses.keys():
        raise ContenderFailed(f"{heard.statuses}, {heard.broken} connections broken")
    return heard


def measured(case: Case, folder: Path) -> Found:
    """Measures one case."""
    if case.keys:
        prepare(folder, case.keys)
    environment = {"FLYBALL_CHECKPOINT_EVERY": str(case.checkpoint_every), "FLYBALL_CHECKPOINT_SECONDS": "86400"}
    body = msgspec.json.encode({"inputs": row("first")})
    state = folder / "state"
    command = up_command(folder, SYSTEM)
    with Contender(name="flyball", command=command, path=PATH, body=body, environment=environment) as server:
        files, before = set(_checkpoints(state)), features(state)
        rate, delays = (at_highest_rate if case.batches else at_single_rate)(server, case)
        made = set(_checkpoints(state)) - files
        time.sleep(LOOK_SECONDS)
        return Found(rate, delays, (before, features(state)), len(made))


def _checkpoints(state: Path) -> list[str]:
    return [path.name for path in (state / "checkpoint").glob("*") if path.is_file()]


def table(*, quick: bool) -> Table:
    """All cases, each on a system of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for number, case in enumerate(cases(quick=quick)):
            found = measured(case, Path(name) / str(number))
            quantiles = np.quantile(found.delays, [0.5, 0.99, 1.0]) * 1e3
            rows.append(
                [
                    case.name,
                    f"{found.rate:,.0f}",
                    *(f"{each:.1f}" for each in quantiles),
                    f"{len(found.delays):,}",
                    f"{found.keys[0]:,}",
                    f"{found.keys[1]:,}",
                    f"{found.checkpoints}",
                ]
            )
    return Table(
        name="latency",
        title="From an outcome's acknowledgement to the coefficients that it changed, ms",
        columns=["", "outcomes/s", "p50", "p99", "longest", "probes", "features before", "after", "checkpoints"],
        rows=rows,
        notes=[
            "An open loop of pairs, outcome 0.1 s after its prediction, 20 texts each; beside it probes with values of",
            "their own ask until their outcome shows, which counts until the answer is there. One worker; nothing is",
            "pinned. Where fewer than 1,000 outcomes/s are shown, the machine could not do more.",
        ],
    )
