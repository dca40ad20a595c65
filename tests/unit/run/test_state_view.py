"""A look at a state directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flyball.events.store import SqliteLog
from flyball.learn.checkpoint import CheckpointStore
from flyball.run.file_replay import replay_file
from flyball.run.state import State, StateRefused
from flyball.run.state_view import newest_checkpoint, view_state
from tests.unit.cli.flights_made import write_rows
from tests.unit.run.flights_system import flights

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.learn.checkpoint import Checkpoint
    from flyball.run.state_view import StateView


def viewed(path: Path) -> StateView:
    """The view of a directory that holds a state."""
    view = view_state(path)
    assert view is not None
    return view


def test_a_directory_without_a_state_is_none(tmp_path: Path) -> None:
    """Neither an empty one nor one that is not there; and none is made."""
    assert view_state(tmp_path) is None
    assert view_state(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_has_only_its_label_is_none_yet(tmp_path: Path) -> None:
    """The power went away right after it was made."""
    (tmp_path / "state.json").write_text('{"format": 1, "system": "flights"}', encoding="utf-8")

    assert view_state(tmp_path) is None


def test_the_view_agrees_with_the_state_itself(tmp_path: Path) -> None:
    """Definition, versions, counts, coefficients."""
    path = write_rows(tmp_path / "flights.csv", 120)
    replay_file(flights(), path, state=tmp_path / "state")
    view = viewed(tmp_path / "state")
    with State.open(tmp_path / "state") as state:
        engine = state.engine
        assert view.system == engine.system
        assert view.versions == {name: model.version for name, model in engine.models.items()}
        assert view.features == {name: len(model.table) for name, model in engine.models.items()}
        assert view.tallies("delay") == {1: engine.joiner.tallies["delay", 1]}
        assert (view.first_seq, view.last_seq, view.learned_through) == (1, engine.seq, engine.seq)
        assert view.last_ingest_ts == state.now
    assert view.checkpoint_seq == view.last_seq
    [written] = (tmp_path / "state" / "checkpoint").iterdir()
    assert view.checkpoint_ts == written.stat().st_mtime_ns // 1000
    assert min(view.log_bytes, view.checkpoint_bytes) > 1_000


def test_what_came_after_the_checkpoint_is_read_from_the_log(tmp_path: Path) -> None:
    """A second version among it; the joiner is as the engine's."""
    path = write_rows(tmp_path / "flights.csv", 120)
    replay_file(flights(), path, state=tmp_path / "state")
    with State.open(tmp_path / "state", flights("hour")) as state:
        view = viewed(tmp_path / "state")

        assert (view.checkpoint_seq, view.last_seq) == (242, 243)
        assert (view.versions, view.system) == ({"delay": 2}, flights("hour"))
        assert view.joiner.snapshot() == state.engine.joiner.snapshot()


def test_a_checkpoint_is_as_old_as_its_file_whatever_else_is_touched(tmp_path: Path) -> None:
    """Whoever looks at a log touches files of it; changes that were merged to a base count from when they came."""
    replay_file(flights(), write_rows(tmp_path / "flights.csv", 3), state=tmp_path / "state")
    [base] = (tmp_path / "state" / "checkpoint").iterdir()
    delta = base.with_name("delta-00000000000000000008-00000000000000000005")
    delta.touch()
    for path, seconds in ((base, 900), (delta, 500)):
        os.utime(path, (seconds, seconds))
    for path in (tmp_path / "state" / "log").iterdir():
        path.touch()

    assert viewed(tmp_path / "state").checkpoint_ts == 500_000_000
    delta.unlink()
    assert viewed(tmp_path / "state").checkpoint_ts == 900_000_000


def test_without_a_checkpoint_neither_its_age_nor_features_are_known(tmp_path: Path) -> None:
    """Nothing is made up."""
    with State.open(tmp_path, flights()):
        view = viewed(tmp_path)

    assert (view.checkpoint_seq, view.checkpoint_ts, dict(view.features)) == (0, None, {})


def test_a_checkpoint_ahead_of_its_log_is_refused(tmp_path: Path) -> None:
    """Somebody replaced the log."""
    path = write_rows(tmp_path / "flights.csv", 120)
    replay_file(flights(), path, state=tmp_path / "state")
    replay_file(flights(), write_rows(tmp_path / "few.csv", 3), state=tmp_path / "other")
    (tmp_path / "state" / "log").rename(tmp_path / "away")
    (tmp_path / "other" / "log").rename(tmp_path / "state" / "log")
    with pytest.raises(StateRefused, match=r"a checkpoint at record 242 and a log that ends at 8"):
        view_state(tmp_path / "state")


def test_the_newest_checkpoint_of_nothing_is_none(tmp_path: Path) -> None:
    """And no folder is made for it."""
    assert newest_checkpoint(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that has the state open drops the old one at any moment."""
    replay_file(flights(), write_rows(tmp_path / "flights.csv", 3), state=tmp_path / "state")
    load, misses = CheckpointStore.load, iter([True, True, False])

    def vanishing(store: CheckpointStore) -> Checkpoint | None:
        if next(misses):
            raise FileNotFoundError
        return load(store)

    monkeypatch.setattr(CheckpointStore, "load", vanishing)
    checkpoint = newest_checkpoint(tmp_path / "state")

    assert checkpoint is not None
    assert checkpoint.seq == 8


def test_a_checkpoint_that_never_holds_still_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying has an end."""
    replay_file(flights(), write_rows(tmp_path / "flights.csv", 3), state=tmp_path / "state")

    def vanished(_store: CheckpointStore) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(CheckpointStore, "load", vanished)
    with pytest.raises(StateRefused, match=r"writes checkpoints faster than they can be read; try again"):
        newest_checkpoint(tmp_path / "state")


def test_a_log_without_a_definition_is_no_state_yet(tmp_path: Path) -> None:
    """The power went away before the first record."""
    (tmp_path / "state.json").write_text('{"format": 1, "system": "flights"}', encoding="utf-8")
    SqliteLog(tmp_path / "log", durable=False).close()

    assert view_state(tmp_path) is None
