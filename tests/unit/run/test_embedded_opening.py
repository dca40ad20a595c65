"""Opening and closing an embedded system."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import flyball as fb
from flyball.events.log import LogRefused
from flyball.run import replay
from flyball.run.file_replay import replay_file
from flyball.run.log_replay import replay_log
from flyball.run.state import StateBroken, StateRefused
from flyball.system.clock import ManualClock
from tests.unit.run.flights import CARRIER, HOUR, WIND, flights, model
from tests.unit.run.test_embedded import ads

HOUR_US = 3_600_000_000
START = 1_700_000_000_000_000
SHOWN = fb.Event("shown")


def test_closing_and_opening_goes_on_where_it_was(tmp_path: Path) -> None:
    """The same digest, the same answers to the same ids."""
    clock = ManualClock(START)
    with fb.open(flights(), tmp_path, clock=clock) as fly:
        answer = fly.predict("late_model", {"hour": 8}, id="r1")
        digest = fly.state.engine.digest()
    with fb.open(flights(), tmp_path, clock=clock) as fly:
        assert fly.state.engine.digest() == digest
        assert fly.predict("late_model", {"hour": 8}, id="r1") == answer
        fly.outcome("r1", True)
        assert fly.predict("late_model", {"hour": 8}).prediction > 0.5


def test_opening_again_closes_the_first(tmp_path: Path) -> None:
    """As a notebook does when a cell is run twice."""
    first = fb.open(flights(), tmp_path)
    first.predict("late_model", {}, id="r1")
    with fb.open(flights(), tmp_path) as second:
        assert second.tallies("late_model")[1].predictions == 1
        first.close()
        second.outcome("r1", True)
    second.close()


def test_a_system_without_a_path_leaves_nothing_behind() -> None:
    """Nor does one that could not be opened."""
    fly = fb.open(flights())
    path = fly.state.path
    assert path.exists()
    fly.close()
    assert not path.exists()


def test_another_systems_directory_is_refused_and_can_still_be_opened(tmp_path: Path) -> None:
    """By its own."""
    fb.open(flights(), tmp_path).close()
    with pytest.raises(StateRefused, match="is the state of the system 'flights', not of 'ads'"):
        fb.open(ads(), tmp_path)

    fb.open(flights(), tmp_path).close()


def test_a_failure_of_the_log_breaks_the_state_until_it_is_opened_again(tmp_path: Path) -> None:
    """What was acknowledged is there then."""
    fly = fb.open(flights(), tmp_path)
    fly.predict("late_model", {"hour": 8}, id="r1")
    fly.state.log.close()
    with pytest.raises(LogRefused, match="closed"):
        fly.outcome("r1", True)
    with pytest.raises(StateBroken, match="failed earlier"):
        fly.outcome("r1", True)
    with fb.open(flights(), tmp_path) as again:
        assert again.tallies("late_model")[1].pending == 1
        again.outcome("r1", True)


def test_a_definition_may_change_between_two_openings(tmp_path: Path) -> None:
    """What was learned stays with the signals that mean the same."""
    clock = ManualClock(START)
    with fb.open(flights(model(of=[CARRIER], slice_by=[])), tmp_path, clock=clock) as fly:
        fly.predict("late_model", {"carrier": "A", "wind": 3.0}, id="r1")
        fly.outcome("r1", True)
        known = fly.predict("late_model", {"carrier": "A"}).prediction
    with fb.open(flights(model(of=[CARRIER, WIND, HOUR], slice_by=[CARRIER])), tmp_path, clock=clock) as fly:
        answer = fly.predict("late_model", {"carrier": "A"})

        assert (answer.version, answer.prediction) == (2, known)
        assert set(fly.tallies("late_model")) >= {1, 2}
        assert [row["input:wind"] for row in fly.predictions().to_pylist()] == [None, None, None]


def test_the_directory_of_a_path_given_as_text_and_as_a_path_is_one(tmp_path: Path) -> None:
    """And so is a relative one."""
    first = fb.open(flights(), str(tmp_path))
    with fb.open(flights(), Path(tmp_path)) as second:
        assert second is not first


def test_opening_a_temporary_system_again_replaces_the_first() -> None:
    """A notebook's cell that is run ten times leaves one directory, not ten."""
    first = fb.open(flights())
    with fb.open(flights()) as second:
        assert not first.state.path.exists()
        assert second.state.path.exists()


def test_a_program_may_change_its_directory_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means where it was opened."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    fly = fb.open(flights(), "state")
    fly.predict("late_model", {"hour": 8}, id="r1")
    monkeypatch.chdir(tmp_path / "elsewhere")
    fly.close()

    assert list((tmp_path / "elsewhere").iterdir()) == []
    with fb.open(flights(), tmp_path / "state") as again:
        assert again.tallies("late_model")[1].pending == 1


def test_threads_may_share_a_system() -> None:
    """Each waits for the other; every answer is logged once."""
    with fb.open(flights()) as fly, ThreadPoolExecutor(4) as pool:
        ids = [f"r{i}" for i in range(200)]
        answers = list(pool.map(lambda id: fly.predict("late_model", {"hour": 8}, id=id), ids))

        assert sorted(answer.learned_through for answer in answers) == list(range(1, 201))
        assert fly.tallies("late_model")[1].predictions == 200


def test_what_is_asked_between_two_halves_of_a_replay_is_not_taken_for_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it stands at the very place and time of the next row."""
    system = fb.System("flights", models=[model(of=[HOUR], slice_by=[])], source=fb.Source(time="at", unit="s"))
    path = tmp_path / "flights.csv"
    path.write_text("at,hour,late\n" + "".join(f"{START // 1_000_000},{i % 24},1\n" for i in range(40)))
    monkeypatch.setattr(replay, "CHUNK", 10)

    def stop(done: int, _total: int) -> None:
        if done == 20:
            raise InterruptedError("the plug was pulled")

    with pytest.raises(InterruptedError, match="plug"):
        replay_file(system, path, state=tmp_path / "state", progress=stop)
    with fb.open(system, tmp_path / "state", clock=ManualClock(0)) as fly:
        fly.predict("late_model", {"hour": 8}, id="live")
        fly.replay(path)

        tally = fly.tallies("late_model")[1]
        assert (tally.joined, tally.pending) == (40, 1)


def test_a_replay_that_fails_on_the_way_leaves_what_its_log_says(tmp_path: Path) -> None:
    """Also where one model's slices were numbered before another's function failed."""
    bad = fb.derive(f"{__name__}:failing", [HOUR], int, version=1, name="bad")
    system = fb.System("flights", models=[model(of=[HOUR]), model("other", of=[bad], slice_by=[])])
    path = tmp_path / "flights.csv"
    path.write_text("carrier,hour,late\nA,1,1\n")
    with fb.open(system, tmp_path / "state") as fly, pytest.raises(fb.FlyballError, match="no number"):
        fly.replay(path)

    assert replay_log(tmp_path / "state").matches is True


def failing(_: object) -> int:
    """A user's function with a mistake in it."""
    raise ValueError("no number")
