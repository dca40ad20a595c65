"""Uncertainty in answers: told where it was asked for and the model answered, and nowhere else."""

from __future__ import annotations

import pytest

from flyball.serve.port import Reply
from tests.unit.serve.stand import Stand

ASKED = {"inputs": {"hour": 7}, "uncertainty": True}


@pytest.mark.parametrize("model", ["late", "size"])
def test_it_is_told_only_where_it_was_asked_for(model: str) -> None:
    """Also with false, and where the quick decoder does not take the body."""
    stand = Stand()
    assert stand.ask(model, ASKED)[1]["uncertainty"] > 0.0
    assert stand.ask(model, {"inputs": {"hour": "7"}, "uncertainty": True})[1]["uncertainty"] > 0.0
    for body in ({"inputs": {"hour": 7}}, ASKED | {"uncertainty": False}):
        assert "uncertainty" not in stand.ask(model, body)[1], body
    status, problem = stand.ask(model, ASKED | {"uncertainty": 1})
    assert (status, problem["detail"]) == (
        422,
        "the body is not what is taken here: Expected `bool`, got `int` - at `$.uncertainty`",
    )


def test_every_one_of_many_has_its_own() -> None:
    """A row of more features is less certain."""
    instances = [{"inputs": {"hour": 7}}, {"inputs": {"hour": 7, "carrier": "AA"}}, {"inputs": {"hour": "x"}}]
    _, body = Stand().ask("late", {"instances": instances, "uncertainty": True})
    assert [("uncertainty" in each) for each in body["predictions"]] == [True, True, False]
    _, body = Stand().ask("late", {"instances": instances})
    assert not any("uncertainty" in each for each in body["predictions"]), body


def test_a_fallback_has_none() -> None:
    """Nothing was looked up for it."""
    stand = Stand()
    stand.channel.evaluate = lambda _: Reply(found=True, score=0.75, learned_through=9)
    stand.channel.meanwhile = lambda: setattr(stand.ticks, "now", 30_000_000)
    status, body = stand.ask("quick", ASKED, consistent=True)
    assert (status, body["served_by"], "uncertainty" in body) == (200, "fallback", False)
    again = stand.ask("quick", ASKED | {"id": body["id"]})[1]
    assert (again["served_by"], "uncertainty" in again) == ("fallback", False)


@pytest.mark.parametrize("first", [True, False])
def test_the_same_question_gets_the_same_answer_with_it_or_without(first: bool) -> None:
    """Each time as it was asked for."""
    stand = Stand()
    asked = [ASKED | {"id": "r1", "uncertainty": each} for each in (first, not first, first)]
    found = [stand.ask("late", body)[1] for body in asked]
    assert ["uncertainty" in each for each in found] == [first, not first, first]
    assert len({each["prediction"] for each in found}) == 1
    assert len(stand.channel.predictions) == 1, "it was logged once"


def test_an_answer_that_only_the_loop_remembers_gets_it_too() -> None:
    """This worker has not made it."""
    stand = Stand()
    asked = ASKED | {"id": "r1"}
    first = stand.ask("late", asked)[1]
    other = Stand()
    other.book.claim("late", 1, "r1")
    other.channel.offer([(0, stand.channel.predictions[0])])
    assert other.ask("late", asked)[1]["uncertainty"] == first["uncertainty"]


def test_a_consistent_answer_has_it_too() -> None:
    """The loop answers, and the worker looks up how sure that is."""
    stand = Stand()
    stand.channel.evaluate = lambda asked: Reply(found=True, score=0.5, learned_through=3)
    assert stand.ask("late", ASKED, consistent=True)[1]["uncertainty"] == stand.ask("late", ASKED)[1]["uncertainty"]
