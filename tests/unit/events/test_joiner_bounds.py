"""A joiner that is full, what is excluded, what a plan changes, and what a snapshot carries."""

from __future__ import annotations

import msgspec
import pytest

from flyball.events.joiner import Joiner
from flyball.events.record import Rewind, Unlogged
from flyball.events.rule import JoinRule
from flyball.events.rulebook import RuleRefused
from flyball.events.snapshot import FORMAT, SnapshotRefused
from flyball.events.tally import MOST_VERSIONS
from tests.unit.events.desk import Desk, example

ARRIVAL = JoinRule(outcome="click", window_us=10)
CLOSE = JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="close")
REVISE = JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="revise")


def test_a_full_joiner_discards_the_earliest_deadline() -> None:
    """It counts what it discards, and teaches nothing by it."""
    desk = Desk(CLOSE, max_pending=2)
    desk.ask("r1", at=0)
    desk.ask("r2", at=0, ts=-5)

    assert desk.ask("r3", at=0) == []
    assert desk.tally() == {"pending": 2, "discarded": 1}
    assert desk.joiner.pending == 2
    assert [example(0.0), example(0.0, seq=3)] == desk.tick(at=10)


def test_a_full_joiner_may_discard_the_newcomer() -> None:
    """If it has the earliest deadline of all."""
    desk = Desk(CLOSE, max_pending=1)
    desk.ask("r1", at=0)
    desk.ask("r2", at=0, ts=-5)

    assert [example(0.0)] == desk.tick(at=10)
    assert desk.tally() == {"silent": 1, "discarded": 1}


def test_what_was_assumed_is_taken_back_when_room_is_made() -> None:
    """No outcome could do it any more: a joiner that is always full would learn nothing but silence."""
    desk = Desk(REVISE, max_pending=1)
    desk.ask("r1", at=0)

    assert desk.ask("r2", at=1) == [
        example(0.0, seq=2, score=False),
        example(0.0, 0.0, revision=1, previous=0.0, previous_weight=1.0, score=False),
    ]
    assert desk.answer(1.0, at=2, id="r1") == []
    assert desk.tally() == {"pending": 1, "discarded": 1, "late": 1}


def test_nothing_is_taken_back_while_the_model_is_frozen() -> None:
    """Nothing is learned then."""
    desk = Desk(REVISE, max_pending=1)
    desk.ask("r1", at=0)
    desk.pause(at=1, mode="freeze")

    assert desk.ask("r2", at=1) == []
    assert desk.tally() == {"pending": 1, "discarded": 1, "unlearned": 2}


def test_a_pause_holds_back_as_many_examples_as_predictions_may_wait() -> None:
    """What comes then is never learned from, and counted; a later revision knows what was learned."""
    desk = Desk(ARRIVAL, max_pending=2)
    desk.pause(at=0)
    for id in ("r1", "r2", "r3"):
        desk.ask(id, at=1)
        desk.answer(1.0, at=1, id=id)
    assert desk.joiner.held_back("m") == 2
    desk.answer(0.0, at=2, id="r2")

    assert [(each.seq, each.value) for each in desk.pause(at=3, mode="resume")] == [(2, 1.0), (4, 1.0)]
    assert desk.tally() == {"joined": 3, "revised": 1, "unlearned": 2}
    [late] = desk.answer(0.5, at=4, id="r2")
    assert (late.previous, late.learn, late.scored) == (1.0, True, 0.0)


def test_predictions_whose_examples_are_held_back_are_still_needed() -> None:
    """They are read again when they are learned from."""
    desk = Desk(ARRIVAL)
    desk.pause(at=0)
    desk.ask("r1", at=1)
    desk.answer(1.0, at=1, id="r1")
    desk.tick(at=100_000)
    desk.ask("r2", at=100_000)

    assert desk.joiner.known("m", 1, "r1") is None
    assert desk.joiner.oldest_needed_seq == 2
    desk.pause(at=100_000, mode="resume")
    assert desk.joiner.oldest_needed_seq == 5


