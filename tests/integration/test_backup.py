"""Backups taken while another process writes, and backups that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.run.backup import back_up
from flyball.run.log_replay import replay_log
from flyball.run.manifest import BackupRefused
from flyball.run.restore import restore
from flyball.run.state import State, StateRefused
from flyball.system.clock import ManualClock
from tests.integration.replay_runner import made, recording, replayed

HERE = Path(__file__).parent
ENV = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "HOME": os.environ.get("HOME", "/tmp")}  # noqa: S108  # only where the kernels' cache lies
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the world's traffic."""
    return made(tmp_path_factory.mktemp("traffic") / "traffic.csv.gz")


@pytest.fixture(scope="module")
def whole(traffic: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A state that was written to its end, and its digest."""
    state = tmp_path_factory.mktemp("whole") / "state"
    return state, replayed(state, recording(traffic), durable=False)


def copying(what: str, source: Path, target: Path, step: int) -> subprocess.CompletedProcess[bytes]:
    """A backup or a restore that is killed at a step."""
    argv = [sys.executable, str(HERE / "backup_runner.py"), what, str(source), str(target), str(step)]
    return subprocess.run(argv, env=ENV, capture_output=True, check=False)


def test_backups_taken_while_another_process_appends_seals_and_checkpoints(traffic: Path, tmp_path: Path) -> None:
    """Each opens, ends with a record that was committed, and is bit-identical to a replay of its own log."""
    state = tmp_path / "state"
    argv = [sys.executable, str(HERE / "replay_runner.py"), str(state), str(traffic)]
    ends: list[int] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=ENV) as process:
        assert process.stdout is not None
        for number, line in enumerate(process.stdout):
            if line.startswith("done"):
                break
            taken = back_up(state, tmp_path / f"copy{number}", ManualClock())
            assert taken.manifest.last_seq >= int(line.split()[1]), "what was committed before is in it"
            assert taken.manifest.checkpoint_seq <= taken.manifest.last_seq
            ends.append(taken.manifest.last_seq)

    assert len(ends) > 10
    assert ends == sorted(ends)
    for number in range(0, len(ends), max(len(ends) // 8, 1)):
        assert replay_log(tmp_path / f"copy{number}").matches is True, f"backup {number}"


def test_a_backup_is_the_state_at_its_end_and_goes_on_to_the_same_state(
    traffic: Path, whole: tuple[Path, str], tmp_path: Path
) -> None:
    """Restored, it takes what it had not seen."""
    state = tmp_path / "state"
    argv = [sys.executable, str(HERE / "replay_runner.py"), str(state), str(traffic)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=ENV) as process:
        assert process.stdout is not None
        for number, _line in enumerate(process.stdout):
            if number == 9:
                back_up(state, tmp_path / "copy", ManualClock())
                break
        process.kill()
    restore(tmp_path / "copy", tmp_path / "again")

    assert replayed(tmp_path / "again", recording(traffic), durable=False) == whole[1]


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_a_killed_backup_leaves_nothing_that_looks_whole(whole: tuple[Path, str], tmp_path: Path, step: int) -> None:
    """Not at its place, and what lies beside it is refused; the next one is taken as if nothing had been."""
    state, digest = whole
    assert copying("backup", state, tmp_path / "copy", step).returncode == KILLED
    [left] = tmp_path.iterdir()

    assert left.name.startswith("copy.unfinished-")
    with pytest.raises(BackupRefused, match=r"holds no backup\.json"):
        restore(left, tmp_path / "again")
    with pytest.raises(StateRefused, match="holds no state"):
        State.open(left)
    back_up(state, tmp_path / "copy", ManualClock())
    restore(tmp_path / "copy", tmp_path / "again")
    with State.open(tmp_path / "again", durable=False) as opened:
        assert opened.engine.digest() == digest


@pytest.mark.parametrize("step", [1, 3, 6])
def test_a_killed_restore_leaves_nothing_that_looks_whole(whole: tuple[Path, str], tmp_path: Path, step: int) -> None:
    """And can be done again."""
    state, digest = whole
    back_up(state, tmp_path / "copy", ManualClock())
    assert copying("restore", tmp_path / "copy", tmp_path / "again", step).returncode == KILLED

    with pytest.raises(StateRefused, match="holds no state"):
        State.open(tmp_path / "again")
    restore(tmp_path / "copy", tmp_path / "again")
    with State.open(tmp_path / "again", durable=False) as opened:
        assert opened.engine.digest() == digest
