"""A loop in this process, which goes round when it is told to, and one channel to it: for tests and examples.

>>> from flyball import Input, Model, Outcome, System
>>> from flyball.events.record import Tick
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> loop, channel = loop_here(System("flights", models=[late]))
>>> place = channel.offer([(0, Tick())])
>>> loop.round(), loop.engine.seq
(True, 2)
>>> loop.state.close()
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from flyball.run.live.block import Block
from flyball.run.live.channel import LoopChannel
from flyball.run.live.intake import Intake
from flyball.run.live.intent import Intent
from flyball.run.live.log_clock import LogClock
from flyball.run.live.loop import Loop
from flyball.run.live.shared import Shared
from flyball.run.live.vitals import SharedVitals, Vital, boot_us
from flyball.run.state import State
from flyball.system.clock import SystemClock

if TYPE_CHECKING:
    from flyball.system.system import System


def loop_here(system: System, ring_bytes: int = 1 << 16) -> tuple[Loop, LoopChannel]:
    """A loop on a temporary state, and the channel of its one worker.

    Args:
        system: the definition.
        ring_bytes: of the ring between them.
    """
    shared = Shared.make(tempfile.mkdtemp(prefix="flyball-"), workers=1, ring_bytes=ring_bytes)
    block = Block(shared.vitals)
    vitals = SharedVitals(block)
    state = State.open(shared.state, system, durable=False)
    intake = Intake(shared.lanes, Intent(block, len(shared.lanes)), state.log.last_seq)
    clock = LogClock(state.now, SystemClock().now, boot_us)
    loop = Loop(state, intake, vitals, clock, shared.loop_wake, print)
    vitals.set(Vital.LOOP_UP, 1)
    return loop, LoopChannel(shared.lanes[0], shared.loop_wake, vitals)
