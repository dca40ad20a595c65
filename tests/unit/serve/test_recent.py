"""Recent answers: the same question gets the same answer."""

from __future__ import annotations

from flyball.serve.answer import Answer
from flyball.serve.recent import Answered, Recent, same_inputs

ANSWER = Answer(id="r1", model="late", version=1, learned_through=0, prediction=0.5, served_by="model")


def test_no_more_are_kept_than_were_asked_for() -> None:
    """The oldest goes first."""
    recent = Recent(2)
    for number in range(5):
        recent.add(("late", 1, str(number)), Answered(("hour",), [number], ANSWER))

    assert len(recent) == 2
    assert [number for number in range(5) if recent.get(("late", 1, str(number)))] == [3, 4]


def test_another_order_or_one_more_input_is_no_other_question() -> None:
    """A definition may have changed in between."""
    before = Answered(("hour", "carrier"), [7, "AA"], ANSWER)

    assert before.same(("carrier", "hour", "moon"), ["AA", 7, None])
    assert not before.same(("carrier", "hour"), ["AA", 8])


def test_an_input_that_is_gone_is_not_asked_about() -> None:
    """What no model reads any more makes no other question."""
    assert same_inputs({"hour": 7, "gone": 1}, {"hour": 7})
    assert not same_inputs({"hour": 7}, {"hour": None})
