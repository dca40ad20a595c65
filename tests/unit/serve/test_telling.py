"""Tellings: what callers say has happened."""

from __future__ import annotations

import pytest

from flyball.serve.request import RequestRefused
from flyball.serve.telling import NotDeclared, told_event, told_outcome
from flyball.system.event import Event
from flyball.system.outcome import Outcome

LATE, DELAY = Outcome("late", labels=("ON TIME", "LATE")), Outcome("delay", float, reducer="sum")
BOTH = {"late": LATE, "delay": DELAY}


def test_the_outcome_may_be_left_out_where_there_is_one() -> None:
    """And only there."""
    assert told_outcome({"late": LATE}, "r1", "LATE").outcome == "late"
    with pytest.raises(NotDeclared, match="outcome None is not declared; accepted: 'delay', 'late'"):
        told_outcome(BOTH, "r1", True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"value": None, "outcome": "late"}, "has no value"),
        ({"value": "MAYBE", "outcome": "late"}, "is no label; accepted: ON TIME, LATE"),
        ({"value": 1.0, "outcome": "delay"}, "has no outcome_id; give one to each part of the sum"),
        ({"value": 1.0, "outcome": "delay", "outcome_id": ""}, "outcome_id '' is no text"),
        ({"value": 1, "outcome": "late", "weight": -1}, "weight -1 is no finite number"),
        ({"value": 1, "outcome": 7}, "outcome 7 is not declared"),
    ],
)
def test_what_cannot_be_taken_is_refused(given: dict[str, object], message: str) -> None:
    """With what is accepted."""
    with pytest.raises(RequestRefused, match=message):
        told_outcome(BOTH, "r1", **given)


def test_an_event_must_be_declared() -> None:
    """With the nearest name."""
    with pytest.raises(NotDeclared, match="did you mean 'shown'"):
        told_event({"shown": Event("shown")}, "show", "e1")


def test_an_event_keeps_what_it_was_told() -> None:
    """Keys and values as plain as they can be."""
    told = told_event({"shown": Event("shown")}, "shown", "e1", prediction_id="r1", keys={"ad": 7}, values={"x": [1]})

    assert (told.prediction_id, told.keys, told.values) == ("r1", {"ad": 7}, {"x": "[1]"})
