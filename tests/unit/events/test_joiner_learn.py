"""When an example is emitted, and what it says: on arrival, at the close, or revised."""

from __future__ import annotations

import pytest

from flyball.events.rule import JoinRule
from tests.unit.events.desk import Desk, example

ARRIVAL = JoinRule(outcome="late", window_us=10)
CLOSE = JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="close")
REVISE = JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="revise")


def test_on_arrival_the_example_follows_the_outcome_at_once() -> None:
    """Nothing waits for the window to close."""
    desk = Desk(ARRIVAL)

    assert desk.ask(at=0) == []
    assert [example(1.0)] == desk.answer(1.0, at=3)
    assert desk.tally() == {"joined": 1}
    assert desk.tick(at=10) == []
    assert desk.tally() == {"joined": 1}


def test_on_arrival_silence_teaches_nothing_without_if_silent() -> None:
    """A flight that was never reported is neither late nor on time."""
    desk = Desk(ARRIVAL)
    desk.ask(at=0)

    assert desk.tick(at=10) == []
    assert desk.tally() == {"silent": 1}


def test_on_arrival_silence_is_learned_at_the_close_if_that_is_declared() -> None:
    """`if_silent` may be combined with `arrival` by who accepts the bias."""
    desk = Desk(JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="arrival"))
    desk.ask(at=0)

    assert [example(0.0)] == desk.tick(at=10)
    assert desk.tally() == {"silent": 1}


def test_on_arrival_a_changed_value_is_a_revision_that_names_what_was_learned() -> None:
    """The learner takes back 1 and learns 0 in its place."""
    desk = Desk(ARRIVAL)
    desk.ask(at=0)
    desk.answer(1.0, at=3)

    revised = example(0.0, revision=1, previous=1.0, previous_weight=1.0, scored=1.0, scored_weight=1.0)

    assert [revised] == desk.answer(0.0, at=4)
    assert desk.tally() == {"joined": 1, "revised": 1}


def test_at_close_one_example_says_everything() -> None:
    """What arrives and changes within the window is settled at its end."""
    desk = Desk(CLOSE)
    desk.ask(at=0)

    assert desk.answer(0.0, at=3) == []
    assert desk.answer(1.0, at=4) == []
    assert desk.tally() == {"pending": 1, "revised": 1}
    assert [example(1.0)] == desk.tick(at=10)
    assert desk.tally() == {"joined": 1, "revised": 1}


def test_at_close_silence_is_an_example_of_if_silent() -> None:
    """No click within the window is a no."""
    desk = Desk(CLOSE)
    desk.ask(at=0)

    assert desk.tick(at=9) == []
    assert [example(0.0)] == desk.tick(at=10)
    assert desk.tally() == {"silent": 1}


def test_at_close_silence_without_if_silent_is_counted_only() -> None:
    """Nothing is assumed, so nothing is learned."""
    desk = Desk(JoinRule(outcome="click", window_us=10, learn="close"))
    desk.ask(at=0)

    assert desk.tick(at=10) == []
    assert desk.tally() == {"silent": 1}


def test_revise_learns_silence_at_once_and_scores_it_at_the_close() -> None:
    """The provisional example is learned but not scored, its confirmation scored but not learned again."""
    desk = Desk(REVISE)

    assert [example(0.0, score=False)] == desk.ask(at=0)
    assert desk.tally() == {"pending": 1}

    confirmed = example(0.0, revision=1, previous=0.0, previous_weight=1.0, learn=False)

    assert [confirmed] == desk.tick(at=10)
    assert desk.tally() == {"silent": 1}


def test_revise_replaces_silence_by_the_outcome() -> None:
    """The weight moves from no to yes; nothing follows at the close."""
    desk = Desk(REVISE)
    desk.ask(at=0)

    assert [example(1.0, revision=1, previous=0.0, previous_weight=1.0)] == desk.answer(1.0, at=4)
    assert desk.tally() == {"joined": 1}
    assert desk.tick(at=10) == []


def test_revise_scores_an_outcome_that_says_what_was_assumed_without_learning_it_twice() -> None:
    """An explicit no joins the prediction; the learner knows it already."""
    desk = Desk(REVISE)
    desk.ask(at=0)

    confirmed = example(0.0, revision=1, previous=0.0, previous_weight=1.0, learn=False)

    assert [confirmed] == desk.answer(0.0, at=4)
    assert desk.tally() == {"joined": 1}


def test_revise_learns_the_difference_of_weights_alone() -> None:
    """A no that weighs twice what was assumed is learned again, against what was learned."""
    desk = Desk(REVISE)
    desk.ask(at=0)

    assert [example(0.0, 2.0, revision=1, previous=0.0, previous_weight=1.0)] == desk.answer(0.0, at=4, weight=2.0)


