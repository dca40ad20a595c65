"""What is in time, what is late, what belongs to nothing, what is the same again."""

from __future__ import annotations

import math
from typing import Literal

import pytest

from flyball.events.joiner import Joiner, TimeWentBack
from flyball.events.record import Origin, Outcome, Plan, Prediction, Record
from flyball.events.rule import JoinRule
from flyball.system.error import FlyballError
from tests.unit.events.desk import Desk, example

RULE = JoinRule(outcome="late", window_us=10)
CLOSE = JoinRule(outcome="late", window_us=10, if_silent=0.0, learn="close")


def test_an_outcome_is_in_time_until_just_before_the_deadline() -> None:
    """Windows are half open."""
    desk = Desk(RULE)
    desk.ask(at=0)

    assert [example(1.0)] == desk.answer(1.0, at=9)


def test_an_outcome_that_is_seen_at_the_deadline_is_late() -> None:
    """The window closes first, then the record applies."""
    desk = Desk(CLOSE)
    desk.ask(at=0)

    assert [example(0.0)] == desk.answer(1.0, at=10, ts=5)
    assert desk.tally() == {"silent": 1, "late": 1}


def test_an_outcome_that_happens_at_the_deadline_is_late_however_early_it_is_seen() -> None:
    """A source whose clock runs ahead does not stretch the window."""
    desk = Desk(RULE)
    desk.ask(at=0)

    assert desk.answer(1.0, at=3, ts=10) == []
    assert desk.tally() == {"pending": 1, "late": 1}


def test_an_outcome_that_happened_before_its_prediction_is_taken() -> None:
    """Clocks differ, and the id says what it belongs to."""
    desk = Desk(RULE)
    desk.ask(at=100)

    assert [example(1.0)] == desk.answer(1.0, at=101, ts=-5)


def test_late_is_told_from_orphan_for_another_window() -> None:
    """An id is remembered until its deadline plus the window, and not longer."""
    desk = Desk(RULE)
    desk.ask(at=0)
    desk.answer(1.0, at=19)

    assert desk.tally() == {"silent": 1, "late": 1}
    assert desk.joiner.known("m", 1, "r") == 1

    desk.answer(0.0, at=20)

    assert desk.tally() == {"silent": 1, "late": 1}
    assert desk.tally(version=0) == {"orphans": 1}
    assert desk.joiner.known("m", 1, "r") is None


def test_an_outcome_waits_for_its_prediction_for_one_window() -> None:
    """Several processes write one log: the outcome may be there first."""
    desk = Desk(RULE)

    assert desk.answer(1.0, at=0) == []
    assert desk.tally(version=0) == {"orphans": 1}
    assert [example(1.0, seq=2)] == desk.ask(at=9, ts=0)
    assert desk.tally() == {"joined": 1}
    assert desk.tally(version=0) == {}


def test_an_outcome_that_waited_a_window_stays_an_orphan() -> None:
    """Held until its own `ingest_ts` plus the window."""
    desk = Desk(RULE)
    desk.answer(1.0, at=0)

    assert desk.ask(at=10, ts=5) == []
    assert desk.tally() == {"pending": 1}
    assert desk.tally(version=0) == {"orphans": 1}
    assert desk.joiner.held == 0


def test_an_outcome_that_came_first_is_late_if_it_came_after_the_window() -> None:
    """Whatever the log's order, times decide: here the prediction is the one that was slow."""
    desk = Desk(RULE)
    desk.answer(1.0, at=12)

    assert desk.ask(at=13, ts=0) == []
    assert desk.tally() == {"silent": 1, "late": 1}
    assert desk.tally(version=0) == {}


def test_outcomes_that_came_first_make_one_example() -> None:
    """A value that was revised before its prediction was known is learned once."""
    desk = Desk(RULE)
    desk.answer(1.0, at=0)
    desk.answer(0.0, at=1)

    assert desk.tally(version=0) == {"orphans": 2}
    assert [example(0.0, seq=3)] == desk.ask(at=2)
    assert desk.tally() == {"joined": 1, "revised": 1}


def test_an_orphan_that_is_sent_again_is_a_duplicate() -> None:
    """The same said twice about the same is one orphan."""
    desk = Desk(RULE, outcomes={"m": "late", "n": "late"})
    desk.answer(1.0, at=0)
    desk.answer(1.0, at=1)

    assert desk.tally(version=0) == {"orphans": 1, "duplicate": 1}
    assert desk.tally("n", version=0) == {"orphans": 1, "duplicate": 1}


def test_an_outcome_serves_every_model_and_version_that_predicted() -> None:
    """One click answers all that were asked under its id, and nobody counts it as an orphan."""
    desk = Desk(RULE, outcomes={"m": "late", "n": "late"})
    desk.ask(at=0)
    desk.ask(at=0, version=2)
    desk.ask(at=0, model="n")

    examples = desk.answer(1.0, at=1)

    assert [(row.model, row.version, row.learn) for row in examples] == [
        ("m", 1, True),
        ("m", 2, False),
        ("n", 1, True),
    ]
    assert {"joined": 1} == desk.tally() == desk.tally("n")
    assert desk.tally(version=2) == {"joined": 1, "unlearned": 1}


