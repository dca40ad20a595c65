"""Mistakes between the parts of a system: names, sources, outcomes as signals, and what another hand wrote."""

from __future__ import annotations

import pytest

from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.inspection.system import inspect
from flyball.system.mistake import SystemInvalid
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.signal import Derived, Signal
from flyball.system.source import Source
from flyball.system.system import System
from tests.unit.system.ads import HOUR, click, model, system


def test_two_signals_of_one_name_are_found_though_in_different_models() -> None:
    """The same declaration twice is one signal; another one is not."""
    outcome = click()
    first = Model("first", signals=[Input("hour", int)], outcome=outcome)
    same = Model("same", signals=[Input("hour", int)], outcome=outcome)
    other = Model("other", signals=[Input("hour", float)], outcome=outcome)

    assert len(System("ads", models=[first, same]).signals) == 1
    with pytest.raises(SystemInvalid, match="error name-duplicate: input 'hour'"):
        System("ads", models=[first, other])


@pytest.mark.parametrize(
    ("second", "code", "message"),
    [
        (Model("ctr", signals=[HOUR], outcome=click()), "name-duplicate", "model 'ctr'"),
        (Model("cvr", signals=[HOUR], outcome=click(window="1d")), "name-duplicate", "outcome 'click'"),
        (
            Model("cvr", signals=[HOUR], outcome=Outcome("sale", counts_from=Event("impression"))),
            "name-duplicate",
            "event 'impression'",
        ),
    ],
)
def test_two_parts_of_one_name_are_found(second: Model, code: str, message: str) -> None:
    """Models, outcomes and events."""
    with pytest.raises(SystemInvalid, match=f"error {code}: {message}"):
        System("ads", models=[model(HOUR), second])


def test_a_label_column_is_ambiguous_where_there_are_several_outcomes() -> None:
    """Of several outcomes, each is read from the column of its name."""
    sale = Model("cvr", signals=[HOUR], outcome=Outcome("sale"))

    with pytest.raises(SystemInvalid, match="error label-ambiguous: source: given 'y'"):
        System("ads", models=[model(HOUR), sale], source=Source(label="y"))


def test_the_outcome_of_another_model_may_be_a_signal_but_is_doubted() -> None:
    """A click is known when the sale is asked for; or is it?"""
    sale = Model("cvr", signals=[Input("click", bool)], outcome=Outcome("sale"))
    both = System("ads", models=[model(HOUR), sale])

    doubted = [each for each in inspect(both, import_functions=False) if each.code == "leak-other"]
    assert [(each.severity, each.given) for each in doubted] == [("warning", "'click'")]


def test_signals_derived_too_deep_are_refused_by_name() -> None:
    """Rather than by a stack that ends somewhere."""
    total: Signal = HOUR
    for _ in range(5_000):
        total = total + 1

    with pytest.raises(
        SystemInvalid, match=r"error signal-deep: add .* at most 100 signals derived one from the other"
    ):
        system(total)


def test_a_derived_signal_of_a_foreign_operation_is_refused() -> None:
    """A document by another hand may hold anything."""
    strange = Derived(op="sqrt", inputs=(HOUR,), params={}, type="float", name="root")
    wrong = Derived(op="words", inputs=(Input("title", str),), params={}, type="int", name="count")
    none = Derived(op="add", inputs=(HOUR,), params={}, type="float", name="sum")
    empty = Derived(op="words", inputs=(), params={}, type="list", name="nothing")

    with pytest.raises(SystemInvalid, match="the system has 4 mistakes") as caught:
        system(strange, wrong, none, empty)
    errors = [each.code for each in caught.value.mistakes if each.severity == "error"]
    assert errors == ["op-unknown", "type-wrong", "inputs-count", "inputs-count"]
