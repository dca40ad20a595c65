"""Answering: known ids, deadlines, fallbacks, and what is handed to the log."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from flyball.events.record import Prediction
from flyball.serve.exchange import Request, Response
from flyball.serve.port import Evaluate, Known, Reply
from flyball.serve.recent import Recent
from flyball.serve.route import PREDICT
from tests.unit.serve.stand import NOW, Stand

SEVEN = {"id": "r1", "inputs": {"hour": 7, "carrier": "AA"}}
EIGHT = {"id": "r1", "inputs": {"hour": 8, "carrier": "AA"}}


def forget(stand: Stand) -> None:
    """As if another worker had answered."""
    stand.service._asking.answering.recent = Recent(10)


def test_a_prediction_is_handed_to_the_log_with_all_that_was_asked() -> None:
    """Typed, with the definition, the place up to which was learned, and what nobody knows."""
    stand = Stand()
    stand.vitals.learned_through = 41
    status, answer = stand.ask("late", {"id": "r1", "inputs": {"hour": "7", "moon": "full"}, "event_ts": NOW - 5})

    assert status == 200
    assert answer == {
        "id": "r1", "model": "late", "version": 1, "learned_through": 41, "prediction": 0.5, "served_by": "model",
    }  # fmt: skip  # as it is sent
    assert stand.channel.entries == [
        (
            NOW - 5,
            Prediction(
                id="r1",
                model="late",
                version=1,
                definition=stand.system.digest[:16],
                inputs=[7, None],
                score=0.5,
                as_of=41,
                learned_through=41,
                unknown={"moon": "full"},
                said=bytes(24),  # five lanes that have learned nothing say 0
            ),
        )
    ]


def test_the_present_is_the_time_of_what_has_none() -> None:
    """And every question gets an id."""
    stand = Stand()
    first, second = (stand.ask("late", {"inputs": {}})[1]["id"] for _ in range(2))

    assert first != second
    assert [event_ts for event_ts, _ in stand.channel.entries] == [NOW, NOW]


def test_the_same_again_gets_the_same_answer_and_is_logged_once() -> None:
    """Whatever was learned in between."""
    stand = Stand()
    first = stand.ask("late", SEVEN)
    stand.vitals.learned_through = 99
    again = stand.ask("late", SEVEN)

    assert first == again
    assert len(stand.channel.entries) == 1
    assert stand.count("flyball_predictions", "late", "again") == 1


def test_an_id_asked_again_with_other_inputs_is_a_conflict() -> None:
    """The first answer stands."""
    stand = Stand()
    stand.ask("late", SEVEN)
    status, problem = stand.ask("late", EIGHT)

    assert (status, problem["type"]) == (409, "urn:flyball:problem:conflict")
    assert len(stand.channel.entries) == 1


@pytest.mark.parametrize(("body", "expected"), [(SEVEN, 200), (EIGHT, 409)])
def test_what_another_worker_has_answered_is_known_to_the_loop(body: dict[str, object], expected: int) -> None:
    """The same question the same answer, another one a conflict."""
    stand = Stand()
    first = stand.ask("late", SEVEN)
    forget(stand)
    status, answer = stand.ask("late", body)

    assert status == expected
    assert stand.channel.questions == [Known("late", 1, "r1")]
    assert status != 200 or (status, answer) == first
    assert len(stand.channel.entries) == 1


def test_an_id_that_only_looks_like_another_is_answered() -> None:
    """The book may be mistaken; the loop is not."""
    stand = Stand()
    stand.book.claim("late", 1, "r1")
    status, answer = stand.ask("late", SEVEN)

    assert (status, answer["prediction"]) == (200, 0.5)
    assert len(stand.channel.predictions) == 1


def test_without_the_loop_a_known_id_must_wait() -> None:
    """Another answer could be wrong."""
    stand = Stand()
    stand.ask("late", SEVEN)
    forget(stand)
    stand.channel.down = True
    response = stand.send("POST", "/v1/models/late/predict", SEVEN)

    assert response.status == 503
    assert (b"retry-after", b"1") in response.headers


def test_without_the_loop_new_ids_are_answered_and_told_that_nothing_is_learned() -> None:
    """Predictions go on."""
    stand = Stand()
    stand.channel.down, stand.vitals.learning = True, False

    assert stand.ask("late", SEVEN)[1]["learning"] is False


def test_a_late_question_gets_the_fallback_which_is_logged_as_such() -> None:
    """With the reason."""
    stand = Stand()
    stand.ticks.now += 20_000_000
    question = {"inputs": {"hour": 7}}
    answer = begun(stand, "quick", question, at=0)

    assert (answer["prediction"], answer["served_by"], answer["reason"]) == (0.25, "fallback", "deadline")
    assert [(body.score, body.served_by) for body in stand.channel.predictions] == [(0.25, "fallback")]


def begun(stand: Stand, model: str, question: object, *, at: int) -> Any:  # noqa: ANN401  # a JSON object
    """What a question is answered that came at an earlier moment."""
    response = stand.service.handle(Request(PREDICT, model, msgspec.json.encode(question), started=at))
    assert isinstance(response, Response)
    return msgspec.json.decode(response.body)


def test_the_smaller_deadline_counts() -> None:
    """The model's, or the caller's."""
    stand = Stand()
    stand.ticks.now += 5_000_000
    answers = [
        begun(stand, "quick", {"inputs": {}} | deadline, at=0)["served_by"]
        for deadline in ({}, {"deadline_ms": 4}, {"deadline_ms": 1e12}, {"deadline_ms": None})
    ]

    assert answers == ["model", "fallback", "model", "model"]


def test_a_late_question_without_a_fallback_is_a_problem_and_its_id_is_free() -> None:
    """It may be asked again."""
    stand = Stand()
    stand.ticks.now += 2_000_000
    problem = begun(stand, "late", SEVEN | {"deadline_ms": 1}, at=0)

    assert (problem["status"], problem["type"]) == (504, "urn:flyball:problem:deadline")
    assert stand.book.claimed == set()
    assert stand.ask("late", SEVEN)[0] == 200


def test_an_answer_of_the_loop_that_comes_too_late_is_the_fallback() -> None:
    """Of a question that was to be answered between two batches."""
    stand = Stand()
    stand.channel.evaluate = lambda question: Reply(found=True, score=0.75, learned_through=9)
    stand.channel.meanwhile = lambda: setattr(stand.ticks, "now", 30_000_000)
    status, answer = stand.ask("quick", {"inputs": {"hour": 7}}, consistent=True)

    assert (status, answer["served_by"], answer["prediction"]) == (200, "fallback", 0.25)


def test_the_first_answer_that_is_not_found_in_time_is_replaced_by_the_fallback_unlogged() -> None:
    """A second record of the id would be none."""
    stand = Stand()
    stand.ask("quick", {"id": "r1", "inputs": {"hour": 7}})
    forget(stand)
    stand.channel.meanwhile = lambda: setattr(stand.ticks, "now", 30_000_000)
    status, answer = stand.ask("quick", {"id": "r1", "inputs": {"hour": 7}})

    assert (status, answer["served_by"]) == (200, "fallback")
    assert len(stand.channel.entries) == 1
    assert stand.service.take_unlogged() == {("quick", 1): 1}


def test_a_consistent_answer_is_the_loops() -> None:
    """In the body or in the query; logged with what the loop had learned."""
    stand = Stand()
    stand.channel.evaluate = lambda question: Reply(found=True, score=0.75, learned_through=9)
    by_body = stand.ask("late", {"inputs": {"hour": 7}, "consistent": True})[1]
    by_query = stand.ask("late", {"inputs": {"hour": 7}}, consistent=True)[1]

    for answer in (by_body, by_query):
        assert (answer["prediction"], answer["learned_through"], answer["served_by"]) == (0.75, 9, "model")
    definition = stand.system.digest[:16]
    assert stand.channel.questions == [Evaluate("late", definition, [7, None], [])] * 2
    assert [body.score for body in stand.channel.predictions] == [0.75, 0.75]


@pytest.mark.parametrize("down", [True, False])
def test_a_consistent_answer_that_cannot_be_had_is_a_503_and_leaves_the_id_free(down: bool) -> None:
    """The loop is down, or has another definition."""
    stand = Stand()
    stand.channel.down = down
    status, _ = stand.ask("late", SEVEN, consistent=True)

    assert status == 503
    assert stand.book.claimed == set()


def test_a_caller_that_goes_away_leaves_no_claim() -> None:
    """While the loop was asked."""
    stand = Stand()

    async def story() -> None:
        asked, never = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def ask(question: object) -> Reply:
            asked.set()
            reply: Reply = await never
            return reply

        stand.channel.ask = ask  # type: ignore[method-assign]  # a loop that does not answer
        task = asyncio.ensure_future(stand.begin("POST", "/v1/models/late/predict", SEVEN, consistent=True))
        await asked.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), "it was not cancelled"

    asyncio.run(story())

    assert stand.book.claimed == set()
    assert stand.service._asking.answering._under_way == {}


def test_the_same_question_twice_at_once_is_one_prediction() -> None:
    """The second waits for the first."""
    stand = Stand()

    async def story() -> list[bytes]:
        ready = asyncio.get_running_loop().create_future()

        async def ask(question: object) -> Reply:
            await ready
            return Reply(found=True, score=0.75, learned_through=9)

        stand.channel.ask = ask  # type: ignore[method-assign]  # a loop that is slow
        asked = [stand.begin("POST", "/v1/models/late/predict", SEVEN, consistent=True) for _ in range(2)]
        tasks = [asyncio.ensure_future(each) for each in asked]
        # Runs after both tasks have begun: what is ready runs in order.
        asyncio.get_running_loop().call_soon(ready.set_result, None)
        return [response.body for response in await asyncio.gather(*tasks)]

    first, second = asyncio.run(story())

    assert first == second
    assert len(stand.channel.entries) == 1


def test_what_the_log_has_no_room_for_is_answered_and_counted_by_version() -> None:
    """Until the count is taken."""
    stand = Stand(room=1)
    answers = [stand.ask("late", {"inputs": {"hour": hour}})[0] for hour in range(3)]

    assert answers == [200, 200, 200]
    assert stand.count("flyball_unlogged", "late") == 2
    assert stand.service.take_unlogged() == {("late", 1): 2}
    assert stand.service.take_unlogged() == {}


@pytest.mark.parametrize(("model", "status"), [("size", 200), ("late", 503)])
def test_an_answer_that_is_no_finite_number_is_never_sent(
    model: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fallback, or a problem; and it is counted."""
    stand = Stand()
    assert stand.service.serving is not None
    monkeypatch.setattr(stand.service.serving.models[model], "score", lambda values: float("nan"))
    got, answer = stand.ask(model, {"id": "r1", "inputs": {"hour": 7}})

    assert got == status, answer
    assert stand.count("flyball_not_finite", model) == 1
    assert status == 503 or (answer["prediction"], answer["reason"]) == (3.0, "not_finite")
    assert (len(stand.book.claimed) == 1) is (status == 200)