@pytest.mark.parametrize("learn", ["arrival", "close", "revise"])
def test_one_outcome_teaches_a_model_once(learn: Literal["arrival", "close", "revise"]) -> None:
    """The first version that was asked about an id learns from it; others are scored, also after a restart."""
    desk = Desk(JoinRule(outcome="late", window_us=10, if_silent=0.0, learn=learn))
    desk.ask(at=0, version=-7)
    provisional = desk.ask(at=1)
    desk.joiner = Joiner.restore(desk.rules, desk.outcomes, desk.joiner.snapshot())
    told = [*provisional, *desk.answer(1.0, at=2), *desk.answer(0.0, at=3), *desk.tick(at=30)]

    assert {row.version for row in told if row.score} == {1, -7}
    assert {row.version for row in told if row.learn} == {-7}
    assert desk.tally()["joined"] == desk.tally(version=-7)["joined"] == 1


def test_a_prediction_hears_what_others_of_its_id_have_taken() -> None:
    """A second version that is logged after the outcome is joined as if it had been there."""
    desk = Desk(RULE)
    desk.ask(at=0)
    desk.answer(1.0, at=1)

    assert [example(1.0, seq=3, version=2, learn=False)] == desk.ask(at=9, ts=0, version=2)
    assert desk.tally(version=2) == {"joined": 1, "unlearned": 1}


def test_what_was_closed_without_an_outcome_leaves_it_to_the_next() -> None:
    """Excluded, or over: it learned nothing from it, so the next version does."""
    desk = Desk(RULE)
    desk.ask(at=0, version=-7)
    desk.ask(at=12, version=2)
    assert [example(1.0, seq=2, version=2)] == desk.answer(1.0, at=13)

    desk = Desk(RULE)
    desk.ask(at=0)
    desk.exclude(at=1, from_ts=0, to_ts=1)
    desk.ask(at=2, version=2)
    assert [example(1.0, seq=3, version=2)] == desk.answer(1.0, at=3)
    assert desk.tally(version=2) == {"joined": 1}


def test_an_outcome_of_another_name_is_nothing_to_a_model() -> None:
    """Each model waits for one outcome."""
    desk = Desk(RULE, JoinRule(outcome="fraud", window_us=10), outcomes={"m": "late", "n": "fraud"})
    desk.ask(at=0)

    assert desk.answer(1.0, at=1, outcome="fraud") == []
    assert desk.tally() == {"pending": 1}
    assert desk.tally("n", version=0) == {"orphans": 1}


def test_outcomes_that_nobody_waits_for_are_counted() -> None:
    """A declared one without a model, and one that nobody declared."""
    desk = Desk(RULE, JoinRule(outcome="fraud", window_us=10))
    desk.answer(1.0, at=0, outcome="fraud")
    desk.answer(1.0, at=0, outcome="unheard")
    desk.answer(math.nan, at=0, outcome="unheard")

    assert (desk.joiner.unused_outcomes, desk.joiner.unknown_outcomes) == (1, 2)
    assert dict(desk.joiner.tallies) == {}


@pytest.mark.parametrize(
    ("value", "weight"), [(math.nan, 1.0), (math.inf, 1.0), (1e101, 1.0), (1.0, math.nan), (1.0, -1.0), (1.0, 1e101)]
)
def test_impossible_values_and_weights_are_refused(value: float, weight: float) -> None:
    """They are counted, where the prediction is if it is known."""
    desk = Desk(RULE)
    desk.answer(value, at=0, weight=weight)
    desk.ask(at=0)

    assert desk.answer(value, at=1, weight=weight) == []
    assert desk.tally() == {"pending": 1, "refused": 1}
    assert desk.tally(version=0) == {"refused": 1}


def test_the_first_prediction_of_an_id_wins() -> None:
    """A repeated one is counted and changes nothing."""
    desk = Desk(RULE)
    desk.ask(at=0)

    assert desk.ask(at=5) == []
    assert desk.tally() == {"pending": 1, "repeated": 1}
    assert desk.tick(at=10) == []
    assert desk.tally() == {"silent": 1, "repeated": 1}


def test_predictions_of_a_model_without_a_rule_are_discarded() -> None:
    """A worker may still serve a model that the plan has dropped."""
    desk = Desk(RULE)

    assert desk.ask(at=0, model="gone") == []
    assert desk.tally("gone") == {"discarded": 1}
    assert desk.joiner.known("gone", 1, "r") is None


@pytest.mark.parametrize(
    ("revision", "learned", "counted"),
    [("last", 0.0, {"revised": 1}), ("first", 1.0, {"revised": 1}), ("reject", 1.0, {"refused": 1})],
)
def test_another_value_for_the_same_outcome_follows_the_rule(
    revision: str, learned: float, counted: dict[str, int]
) -> None:
    """The last counts, the first counts, or the second is refused."""
    rule = JoinRule(outcome="late", window_us=10, learn="close", revision=revision)  # type: ignore[arg-type]  # parametrised
    desk = Desk(rule)
    desk.ask(at=0)
    desk.answer(1.0, at=1)
    desk.answer(0.0, at=2)

    assert [example(learned)] == desk.tick(at=10)
    assert {"joined": 1, **counted} == desk.tally()


