"""Pausing, freezing and rewinding an embedded system, on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import flyball as fb
from flyball.cli.status import StatusOptions, status
from flyball.run.embedded import Embedded
from flyball.run.log_replay import replay_log
from flyball.run.rewind import RewindRefused
from flyball.run.state import State
from flyball.run.state_view import view_state
from flyball.serve.request import RequestRefused
from flyball.system.clock import ManualClock
from tests.unit.run.flights import CARRIER, HOUR, flights, model

if TYPE_CHECKING:
    from pathlib import Path

START = 1_700_000_000_000_000
MINUTE = 60_000_000
SYSTEM = flights(model(of=[CARRIER, HOUR]))
ASKED = {"carrier": "A", "hour": 8}


def opened(path: Path, clock: ManualClock) -> Embedded:
    """The system in this directory."""
    return fb.open(SYSTEM, path, clock=clock)


def learn(fly: Embedded, clock: ManualClock, name: str, count: int = 8, *, value: bool = True) -> float:
    """Asks and tells, a minute each; what it answers then."""
    for i in range(count):
        fly.predict("late_model", ASKED, id=f"{name}{i}")
        fly.outcome(f"{name}{i}", value)
        clock.advance(MINUTE)
    return fly.predict("late_model", ASKED).prediction


def test_a_pause_holds_back_and_a_resume_learns(tmp_path: Path) -> None:
    """Also when the state was closed and opened in between; everything is scored at once."""
    clock = ManualClock(START)
    with opened(tmp_path, clock) as fly:
        fly.pause("late_model")
        assert learn(fly, clock, "a") == 0.5
        assert fly.scorecard("late_model").examples == 8
    view = view_state(tmp_path)
    assert view is not None
    assert (view.joiner.mode("late_model"), view.joiner.held_back("late_model")) == ("pause", 8)

    with opened(tmp_path, clock) as fly:
        fly.resume("late_model")
        assert fly.predict("late_model", ASKED).prediction > 0.7
        assert fly.scorecard("late_model").examples == 8
    assert replay_log(tmp_path).matches is True


def test_a_freeze_learns_nothing_for_good(tmp_path: Path) -> None:
    """What comes after it is learned again."""
    clock = ManualClock(START)
    with opened(tmp_path, clock) as fly:
        fly.freeze("late_model")
        assert learn(fly, clock, "a") == 0.5
        fly.resume("late_model")
        assert fly.predict("late_model", ASKED).prediction == 0.5
        assert fly.tallies("late_model")[1].unlearned == 8
        assert learn(fly, clock, "b") > 0.7


def test_a_poisoned_hour_is_taken_out_and_stays_out(tmp_path: Path) -> None:
    """As if it had never been there, also for whoever replays the log, and from the checkpoint before."""
    clock = ManualClock(START)
    with opened(tmp_path, clock) as fly:
        good = learn(fly, clock, "a")
        clock.advance(MINUTE)
        start = fly.now
        fly.state.checkpoint()
        learn(fly, clock, "bad", value=False)
        end = fly.now
        fly.rewind("late_model", to=start, exclude=[(start, end)])
        assert fly.predict("late_model", ASKED).prediction == good
        clock.advance(MINUTE)
        learn(fly, clock, "b")
        after, digest = fly.state.engine.models["late_model"].table.digest(), fly.state.engine.digest()
    with State.open(tmp_path, SYSTEM) as state:
        assert state.engine.digest() == digest
        assert state.engine.models["late_model"].table.digest() == after
    replayed = replay_log(tmp_path)

    assert (replayed.matches, replayed.state_digest) == (True, digest)


def test_a_model_goes_back_to_what_it_knew(tmp_path: Path) -> None:
    """Times as they are written everywhere."""
    clock = ManualClock(START)
    with opened(tmp_path, clock) as fly:
        good = learn(fly, clock, "a")
        clock.advance(MINUTE)
        learn(fly, clock, "bad", value=False)
        fly.rewind("late_model", to="2023-11-14T22:22:00Z")

        assert fly.predict("late_model", ASKED).prediction == good


def test_what_cannot_be_done_is_refused_before_it_is_logged(tmp_path: Path) -> None:
    """With what is accepted."""
    with opened(tmp_path, ManualClock(START)) as fly:
        seq = fly.state.engine.seq
        for turn in (fly.pause, fly.freeze, fly.resume):
            with pytest.raises(RequestRefused, match=r"no model is named 'lat'; accepted: 'late_model'"):
                turn("lat")
        with pytest.raises(RequestRefused, match=r"no model is named 'lat'"):
            fly.rewind("lat", to=0)
        with pytest.raises(RequestRefused, match=r"event_ts|naive|offset"):
            fly.rewind("late_model", to="2023-11-14T22:21:00")
        with pytest.raises(RewindRefused, match=r"lies in the future"):
            fly.rewind("late_model", to=START + MINUTE)

        assert fly.state.engine.seq == seq


def test_a_state_whose_log_was_cut_cannot_be_rewound(tmp_path: Path) -> None:
    """Said before anything is logged."""
    clock = ManualClock(START)
    with State.open(tmp_path, SYSTEM, segment_rows=5, max_disk_bytes=1) as state:
        fly = Embedded(state, clock, tmp_path)
        learn(fly, clock, "a")
        clock.advance(200 * MINUTE)
        fly.tick()
        state.checkpoint()
        seq = state.engine.seq
        assert state.log.first_seq > 1
        with pytest.raises(RewindRefused, match=r"what was learned before record \d+ cannot be learned again"):
            fly.rewind("late_model", to=START)

        assert state.engine.seq == seq


def test_status_says_whether_a_model_learns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And how much is held back."""
    clock = ManualClock(START)
    with opened(tmp_path, clock) as fly:
        fly.pause("late_model")
        learn(fly, clock, "a", 2)
    status(StatusOptions(state=tmp_path, json=True))

    assert '"learning":"pause","held_back":2' in capsys.readouterr().out
