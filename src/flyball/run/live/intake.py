"""The loop's side of all lanes: takes what processes handed over, and tells them what became of it.

>>> from flyball import Input, Model, Outcome, System
>>> from flyball.testing.loop_here import loop_here
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> loop, channel = loop_here(System("flights", models=[late]))
>>> isinstance(loop.intake, Intake), loop.intake.take().frames
(True, 0)
>>> loop.state.close()
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flyball.run.live.block import Block
from flyball.run.live.message import AWAITED, VOID, Answered, Asked, encode, to_loop
from flyball.run.live.ring import RingReader, RingWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.events.record import Body
    from flyball.run.live.intent import Intent
    from flyball.run.live.message import Question
    from flyball.run.live.ring import Frame
    from flyball.run.live.wiring import Lane

MOST_BYTES = 256 << 10
"""Of one lane in one draught: so that a commit, and what is learned from it, takes milliseconds."""

MOST_WAITING = 8192
"""Records of a draught that the disk does not take: more are left in their lanes."""


@dataclass(slots=True)
class Draught:
    """What was taken from all lanes at once.

    `places[i]` is up to where lane i is to be released when it is committed; `whole`: nothing was left in any lane.

    >>> Draught([0, 0]).entries
    []
    """

    places: list[int]
    entries: list[tuple[int, Body]] = field(default_factory=list)
    questions: list[tuple[int, int, Question]] = field(default_factory=list)
    awaited: list[tuple[int, Frame]] = field(default_factory=list)
    frames: int = 0
    whole: bool = True


class Intake:
    """All lanes of a loop.

    Args:
        lanes: every process's.
        intent: where is noted what a commit is about to make durable.
        last_seq: of the log, now: what an earlier loop committed and did not release is released.
    """

    def __init__(self, lanes: Sequence[Lane], intent: Intent, last_seq: int) -> None:
        self._wakes = [lane.wake for lane in lanes]
        settled = intent.settle(last_seq)
        self._readers: list[RingReader] = []
        for i, lane in enumerate(lanes):
            block = Block(lane.there)
            if settled is not None:
                before = RingReader(block)
                before.release(max(settled[i], before.tail))
            self._readers.append(RingReader(block))
        self._writers = [RingWriter(Block(lane.back)) for lane in lanes]
        self._intent = intent
        self._waiting: Draught | None = None

    @property
    def fill(self) -> float:
        """How full the fullest lane is, 0 to 1."""
        return max(reader.fill for reader in self._readers)

    def take(self) -> Draught:
        """What is there, beside what could not be committed last time."""
        draught, self._waiting = self._waiting or Draught([reader.tail for reader in self._readers]), None
        draught.whole = True
        for i, reader in enumerate(self._readers):
            if len(draught.entries) >= MOST_WAITING:
                draught.whole = False
                break
            head = reader.head
            for frame in reader.take(MOST_BYTES):
                self._sort(draught, i, frame)
            draught.whole = draught.whole and draught.places[i] >= head
        return draught

    def _sort(self, draught: Draught, lane: int, frame: Frame) -> None:
        draught.frames += 1
        draught.places[lane] = frame.place
        if frame.flags & VOID:
            return
        message = to_loop.decode(frame.data)
        if isinstance(message, Asked):
            draught.questions.append((lane, message.number, message.question))
            return
        draught.entries += message.entries
        if frame.flags & AWAITED:
            draught.awaited.append((lane, frame))

    def begin(self, draught: Draught, first_seq: int) -> None:
        """Notes that the commit that begins with this record holds the draught."""
        self._intent.write(first_seq, draught.places)

    def done(self, draught: Draught) -> None:
        """The draught is durable, or held nothing to be logged: gives the room back, and wakes whoever waits."""
        for reader, place in zip(self._readers, draught.places, strict=True):
            reader.release(place)
        self._intent.clear()
        self._wake({i for i, _ in draught.awaited})

    def decline(self, draught: Draught) -> None:
        """The disk is full: whoever waits is told so and nothing of theirs is kept; what nobody waits for stays."""
        self._intent.clear()
        for i, frame in draught.awaited:
            self._readers[i].change(frame, frame.flags | VOID)
        self._wake({i for i, _ in draught.awaited})
        kept = self._still_there(draught) if draught.awaited else draught.entries
        self._waiting = Draught(draught.places, kept, frames=draught.frames)

    def _still_there(self, draught: Draught) -> list[tuple[int, Body]]:
        entries: list[tuple[int, Body]] = []
        for reader, place in zip(self._readers, draught.places, strict=True):
            for frame in reader.again(place):
                message = None if frame.flags & VOID else to_loop.decode(frame.data)
                if message is not None and not isinstance(message, Asked):
                    entries += message.entries
        return entries

    def answer(self, lane: int, number: int, reply: bytes) -> None:
        """Answers a question; a process that does not read its answers gets none."""
        writer = self._writers[lane]
        writer.refresh()
        writer.put(encode(Answered(number, reply)))
        self._wake({lane})

    def wake_all(self) -> None:
        """Wakes every process, to look at the vitals."""
        self._wake(set(range(len(self._wakes))))

    def _wake(self, lanes: set[int]) -> None:
        for lane in lanes:
            with suppress(BlockingIOError):
                os.eventfd_write(self._wakes[lane], 1)
