"""A running system in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.console import Console

from flyball.cli.running import RunningView, view_running
from flyball.run.live.roster import Process, Roster, Running
from flyball.web.status import Alert, Card, LogStatus, ModelStatus, ProcessStatus, Status

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RUNNING = Running(pid=7, host="127.0.0.1", port=8000, control_port=8001, processes=[Process("loop", -1, 9, 2)])
NOW = 1_700_000_000_000_000
STATUS = Status(
    tick=1,
    now_us=NOW,
    learning=False,
    log=LogStatus(seq=1_200, learned_through=1_000, learned_ts=NOW - 2_500_000),
    models={"ctr": ModelStatus(card=Card(version=1, state="frozen"))},
    processes={
        "supervisor": ProcessStatus(name="supervisor", kind="supervisor", pid=7, started_us=NOW - 61_000_000),
        "loop": ProcessStatus(name="loop", kind="loop", pid=9, up=False, resident_bytes=150_000_000, restarts=2),
    },
    alerts=[
        Alert(code="loop-down", severity="critical", since_us=NOW, where="loop", what="the loop is down", todo="wait")
    ],
)


def shown(view: RunningView, capsys: pytest.CaptureFixture[str]) -> str:
    """As people read it."""
    console = Console(width=120, highlight=False)
    for part in view.shown():
        console.print(part)
    return capsys.readouterr().out


def test_everything_that_matters_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong stands out in words, not in colours alone."""
    text = shown(RunningView(running=RUNNING, status=STATUS, problem=""), capsys)

    for part in (
        "predictions and outcomes: http://127.0.0.1:8000, up for 1 min 1 s",
        "dashboard: http://127.0.0.1:8001",
        "STALE: not learning; learned through record 1,000, 200 behind, logged 2.5 s ago",
        "ctr is frozen",
        "loop (down)",
        "150 MB",
        "critical (loop): the loop is down; wait",
    ):
        assert part in text, part


def test_features_are_those_that_the_system_has_now() -> None:
    """Of a model that it has, if it answers."""
    card = Card(version=1, state="learning", features=12)
    asked = RunningView(
        running=RUNNING, status=Status(tick=1, now_us=NOW, models={"y": ModelStatus(card=card)}), problem=""
    )
    silent = RunningView(running=RUNNING, status=None, problem="no answer")

    assert [asked.features("y"), asked.features("z"), silent.features("y")] == [12, None, None]


def test_programs_get_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers as numbers."""
    found = RunningView(running=RUNNING, status=STATUS, problem="").as_json()

    assert (found["uptime_seconds"], found["learned_age_seconds"], found["learning"]) == (61.0, 2.5, False)
    assert found["models"] == {"ctr": "frozen"}
    assert b'"code":"loop-down"' in msgspec.json.encode(found["alerts"])
    assert not capsys.readouterr().out


def test_without_the_control_process_the_roster_tells_who_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nobody listens there."""
    assert view_running(tmp_path) is None
    Roster(tmp_path, host="127.0.0.1", port=1, control_port=1).write([("loop", -1, 9, 2)])
    view = view_running(tmp_path)

    assert view is not None
    text, found = shown(view, capsys), view.as_json()
    assert "does not answer at http://127.0.0.1:1" in text
    assert (found["answers"], found["learning"], found["uptime_seconds"]) == (False, None, None)
    assert found["processes"] == [{"kind": "loop", "pid": 9, "restarts": 2}]
