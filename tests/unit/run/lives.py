"""Lives: random but repeatable histories of two models, and the same histories told otherwise."""

from __future__ import annotations

from dataclasses import replace as replace_field
from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flyball.events.record import Tick
from flyball.testing.memory_log import MemoryLog
from tests.unit.run.flights import CARRIER, HOUR, SECOND, flights, model, refolded
from tests.unit.run.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flyball.events.record import Body
    from flyball.run.engine import Engine
    from flyball.system.outcome import Outcome
    from flyball.system.signal import Signal

MODEL = "late_model"
OTHER = "other"


class Life:
    """Questions, answers and corrections about two models, a minute apart on average; windows are an hour.

    The second record is a tick, in whose place a test may tell the same life with something else.
    """

    def __init__(self, outcome: Outcome, seed: int = 1, *, calibrate: Sequence[Signal] | None = None) -> None:
        self.random = Random(seed)  # noqa: S311  # no secrets: a seed must give the same life
        of_both = replace_field(model(MODEL, of=[CARRIER, HOUR], outcome=outcome), calibrate=calibrate)
        self.talk = Talk(flights(of_both, model(OTHER, of=[CARRIER], outcome=outcome)))
        self.talk.tell(Tick(), at=0)
        self.asked: list[str] = []
        self.now = 0

    def go_on(self, steps: int = 60) -> None:
        """Lives on for so many records."""
        for _ in range(steps):
            self.now += self.random.choice([0, 30, 60, 90, 600]) * SECOND
            if not self.asked or self.random.random() < 0.5:
                id = f"r{len(self.asked)}"
                self.asked.append(id)
                carrier, hour = self.random.choice("ABC"), self.random.randrange(4)
                for name in (MODEL, OTHER):
                    self.talk.ask(id, at=self.now, name=name, carrier=carrier, hour=hour)
            else:
                id = self.random.choice(self.asked[-12:])
                self.talk.answer(id, self.random.choice([0.0, 1.0, 1.0]), at=self.now)

    def say(self, body: Body) -> int:
        """Something else, now; its place in the log."""
        self.talk.tell(body, at=self.now)
        return self.talk.engine.seq

    def told_otherwise(self, changes: Mapping[int, Body]) -> Engine:
        """The engine that has seen the same log with other bodies at these places."""
        log = MemoryLog()
        for record in self.talk.records():
            log.append([replace(record, body=changes.get(record.seq, record.body))])
        return refolded(log)

    def digest(self, name: str = MODEL) -> int:
        """The digest of a model's coefficients."""
        return self.talk.live(name).table.digest()
