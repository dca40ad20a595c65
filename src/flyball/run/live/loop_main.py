"""The loop's process: `python -m flyball.run.live.loop_main WIRING PARENT`, started by the supervisor.

>>> callable(main)
True
"""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flyball.run.live.ablating import Ablating
from flyball.run.live.announcement import Announcement, send
from flyball.run.live.block import Block
from flyball.run.live.child import die_with
from flyball.run.live.chore_thread import ChoreThread
from flyball.run.live.intake import Intake
from flyball.run.live.intent import Intent
from flyball.run.live.log_clock import LogClock
from flyball.run.live.loop import Loop
from flyball.run.live.rehearsal import rehearse
from flyball.run.live.upkeep import Upkeep
from flyball.run.live.vitals import SharedVitals, Vital, boot_us
from flyball.run.live.wiring import Wiring
from flyball.run.logs import configure
from flyball.run.state import State
from flyball.system.clock import SystemClock
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Sequence


_log = logging.getLogger(__name__)


class LoopOptions(msgspec.Struct, frozen=True):
    """What the loop is told beside its wiring.

    Args:
        definition: canonical JSON of the system that is to hold.
        checkpoint_every: records between two checkpoints.
        checkpoint_seconds: after so long one is due, if anything was logged.
        max_disk_bytes: the log's limit.
        log_level: the least important messages that it logs.
        ablate_seconds: how often another process measures what every signal is worth; 0: never.

    >>> LoopOptions(definition="{}").max_disk_bytes is None
    True
    """

    definition: str
    checkpoint_every: int = 200_000
    checkpoint_seconds: float = 60.0
    max_disk_bytes: int | None = None
    log_level: str = "info"
    ablate_seconds: float = 0.0


def main(arguments: Sequence[str]) -> int:
    """Opens the state, announces its tables, and goes round until it is asked to stop.

    Args:
        arguments: the wiring, and the process to die with.
    """
    wiring = Wiring.read(arguments[0])
    die_with(int(arguments[1]))
    options = msgspec.json.decode(wiring.options, type=LoopOptions)
    configure("loop", options.log_level)
    vitals_block = Block(wiring.vitals)
    vitals = SharedVitals(vitals_block)
    system = System.from_json(options.definition, import_functions=True)
    state = State.open(
        Path(wiring.state),
        system,
        checkpoint_every=options.checkpoint_every,
        max_disk_bytes=options.max_disk_bytes,
        shared=True,
    )
    with state, _ablating(state, options.ablate_seconds):
        # An earlier loop of this system may have left these.
        vitals.set(Vital.DISK_FULL, 0)
        vitals.set(Vital.STUCK, 0)
        clock = LogClock(state.now, SystemClock().now, boot_us, offset=vitals.get(Vital.CLOCK_OFFSET))
        intake = Intake(wiring.lanes, Intent(vitals_block, len(wiring.lanes)), state.log.last_seq)
        loop = Loop(state, intake, vitals, clock, wiring.loop_wake, told=_log.warning)
        if state.stuck is not None:
            loop.be_stuck(state.stuck)
        signal.signal(signal.SIGTERM, lambda *_: loop.stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        rehearse(system)
        loop.round()
        _announce(state, socket.socket(fileno=wiring.link))
        vitals.set(Vital.LOOP_UP, 1)
        intake.wake_all()
        chores = ChoreThread(_log.warning)
        loop.chores.append(
            Upkeep(
                chores,
                every=options.checkpoint_every,
                seconds=options.checkpoint_seconds,
                max_disk_bytes=options.max_disk_bytes,
            )
        )
        # A full collection looks at every pending prediction, which takes as long as learning a thousand examples.
        gc.collect()
        gc.freeze()
        gc.disable()
        loop.run()
        vitals.set(Vital.LOOP_UP, 0)
        intake.wake_all()
        chores.close()
    return 0


def _ablating(state: State, seconds: float) -> ExitStack:
    """What measures beside the loop, to be closed; nothing where no seconds are set."""
    stack = ExitStack()
    if seconds > 0.0:
        stack.callback(Ablating(state.path, seconds, _log.warning).close)
    return stack


def _announce(state: State, link: socket.socket) -> None:
    system = state.engine.system
    assert system is not None  # noqa: S101  # a state is opened with a definition
    models = {model.name: state.engine.models[model.name] for model in system.models}
    tables = [model.table.descriptor for model in models.values()]
    said = Announcement(
        definition=system.to_json(),
        versions={name: model.version for name, model in models.items()},
        models=list(models),
    )
    send(link, said, [table for table in tables if table is not None])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
