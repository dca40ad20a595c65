"""`flyball up` as users run it: over HTTP, through kills of each process, to the same bits as a replay of its log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flyball.events.reader import open_reader
from flyball.events.record import Outcome, Prediction
from flyball.run.live.roster import read_roster
from flyball.run.log_replay import replay_log
from flyball.run.state import State
from flyball.run.state_view import view_state
from flyball.run.tables import examples
from tests.integration.running_system import FLIGHTS, ROOT, NotReady, RunningSystem, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RunningSystem]:
    """A system that runs."""
    with RunningSystem(tmp_path) as running:
        yield running


def is_up(running: RunningSystem) -> bool:
    """Whether an outcome is acknowledged."""
    status, _ = running.outcome("nobody", value=True)
    return status == 202


def log_of(running: RunningSystem) -> list[tuple[str, str]]:
    """The kinds and ids of predictions and outcomes in the log, in order."""
    with open_reader(running.state / "log") as reader:
        bodies = [record.body for record in reader.read()]
    return [(type(body).__name__, body.id) for body in bodies if isinstance(body, (Prediction, Outcome))]


def test_what_is_acknowledged_is_learned_and_the_state_equals_a_replay_of_its_log(system: RunningSystem) -> None:
    """To the bit."""
    before = system.predict("r1", hour=7, origin="JFK")
    assert system.outcome("r1", value=True) == (202, {"accepted": 1, "rejected": []})
    ids = iter(f"again{i}" for i in range(10_000))
    until(lambda: system.predict(next(ids), hour=7, origin="JFK")["prediction"] > before["prediction"], "it learns")
    assert system.stop() == 0, system.said
    assert replay_log(system.state).matches is True
    assert read_roster(system.state) is None, "it says that it still runs"


def test_the_same_id_gets_the_first_answer_and_other_inputs_a_conflict(system: RunningSystem) -> None:
    """Also when more was learned since."""
    first = system.predict("r1", hour=7, origin="JFK")
    system.outcome("r1", value=True)
    assert system.predict("r1", hour=7, origin="JFK") == first
    status, problem = system.call(
        "POST", "/v1/models/late/predict", {"id": "r1", "inputs": {"hour": 8, "origin": "JFK"}}
    )
    assert (status, problem["type"]) == (409, "urn:flyball:problem:conflict")


def test_a_consistent_answer_comes_from_between_two_batches(system: RunningSystem) -> None:
    """The loop gives it."""
    body = {"id": "r1", "inputs": {"hour": 7, "origin": "JFK"}}
    status, answer = system.call("POST", "/v1/models/late/predict?consistent=true", body)
    assert (status, answer["served_by"]) == (200, "model")
    assert answer["prediction"] == pytest.approx(0.25), "the fallback, with which a model begins"


def test_when_the_loop_is_killed_predictions_go_on_and_outcomes_come_back(system: RunningSystem) -> None:
    """And nothing is logged twice."""
    system.predict("r1", hour=7, origin="JFK")
    assert system.outcome("r1", value=True)[0] == 202
    os.kill(system.pid("loop"), signal.SIGKILL)
    answer = system.predict("r2", hour=7, origin="JFK")
    assert answer["served_by"] == "model"
    until(lambda: is_up(system), "outcomes are acknowledged again")
    assert system.outcome("r2", value=False)[0] == 202
    assert system.stop() == 0, system.said
    logged = log_of(system)
    assert logged.count(("Prediction", "r1")) == logged.count(("Prediction", "r2")) == 1, logged
    assert logged.count(("Outcome", "r1")) == 1, "an acknowledged outcome was lost, or logged twice"
    assert replay_log(system.state).matches is True


def test_a_loop_that_is_away_refuses_outcomes_with_a_time_to_try_again(system: RunningSystem) -> None:
    """They are not acknowledged before they are durable."""
    os.kill(system.pid("loop"), signal.SIGSTOP)
    loop = system.pid("loop")
    try:
        os.kill(loop, signal.SIGKILL)
        status, problem = system.outcome("r1", value=True)
        assert status in {202, 503}, problem
        if status == 503:
            assert problem["type"] == "urn:flyball:problem:loop-down"
    finally:
        until(lambda: is_up(system), "it is back")


def test_a_worker_that_is_killed_is_started_again_and_loses_nothing_acknowledged(system: RunningSystem) -> None:
    """What it had handed over is in shared memory."""
    system.predict("r1", hour=7, origin="JFK")
    assert system.outcome("r1", value=True)[0] == 202
    worker = system.pid("worker")
    os.kill(worker, signal.SIGKILL)
    until(lambda: system.pid("worker") not in {0, worker}, "another worker is started")
    # Connections wait in the listening socket meanwhile.
    assert system.predict("r2", hour=7, origin="JFK")["served_by"] == "model"
    assert system.predict("r1", hour=7, origin="JFK")["id"] == "r1", "the answer given before the kill is given again"
    assert system.stop() == 0
    assert log_of(system).count(("Prediction", "r1")) == 1


def test_all_die_with_the_supervisor_and_the_next_start_goes_on(tmp_path: Path) -> None:
    """The kernel sees to it."""
    first = RunningSystem(tmp_path).start()
    first.predict("r1", hour=7, origin="JFK")
    assert first.outcome("r1", value=True)[0] == 202
    others = [process.pid for process in first.running.processes]
    os.kill(first.running.pid, signal.SIGKILL)
    first.wait()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in others), "every process has ended")
    with RunningSystem(tmp_path) as second:
        assert second.predict("r2", hour=7, origin="JFK")["prediction"] > 0.4, "what was learned is gone"
        assert second.stop() == 0
    assert replay_log(first.state).matches is True


def test_a_second_system_on_the_same_state_is_refused_with_the_pid_of_the_first(system: RunningSystem) -> None:
    """Two loops would spoil the log."""
    second = RunningSystem(system.folder)
    with pytest.raises(NotReady, match=f"in use by process {system.running.pid}"):
        second.start()


def test_a_changed_system_file_is_refused_until_its_plan_was_looked_at(tmp_path: Path) -> None:
    """Then it takes effect, and keeps what was learned."""
    with RunningSystem(tmp_path) as first:
        first.predict("r1", hour=7, origin="JFK")
        assert first.stop() == 0
    changed = FLIGHTS.replace("signals=[hour, origin]", "signals=[hour, origin, fb.cross(hour, origin)]")
    with pytest.raises(NotReady, match="flyball plan SYSTEM"):
        RunningSystem(tmp_path, changed).start()
    command = [sys.executable, "-m", "flyball.cli.app", "plan", str(first.file), "--state", str(first.state)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True)
    with RunningSystem(tmp_path, changed) as second:
        assert second.predict("r2", hour=7, origin="JFK")["version"] == 2
        assert second.stop() == 0
    assert replay_log(first.state).matches is True


def test_a_port_that_is_taken_is_named(system: RunningSystem, tmp_path: Path) -> None:
    """Before anything is started."""
    (tmp_path / "other").mkdir()
    second = RunningSystem(tmp_path / "other", options=["--port", str(system.running.port)])
    with pytest.raises(NotReady, match="cannot be listened on"):
        second.start()


def test_two_workers_answer_and_learn_from_one_table(tmp_path: Path) -> None:
    """Whichever of them is asked."""
    with RunningSystem(tmp_path, workers=2) as running:
        for i in range(40):
            running.predict(f"r{i}", hour=7, origin="JFK")
            assert running.outcome(f"r{i}", value=True)[0] == 202
        answers = [running.predict(f"s{i}", hour=7, origin="JFK")["prediction"] for i in range(20)]
        assert min(answers) > 0.7, answers
        assert running.stop() == 0
        assert replay_log(running.state).matches is True


def test_predictions_made_elsewhere_are_counted_apart_and_teach_once(tmp_path: Path) -> None:
    """Whatever number they carry: they are never given as ours, and one outcome is learned from once."""
    with RunningSystem(tmp_path) as running:
        inputs = {"hour": 7, "origin": "JFK"}
        made = {"id": "r1", "inputs": inputs, "prediction": 0.9, "version": 1}
        assert running.call("POST", "/v1/models/late/predictions", made)[0] == 202
        assert running.call("POST", "/v1/models/late/predictions", made)[0] == 202, "the same again"
        status, refused = running.call("POST", "/v1/models/late/predictions", made | {"prediction": 0.8})
        assert (status, refused["rejected"][0]["problem"]["status"]) == (422, 409), "another answer"
        ours = running.predict("r1", **inputs)
        assert (ours["served_by"], ours["version"]) == ("model", 1)
        assert ours["prediction"] == pytest.approx(0.25), "the fallback, with which a model begins"
        assert running.outcome("r1", value=True)[0] == 202
        assert running.stop() == 0, running.said[-5:]
    view = view_state(running.state)
    assert view is not None
    assert {version: tally.joined for version, tally in view.tallies("late").items()} == {1: 1, -1: 1}
    with State.open(running.state) as state:
        taught = [(row["version"], row["learned"]) for row in examples(state.log).to_pylist()]
    assert sorted(taught) == [(-1, True), (1, False)]
    assert replay_log(running.state).matches is True
