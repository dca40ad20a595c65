"""Who is compared in serving: flyball as `flyball up` starts it, and what people write by hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from benchmarks.contender import ROOT, Contender, ContenderFailed, cores
from benchmarks.phone_calls import PhoneCalls, flat, system_text, under_inputs
from flyball.run.live.roster import read_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.phone_calls import Row

UVICORN = "--loop uvloop --http httptools --no-access-log --log-level warning --workers 1"
"""What uvicorn's manual advises for speed."""
NEEDS = ("fastapi", "uvicorn", "uvloop", "httptools", "pandas", "sklearn", "lightgbm")
"""What the peers need."""
PREDICT = "/v1/models/calls/predict"
LEARNED = 1_000
"""How many calls flyball learns from in one request."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the tables.

    Args:
        server: what is started.
        path: what is asked.
        body: makes the body of a request.
        named: the names of processes by their ids, once it runs.
        prepare: what is done before anything is measured.
    """

    server: Contender
    path: str
    body: Callable[[Row], bytes]
    named: Callable[[], dict[int, str]]
    prepare: Callable[[], None]

    def answer(self, row: Row) -> float:
        """One answer, a probability.

        Raises:
            ContenderFailed: it was none.
        """
        status, body = self.server.ask(self.path, self.body(row))
        answer = msgspec.json.decode(body) if status == 200 else {}
        prediction = answer.get("prediction")
        if not isinstance(prediction, float) or not 0.0 < prediction < 1.0:
            raise ContenderFailed(f"{self.server.name} answered {status} {body[:300]!r}, which is no probability")
        return prediction


def up_command(folder: Path, system: str) -> list[str]:
    """What starts `flyball up` of a system with one worker, its state in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "system.py"
    file.write_text(system, encoding="utf-8")
    command = [sys.executable, "-m", "flyball.cli.app", "up", str(file), "--state", str(folder / "state")]
    return [*command, "--port", "{port}", "--control-port", "0", "--workers", "1"]


def processes(server: Contender, state: Path) -> dict[int, str]:
    """The names of the processes of a running system."""
    running = read_roster(state)
    assert running is not None  # noqa: S101  # it answers
    return {server.process.pid: "supervisor", **{each.pid: each.kind for each in running.processes}}


def flyball(folder: Path, calls: PhoneCalls) -> Entry:
    """flyball: typed, logged durably, learning; it has learned from some calls over HTTP."""
    pin, _ = cores()
    body = under_inputs(calls.rows[0])
    server = Contender(name="flyball", command=up_command(folder, system_text()), path=PREDICT, body=body, pin=pin)

    def prepare() -> None:
        for start in range(0, len(calls.rows), LEARNED):
            part = calls.part(start, start + LEARNED)
            asked = [{"id": f"c{start + i}", "inputs": row} for i, row in enumerate(part.rows)]
            told = [{"id": f"c{start + i}", "value": label} for i, label in enumerate(part.labels)]
            bodies = {PREDICT: {"instances": asked}, "/v1/outcomes": {"outcomes": told}}
            for path, body in bodies.items():
                status, said = server.ask(path, msgspec.json.encode(body))
                if status not in {200, 202}:
                    raise ContenderFailed(f"flyball answered {path} with {status}: {said[:300]!r}")

    return Entry(server, PREDICT, under_inputs, lambda: processes(server, folder / "state"), prepare)


def peers(folder: Path, calls: PhoneCalls) -> Iterator[Entry]:
    """What people write by hand; the models are trained on the same calls."""
    train = [sys.executable, "-m", "benchmarks.peers.trained", str(folder), str(len(calls.rows))]
    subprocess.run(train, check=True, cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})
    pin, _ = cores()
    for name, app, path, logged in (
        ("FastAPI + scikit-learn, as usual", "sklearn_app", "/usual", False),
        ("FastAPI + scikit-learn, tuned", "sklearn_app", "/quick", False),
        ("the same, logged durably", "sklearn_app", "/quick", True),
        ("FastAPI + LightGBM, tuned", "lightgbm_app", "/quick", False),
        ("the same, logged durably", "lightgbm_app", "/quick", True),
    ):
        command = f"{sys.executable} -m uvicorn benchmarks.peers.{app}:app {UVICORN} --port {{port}}"
        environment = {"PEER_MODELS": str(folder)}
        if logged:
            environment["PEER_JOURNAL"] = str(folder / f"{app}.db")
        server = Contender(
            name=name,
            command=command.split(),
            path=path,
            body=flat(calls.rows[0]),
            environment=environment,
            pin=pin,
        )
        yield Entry(server, path, flat, partial(_one_process, server), _nothing)


def _one_process(server: Contender) -> dict[int, str]:
    return {server.process.pid: "server"}


def _nothing() -> None:
    """What has to be prepared for a peer."""


def missing() -> list[str]:
    """Which of what the peers need is not installed."""
    return [name for name in NEEDS if find_spec(name) is None]