def test_the_same_value_again_is_a_duplicate() -> None:
    """Without an id of its own it is told by its value, with one by the id."""
    desk = Desk(JoinRule(outcome="spent", window_us=10, reducer="sum"))
    desk.ask(at=0)
    desk.answer(1.0, at=1, outcome_id="x")

    assert desk.answer(1.0, at=2, outcome_id="x") == []
    assert desk.answer(1.0, at=3, outcome_id="y")[0].value == 2.0
    assert desk.tally() == {"joined": 1, "duplicate": 1}


def test_one_prediction_takes_a_thousand_outcomes() -> None:
    """The thousand and first is refused."""
    desk = Desk(JoinRule(outcome="spent", window_us=10, reducer="sum", learn="close"))
    desk.ask(at=0)
    for number in range(1_001):
        desk.answer(1.0, at=1, outcome_id=str(number))

    assert [example(1_000.0)] == desk.tick(at=10)
    assert desk.tally() == {"joined": 1, "refused": 1}


def test_a_thousand_outcomes_wait_for_one_id() -> None:
    """Nobody fills the hold by inventing outcomes of one id."""
    desk = Desk(JoinRule(outcome="spent", window_us=10, reducer="sum"), max_pending=5_000)
    for number in range(1_001):
        desk.answer(1.0, at=1, outcome_id=str(number))

    assert desk.tally(version=0) == {"orphans": 1_000, "refused": 1}
    assert desk.joiner.held == 1_000


def test_time_does_not_go_back() -> None:
    """A log whose `ingest_ts` falls is no log of ours."""
    desk = Desk(RULE)
    desk.tick(at=9)

    with pytest.raises(TimeWentBack, match="record 2 has ingest_ts 5, the one before it 9"):
        desk.tick(at=5)


def test_the_time_is_that_of_the_last_record() -> None:
    """No clock is read."""
    desk = Desk(RULE)

    assert desk.joiner.now is None

    desk.tick(at=-7)

    assert desk.joiner.now == -7


def test_a_joiner_needs_room() -> None:
    """A bound of 0 would discard every prediction."""
    with pytest.raises(FlyballError, match="max_pending 0 leaves no room"):
        Joiner({}, {}, max_pending=0)


def test_records_of_other_kinds_only_let_time_pass() -> None:
    """The engine acts on plans and origins, the joiner does not."""
    desk = Desk(CLOSE)
    desk.ask(at=0)

    assert desk.hand_in(Origin(name="flights.csv", fingerprint="", rows=1), at=9) == []
    assert [example(0.0)] == desk.hand_in(Plan(definition="", versions={}), at=10)


def test_records_may_be_given_as_the_log_has_them() -> None:
    """The whole interface, without the desk of these tests."""
    joiner = Joiner({"late": RULE}, {"m": "late"})
    asked = Prediction(id="r", model="m", version=1, definition="", inputs=[], score=0.5)

    assert joiner.step(Record(seq=1, event_ts=0, ingest_ts=0, body=asked)) == []

    told = Outcome(id="r", outcome="late", value=1.0)

    assert [example(1.0)] == joiner.step(Record(seq=2, event_ts=1, ingest_ts=1, body=told))


def test_a_prediction_that_is_logged_long_after_its_window_is_remembered_for_another() -> None:
    """From the record on: a repeat would be answered, counted and learned again."""
    desk = Desk(CLOSE)

    assert [example(0.0)] == desk.ask(at=35, ts=0)
    assert (desk.tick(at=44), desk.ask(at=44, ts=0)) == ([], [])
    assert desk.tally() == {"silent": 1, "repeated": 1}
    assert desk.joiner.known("m", 1, "r") == 1

    desk.tick(at=45)

    assert desk.joiner.known("m", 1, "r") is None


def test_an_exposure_that_closes_a_window_lets_its_id_be_remembered_from_there() -> None:
    """It happened a window before, and was seen just now."""
    desk = Desk(JoinRule(outcome="click", window_us=10, counts_from="shown", if_silent=0.0, learn="close"))
    desk.ask(at=0)

    assert [example(0.0)] == desk.show(at=9, ts=-9)
    assert (desk.ask(at=18), desk.tally()) == ([], {"silent": 1, "repeated": 1})

    desk.tick(at=19)

    assert desk.joiner.known("m", 1, "r") is None


def test_an_idle_log_does_not_prolong_what_is_remembered() -> None:
    """Times decide: the window closed at its deadline, whenever the next record came."""
    desk = Desk(CLOSE)
    desk.ask(at=0)

    assert [example(0.0)] == desk.tick(at=30)
    assert desk.joiner.known("m", 1, "r") is None
