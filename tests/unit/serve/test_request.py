"""Requests: what a caller may give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.record import Event, decode, encode
from flyball.run.form import Form
from flyball.serve.request import (
    RequestRefused,
    checked_id,
    checked_name,
    checked_time,
    checked_weight,
    plain,
    plain_values,
    typed_inputs,
)
from flyball.system.input import Input
from flyball.system.missing import MISSING
from tests.unit.run.flights import flights, model

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(st.characters()), inner, max_size=2),
    max_leaves=4,
)


@given(ANYTHING)
def test_any_undeclared_value_becomes_one_that_can_be_logged_and_read(raw: object) -> None:
    """Whatever a client sends: it is written down, bounded, and the log stays readable."""
    leaf = plain(raw)
    body = Event(type="t", event_id="e", values={"x": leaf})

    assert decode(encode(body)) == body
    assert raw is None or not isinstance(leaf, str) or isinstance(raw, str) or len(leaf) <= 200


@given(ANYTHING)
def test_a_name_is_kept_as_it_is_or_refused(raw: object) -> None:
    """What is kept can be written."""
    try:
        kept = checked_name("key", raw)
    except RequestRefused:
        return
    assert kept == raw
    assert 1 <= len(kept) <= 256
    assert kept.encode()


@given(ANYTHING)
def test_a_weight_is_a_finite_number_of_at_least_0_or_refused(raw: object) -> None:
    """Never an exception of another kind."""
    try:
        weight = checked_weight(raw)
    except RequestRefused:
        return
    assert 0.0 <= weight < float("inf")


@given(ANYTHING)
def test_a_time_is_a_moment_or_refused(raw: object) -> None:
    """Within what a record can hold."""
    try:
        time = checked_time(raw, 1_700_000_000_000_000)
    except RequestRefused:
        return
    assert -(2**63) <= time < 2**63


def test_an_id_is_made_where_none_was_given() -> None:
    """A new one each time."""
    assert len({checked_id(None) for _ in range(100)}) == 100
    assert checked_id("r" * 256) == "r" * 256


@pytest.mark.parametrize(
    ("given_time", "expected"),
    [(None, 50), (7, 7), (0, 0), ("1970-01-01T00:00:01+00:00", 1_000_000), (300_000_050, 300_000_050)],
)
def test_times_are_microseconds_or_rfc_3339(given_time: object, expected: int) -> None:
    """Up to five minutes in the future."""
    assert checked_time(given_time, 50) == expected


@pytest.mark.parametrize("given_time", [300_000_051, "1970-01-01 00:00:01", "noon", 2**80, float("nan"), b"x", [1]])
def test_times_that_cannot_be_are_refused(given_time: object) -> None:
    """Naive text, the far future, and what is no time."""
    with pytest.raises(RequestRefused, match=r"^event_ts"):
        checked_time(given_time, 50)


def test_inputs_are_typed_in_the_models_order_and_others_told_apart() -> None:
    """With the unit and the zone that were declared."""
    when, at = Input("when", "timestamp", unit="s"), Input("at", "timestamp", tz="Europe/Berlin")
    form = Form(flights(model(of=[Input("a", int), when, at], slice_by=[])), "late_model", 1)
    inputs = {"moon": True, "at": "1970-01-01T01:00:01", "when": 2, "b": None}

    assert typed_inputs(form.model, form.program, inputs) == (
        [MISSING, 2_000_000, 1_000_000],
        {"moon": True, "b": None},
    )


def test_undeclared_names_are_texts() -> None:
    """A number as a name could not be read again."""
    with pytest.raises(RequestRefused, match="the name of a key 7 is no text of 1 to 256 characters"):
        plain_values("the name of a key", {7: 1})  # type: ignore[dict-item]  # what a caller may give
