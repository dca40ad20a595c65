"""The part of an engine that learns nothing: definitions and the joiner, folded from the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.joiner import Joiner
from flyball.events.record import Plan, Rewind
from flyball.run.engine import rules_of
from flyball.system.system import System

if TYPE_CHECKING:
    from flyball.events.example import Example
    from flyball.events.record import Record
    from flyball.run.rewind import Lookup


class Joining:
    """Joins what a log holds, as an engine does, at the cost of reading it.

    Args:
        lookup: the log, from its first record on, from which rewinds are done; `None` where it was cut: then only which
            examples were learned may be told wrongly after a rewind.
        joiner: as it was after the records that are not given again.
        system: the definition that held then.

    >>> from flyball import Input, Model, Outcome
    >>> from flyball.events.record import Record
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> joining = Joining(None)
    >>> plan = Plan(definition=system.to_json(), versions={"late": 1})
    >>> joining.take(Record(seq=1, event_ts=0, ingest_ts=0, body=plan))
    []
    >>> joining.system.name
    'flights'
    """

    def __init__(self, lookup: Lookup | None, joiner: Joiner | None = None, system: System | None = None) -> None:
        self._lookup = lookup
        self.joiner = Joiner({}, {}) if joiner is None else joiner
        self.system = system

    def take(self, record: Record) -> list[Example]:
        """Takes the next record; returns the examples that follow."""
        examples = self.joiner.step(record)
        body = record.body
        if isinstance(body, Plan):
            self.system = System.from_json(body.definition)
            self.joiner.replan(*rules_of(self.system))
        elif isinstance(body, Rewind) and self._lookup is not None:
            again = Joining(None, self.joiner.again(body.model))
            for past in self._lookup.read():
                if past.seq > record.seq:
                    break
                again.take(past)
            self.joiner.correct(body.model, again.joiner)
        return examples
