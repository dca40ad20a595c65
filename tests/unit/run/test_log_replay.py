"""Replays of recorded logs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from flyball.events.log import LogDropped, LogForeign
from flyball.events.record import Tick
from flyball.events.store import SqliteLog
from flyball.run import log_replay
from flyball.run.file_replay import replay_file
from flyball.run.log_replay import DefinitionDiffers, replay_log
from flyball.run.state import State, StateRefused
from flyball.run.state_view import newest_checkpoint
from tests.unit.cli.flights_made import write_rows
from tests.unit.run.flights_system import flights

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.learn.checkpoint import Checkpoint


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory that has replayed a file."""
    path = write_rows(tmp_path / "flights.csv", 120)
    replay_file(flights(), path, state=tmp_path / "state")
    return tmp_path / "state"


def test_a_log_gives_what_was_lived(state: Path) -> None:
    """The same measures, the same counts, the same state."""
    lived = replay_file(flights(), state.parent / "flights.csv", state=state)
    again = replay_log(state, system=flights(), command="again", timer=iter([1.0, 3.0]).__next__)

    assert (again.matches, again.state_digest) == (True, lived.state_digest)
    assert [m.scorecard for m in again.report.models] == [m.scorecard for m in lived.report.models]
    assert [m.tally for m in again.report.models] == [m.tally for m in lived.report.models]
    assert (again.report.seconds, again.report.command, again.report.rows) == (2.0, "again", 242)


def test_a_log_alone_stands_beside_no_state(state: Path) -> None:
    """Then nothing can be compared."""
    moved = shutil.copytree(state / "log", state.parent / "log")
    alone = replay_log(moved)

    assert (alone.matches, alone.state_digest) == (None, replay_log(state).state_digest)


def test_a_log_is_replayed_while_it_is_being_written(state: Path) -> None:
    """What is added meanwhile is left out."""
    with State.open(state, flights()):
        assert replay_log(state).matches is True


def test_a_state_that_is_not_what_its_log_gives_is_told(state: Path) -> None:
    """Here the checkpoint is of another system's life."""
    path = write_rows(state.parent / "other.csv", 120)
    path.write_text(path.read_text(encoding="utf-8").replace("AA", "XX"), encoding="utf-8")
    replay_file(flights(), path, state=state.parent / "other")
    shutil.rmtree(state / "checkpoint")
    shutil.copytree(state.parent / "other" / "checkpoint", state / "checkpoint")

    assert replay_log(state).matches is False


def test_progress_is_told(state: Path) -> None:
    """In records."""
    seen: list[tuple[int, int]] = []
    replay_log(state, progress=lambda done, total: seen.append((done, total)))

    assert seen == [(242, 242)]


def test_another_definition_is_refused(state: Path) -> None:
    """The log would mean something else."""
    with pytest.raises(DefinitionDiffers, match=r"the log was made with definition .* leave the file out"):
        replay_log(state, system=flights("hour"))


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    """With the log's own words."""
    with pytest.raises(LogForeign, match=r"it is no log of flyball's"):
        replay_log(tmp_path)


def test_a_log_without_a_definition_has_nothing_to_replay(tmp_path: Path) -> None:
    """It is empty."""
    SqliteLog(tmp_path / "log", durable=False).close()
    with pytest.raises(StateRefused, match=r"holds no definition yet"):
        replay_log(tmp_path / "log")


def test_a_log_that_was_cut_cannot_be_replayed_from_its_beginning(state: Path) -> None:
    """Retention dropped its first segment."""
    with SqliteLog(state / "log") as log:
        records = list(log.read())
    with SqliteLog(state.parent / "cut", durable=False, segment_rows=100, seal=False) as log:
        log.append(records[:100])
        log.append(records[100:])
    first = min((state.parent / "cut").glob("*.sqlite"))
    first.unlink()
    with pytest.raises(LogDropped, match=r"dropped its records before 101 .*a log is replayed from its first record"):
        replay_log(state.parent / "cut")


def test_a_checkpoint_that_is_written_meanwhile_is_not_ahead_of_the_log(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that has the state open writes one while it is being replayed."""
    with State.open(state, flights()) as opened:

        def newest(directory: Path) -> Checkpoint | None:
            opened.commit([(opened.now, opened.now, Tick())])
            opened.checkpoint()
            return newest_checkpoint(directory)

        monkeypatch.setattr(log_replay, "newest_checkpoint", newest)
        assert replay_log(state).matches is True
