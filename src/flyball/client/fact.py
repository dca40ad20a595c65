"""What the service is told: outcomes, events, and predictions made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from flyball.client.encoding import encode, event_time
from flyball.client.error import Unsendable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

Moment: TypeAlias = datetime | int | str
"""An aware datetime, whole microseconds since 1970, or RFC 3339 text with an offset."""


def segment(name: str, given: object) -> str:
    """A name as a part of a path.

    Raises:
        Unsendable: it is empty or no text.

    >>> segment("model", "ctr/eu")
    'ctr%2Feu'
    """
    if not isinstance(given, str) or not given or given in {".", ".."}:
        raise Unsendable(f"{name} is {given!r}; give the name of a {name} that the service declares")
    try:
        return quote(given, safe="")
    except UnicodeEncodeError as error:
        raise Unsendable(f"{name} is {given!r}, which holds half a character (a lone surrogate)") from error


def present(**members: object) -> dict[str, object]:
    """The members that are given.

    >>> present(id="r1", outcome=None)
    {'id': 'r1'}
    """
    return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, ready to be sent.

    Args:
        path: where to.
        member: the name under which a batch of its kind stands.
        data: the fact as a JSON object.

    >>> Fact.outcome("r1", 1, outcome="click")
    Fact(path='/v1/outcomes', member='outcomes', data=b'{"id":"r1","value":1,"outcome":"click"}')
    """

    path: str
    member: str
    data: bytes

    @classmethod
    def outcome(
        cls,
        id: str,
        value: object,
        *,
        outcome: str | None = None,
        outcome_id: str | None = None,
        event_ts: Moment | None = None,
        weight: float | None = None,
    ) -> Self:
        """What really happened to what a prediction was about."""
        if value is None:
            raise Unsendable(f"the outcome of {id!r} has no value; leave out what is not known")
        told = present(id=id, value=value, outcome=outcome, outcome_id=outcome_id, weight=weight)
        return cls("/v1/outcomes", "outcomes", encode(_timed(told, event_ts)))

    @classmethod
    def event(
        cls,
        type: str,
        event_id: str,
        *,
        keys: Mapping[str, object] | None = None,
        values: Mapping[str, object] | None = None,
        prediction_id: str | None = None,
        event_ts: Moment | None = None,
    ) -> Self:
        """An event of a declared type."""
        told = present(event_id=event_id, keys=keys, values=values, prediction_id=prediction_id)
        return cls(f"/v1/events/{segment('type', type)}", "events", encode(_timed(told, event_ts)))

    @classmethod
    def record(
        cls,
        model: str,
        id: str,
        inputs: Mapping[str, object],
        prediction: float,
        version: int | str,
        *,
        event_ts: Moment | None = None,
    ) -> Self:
        """A prediction made elsewhere."""
        told = present(id=id, inputs=inputs, prediction=prediction, version=version)
        return cls(f"/v1/models/{segment('model', model)}/predictions", "predictions", encode(_timed(told, event_ts)))


def _timed(told: dict[str, object], moment: Moment | None) -> dict[str, object]:
    return told if moment is None else {**told, "event_ts": event_time(moment)}