def test_unlogged_predictions_are_counted_as_the_log_says() -> None:
    """By model and version; they add up."""
    desk = Desk(ARRIVAL)
    desk.hand_in(Unlogged(model="m", version=1, count=3), at=0)
    desk.hand_in(Unlogged(model="m", version=1, count=-5), at=0)
    desk.hand_in(Unlogged(model="m", version=7, count=2), at=0)

    assert (desk.tally(), desk.tally(version=7)) == ({"unlogged": 3}, {"unlogged": 2})


def test_versions_made_elsewhere_have_a_limit() -> None:
    """Then they share the tally of version 0; each is still known under its own number."""
    desk = Desk(ARRIVAL, max_pending=5_000)
    for version in range(1, MOST_VERSIONS + 4):
        desk.ask("r", at=0, version=version)
    restored = Joiner.restore(desk.rules, desk.outcomes, desk.joiner.snapshot())

    assert len(desk.joiner.tallies) == MOST_VERSIONS + 1
    assert desk.tally(version=0) == {"pending": 3}
    assert desk.joiner.known("m", MOST_VERSIONS + 3, "r") == MOST_VERSIONS + 3
    assert desk.answer(1.0, at=1)[-1].version == MOST_VERSIONS + 3
    assert desk.tally(version=0) == {"joined": 3, "unlearned": 3}
    assert restored.tallies["m", 0].pending == 3


def test_what_was_answered_is_not_taken_back_when_room_is_made() -> None:
    """It was learned from an outcome."""
    desk = Desk(REVISE, max_pending=1)
    desk.ask("r1", at=0)
    desk.answer(1.0, at=0, id="r1")

    assert [example(0.0, seq=3, score=False)] == desk.ask("r2", at=1)
    assert desk.tally() == {"joined": 1, "pending": 1}


def test_a_prediction_that_is_joined_keeps_its_class_when_room_is_made() -> None:
    """It only hears no more revisions."""
    desk = Desk(ARRIVAL, max_pending=1)
    desk.ask("r1", at=0)
    desk.answer(1.0, at=1, id="r1")
    desk.ask("r2", at=2)

    assert desk.answer(0.0, at=3, id="r1") == []
    assert desk.tally() == {"joined": 1, "pending": 1, "late": 1}


def test_what_is_discarded_for_room_is_remembered_like_any_other() -> None:
    """Its outcome is no orphan: it is late, as the window is closed."""
    desk = Desk(CLOSE, max_pending=1)
    desk.ask("r1", at=0)
    desk.ask("r2", at=1)
    desk.answer(1.0, at=2, id="r1")

    assert desk.tally() == {"pending": 1, "discarded": 1, "late": 1}

    desk.answer(1.0, at=10, id="r1")

    assert desk.tally() == {"pending": 1, "discarded": 1, "late": 2}


def test_as_many_ids_are_remembered_as_windows_may_be_open() -> None:
    """The one that would be forgotten first is forgotten early."""
    desk = Desk(CLOSE, max_pending=1)
    desk.ask("r1", at=0)
    desk.tick(at=10)

    assert desk.joiner.known("m", 1, "r1") == 1

    desk.ask("r2", at=10, ts=0)

    assert (desk.joiner.known("m", 1, "r1"), desk.joiner.known("m", 1, "r2")) == (None, 3)
    assert desk.joiner.remembered == 1
    assert desk.tally() == {"silent": 2}


def test_as_many_facts_are_held() -> None:
    """The one that would be dropped first is dropped early, and stays an orphan."""
    desk = Desk(ARRIVAL, max_pending=1)
    desk.answer(1.0, at=0, id="r1")
    desk.answer(1.0, at=1, id="r2")

    assert desk.ask("r1", at=2) == []
    assert [example(1.0, seq=4)] == desk.ask("r2", at=2)
    assert desk.tally(version=0) == {"orphans": 1}
    assert desk.joiner.held == 1


