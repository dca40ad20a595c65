"""Intakes: inputs straight from JSON, or by a second look."""

from __future__ import annotations

import msgspec
import pytest

from flyball.serve.intake import Intake, Taken
from flyball.serve.problem import Refused
from flyball.serve.request import RequestRefused
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.missing import MISSING
from flyball.system.program import compile_program

KINDS = compile_program(
    [
        Input("yes", bool), Input("hour", int), Input("weight", float), Input("carrier", str), Input("tags", list[str]),
        Input("when", "timestamp", unit="s"), Input("shares", dict[str, float]), Entity("plane", int),
    ]
)  # fmt: skip  # a list of inputs
INTAKE = Intake("late", KINDS)


def body(**inputs: object) -> bytes:
    """A question with these inputs."""
    return msgspec.json.encode({"inputs": inputs})


def test_values_of_all_kinds_are_taken_at_the_first_look() -> None:
    """As they are logged and as they are computed with."""
    sent = body(
        yes=True, hour=7, weight=2, carrier="AA", tags=["b", "a"], when="1970-01-01T00:00:01Z",
        shares={"b": 1, "a": 0.5}, plane=9,
    )  # fmt: skip  # a list of inputs
    quick = INTAKE.quick(sent)

    assert quick is not None
    _, taken = quick
    assert taken.leaves == [True, 7, 2.0, "AA", ["b", "a"], 1_000_000, {"a": 0.5, "b": 1.0}, 9]
    assert taken.values == [True, 7, 2.0, "AA", ("b", "a"), 1_000_000, {"a": 0.5, "b": 1.0}, 9]
    assert list(taken.values[6]) == ["a", "b"], "a sum over a mapping depends on its order"  # type: ignore[arg-type]  # a mapping


def test_what_is_not_given_and_what_is_null_is_missing() -> None:
    """Alike."""
    quick = INTAKE.quick(body(hour=None, carrier="AA"))

    assert quick is not None
    assert quick[1].leaves == [None, None, None, "AA", None, None, None, None]
    assert quick[1].values.count(MISSING) == 7


@pytest.mark.parametrize(
    "inputs",
    [{"hour": "7"}, {"hour": 7.0}, {"yes": 1}, {"weight": "2.5"}, {"moon": "full"}, {"carrier": "x" * 20_000}],
)
def test_what_the_first_look_does_not_take_is_left_to_the_second(inputs: dict[str, object]) -> None:
    """Which takes it."""
    assert INTAKE.quick(body(**inputs)) is None
    assert INTAKE.take(inputs) != INTAKE.take({})


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b'{"inputs": {"hour": 7, "hour": 8}}', "'hour' stands twice"),
        (b'{"inputs": {}, "inputs": {}}', "'inputs' stands twice"),
        (b'{"inputs": {"shares": {"a": 1, "a": 2}}}', "'a' stands twice"),
        (b'{"id": "a", "id": "b", "inputs": {"carrier": ":"}}', "'id' stands twice"),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_the_first_look(sent: bytes, message: str) -> None:
    """Wherever it stands."""
    with pytest.raises(Refused, match=message):
        INTAKE.quick(sent)


def test_a_time_without_an_offset_is_refused() -> None:
    """With the input's name."""
    with pytest.raises(RequestRefused, match="input 'when': '1970-01-01 00:00' has no offset"):
        INTAKE.quick(body(when="1970-01-01 00:00"))


def test_unknown_inputs_are_kept_apart_or_refused() -> None:
    """A client may be deployed before the definition, unless the operator says otherwise."""
    assert INTAKE.take({"moon": "full"}).unknown == {"moon": "full"}
    with pytest.raises(RequestRefused, match="1 inputs are unknown to 'late'; accepted: at most 0 besides"):
        Intake("late", KINDS, strict=True).take({"moon": "full"})


def test_a_name_that_is_no_field_is_left_to_the_second_look() -> None:
    """A quotation mark in the heading of a column."""
    intake = Intake("late", compile_program([Input('5" gun', int)]))

    assert intake.quick(body(**{'5" gun': 7})) is None
    assert intake.take({'5" gun': 7}) == Taken([7], [7], {})
