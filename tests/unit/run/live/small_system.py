"""A small running system in one process: lanes, a loop that goes round when it is told to, and channels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flyball import Input, Model, Outcome, System
from flyball.events import record
from flyball.events.leaf import leaf_of
from flyball.run.live.block import Block
from flyball.run.live.channel import LoopChannel
from flyball.run.live.intake import Intake
from flyball.run.live.intent import Intent
from flyball.run.live.log_clock import LogClock
from flyball.run.live.loop import Loop
from flyball.run.live.shared import Shared
from flyball.run.live.vitals import SharedVitals, Vital
from flyball.run.state import State
from flyball.system.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1_700_000_000_000_000


def flights() -> System:
    """A model of two signals."""
    hour, origin = Input("hour", int), Input("origin", str)
    return System("flights", models=[Model("late", signals=[hour, origin], outcome=Outcome("late"))])


class SmallSystem:
    """The loop and `workers` channels; `crash` is what `kill -9` of the loop leaves."""

    def __init__(self, directory: Path, workers: int = 2, ring_bytes: int = 1 << 16, segment_rows: int = 1_000) -> None:
        self.directory, self.segment_rows = directory, segment_rows
        self.shared = Shared.make(str(directory), workers=workers, ring_bytes=ring_bytes)
        self.block = Block(self.shared.vitals)
        self.vitals = SharedVitals(self.block)
        self.wall = ManualClock(NOON)
        self.told: list[str] = []
        self.start()
        self.channels = [LoopChannel(lane, self.shared.loop_wake, self.vitals) for lane in self.shared.lanes]

    def start(self) -> None:
        """Starts a loop, the first or another one."""
        self.state = State.open(self.directory, flights(), durable=False, segment_rows=self.segment_rows)
        intake = Intake(self.shared.lanes, Intent(self.block, len(self.shared.lanes)), self.state.log.last_seq)
        clock = LogClock(self.state.now, self.wall.now, self.wall.now)
        self.loop = Loop(self.state, intake, self.vitals, clock, self.shared.loop_wake, self.told.append)
        self.vitals.set(Vital.LOOP_UP, 1)

    def crash(self) -> None:
        """What `kill -9` of the loop leaves."""
        self.vitals.set(Vital.LOOP_UP, 0)
        self.state.leave()
        for lane in self.shared.lanes:
            os.eventfd_write(lane.wake, 1)

    def asked(self, id: str, hour: int = 7, *, score: float = 0.5, served_by: str = "model") -> tuple[int, record.Body]:
        """A prediction as a worker hands it over."""
        form = self.state.engine.models["late"].form
        inputs = [leaf_of(hour), leaf_of("JFK")]
        body = record.Prediction(
            id=id,
            model="late",
            version=1,
            definition=form.definition,
            inputs=inputs,
            score=score,
            served_by=served_by,
            as_of=self.vitals.learned_through,
            learned_through=self.vitals.learned_through,
        )
        return self.wall.now(), body

    def told_outcome(self, id: str, value: float = 1.0) -> tuple[int, record.Body]:
        """An outcome as a worker hands it over."""
        return self.wall.now(), record.Outcome(id=id, outcome="late", value=value)

    def bodies(self) -> list[record.Body]:
        """What the log holds."""
        return [each.body for each in self.state.log.read()]
