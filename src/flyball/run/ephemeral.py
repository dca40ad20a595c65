"""A state that is kept nowhere: for a replay whose results are looked at and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.record import Plan, Record
from flyball.run.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flyball.events.record import Body
    from flyball.run.batch import Batch
    from flyball.run.rewind import Lookup
    from flyball.system.system import System


BEGINNING_US = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z: when a first definition is activated, so that a file of any time may follow."""


class Ephemeral:
    """An engine without a log.

    Args:
        system: the definition that holds.
        lookup: where predictions that left memory are read again.

    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> Ephemeral(System("flights", models=[late]), None).engine.seq
    1
    """

    def __init__(self, system: System, lookup: Lookup | None) -> None:
        self.engine = Engine(lookup)
        self.now = BEGINNING_US
        versions = {model.name: 1 for model in system.models}
        self.commit([(self.now, self.now, Plan(definition=system.to_json(), versions=versions))])

    def commit(
        self, entries: Sequence[tuple[int, int, Body]], batches: Mapping[str, Batch] | None = None
    ) -> list[Record]:
        """Applies the next records, (event_ts, ingest_ts, body) each; see `State.commit`."""
        first = self.engine.seq + 1
        records = [
            Record(seq=first + i, event_ts=event_ts, ingest_ts=ingest_ts, body=body)
            for i, (event_ts, ingest_ts, body) in enumerate(entries)
        ]
        self.engine.apply(records, batches)
        if records:
            self.now = records[-1].ingest_ts
        return records
