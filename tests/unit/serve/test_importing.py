"""Predictions made elsewhere."""

from __future__ import annotations

import pytest

from flyball.events.record import Prediction
from tests.unit.serve.stand import NOW, Stand

PATH = "/v1/models/late/predictions"
MADE = {"id": "r1", "inputs": {"hour": 7}, "prediction": 0.25, "version": "v7", "event_ts": NOW - 5}


def test_a_prediction_made_elsewhere_is_recorded_as_such() -> None:
    """Under a number that no version of ours has, with its inputs typed."""
    stand = Stand()
    status, body = stand.post(PATH, MADE)

    assert (status, body) == (202, {"accepted": 1, "rejected": []})
    definition = stand.system.digest[:16]
    assert stand.channel.entries == [
        (
            NOW - 5,
            Prediction(
                id="r1",
                model="late",
                version=-7,
                definition=definition,
                inputs=[7, None],
                score=0.25,
                served_by="elsewhere",
            ),
        )
    ]


@pytest.mark.parametrize(
    ("again", "status"), [(MADE, 202), (MADE | {"inputs": {"hour": 8}}, 422), (MADE | {"prediction": 0.3}, 422)]
)
def test_the_same_again_is_accepted_and_recorded_once(again: object, status: int) -> None:
    """A client that got no answer sends it again; other inputs, or another answer, are a conflict."""
    stand = Stand()
    stand.post(PATH, MADE)
    got, body = stand.post(PATH, again)

    assert got == status, body
    assert status == 202 or body["rejected"][0]["problem"]["status"] == 409
    assert len(stand.channel.entries) == 1


def test_the_same_twice_in_a_request_is_recorded_once() -> None:
    """And with other inputs it is a conflict."""
    stand = Stand()
    status, body = stand.post(PATH, {"predictions": [MADE, MADE, MADE | {"inputs": {}}]})

    assert (status, body["accepted"]) == (202, 2)
    assert [(each["index"], each["problem"]["status"]) for each in body["rejected"]] == [(2, 409)]
    assert len(stand.channel.entries) == 1


def test_versions_do_not_stand_in_each_others_way() -> None:
    """An id is one prediction of each, and one made elsewhere is never given as ours."""
    stand = Stand()
    stand.ask("late", {"id": "r1", "inputs": {"hour": 1}})

    assert stand.post(PATH, {"predictions": [MADE, MADE | {"version": 8}]})[1]["accepted"] == 2
    assert [body.version for body in stand.channel.predictions] == [1, -7, -8]


@pytest.mark.parametrize(
    "wrong",
    [
        {"prediction": 1.5}, {"prediction": -0.1}, {"prediction": None}, {"version": 0}, {"version": "seven"},
        {"version": 2**70}, {"version": ""}, {"inputs": {"hour": "x"}}, {"event_ts": "noon"}, {"id": ""},
    ],
)  # fmt: skip  # a list of mistakes
def test_what_cannot_be_taken_is_refused(wrong: dict[str, object]) -> None:
    """And its id is not claimed."""
    stand = Stand()
    status, problem = stand.post(PATH, MADE | wrong)

    assert status == 422, problem
    assert (stand.book.claimed, stand.channel.entries) == (set(), [])


def test_numbers_may_be_any() -> None:
    """Only a probability is bounded."""
    assert Stand().post("/v1/models/size/predictions", MADE | {"prediction": -40.5})[0] == 202


@pytest.mark.parametrize(("trouble", "kind"), [("room", "queue-full"), ("disk_full", "disk-full")])
def test_what_was_not_taken_leaves_its_id_free(trouble: str, kind: str) -> None:
    """It will be sent again."""
    stand = Stand()
    setattr(stand.channel, trouble, 0 if trouble == "room" else True)
    _, problem = stand.post(PATH, MADE)

    assert problem["type"] == f"urn:flyball:problem:{kind}"
    assert stand.book.claimed == set()


def test_a_known_id_waits_for_the_loop() -> None:
    """Whether it was recorded is known there alone."""
    stand = Stand()
    stand.post(PATH, MADE)
    stand.channel.down = True
    status, problem = stand.post(PATH, {"predictions": [MADE, MADE | {"id": "r2"}]})

    assert (status, problem["type"]) == (503, "urn:flyball:problem:loop-down")
    assert ("late", 7, "r2") not in stand.book.claimed


def test_functions_are_called_for_them_too() -> None:
    """Their results are learned from."""
    stand = Stand()
    stand.post("/v1/models/function/predictions", MADE | {"inputs": {"weight": 9}})
    status, _ = stand.post("/v1/models/function/predictions", MADE | {"id": "r2", "inputs": {"weight": -9}})

    assert status == 422
    assert [body.derived for body in stand.channel.predictions] == [[3.0]]
