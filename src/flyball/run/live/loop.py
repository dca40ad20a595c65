"""The loop: the only writer of the log. It takes what processes hand over, commits, acknowledges, joins and learns.

One round: everything that is there is taken from all lanes, logged in one commit, acknowledged, and then folded into
what is learned, so that the next answer that a worker gives has learned from it. What a sender does not wait for,
predictions, lies at most `CALM_SECONDS` in its lane.

>>> from flyball import Input, Model, Outcome, System
>>> from flyball.testing.loop_here import loop_here
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> loop, channel = loop_here(System("flights", models=[late]))
>>> isinstance(loop, Loop), loop.round(), loop.behind
(True, False, False)
>>> loop.state.close()
"""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from flyball.events.log import LogBusy, LogFull
from flyball.events.record import Record, Rewind, Tick
from flyball.run.live.answers import answer
from flyball.run.live.vitals import Vital
from flyball.serve.port import Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.events.record import Body
    from flyball.run.live.intake import Draught, Intake
    from flyball.run.live.log_clock import LogClock
    from flyball.run.live.message import Question
    from flyball.run.live.vitals import SharedVitals
    from flyball.run.state import State
    from flyball.run.work import Work

CALM_SECONDS = 0.02
"""How long the loop sleeps when nobody waits for it."""
PACE_SECONDS = 0.003
"""From the beginning of one round to that of the next, at least, when one wakes it after another: what comes meanwhile
goes into one commit. A lone outcome does not wait."""
FULL_SECONDS = 0.5
"""How often a full disk is tried again."""
CATCH_UP_SECONDS = 20.0
"""How long a loop that is to end goes on folding what it has logged; the next one does the rest."""
FOLD_RECORDS = 2048
"""How many records that were logged before are folded between two commits."""


class Chore(Protocol):
    """What the loop does beside, a few milliseconds at a time."""

    def step(self, loop: Loop) -> None:
        """Does a little of it, if anything is to be done."""