def test_an_exclusion_discards_what_is_pending() -> None:
    """Nothing is learned of it, and its outcome is late."""
    desk = Desk(CLOSE, outcomes={"m": "click", "n": "click"})
    desk.ask("r1", at=0)
    desk.ask("r2", at=3)
    desk.ask("r1", at=3, model="n")

    assert desk.exclude(at=4, from_ts=0, to_ts=3) == []
    assert desk.tally() == {"pending": 1, "discarded": 1}
    assert desk.answer(1.0, at=5, id="r1") == []
    assert [example(0.0, seq=2), example(1.0, seq=3, model="n")] == desk.tick(at=13)
    assert desk.tally() == {"silent": 1, "discarded": 1, "late": 1}


def test_an_exclusion_discards_what_is_predicted_later() -> None:
    """Half open, by event time; what was held for it is no orphan any more."""
    desk = Desk(REVISE)
    desk.exclude(at=0, from_ts=2, to_ts=5)
    desk.answer(1.0, at=1, id="r2")

    assert desk.tally(version=0) == {"orphans": 1}
    assert desk.ask("r2", at=2) == []
    assert desk.tally() == {"discarded": 1, "late": 1}
    assert desk.tally(version=0) == {}
    assert [example(0.0, seq=4, score=False)] == desk.ask("r5", at=5)


def test_an_exclusion_leaves_what_was_learned() -> None:
    """A joined prediction stays joined, but is revised no more."""
    desk = Desk(ARRIVAL)
    desk.ask(at=0)
    desk.answer(1.0, at=1)
    desk.exclude(at=2, from_ts=0, to_ts=1)

    assert desk.answer(0.0, at=3) == []
    assert desk.tally() == {"joined": 1, "late": 1}
    assert (desk.joiner.pending, desk.joiner.remembered) == (0, 1)


def test_an_exclusion_discards_what_was_assumed_without_taking_it_back() -> None:
    """Rewinding what was learned is for others."""
    desk = Desk(REVISE)
    desk.ask(at=0)

    assert desk.exclude(at=1, from_ts=0, to_ts=1) == []
    assert desk.tick(at=10) == []
    assert desk.tally() == {"discarded": 1}


def test_a_plan_changes_the_rules_of_new_predictions_only() -> None:
    """Those that were made keep the window with which they began."""
    desk = Desk(CLOSE)
    desk.ask("r1", at=0)
    desk.joiner.replan({"click": JoinRule(outcome="click", window_us=5)}, {"m": "click"})
    desk.ask("r2", at=0)

    assert desk.tick(at=5) == []
    assert desk.tally() == {"pending": 1, "silent": 1}
    assert [example(0.0)] == desk.tick(at=10)


def test_an_outcome_that_a_plan_dropped_still_answers_what_waits_for_it() -> None:
    """And is unknown to everybody else."""
    desk = Desk(CLOSE)
    desk.ask(at=0)
    desk.joiner.replan({"fraud": JoinRule(outcome="fraud", window_us=5)}, {"m": "fraud"})
    desk.answer(1.0, at=1)
    desk.answer(1.0, at=1, id="another")

    assert [example(1.0)] == desk.tick(at=10)
    assert desk.joiner.unknown_outcomes == 1


def test_a_plan_that_cannot_be_followed_changes_nothing() -> None:
    """The old rules stay in force."""
    desk = Desk(CLOSE)

    with pytest.raises(RuleRefused, match="model 'm' waits for outcome 'fraud', which has no rule"):
        desk.joiner.replan({}, {"m": "fraud"})
    desk.ask(at=0)

    assert [example(0.0)] == desk.tick(at=10)


def test_the_oldest_record_needed_is_that_of_the_first_prediction_remembered() -> None:
    """Whatever stands before it may leave the log."""
    desk = Desk(CLOSE)
    needed = [desk.joiner.oldest_needed_seq]
    desk.tick(at=0)
    desk.ask("r1", at=0)
    desk.ask("r2", at=5)
    needed.append(desk.joiner.oldest_needed_seq)
    desk.tick(at=20)
    needed.append(desk.joiner.oldest_needed_seq)

    assert needed == [None, 2, 3]


