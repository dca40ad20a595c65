"""Upkeep: what the loop does beside its rounds, a few milliseconds at a time, and what it gives to its chore thread.

A checkpoint is copied in steps between rounds; another process finishes it, and makes one base of many. Full segments
of the log are closed by the chore thread and sealed by another process; where there is a limit, the oldest are dropped.

>>> from flyball import Input, Model, Outcome, System
>>> from flyball.testing.loop_here import loop_here
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> loop, channel = loop_here(System("flights", models=[late]))
>>> from flyball.run.live.chore_thread import ChoreThread
>>> chores = ChoreThread(print)
>>> Upkeep(chores, every=1000, seconds=60.0).step(loop)
>>> chores.close()
>>> loop.state.close()
"""

from __future__ import annotations

import gc
import time
from functools import partial
from typing import TYPE_CHECKING

from flyball.run.live.chores import do_apart
from flyball.run.live.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.run.live.chore_thread import ChoreThread
    from flyball.run.live.loop import Loop

STEP_SECONDS = 0.003
"""How long the copying of one round may take, nearly."""
RETRY_SECONDS = 30.0
"""How long after the disk refused a checkpoint another one is begun."""
LOOK_SECONDS = 1.0
"""How often is looked whether something is to be done."""


class Upkeep:
    """Sees to checkpoints and segments.

    Args:
        chores: the thread that waits for other processes.
        every: records between two checkpoints.
        seconds: after so long one is due, if anything was logged.
        max_disk_bytes: the log's limit.
        clock: seconds, which never fall.
    """

    def __init__(
        self,
        chores: ChoreThread,
        *,
        every: int,
        seconds: float,
        max_disk_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chores, self._every, self._seconds = chores, every, seconds
        self._max_disk_bytes, self._clock = max_disk_bytes, clock
        self._began = self._looked = clock()
        self._whole = False
        self._finishing = False
        self._segments = -1
        self._sealing = self._over = False

    def step(self, loop: Loop) -> None:
        """Does a little."""
        now = self._clock()
        checkpointing = loop.state.checkpointing
        if checkpointing.busy and not self._whole:
            self._copy(loop, now)
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        # Cycles are few, and a whole collection would look at every pending prediction.
        gc.collect(1)
        if self._whole and not self._finishing:
            self._settle(loop)
        elif not checkpointing.busy and self._due(loop, now) and not loop.stuck and not loop.behind:
            self._began = now
            checkpointing.begin(loop.engine)
        self._tidy(loop)

    def _copy(self, loop: Loop, now: float) -> None:
        checkpointing = loop.state.checkpointing
        self._whole = checkpointing.step()
        while checkpointing.busy and not self._whole and self._clock() - now < STEP_SECONDS:
            self._whole = checkpointing.step()
        if self._whole:
            self._finish(loop)

    def _finish(self, loop: Loop) -> None:
        self._finishing = True  # before it is given: it may be done before that returns
        if not self._chores.give(partial(self._finish_apart, loop.state.path)):
            self._finishing = False

    def _finish_apart(self, path: Path) -> None:
        """In the chore thread; the loop looks by itself whether it was done."""
        try:
            do_apart("checkpoint", path)
        finally:
            self._finishing = False

    def _settle(self, loop: Loop) -> None:
        """The process that finishes the checkpoint has ended: it is durable, or is tried again."""
        if not loop.state.checkpointing.settle():
            self._finish(loop)
            return
        self._whole = False
        loop.vitals.set(Vital.CHECKPOINT_SEQ, loop.state.checkpointing.last)
        loop.vitals.set(Vital.CHECKPOINT_US, loop.vitals.now())
        self._chores.give(partial(do_apart, "compact", loop.state.path))

    def _due(self, loop: Loop, now: float) -> bool:
        new = loop.engine.seq - loop.state.checkpointing.last
        if loop.state.checkpointing.problem is not None:
            return now - self._began >= RETRY_SECONDS
        return new >= self._every or (new > 0 and now - self._began >= self._seconds)

    def _tidy(self, loop: Loop) -> None:
        """Seals whole segments when there is one more than before; then drops the oldest, where there is a limit."""
        log = loop.state.log
        if log.segments != self._segments and not self._sealing:
            self._segments = log.segments
            self._sealing = True
            if not self._chores.give(partial(self._seal, loop)):
                self._segments, self._sealing = -1, False
            self._over = self._max_disk_bytes is not None
        elif self._over and not self._sealing and not loop.behind:
            # Not while records wait to be folded: a rewind among them needs the log from its first record on.
            self._over = False
            loop.state.log.retain(max_disk_bytes=self._max_disk_bytes or 0, keep_from_seq=self._keep_from(loop))

    @staticmethod
    def _keep_from(loop: Loop) -> int:
        """The first record that is needed to go on from the newest durable checkpoint."""
        checkpointing = loop.state.checkpointing
        if loop.engine.rewound > checkpointing.last:
            return 1  # to recover from that checkpoint, the rewind is done again, from the first record on
        return checkpointing.needed

    def _seal(self, loop: Loop) -> None:
        """In the chore thread."""
        try:
            loop.state.log.seal_ready()
        finally:
            self._sealing = False
