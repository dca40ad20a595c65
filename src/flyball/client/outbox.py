"""What can be told in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.client.fact import Fact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyball.client.backlog import Backlog, Counts
    from flyball.client.fact import Moment


class Outbox:
    """Takes facts without waiting. What is told without `event_ts` happens now, by the clock of this machine.

    Args:
        backlog: where they wait.
        wall: seconds since 1970.

    >>> from flyball.client.backlog import Backlog
    >>> outbox = Outbox(Backlog(), lambda: 1.5)
    >>> outbox.outcome("r1", 1)
    True
    >>> outbox._backlog.take()[0].items
    (b'{"id":"r1","value":1,"event_ts":1500000}',)
    """

    def __init__(self, backlog: Backlog, wall: Callable[[], float]) -> None:
        self._backlog = backlog
        self._wall = wall

    @property
    def counts(self) -> Counts:
        """What became of all that was told."""
        return self._backlog.counts

    def outcome(
        self,
        id: str,
        value: object,
        *,
        outcome: str | None = None,
        outcome_id: str | None = None,
        event_ts: Moment | None = None,
        weight: float | None = None,
    ) -> bool:
        """Tells what really happened, as `Client.outcome`; `False` where it was dropped."""
        when = self._now() if event_ts is None else event_ts
        fact = Fact.outcome(id, value, outcome=outcome, outcome_id=outcome_id, event_ts=when, weight=weight)
        return self._add(fact)

    def event(
        self,
        type: str,
        event_id: str,
        *,
        keys: Mapping[str, object] | None = None,
        values: Mapping[str, object] | None = None,
        prediction_id: str | None = None,
        event_ts: Moment | None = None,
    ) -> bool:
        """Tells an event, as `Client.event`; `False` where it was dropped."""
        when = self._now() if event_ts is None else event_ts
        return self._add(
            Fact.event(type, event_id, keys=keys, values=values, prediction_id=prediction_id, event_ts=when)
        )

    def record(
        self,
        model: str,
        id: str,
        inputs: Mapping[str, object],
        prediction: float,
        version: int | str,
        *,
        event_ts: Moment | None = None,
    ) -> bool:
        """Records a prediction made elsewhere, as `Client.record`; `False` where it was dropped."""
        when = self._now() if event_ts is None else event_ts
        return self._add(Fact.record(model, id, inputs, prediction, version, event_ts=when))

    def _now(self) -> int:
        return int(self._wall() * 1_000_000)

    def _add(self, fact: Fact) -> bool:
        return self._backlog.add(fact)