def test_revise_of_a_prediction_that_comes_after_its_window_is_one_example() -> None:
    """Assumed and confirmed at once: learned and scored together."""
    desk = Desk(REVISE)

    assert [example(0.0)] == desk.ask(at=50, ts=0)
    assert desk.tally() == {"silent": 1}


def test_windows_close_in_the_order_of_their_deadlines_before_the_record_applies() -> None:
    """A jump of time closes many; the later of two predictions may have the earlier deadline."""
    desk = Desk(CLOSE)
    desk.ask("r1", at=5, ts=5)
    desk.ask("r2", at=5, ts=2)
    desk.ask("r3", at=5, ts=5)

    closed = desk.ask("r4", at=99)

    assert [row.seq for row in closed] == [2, 1, 3]
    assert desk.tally() == {"silent": 3, "pending": 1}


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [
        ("first", (3.0, 1.0)),
        ("last", (2.0, 1.5)),
        ("min", (1.0, 4.0)),
        ("max", (3.0, 1.0)),
        ("sum", (6.0, 6.5 / 3)),
        ("mean", (2.0, 6.5 / 3)),
    ],
)
def test_several_outcomes_become_one_value(reducer: str, expected: tuple[float, float]) -> None:
    """Value and weight of the outcome that decides, or the mean of the weights where all do."""
    rule = JoinRule(outcome="spent", window_us=10, if_silent=0.0, learn="close", reducer=reducer)  # type: ignore[arg-type]  # parametrised
    desk = Desk(rule)
    desk.ask(at=0)
    desk.answer(3.0, at=1, outcome_id="x")
    desk.answer(1.0, at=2, outcome_id="y", weight=4.0)
    desk.answer(2.0, at=3, outcome_id="z", weight=1.5)

    assert [example(*expected)] == desk.tick(at=10)


def test_on_arrival_a_sum_is_revised_as_it_grows() -> None:
    """Each further outcome replaces what was learned by the new sum."""
    desk = Desk(JoinRule(outcome="spent", window_us=10, reducer="sum"))
    desk.ask(at=0)
    desk.answer(3.0, at=1, outcome_id="x")

    grown = example(5.0, revision=1, previous=3.0, previous_weight=1.0, scored=3.0, scored_weight=1.0)

    assert [grown] == desk.answer(2.0, at=2, outcome_id="y")
    assert desk.tally() == {"joined": 1}


def test_an_outcome_that_changes_nothing_emits_nothing() -> None:
    """With the reducer `first` a second purchase is of no account."""
    desk = Desk(ARRIVAL)
    desk.ask(at=0)
    desk.answer(1.0, at=1, outcome_id="x")

    assert desk.answer(0.0, at=2, outcome_id="y") == []
    assert desk.tally() == {"joined": 1}


def test_a_sum_needs_an_id_for_each_outcome() -> None:
    """Without one, an outcome sent twice would be summed twice."""
    desk = Desk(JoinRule(outcome="spent", window_us=10, reducer="sum"))
    desk.ask(at=0)

    assert desk.answer(3.0, at=1) == []
    assert desk.tally() == {"pending": 1, "refused": 1}


def test_a_negative_that_is_not_kept_is_discarded() -> None:
    """The id decides; nobody needs to remember."""
    rule = JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="close", keep_silent=0.9)
    desk = Desk(rule)
    desk.ask("r1", at=0)
    desk.ask("r3", at=0)

    assert [example(0.0, 1.0 / 0.9, seq=2)] == desk.tick(at=10)
    assert desk.tally() == {"silent": 1, "discarded": 1}


def test_a_positive_is_kept_whatever_its_id() -> None:
    """Sampling takes negatives only."""
    desk = Desk(JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="close", keep_silent=1e-9))
    desk.ask("r1", at=0)
    desk.answer(1.0, at=1, id="r1")

    assert [example(1.0)] == desk.tick(at=10)
    assert desk.tally() == {"joined": 1}


def test_a_positive_revised_to_a_negative_that_is_not_kept_is_taken_back() -> None:
    """Weight 0 in place of what was learned; then it was discarded, as if there had been no positive."""
    desk = Desk(JoinRule(outcome="click", window_us=10, keep_silent=1e-9))
    desk.ask(at=0)
    desk.answer(1.0, at=1)

    undone = example(0.0, 0.0, revision=1, previous=1.0, previous_weight=1.0, scored=1.0, scored_weight=1.0)

    assert [undone] == desk.answer(0.0, at=2)
    assert desk.tally() == {"discarded": 1, "revised": 1}

    again = example(1.0, revision=2, previous=0.0, previous_weight=0.0, scored=0.0, scored_weight=0.0)

    assert [again] == desk.answer(1.0, at=3)
    assert desk.tally() == {"joined": 1, "revised": 2}


