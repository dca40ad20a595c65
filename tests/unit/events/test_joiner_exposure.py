"""Windows that count from an exposure: what was never shown is unexposed, never silent."""

from __future__ import annotations

from flyball.events.record import Event
from flyball.events.rule import JoinRule
from tests.unit.events.desk import Desk, example

SHOWN = JoinRule(outcome="click", window_us=10, if_silent=0.0, counts_from="shown", learn="close")
REVISED = JoinRule(outcome="click", window_us=10, if_silent=0.0, counts_from="shown", learn="revise")


def test_what_was_never_shown_is_unexposed() -> None:
    """No example: nobody could have clicked."""
    desk = Desk(SHOWN)
    desk.ask(at=0)

    assert desk.tick(at=9) == []
    assert desk.tally() == {"pending": 1}
    assert desk.tick(at=10) == []
    assert desk.tally() == {"unexposed": 1}


def test_the_window_counts_from_the_exposure() -> None:
    """Shown at 4, silent at 14."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.show(at=4)

    assert desk.tick(at=13) == []
    assert [example(0.0)] == desk.tick(at=14)
    assert desk.tally() == {"silent": 1}


def test_the_window_counts_from_when_the_exposure_happened() -> None:
    """Not from when it could be seen."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.show(at=6, ts=2)

    assert [example(0.0)] == desk.tick(at=12)


def test_an_exposure_names_its_prediction_or_bears_its_id() -> None:
    """Without `prediction_id` the event's own id is that of the prediction."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.hand_in(Event(type="shown", event_id="r"), at=4)

    assert [example(0.0)] == desk.tick(at=14)


def test_an_event_of_another_type_exposes_nothing() -> None:
    """Only the declared one counts."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.show(at=4, type="fetched")

    assert desk.tick(at=10) == []
    assert desk.tally() == {"unexposed": 1}
    assert desk.joiner.held == 0


def test_the_first_exposure_wins() -> None:
    """A second one is a duplicate and does not move the window."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.show(at=4)
    desk.show(at=6)

    assert desk.tally() == {"pending": 1, "duplicate": 1}
    assert [example(0.0)] == desk.tick(at=14)


def test_an_exposure_at_the_end_of_the_wait_is_late() -> None:
    """Seen or happened `window_us` after the prediction is too late."""
    desk = Desk(SHOWN)
    desk.ask("r1", at=0)
    desk.ask("r2", at=0)
    desk.show(at=5, ts=10, id="r1")
    desk.show(at=10, ts=5, id="r2")

    assert desk.tally() == {"unexposed": 2, "late": 2}


def test_an_exposure_long_before_the_prediction_is_refused() -> None:
    """A window's length of difference between clocks is accepted, no more."""
    desk = Desk(SHOWN)
    desk.ask("r1", at=100)
    desk.ask("r2", at=100)
    desk.show(at=100, ts=89, id="r1")

    assert desk.tally() == {"pending": 2, "refused": 1}

    assert [example(0.0, seq=2)] == desk.show(at=100, ts=90, id="r2")
    assert desk.tally() == {"pending": 1, "silent": 1, "refused": 1}


def test_an_exposure_of_the_same_moment_changes_no_deadline() -> None:
    """Shown in the very microsecond of the prediction: the window is the same, only now it can be silent."""
    desk = Desk(SHOWN)
    desk.ask(at=0)

    assert desk.show(at=0) == []
    assert [example(0.0)] == desk.tick(at=10)


def test_an_exposure_that_shortens_the_window_past_now_closes_it() -> None:
    """Its clock was behind; by that clock the window is over."""
    desk = Desk(SHOWN)
    desk.ask(at=0)

    assert [example(0.0)] == desk.show(at=5, ts=-6)
    assert desk.tally() == {"silent": 1}
    assert desk.tick(at=10) == []


def test_an_outcome_implies_its_exposure() -> None:
    """What was clicked was shown, whoever forgot to say so."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.answer(1.0, at=5)

    assert [example(1.0)] == desk.tick(at=10)
    assert desk.tally() == {"joined": 1}


def test_an_exposure_after_the_outcome_still_sets_the_window() -> None:
    """The joined example comes at the close of the window that counts from it."""
    desk = Desk(SHOWN)
    desk.ask(at=0)
    desk.answer(1.0, at=5)
    desk.show(at=6, ts=4)

    assert desk.tick(at=10) == []
    assert [example(1.0)] == desk.tick(at=14)


def test_an_exposure_waits_for_its_prediction() -> None:
    """It may reach the log first; it is no orphan, for it is no outcome."""
    desk = Desk(SHOWN)

    assert desk.show(at=3) == []
    assert desk.joiner.held == 1
    assert dict(desk.joiner.tallies) == {}

    desk.ask(at=4, ts=0)

    assert desk.tick(at=12) == []
    assert [example(0.0, seq=2)] == desk.tick(at=13)


def test_an_exposure_that_waits_is_a_duplicate_when_it_is_sent_again() -> None:
    """The same moment of the same event."""
    desk = Desk(SHOWN)
    desk.show(at=3)
    desk.show(at=5, ts=3)

    assert desk.tally(version=0) == {"duplicate": 1}
    assert desk.joiner.held == 1


def test_exposure_and_outcome_may_both_come_first() -> None:
    """The exposure sets the deadline by which the outcome is judged: 15, not 10."""
    desk = Desk(SHOWN)
    desk.show(at=9, ts=5)
    desk.answer(1.0, at=12)
    desk.ask(at=13, ts=0)

    assert [example(1.0, seq=3)] == desk.tick(at=15)
    assert desk.tally() == {"joined": 1}


def test_one_exposure_serves_every_model_that_predicted() -> None:
    """Also one whose prediction is logged after it."""
    desk = Desk(SHOWN, outcomes={"m": "click", "n": "click"})
    desk.ask(at=0)
    desk.show(at=2)
    desk.ask(at=3, ts=1, model="n")

    assert [example(0.0), example(0.0, seq=3, model="n")] == desk.tick(at=12)


def test_revise_assumes_silence_when_the_exposure_comes() -> None:
    """Not when the prediction is made: it may never be shown."""
    desk = Desk(REVISED)

    assert desk.ask(at=0) == []
    assert [example(0.0, score=False)] == desk.show(at=3)

    confirmed = example(0.0, revision=1, previous=0.0, previous_weight=1.0, learn=False)

    assert [confirmed] == desk.tick(at=13)


def test_revise_assumes_nothing_of_what_is_never_shown() -> None:
    """Nothing was learned, nothing needs to be taken back."""
    desk = Desk(REVISED)
    desk.ask(at=0)

    assert desk.tick(at=10) == []
    assert desk.tally() == {"unexposed": 1}


def test_revise_assumes_nothing_once_the_outcome_is_known() -> None:
    """The exposure comes after the click that it led to."""
    desk = Desk(REVISED)
    desk.ask(at=0)

    assert [example(1.0)] == desk.answer(1.0, at=2)
    assert desk.show(at=3, ts=1) == []
    assert desk.tick(at=11) == []
    assert desk.tally() == {"joined": 1}


def test_many_exposures_leave_no_stale_notes_behind() -> None:
    """Each leaves a note at the old deadline, dropped before they outnumber what is open."""
    desk = Desk(JoinRule(outcome="click", window_us=10**9, counts_from="shown"), max_pending=10**6)
    for number in range(3_000):
        desk.ask(f"r{number}", at=number)
        desk.show(at=number, ts=number - 10**9 + 1, id=f"r{number}")

    assert desk.joiner.pending <= 1
    assert len(desk.joiner._register.open) <= 1_100
