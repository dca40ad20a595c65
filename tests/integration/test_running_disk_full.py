"""A disk that is full under a running system: outcomes are declined, predictions go on, and all is well afterwards."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from flyball.run.log_replay import replay_log
from flyball.testing.faults import build_library
from tests.integration.running_system import RunningSystem, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("gcc") is None and shutil.which("cc") is None,
        reason="needs a C compiler to build the library that simulates the disk",
    ),
]
ROOM = 400_000


def test_a_full_disk_declines_outcomes_while_predictions_go_on_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a limit that the library sets for the state directory, and lifts when a file appears."""
    (tmp_path / "state").mkdir()
    heal = tmp_path / "heal"
    monkeypatch.setenv("LD_PRELOAD", str(build_library(tmp_path)))
    monkeypatch.setenv("FLYBALL_FAULTS_DIRECTORY", str((tmp_path / "state").resolve()))
    monkeypatch.setenv("FLYBALL_FAULTS_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setenv("FLYBALL_FAULTS_ROOM", str(ROOM))
    monkeypatch.setenv("FLYBALL_FAULTS_HEAL", str(heal))
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    acknowledged: list[str] = []
    with RunningSystem(tmp_path) as running:
        count = 0

        def declined() -> bool:
            nonlocal count
            count += 1
            running.predict(f"r{count}", hour=7, origin="J" * 200)
            status, problem = running.outcome(f"r{count}", value=True)
            assert status in {202, 503, 507}, problem
            if status == 202:
                acknowledged.append(f"r{count}")
            return status == 507

        until(declined, "the disk is full")
        assert running.predict("while full", hour=7, origin="JFK")["served_by"] == "model"
        heal.touch()
        until(lambda: running.outcome("while full", value=True)[0] == 202, "outcomes are taken again")
        assert acknowledged, "nothing was acknowledged before the disk was full"
        assert running.stop() == 0, running.said[-5:]
    monkeypatch.undo()
    replayed = replay_log(running.state)
    assert replayed.matches is True
    assert replayed.report.models[0].scorecard.examples == len(acknowledged) + 1