def test_revise_assumes_nothing_of_a_prediction_that_is_not_kept() -> None:
    """Silence of that id is not learned at any time; a click is."""
    desk = Desk(JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="revise", keep_silent=1e-9))

    assert desk.ask("r1", at=0) == []
    assert [example(1.0)] == desk.answer(1.0, at=1, id="r1")
    assert desk.ask("r2", at=1) == []
    assert desk.tick(at=11) == []
    assert desk.tally() == {"joined": 1, "discarded": 1}


def test_a_frozen_model_is_scored_and_not_taught() -> None:
    """What comes after it is learned again, against what was learned before it."""
    desk = Desk(JoinRule(outcome="late", window_us=10))
    desk.ask(at=0)
    desk.answer(1.0, at=1)
    desk.pause(at=2, mode="freeze")

    missed = example(0.0, revision=1, previous=1.0, previous_weight=1.0, scored=1.0, scored_weight=1.0, learn=False)

    assert [missed] == desk.answer(0.0, at=3)

    desk.pause(at=4, mode="resume")
    learned = example(0.5, revision=2, previous=1.0, previous_weight=1.0, scored=0.0, scored_weight=1.0)

    assert [learned] == desk.answer(0.5, at=5)


def test_a_frozen_model_assumes_nothing() -> None:
    """A provisional example is neither learned nor scored, so there is none; silence is learned at the close."""
    desk = Desk(REVISE)
    desk.pause(at=0, mode="freeze")

    assert desk.ask(at=0) == []

    desk.pause(at=1, mode="resume")

    assert [example(0.0, seq=2)] == desk.tick(at=10)


def test_what_a_pause_held_back_is_learned_in_order_when_it_ends() -> None:
    """A revision too: what it takes back is learned before it. Everything is scored at once."""
    desk = Desk(JoinRule(outcome="late", window_us=10))
    desk.pause(at=0)
    desk.ask("r1", at=0)
    desk.ask("r2", at=0)

    assert [example(1.0, seq=2, learn=False)] == desk.answer(1.0, at=1, id="r1")
    assert [example(1.0, seq=3, learn=False)] == desk.answer(1.0, at=2, id="r2")
    revised = {"revision": 1, "previous": 1.0, "previous_weight": 1.0, "scored": 1.0, "scored_weight": 1.0}
    assert [example(0.0, seq=2, learn=False, **revised)] == desk.answer(0.0, at=3, id="r1")
    assert (desk.joiner.mode("m"), desk.joiner.held_back("m")) == ("pause", 3)

    assert desk.pause(at=4, mode="resume") == [
        example(1.0, seq=2, score=False),
        example(1.0, seq=3, score=False),
        example(0.0, seq=2, score=False, **revised),
    ]
    assert (desk.joiner.mode("m"), desk.joiner.held_back("m")) == ("on", 0)
    assert desk.answer(0.0, at=5, id="r2")[0].learn


def test_a_paused_model_assumes_when_its_pause_ends() -> None:
    """Silence is held back like any example."""
    desk = Desk(REVISE)
    desk.pause(at=0)

    assert desk.ask(at=0) == []
    assert [example(0.0, seq=2, score=False)] == desk.pause(at=1, mode="resume")


def test_a_freeze_keeps_what_a_pause_held_back() -> None:
    """It is learned when learning goes on; what came while the model was frozen is not."""
    desk = Desk(JoinRule(outcome="late", window_us=10))
    desk.pause(at=0)
    desk.ask("r0", at=1)
    desk.answer(1.0, at=1, id="r0")
    desk.pause(at=1, mode="freeze")
    desk.ask("r1", at=1)
    desk.answer(1.0, at=1, id="r1")
    desk.pause(at=1, mode="pause")
    desk.ask("r2", at=1)
    desk.answer(1.0, at=1, id="r2")

    assert [each.seq for each in desk.pause(at=2, mode="resume")] == [2, 8]


def test_a_pause_stops_one_model_only() -> None:
    """Another model goes on learning from the same outcome."""
    desk = Desk(ARRIVAL, outcomes={"m": "late", "n": "late"})
    desk.ask(at=0)
    desk.ask(at=0, model="n")
    desk.pause(at=1, model="n")

    assert [example(1.0), example(1.0, seq=2, model="n", learn=False)] == desk.answer(1.0, at=2)
