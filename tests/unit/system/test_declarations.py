"""Events, outcomes, learners, models and sources bring what was given to one form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.system.entity import Entity
from flyball.system.event import Event
from flyball.system.kind import Kind
from flyball.system.learner import FTRL
from flyball.system.missing import MISSING
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.value import ValueRefused
from tests.unit.system.ads import COUNTRY, HOUR, SHOWN

if TYPE_CHECKING:
    from flyball.system.signal import Signal


def test_an_entity_among_the_keys_of_an_event_becomes_its_name() -> None:
    """Either may be written."""
    assert Event("impression", keys=[Entity("ad_id", str), "user_id"]) == SHOWN  # type: ignore[arg-type]  # accepted all the same


def test_a_lone_key_without_its_comma_is_one_key() -> None:
    """`keys=("ad_id")` is a text, and means what it looks like."""
    assert Event("impression", keys="ad_id").keys == ("ad_id",)  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize(("if_silent", "learn"), [(None, "arrival"), (0, "close"), (False, "close")])
def test_an_outcome_is_learned_on_arrival_unless_silence_means_something(if_silent: object, learn: str) -> None:
    """Learning silence at the close and answers on arrival would be biased."""
    assert Outcome("click", if_silent=if_silent).learn == learn


def test_equal_outcomes_may_be_spelt_differently() -> None:
    """Durations, numbers and types have one form."""
    assert Outcome("click", bool, window="1800s", if_silent=0) == Outcome(
        "click", "bool", window="30m", if_silent=False
    )
    assert Outcome("late", labels=["no", "yes"], if_silent="no") == Outcome("late", labels=("no", "yes"), if_silent=0)  # type: ignore[arg-type]  # a list is accepted
    assert Outcome("price", float, scale=2) == Outcome("price", float, scale=2.0)


def test_an_outcome_resolves_to_plain_values() -> None:
    """What the joiner needs."""
    outcome = Outcome("click", window="30m", if_silent=1, counts_from=SHOWN)

    assert (outcome.window_us, outcome.silent_value, outcome.counts_from_name, outcome.kind, outcome.loss) == (
        1_800_000_000,
        1.0,
        "impression",
        Kind.BOOL,
        "logistic",
    )
    assert (Outcome("price", int).loss, Outcome("price", int).silent_value) == ("squared", None)
    assert Outcome("price", int).counts_from_name is None


@pytest.mark.parametrize(
    ("outcome", "raw", "value"),
    [
        (Outcome("click"), True, 1.0),
        (Outcome("click"), "no", 0.0),
        (Outcome("click"), None, MISSING),
        (Outcome("late", labels=("ON TIME", "LATE")), "ON TIME", 0.0),
        (Outcome("late", labels=("ON TIME", "LATE")), 1, 1.0),
        (Outcome("price", float), "2.5", 2.5),
        (Outcome("count", int), 3, 3.0),
    ],
)
def test_an_answer_is_a_number(outcome: Outcome, raw: object, value: object) -> None:
    """No and yes are 0 and 1; a label is one of the two."""
    assert outcome.value_of(raw) == value


@pytest.mark.parametrize(
    ("outcome", "raw", "reason", "message"),
    [
        (Outcome("late", labels=("no", "yes")), "true", "not_a_label", "'true' is no label; accepted: no, yes"),
        (Outcome("click"), 0.5, "unparsable", "0.5 is not taken as bool"),
        (Outcome("count", int), 0.5, "unparsable", "0.5 is not taken as int"),
        (Outcome("price", float), float("inf"), "not_finite", "inf is not a finite number"),
    ],
)
def test_another_answer_is_refused(outcome: Outcome, raw: object, reason: str, message: str) -> None:
    """With labels, only labels are texts that count."""
    with pytest.raises(ValueRefused, match=message) as caught:
        outcome.value_of(raw)

    assert caught.value.reason == reason


def test_settings_of_a_learner_are_floats() -> None:
    """So 1 and 1.0 declare the same."""
    assert FTRL(alpha=1, l1=0) == FTRL(alpha=1.0)


def test_a_model_names_its_dimensions() -> None:
    """A tuple of one is that one; tuples are watched together."""
    model = Model("ctr", signals=[HOUR], outcome=Outcome("click"), slice_by=[COUNTRY, (HOUR,), [COUNTRY, HOUR]])  # type: ignore[list-item]  # a list is accepted

    assert model.dimensions == ("country", "hour", "country & hour")
    assert model.slices == ((COUNTRY,), (HOUR,), (COUNTRY, HOUR))


def test_a_model_has_its_deadline_in_microseconds_or_none() -> None:
    """`None` is no deadline."""
    assert Model("ctr", signals=[HOUR], outcome=Outcome("click"), deadline="20ms").deadline_us == 20_000
    assert Model("ctr", signals=[HOUR], outcome=Outcome("click")).deadline_us is None


def test_a_lone_signal_is_a_list_of_one() -> None:
    """Signals need no brackets where there is one."""
    assert Model("ctr", signals=HOUR, outcome=Outcome("click")).signals == (HOUR,)  # type: ignore[arg-type]  # what is tested


def test_missing_texts_of_a_source_are_a_tuple() -> None:
    """Given as a list or alone."""
    assert Source(missing=["", "NA"]) == Source(missing=("", "NA"))
    assert Source(missing="NA").missing == ("NA",)


@pytest.mark.parametrize(
    ("given", "dimensions"),
    [
        (None, None),
        (False, None),
        (True, []),
        ([], []),
        (COUNTRY, [["country"]]),
        ([COUNTRY, (COUNTRY, HOUR)], [["country"], ["country", "hour"]]),
        ([[COUNTRY], [COUNTRY, HOUR]], [["country"], ["country", "hour"]]),
    ],
)
def test_a_model_is_calibrated_as_a_whole_or_by_dimensions_too(
    given: bool | list[Signal] | None, dimensions: list[list[str]] | None
) -> None:
    """However it is written; what it is calibrated by need not be a signal of the model."""
    model = Model("ctr", signals=[HOUR], outcome=Outcome("click"), slice_by=[HOUR], calibrate=given)
    names = [[signal.name for signal in signals] for signals in model.calibrated_by]

    assert model.calibrated is (dimensions is not None)
    assert names == (dimensions or [])
    assert [signal.name for signal in model.beside] == ["hour", *(name for each in names for name in each)]
