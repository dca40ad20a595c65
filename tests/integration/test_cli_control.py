"""`flyball model` and `flyball status`, of a system that runs, of one that has stopped, and where control is gone."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from flyball.cli.app import app
from flyball.events.reader import open_reader
from flyball.events.record import Pause, Rewind
from flyball.run.log_replay import replay_log
from tests.integration.running_system import RunningSystem, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """One for all tests here that change only what they put back."""
    with RunningSystem(tmp_path_factory.mktemp("system")) as running:
        yield running


def typed(*words: str | Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, the object, and what people read."""
    result = CliRunner().invoke(app, [*(str(word) for word in words), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout.splitlines()[-1]), result.stderr


def logged(state: Path) -> list[Pause | Rewind]:
    """What was done to models."""
    with open_reader(state / "log") as reader:
        return [record.body for record in reader.read() if isinstance(record.body, (Pause, Rewind))]


def state_of(system: RunningSystem) -> str:
    """What the dashboard says of the model."""
    _, found, _ = typed("status", "--state", system.state)
    return str(found["running"]["models"].get("late"))


def test_what_is_typed_is_a_record_in_the_log_of_the_running_system(system: RunningSystem) -> None:
    """And the dashboard tells it."""
    for action, state in (("pause", "paused"), ("resume", "learning"), ("freeze", "frozen"), ("resume", "learning")):
        code, found, said = typed("model", action, "late", "--state", system.state)
        assert (code, found["action"], found["running"]) == (0, action, True), said
        assert logged(system.state)[-1] == Pause(model="late", mode=action)  # type: ignore[arg-type]  # one of the three
        until(lambda expected=state: state_of(system) == expected, f"status says {state}")  # type: ignore[misc]  # mypy cannot infer it


def test_a_rewind_of_the_running_system_takes_back_what_was_learned(system: RunningSystem) -> None:
    """The answer is again what it was."""
    before = system.predict("rewound", hour=3, origin="SEA")["prediction"]
    assert system.outcome("rewound", value=True)[0] == 202
    ids = iter(f"after{i}" for i in range(1_000))
    until(lambda: system.predict(next(ids), hour=3, origin="SEA")["prediction"] > before, "it is learned from")
    code, found, said = typed(
        "model", "rewind", "late", "--state", system.state, "--to", "2h", "--exclude", "from=2h,to=0s"
    )

    assert (code, found["running"], len(found["exclude"])) == (0, True, 1), said
    until(lambda: system.predict(next(ids), hour=3, origin="SEA")["prediction"] == before, "it is taken back")
    last = logged(system.state)[-1]
    assert isinstance(last, Rewind)
    assert last.exclude[0][1] - last.to_ts == pytest.approx(7_200_000_000, abs=5_000_000)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("pause", "lat"), 1, "no model is named 'lat'; accepted: 'late'"),
        (("rewind", "late", "--to", "2099-01-01T00:00:00Z"), 1, "lies in the future"),
        (("rewind", "late", "--to", "soon"), 2, "'soon' is no time"),
        (("rewind", "late", "--to", "1h", "--exclude", "from=2h,to=1m"), 1, "begins before to"),
        (("rewind", "late", "--to", "2h", "--exclude", "1h"), 2, "give from=TIME,to=TIME"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_is_logged(
    system: RunningSystem, words: tuple[str, ...], code: int, told: str
) -> None:
    """With what is accepted."""
    before = logged(system.state)
    got, found, said = typed("model", *words, "--state", system.state)

    assert (got, told in said, told in found["error"]["message"]) == (code, True, True), said
    assert logged(system.state) == before, "it was logged"


def test_status_shows_who_runs_and_what_was_learned(system: RunningSystem) -> None:
    """For people and for programs."""
    code, found, said = typed("status", "--state", system.state)
    running = found["running"]

    assert (code, running["answers"], running["learning"]) == (0, True, True), said
    assert running["address"] == f"http://127.0.0.1:{system.running.port}"
    assert {process["kind"] for process in running["processes"]} >= {"worker", "loop", "control"}
    assert all(process["resident_bytes"] > 1_000_000 for process in running["processes"]), "processes have a size"
    assert running["learned_through"] > 0
    assert found["models"]["late"]["balanced"] is True
    assert found["models"]["late"]["features"] is not None, "the running system knows, with or without a checkpoint"
    for part in ("predictions and outcomes: http://", "dashboard: http://", "learned through record", "loop"):
        assert part in said, part


def test_status_says_when_the_control_process_does_not_answer(system: RunningSystem) -> None:
    """What is known without it is shown, and soon it is started again."""
    control = system.pid("control")
    os.kill(control, signal.SIGKILL)
    until(lambda: control not in {process.pid for process in system.running.processes}, "it is missed")
    code, found, said = typed("status", "--state", system.state)

    assert code == 0, said
    assert found["models"]["late"]["balanced"] is True
    assert found["running"]["processes"], "the roster tells who runs"
    until(lambda: bool(typed("status", "--state", system.state)[1]["running"]["answers"]), "it is started again")


def test_a_stopped_system_is_changed_too_and_its_log_gives_the_same_state(tmp_path: Path) -> None:
    """The commands write the records themselves."""
    with RunningSystem(tmp_path) as system:
        system.predict("r1", hour=7, origin="JFK")
        assert system.outcome("r1", value=True)[0] == 202
        assert system.stop() == 0, system.said
    for words in (("pause", "late"), ("resume", "late"), ("rewind", "late", "--to", "1h")):
        code, found, said = typed("model", *words, "--state", system.state)
        assert (code, found["running"]) == (0, False), said
    code, status, said = typed("status", "--state", system.state)

    assert [type(body).__name__ for body in logged(system.state)] == ["Pause", "Pause", "Rewind"]
    assert (code, status["running"], "dashboard" in said) == (0, None, False)
    assert replay_log(system.state).matches is True
    code, _, said = typed("model", "freeze", "later", "--state", system.state)
    assert (code, "no model is named 'later'" in said) == (1, True), said
