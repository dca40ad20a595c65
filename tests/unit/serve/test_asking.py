"""Asking: one question or many in a request."""

from __future__ import annotations

import re

import pytest

from flyball.serve.limits import Limits
from flyball.serve.port import Reply
from tests.unit.serve.stand import NOW, Stand


def test_many_questions_get_their_answers_in_order() -> None:
    """With what they share, and what each has of its own."""
    stand = Stand()
    instances = [
        {"id": "a", "inputs": {"hour": 1}},
        {"inputs": {"hour": 2, "carrier": "BB"}},
        {"inputs": {"hour": None}},
    ]
    status, body = stand.ask(
        "late", {"inputs": {"carrier": "AA", "hour": 9}, "instances": instances, "event_ts": NOW - 5}
    )

    assert status == 200
    assert [answer["id"] for answer in body["predictions"]] == ["a", "id-0", "id-1"]
    assert [each.inputs for each in stand.channel.predictions] == [[1, "AA"], [2, "BB"], [None, "AA"]]
    assert [event_ts for event_ts, _ in stand.channel.entries] == [NOW - 5] * 3


def test_one_that_is_refused_leaves_the_others_as_they_are() -> None:
    """Its problem stands in its place."""
    stand = Stand()
    instances = [{"inputs": {"hour": "x"}}, {"id": "a", "inputs": {}}, {"id": "a", "inputs": {"hour": 1}}]
    status, body = stand.ask("late", {"instances": instances})
    kinds = [each.get("problem", {}).get("status") for each in body["predictions"]]

    assert (status, kinds) == (200, [422, None, 409])
    assert stand.count("flyball_predictions", "late", "refused") == 2


def test_all_refused_is_a_problem_with_all_of_them() -> None:
    """422, or what they have in common where that is no fault of the caller's."""
    stand = Stand()
    status, body = stand.ask("late", {"instances": [{"inputs": {"hour": "x"}}, {"inputs": {"hour": "y"}}]})
    assert (status, body["status"], len(body["predictions"])) == (422, 422, 2)

    stand.channel.down = True
    consistent = {"instances": [{"inputs": {}}, {"inputs": {}}], "consistent": True}
    response = stand.send("POST", "/v1/models/late/predict", consistent)
    assert (response.status, response.headers) == (503, ((b"retry-after", b"1"),))


def test_many_can_be_answered_by_the_loop() -> None:
    """All at the same time."""
    stand = Stand()
    stand.channel.evaluate = lambda question: Reply(
        found=True, score=0.75, learned_through=len(stand.channel.questions)
    )
    status, body = stand.ask(
        "late", {"instances": [{"inputs": {"hour": hour}} for hour in range(40)], "consistent": True}
    )

    assert status == 200
    assert [answer["learned_through"] for answer in body["predictions"]] == list(range(1, 41))
    assert [each.inputs[0] for each in stand.channel.predictions] == list(range(40))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": []}, "instances has 0 items; accepted: 1 to 3"),
        ({"instances": [{"inputs": {}}] * 4}, "instances has 4 items; accepted: 1 to 3"),
        ({"instances": [{"inputs": {}}], "id": "a"}, "an id beside instances is nobody's"),
        ({"id": "a"}, "the body has no inputs; give inputs, or instances"),
        ({"inputs": 7}, r"Expected `object`, got `int` - at `\$.inputs`"),
        ({"inputs": {}, "deadline_ms": 0}, "deadline_ms"),
        ({"inputs": {}, "id": ""}, "length >= 1"),
        ({"inputs": {}, "id": "x" * 257}, "length <= 256"),
        ({"inputs": {}, "event_ts": "2026-01-31 08:00"}, "has no offset"),
        ({"inputs": {}, "event_ts": NOW + 300_000_001}, "more than five minutes after now"),
        ({"inputs": {}, "event_ts": True}, "event_ts"),
        ({"inputs": {}, "event_ts": NOW // 1_000_000}, "a number is taken as microseconds since 1970"),
        ({"inputs": {}, "event_ts": f"{NOW // 1_000}"}, "a number is taken as microseconds since 1970"),
        ({"inputs": {f"x{i}": 1 for i in range(65)}}, "65 inputs are unknown to 'late'"),
        ([], "Expected `object`, got `array`"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_claimed(body: object, message: str) -> None:
    """With what is accepted."""
    stand = Stand(limits=Limits(items=3))
    status, problem = stand.ask("late", body)

    assert status == 422, problem
    assert re.search(message, problem["detail"]), problem["detail"]
    assert (stand.book.claimed, stand.channel.entries) == (set(), [])


def test_a_strict_service_refuses_inputs_that_it_does_not_know() -> None:
    """And says which there are."""
    status, problem = Stand(strict=True).ask("late", {"inputs": {"moon": 1}})

    assert status == 422
    assert "besides hour, carrier" in problem["detail"]


def test_a_request_under_way_goes_on_with_the_definition_that_it_began_with() -> None:
    """Whatever is loaded meanwhile."""
    stand = Stand()

    def replaced() -> None:
        stand.service.serving = None

    stand.channel.meanwhile = replaced
    stand.channel.evaluate = lambda question: Reply(found=True, score=0.75)
    status, body = stand.ask("late", {"instances": [{"inputs": {}}] * 40, "consistent": True})

    assert (status, len(body["predictions"])) == (200, 40)
    assert stand.ask("late", {"inputs": {}})[0] == 503