def test_a_function_that_fails_refuses_the_question_and_leaves_the_id_free() -> None:
    """What it raised is said; what it gave is logged."""
    stand = Stand()
    status, problem = stand.ask("function", {"id": "r1", "inputs": {"weight": -4}})

    assert status == 422
    assert "function 'math:sqrt' raised ValueError" in problem["detail"]
    assert stand.book.claimed == set()
    stand.ask("function", {"id": "r1", "inputs": {"weight": 4}})
    assert stand.channel.predictions[0].derived == [2.0]


def test_a_fallback_logs_what_functions_would_have_given_as_missing() -> None:
    """They were not called."""
    stand = Stand()
    stand.ticks.now += 2_000_000
    answer = begun(stand, "safe", {"inputs": {"weight": 4}, "deadline_ms": 1}, at=0)

    assert answer["served_by"] == "fallback"
    assert [body.derived for body in stand.channel.predictions] == [[None]]


def test_the_first_answer_that_is_not_found_in_time_is_a_problem_without_a_fallback() -> None:
    """Nothing is counted as answered."""
    stand = Stand()
    stand.ask("late", SEVEN)
    forget(stand)
    stand.channel.meanwhile = lambda: setattr(stand.ticks, "now", 2_000_000)
    status, problem = stand.ask("late", SEVEN | {"deadline_ms": 1})

    assert (status, problem["type"]) == (504, "urn:flyball:problem:deadline")
    assert stand.service.take_unlogged() == {}


def test_a_consistent_answer_that_is_no_finite_number_is_never_sent() -> None:
    """As any other."""
    stand = Stand()
    stand.channel.evaluate = lambda question: Reply(found=True, score=float("inf"))

    assert stand.ask("late", {"inputs": {}}, consistent=True)[0] == 503
    assert stand.ask("size", {"inputs": {}}, consistent=True)[1]["reason"] == "not_finite"
    assert stand.book.claimed == {("size", 1, "id-1")}


def test_whoever_waits_for_a_question_that_fails_asks_again() -> None:
    """The loop goes down between two equal questions, and comes back."""
    stand = Stand()

    async def story() -> list[int]:
        replies = iter([Reply(), Reply(), Reply(found=True, score=0.75)])

        async def ask(question: object) -> Reply:  # a loop that answers at once
            return next(replies)

        stand.channel.ask = ask  # type: ignore[method-assign]  # a loop that is changing its definition
        asked = [stand.begin("POST", "/v1/models/late/predict", SEVEN, consistent=True) for _ in range(2)]
        return [response.status for response in await asyncio.gather(*asked)]

    assert asyncio.run(story()) == [503, 200]
    assert len(stand.channel.entries) == 1
