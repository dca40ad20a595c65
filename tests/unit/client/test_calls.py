"""What is refused before a call is made, and what answers must hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flyball.client.calls import delivering, listing, predicting, predicting_many, telling
from flyball.client.error import Refused, Unreadable, Unsendable
from flyball.client.fact import Fact
from flyball.client.options import Options
from flyball.client.parcel import Parcel
from flyball.client.prediction import Prediction
from flyball.client.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable

PARCEL = Parcel("/v1/outcomes", "outcomes", (b'{"id":"r1"}', b'{"id":"r2"}'))


def answered(document: object, status: int = 200) -> Response:
    """An answer."""
    return Response(status, "OK", json.dumps(document).encode())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: predicting("", "r1", {}), "model is ''; give the name of a model"),
        (lambda: predicting("..", "r1", {}), "model is '..'; give the name"),
        (lambda: Fact.event(None, "e1"), "type is None; give the name"),  # type: ignore[arg-type]  # the point of the test
        (lambda: predicting("\ud800", "r1", {}), "which holds half a character"),
        (lambda: predicting("ctr", "r1", {}, deadline=-1), "deadline is -1; give seconds, more than 0"),
        (lambda: predicting_many("ctr", [], []), "0 instances and 0 ids; give at least one instance"),
        (lambda: predicting_many("ctr", ["r1"], [{}, {}]), "2 instances and 1 ids"),
        (lambda: telling(Fact.outcome("r1", None)), "the outcome of 'r1' has no value"),
        (lambda: telling(Fact.event("", "e1")), "type is ''; give the name of a type"),
        (lambda: Options(tries=0), "tries is 0; give a whole number of at least 1"),
        (lambda: Options(longest_pause=0), "longest_pause is 0; give seconds, more than 0"),
        (lambda: Options(try_seconds=0), "try_seconds is 0; give seconds"),
        (lambda: Options(first_pause=-1), "first_pause is -1; give seconds, more than 0"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(make: Callable[[], object], message: str) -> None:
    """The message says what is accepted."""
    with pytest.raises(Unsendable, match=message):
        make()


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (
            lambda: predicting_many("m", ["a", "b"], [{}, {}]).read(answered({"predictions": [{}]})),
            "1 predictions for 2",
        ),
        (lambda: delivering(PARCEL).read(answered({"rejected": [{"index": 2}]})), "were not among the 2 sent"),
        (lambda: delivering(PARCEL).read(answered({"rejected": [{"index": True}]})), "'index' of the answer is True"),
        (lambda: delivering(PARCEL).read(answered({"rejected": [7]})), "not a list of objects"),
        (lambda: delivering(PARCEL).read(answered({"rejected": 7})), "not a list of objects"),
        (lambda: listing().read(answered({})), "'models' of the answer is None, not a list of objects"),
        (
            lambda: predicting("m", "a", {}).read(
                answered({"id": "a", "model": "m", "version": 1, "learned_through": 1, "prediction": "1"})
            ),
            "'prediction' of the answer is '1', not a number",
        ),
    ],
)
def test_an_answer_without_what_it_must_hold_cannot_be_read(read: Callable[[], object], message: str) -> None:
    """Rather an error than a wrong value."""
    with pytest.raises(Unreadable, match=message):
        read()


def test_a_batch_counts_a_fact_once_that_is_rejected_twice() -> None:
    """The counts of a sender add up whatever the service says."""
    receipt = delivering(PARCEL).read(answered({"accepted": 5, "rejected": [{"index": 1}, {"index": 1}]}, 202))

    assert (receipt.accepted, len(receipt.rejected)) == (1, 2)


def test_a_batch_that_was_refused_without_a_list_is_an_error() -> None:
    """Such as one that is too long."""
    with pytest.raises(Refused, match="422 Too many: at most 1,024"):
        delivering(PARCEL).read(answered({"title": "Too many", "detail": "at most 1,024"}, 422))


def test_uncertainty_is_asked_for_and_read() -> None:
    """For one prediction and for many; an answer without it has none."""
    answer = {"id": "r1", "model": "m", "version": 1, "learned_through": 0, "prediction": 0.5, "served_by": "model"}
    sure = answer | {"uncertainty": 0.25}
    one = predicting("m", "r1", {}, uncertainty=True)
    many = predicting_many("m", ["r1"], [{}], uncertainty=True)

    assert [json.loads(call.request.body)["uncertainty"] for call in (one, many)] == [True, True]
    assert b"uncertainty" not in predicting("m", "r1", {}).request.body + predicting_many("m", ["a"], [{}]).request.body
    assert one.read(answered(sure)).uncertainty == 0.25
    assert one.read(answered(answer)).uncertainty is None
    [found] = many.read(answered({"predictions": [sure]}))
    assert isinstance(found, Prediction)
    assert found.uncertainty == 0.25
