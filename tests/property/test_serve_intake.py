"""The first look at inputs gives what the second gives, and never takes what that refuses."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.serve.body import decode_whole
from flyball.serve.intake import Intake
from flyball.serve.problem import Refused
from flyball.serve.request import RequestRefused
from flyball.serve.wire import Ask
from tests.unit.serve.test_intake import KINDS

INTAKE = Intake("late", KINDS)
NAMES = INTAKE.names
ASK = msgspec.json.Decoder(Ask)
MOMENTS = st.sampled_from(["1970-01-01T00:00:01Z", "2026-01-31 08:00:00+01:00", "1970-01-01", "noon"])
NUMBERS = st.integers() | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30]) | st.floats()
RAW = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.text(max_size=5),
    MOMENTS,
    st.lists(st.text(max_size=3) | st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), NUMBERS | st.text(max_size=2), max_size=3),
)
INPUTS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, RAW) | {"moon": RAW})


@settings(max_examples=500)
@given(INPUTS, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]))
def test_both_looks_agree_on_every_question(inputs: dict[str, object], separators: tuple[str, str]) -> None:
    """Leaves, values, and what is refused."""
    body = json.dumps({"inputs": inputs}, separators=separators).encode()
    first: object
    second: object
    try:
        quick = INTAKE.quick(body)
    except (Refused, RequestRefused) as error:
        first = str(error)
    else:
        if quick is None:
            return  # it was left to the second look
        first = quick[1]
    try:
        ask = decode_whole(ASK, body)
        assert isinstance(ask.inputs, dict)
        second = INTAKE.take(ask.inputs)
    except (Refused, RequestRefused) as error:
        second = str(error)

    assert repr(first) == repr(second), "the two looks differ"  # repr tells 7 from 7.0 and from True


@given(st.text(max_size=6), st.integers())
def test_nearly_all_questions_need_one_look_only(carrier: str, hour: int) -> None:
    """Of the declared types, well formed."""
    body = msgspec.json.encode({"id": "r", "inputs": {"carrier": carrier, "hour": hour % 2**62}})

    assert INTAKE.quick(body) is not None