class Loop:
    """The loop of one running system.

    Args:
        state: its opened state.
        intake: the lanes.
        vitals: what it tells about itself.
        clock: the log's time.
        wake: the descriptor that wakes it.
        told: called with a sentence when something happens that an operator should know.
    """

    def __init__(
        self,
        state: State,
        intake: Intake,
        vitals: SharedVitals,
        clock: LogClock,
        wake: int,
        told: Callable[[str], None],
    ) -> None:
        self.state = state
        self.engine = state.engine
        self.intake = intake
        self.vitals = vitals
        self.clock = clock
        self.stuck = False
        """Whether what is in the log cannot be applied: it is logged and acknowledged all the same."""
        self.work: Work | None = None
        """What is left of a record that takes long to fold, such as a rewind; the log goes on meanwhile."""
        self.chores: list[Chore] = []
        self._wake = wake
        self._told = told
        self._unsure: list[tuple[int, int, Question]] = []
        self._full = False
        self._stopping = False
        self._rounds = 0
        self._began = 0.0

    def stop(self) -> None:
        """Asks it to end after a last round."""
        self._stopping = True
        with suppress(BlockingIOError):
            os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Goes round until it is asked to stop, and then until nothing is left in the lanes.

        Where it ends in any other way, or behind its log, no checkpoint is taken: the next loop folds on from the last.
        """
        try:
            while not self._stopping:
                self._sleep()
                self.round()
            self._end()
        except BaseException:  # whatever it was, half of a round must not become durable
            self.state.leave()
            raise
        if self.behind or self.stuck:
            self.state.leave()

    def _end(self) -> None:
        until = time.monotonic() + CATCH_UP_SECONDS
        while (self.round() and not self._full) or (self.behind and not self.stuck and time.monotonic() < until):
            pass

    def _sleep(self) -> None:
        behind = self.behind and not self.stuck
        seconds = 0.0 if behind else FULL_SECONDS if self._full else CALM_SECONDS
        ready, _, _ = select.select([self._wake], [], [], seconds)
        early = self._began + PACE_SECONDS - time.monotonic()
        if early > 0 and not behind:
            time.sleep(early)
        if ready:
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
        self._began = time.monotonic()

    @property
    def behind(self) -> bool:
        """Whether the log holds records that have not been folded yet, or one that takes long is being."""
        return self.work is not None or self.engine.seq < self.state.log.last_seq

    def round(self) -> bool:
        """One round; whether anything was taken."""
        self._rounds += 1
        draught = self.intake.take()
        records = self._logged(draught)
        if records is not None:
            self._fold(records)
        self._answer(draught)
        self._tell()
        for chore in self.chores:
            chore.step(self)
        return draught.frames > 0

    def _logged(self, draught: Draught) -> list[Record] | None:
        """The records of a draught, once they are durable; `None` where the disk took none."""
        now = max(self.clock.now(), self.state.now)
        entries = self._entries(draught, now)
        first = self.state.log.last_seq + 1
        records = [
            Record(seq=first + i, event_ts=event_ts, ingest_ts=now, body=body)
            for i, (event_ts, body) in enumerate(entries)
        ]
        try:
            if records:
                if draught.frames:
                    self.intake.begin(draught, first)
                self.state.log.append(records)
                self.vitals.set(Vital.LAST_SEQ, records[-1].seq)
        except (LogFull, LogBusy) as error:
            if not self._full:
                self._told(str(error))
            self._full = True
            self.vitals.set(Vital.DISK_FULL, 1)
            self.intake.decline(draught)
            return None
        if self._full:
            self._told("the disk takes records again")
            self._full = False
            self.vitals.set(Vital.DISK_FULL, 0)
        if draught.frames:
            self.intake.done(draught)
        return records

    def _entries(self, draught: Draught, now: int) -> list[tuple[int, Body]]:
        entries = [each for each in draught.entries if self._can_be_done(each[1])]
        if entries and self.engine.origin is not None and not self.behind:
            # What follows is no row of a file, so that no replay takes it for one of its own.
            return [(now, Tick()), *entries]
        if not entries and (self._full or self.engine.joiner.due <= now):
            return [(now, Tick())]
        return entries

    def _can_be_done(self, body: Body) -> bool:
        """A rewind cannot, once the log has dropped its first records: nothing could be folded after it."""
        if isinstance(body, Rewind) and self.state.log.first_seq > 1:
            self._told(f"the rewind of {body.model} is left out: the log has dropped its first records meanwhile")
            return False
        return True

    def _fold(self, records: list[Record]) -> None:
        if self.stuck:
            return
        try:
            if self.work is not None:
                self.work = None if self.work.step() else self.work
            elif records and self.engine.seq + 1 == records[0].seq:
                self.work = self.engine.advance(records)
            elif self.behind:
                last = min(self.engine.seq + FOLD_RECORDS, self.state.log.last_seq)
                self.work = self.engine.advance(self.state.log.get(range(self.engine.seq + 1, last + 1)))
        except Exception as error:  # whatever is wrong with what was logged, the log goes on
            self.be_stuck(str(error))

    def be_stuck(self, reason: str) -> None:
        """From here on records are logged and acknowledged, and not learned from."""
        self.stuck = True
        self.vitals.set(Vital.STUCK, 1)
        self._told(f"learning has stopped at record {self.engine.seq}, and nothing is lost: {reason}")

    def _answer(self, draught: Draught) -> None:
        asked, self._unsure = self._unsure + draught.questions, []
        draught.questions = []
        for lane, number, question in asked:
            if isinstance(question, Known) and not draught.whole:
                # The prediction may stand in what is left in another lane.
                self._unsure.append((lane, number, question))
            else:
                self.intake.answer(lane, number, answer(self, question))

    def _tell(self) -> None:
        vitals = self.vitals
        vitals.set(Vital.LEARNED_THROUGH, self.engine.seq)
        if self._rounds == 1:
            vitals.set(Vital.LAST_SEQ, self.state.log.last_seq)
        vitals.set(Vital.CLOCK_OFFSET, self.clock.offset)
        vitals.set(Vital.CLOCK_DISAGREES, int(self.clock.disagrees))
        vitals.set(Vital.TICKS, self._rounds)
