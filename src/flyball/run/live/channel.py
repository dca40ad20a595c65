"""A process's side of its lane: what it hands to the loop, and what it waits for.

See `flyball.serve.port.Channel` for what is promised.

>>> from flyball import Input, Model, Outcome, System
>>> from flyball.testing.loop_here import loop_here
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> loop, channel = loop_here(System("flights", models=[late]))
>>> from flyball.events.record import Outcome as Told
>>> isinstance(channel, LoopChannel), channel.offer([(0, Told(id="r1", outcome="late", value=1.0))])
(True, 56)
>>> loop.state.close()
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from flyball.events.record import Prediction, Unlogged
from flyball.run.live.block import Block
from flyball.run.live.message import AWAITED, VOID, Asked, Entries, encode, from_loop
from flyball.run.live.ring import RingReader, RingWriter
from flyball.run.live.vitals import Vital
from flyball.serve.port import DiskFull, LoopDown, Reply
from flyball.watch.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.events.record import Body
    from flyball.run.live.message import Question
    from flyball.run.live.vitals import SharedVitals
    from flyball.run.live.wiring import Lane
    from flyball.serve.port import Evaluate, Known
    from flyball.watch.feed import Look

T = TypeVar("T")

PATIENCE_SECONDS = 10.0
"""How long a commit or an answer is waited for; a loop that takes longer is treated as down."""
ASKED_LIMIT = 1000
"""How many questions may wait at once."""
DOWN = "the loop is down, and is being started again"

_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
_feeds: msgspec.msgpack.Decoder[Feed] = msgspec.msgpack.Decoder(Feed)


class _Waiting(NamedTuple):
    """Somebody who waits for a message to be durable: the place after it, and its length."""

    place: int
    length: int
    done: asyncio.Future[None]
    until: float


class LoopChannel:
    """The way to the log of one process, used by its event loop alone.

    Args:
        lane: the process's.
        loop_wake: the descriptor that wakes the loop.
        vitals: what the loop says of itself.
    """

    def __init__(self, lane: Lane, loop_wake: int, vitals: SharedVitals) -> None:
        self._out = RingWriter(Block(lane.there))
        self._back = RingReader(Block(lane.back))
        self._wake, self._loop_wake, self._vitals = lane.wake, loop_wake, vitals
        self._waiting: deque[_Waiting] = deque()
        self._lengths: dict[int, int] = {}
        self._asked: dict[int, tuple[Callable[[bytes], None], float]] = {}
        # Questions outlive a process in the ring: positions never fall, so no number is ever given twice.
        self._number = self._out.head
        for frame in self._back.take():
            self._back.release(frame.place)

    def attach(self) -> None:
        """Begins to listen; to be called by the running event loop."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        loop.add_reader(self._wake, self._woken)
        self._sweeper = loop.call_later(1.0, self._sweep)

    def detach(self) -> None:
        """Stops listening; whoever waits is told that the loop is down."""
        self._sweeper.cancel()
        self._loop.remove_reader(self._wake)
        self._fail()

    @property
    def fill(self) -> float:
        """How full the way to the loop is, 0 to 1."""
        return self._out.fill

    def offer(self, entries: Sequence[tuple[int, Body]]) -> int | None:
        """Hands records over, all or none; their place, or `None` where there is no room."""
        waited = any(not isinstance(body, (Prediction, Unlogged)) or _elsewhere(body) for _, body in entries)
        data = encode(Entries(list(entries)))
        place = self._put(data, AWAITED if waited else 0)
        if waited and place is not None:
            self._lengths[place] = len(data)
            os.eventfd_write(self._loop_wake, 1)
        return place

    def _put(self, data: bytes, flags: int) -> int | None:
        place = self._out.put(data, flags)
        if place is None:
            # What is written over can tell no more that it was declined.
            self._settle_waiting()
            self._out.refresh()
            place = self._out.put(data, flags)
        return place

    def committed(self, place: int) -> asyncio.Future[None]:
        """Ends when everything up to this place is durable."""
        done: asyncio.Future[None] = self._loop.create_future()
        length = self._lengths.pop(place, 0)
        if not self._vitals.get(Vital.LOOP_UP):
            done.set_exception(LoopDown(DOWN))
        else:
            self._waiting.append(_Waiting(place, length, done, self._loop.time() + PATIENCE_SECONDS))
            if self._out.tail >= place:
                self._settle_waiting()
        return done

    def _settle_waiting(self) -> None:
        """Tells those whose messages are durable, or declined. A message is marked before it is released."""
        tail = self._out.tail
        while self._waiting:
            first = self._waiting[0]
            declined = bool(first.length and self._out.flags(first.place, first.length) & VOID)
            if not declined and first.place > tail:
                break
            self._waiting.popleft()
            if not first.done.done():
                if declined:
                    first.done.set_exception(DiskFull("the disk is full; make some space"))
                else:
                    first.done.set_result(None)

    def ask(self, question: Known | Evaluate) -> asyncio.Future[Reply]:
        """Asks the loop."""
        return self._ask(question, _replies)

    def look(self, question: Look) -> asyncio.Future[Feed]:
        """Asks the loop what a dashboard shows."""
        return self._ask(question, _feeds)

    def _ask(self, question: Question, decoder: msgspec.msgpack.Decoder[T]) -> asyncio.Future[T]:
        answer: asyncio.Future[T] = self._loop.create_future()
        self._number += 1
        up = self._vitals.get(Vital.LOOP_UP) and len(self._asked) < ASKED_LIMIT
        if not up or self._put(encode(Asked(self._number, question)), AWAITED) is None:
            answer.set_exception(LoopDown(DOWN))
        else:
            self._asked[self._number] = (partial(_settle, answer, decoder), self._loop.time() + PATIENCE_SECONDS)
            os.eventfd_write(self._loop_wake, 1)
        return answer

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        for frame in self._back.take():
            message = from_loop.decode(frame.data)
            if message.number in self._asked:
                settle, _ = self._asked.pop(message.number)
                settle(message.reply)
            self._back.release(frame.place)
        self._settle_waiting()
        if not self._vitals.get(Vital.LOOP_UP):
            self._fail()

    def _fail(self) -> None:
        for waiting in self._waiting:
            if not waiting.done.done():
                waiting.done.set_exception(LoopDown(DOWN))
        for settle, _ in self._asked.values():
            settle(b"")
        self._waiting.clear()
        self._asked.clear()

    def _sweep(self) -> None:
        """Nobody waits for ever, also if the loop hangs."""
        self._sweeper = self._loop.call_later(1.0, self._sweep)
        self._settle_waiting()
        now = self._loop.time()
        while self._waiting and self._waiting[0].until <= now:
            waiting = self._waiting.popleft()
            if not waiting.done.done():
                waiting.done.set_exception(LoopDown(DOWN))
        for number, (settle, until) in list(self._asked.items()):
            if until <= now:
                del self._asked[number]
                settle(b"")


def _elsewhere(body: Body) -> bool:
    return isinstance(body, Prediction) and body.served_by == "elsewhere"


def _settle(answer: asyncio.Future[T], decoder: msgspec.msgpack.Decoder[T], reply: bytes) -> None:
    """Gives an answer to whoever waits for it; where the loop had none, it is as if the loop were down."""
    if answer.done():
        return
    if reply:
        answer.set_result(decoder.decode(reply))
    else:
        answer.set_exception(LoopDown(DOWN))