def busy_desk() -> Desk:
    """A joiner with something in every corner of its state."""
    rule = JoinRule(outcome="click", window_us=10, if_silent=0.0, learn="revise", counts_from="shown", reducer="sum")
    desk = Desk(rule, outcomes={"m": "click", "n": "click"}, max_pending=7)
    desk.exclude(at=0, from_ts=90, to_ts=95)
    desk.pause(at=0, model="n")
    desk.hand_in(Rewind(model="n", to_ts=0), at=0)
    desk.hand_in(Rewind(model="m", to_ts=0, exclude=[(1, 2)]), at=0)
    desk.ask("r1", at=0)
    desk.show(at=1, id="r1")
    desk.answer(1.0, at=2, id="r1", outcome_id="x")
    desk.answer(1.0, at=2, id="r2", outcome_id="x")
    desk.answer(1.0, at=2, id="r2", outcome="unheard")
    desk.ask("r1", at=3, model="n")
    desk.show(at=3, id="r3")
    desk.ask("r4", at=3, ts=-8)
    return desk


def test_a_restored_joiner_goes_on_as_the_saved_one_would_have() -> None:
    """The same examples, the same tallies, and equal bytes again."""
    desk = busy_desk()
    data = desk.joiner.snapshot()
    restored = Joiner.restore(desk.rules, desk.outcomes, data)
    there = busy_desk()
    there.joiner = restored

    assert data == restored.snapshot()
    for at in (4, 8, 11, 15, 30):
        both = [
            [
                *one.answer(0.5, at=at, id="r1", outcome_id=str(at)),
                *one.ask(f"r{at % 4}", at=at),
                *one.show(at, id="r2"),
            ]
            for one in (desk, there)
        ]
        assert both[0] == both[1]
        assert desk.joiner.snapshot() == there.joiner.snapshot()


def test_equal_states_give_equal_bytes() -> None:
    """However they were come by: here one joiner has forgotten what the other never saw."""
    first, second = Desk(ARRIVAL), Desk(ARRIVAL)
    for desk, spare in ((first, "s1"), (second, "s2")):
        desk.ask(spare, at=0)
        desk.tick(at=50)
        desk.ask("r", at=60)

    assert first.joiner.snapshot() == second.joiner.snapshot()


def test_a_restored_joiner_may_be_given_another_bound() -> None:
    """More room, or less: then the earliest deadline goes with the next prediction."""
    desk = Desk(CLOSE)
    desk.ask("r1", at=0)
    desk.ask("r2", at=1)
    desk.joiner = Joiner.restore(desk.rules, desk.outcomes, desk.joiner.snapshot(), max_pending=1)
    desk.ask("r3", at=2)

    assert desk.joiner.pending == 1
    assert desk.tally() == {"pending": 1, "discarded": 2}


@pytest.mark.parametrize("data", [b"", b"\x93\x01\x02\x03", b"PAR1", msgspec.msgpack.encode({"format": 1})])
def test_foreign_bytes_are_refused(data: bytes) -> None:
    """With how many there were, and what would have been accepted."""
    with pytest.raises(SnapshotRefused, match=rf"these {len(data)} bytes are not the state of a joiner"):
        Joiner.restore({}, {}, data)


def test_a_newer_format_is_refused_with_the_difference() -> None:
    """A state directory of a newer version is not guessed at."""
    data = msgspec.msgpack.encode([FORMAT + 1, "whatever"])

    with pytest.raises(SnapshotRefused, match=f"of format {FORMAT + 1}; this version reads format {FORMAT}"):
        Joiner.restore({}, {}, data)


def test_a_snapshot_says_until_when_an_id_is_remembered() -> None:
    """Which its deadline does not, if it was logged late."""
    desk = Desk(CLOSE)
    desk.ask(at=35, ts=0)
    desk.joiner = Joiner.restore(desk.rules, desk.outcomes, desk.joiner.snapshot())

    assert (desk.ask(at=44, ts=0), desk.tally()) == ([], {"silent": 1, "repeated": 1})
    desk.tick(at=45)
    assert desk.joiner.known("m", 1, "r") is None
