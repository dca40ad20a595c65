"""Tellings: from what a caller says has happened to the record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.record import Event, Outcome
from flyball.serve.request import RequestRefused, checked_name, checked_weight, plain_values
from flyball.system.excerpt import excerpt
from flyball.system.missing import Missing
from flyball.system.mistake import did_you_mean, one_of
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.system.event import Event as DeclaredEvent
    from flyball.system.outcome import Outcome as DeclaredOutcome


class NotDeclared(RequestRefused):
    """What was named is not in the system."""


def told_outcome(
    declared: Mapping[str, DeclaredOutcome],
    id: object,
    value: object,
    *,
    outcome: object = None,
    outcome_id: object = None,
    weight: object = 1.0,
) -> Outcome:
    """The record of an outcome.

    Args:
        declared: the system's outcomes by name.
        id: of the prediction or predictions.
        value: what happened: a truth, a number, or one of the outcome's labels.
        outcome: the outcome's name; may be left out where the system has one.
        outcome_id: of this fact, where several may come for one prediction.
        weight: its importance, a finite number of at least 0.

    Raises:
        RequestRefused: the outcome is unknown, the value none of its values, or an id or weight cannot be taken.

    >>> from flyball.system.outcome import Outcome
    >>> told_outcome({"late": Outcome("late")}, "r1", "yes").value
    1.0
    """
    name = next(iter(declared)) if outcome is None and len(declared) == 1 else outcome
    if not isinstance(name, str) or name not in declared:
        raise NotDeclared(f"outcome {excerpt(outcome)} is not declared; accepted: {one_of(sorted(declared))}")
    try:
        number = declared[name].value_of(value)
    except ValueRefused as error:
        raise RequestRefused(f"outcome {name!r}: {error}") from error
    if isinstance(number, Missing):
        raise RequestRefused(f"outcome {name!r} of {excerpt(id)} has no value; leave out what is not known")
    reducer = declared[name].reducer
    if outcome_id is None and reducer in {"sum", "mean"}:
        raise RequestRefused(
            f"outcome {name!r} of {excerpt(id)} has no outcome_id; give one to each part of the {reducer}"
        )
    return Outcome(
        id=checked_name("id", id),
        outcome=name,
        value=number,
        outcome_id=None if outcome_id is None else checked_name("outcome_id", outcome_id),
        weight=checked_weight(weight),
    )


def told_event(
    declared: Mapping[str, DeclaredEvent],
    type: str,
    event_id: object,
    *,
    prediction_id: object = None,
    keys: Mapping[str, object] | None = None,
    values: Mapping[str, object] | None = None,
) -> Event:
    """The record of an event.

    Args:
        declared: the system's events by name.
        type: the event's name.
        event_id: its own id; where the event exposes a prediction, that prediction's id, unless `prediction_id` is
            given.
        prediction_id: the prediction that it exposes.
        keys: the entities it concerns.
        values: what else is known of it.

    Raises:
        RequestRefused: the type is not declared, or an id or a name cannot be taken.

    >>> from flyball.system.event import Event
    >>> told_event({"shown": Event("shown")}, "shown", "r1", keys={"ad": 7}).keys
    {'ad': 7}
    """
    if type not in declared:
        names = sorted(declared)
        hint = did_you_mean(type, names, "declare it with counts_from=")
        raise NotDeclared(f"event {excerpt(type)} is not declared; accepted: {one_of(names)}; {hint}")
    return Event(
        type=type,
        event_id=checked_name("event_id", event_id),
        prediction_id=None if prediction_id is None else checked_name("prediction_id", prediction_id),
        keys=plain_values("the name of a key", keys or {}),
        values=plain_values("the name of a value", values or {}),
    )
