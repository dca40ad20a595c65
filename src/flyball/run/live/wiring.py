"""Wiring: the descriptors that a process of a running system inherits, and what it is told.

>>> wiring = Wiring(kind="worker", slot=0, state="state", lock=3, vitals=4, book=5, numbers=6, loop_wake=7, link=8,
...                 lanes=[Lane(there=9, back=10, wake=11)], options=b"{}")
>>> descriptor = wiring.write()
>>> Wiring.read(str(descriptor)) == wiring
True
"""

from __future__ import annotations

import os
from typing import Literal

import msgspec

Kind = Literal["worker", "control", "loop"]


class Lane(msgspec.Struct, frozen=True):
    """What a process and the loop share: descriptors of the rings there and back, and of what wakes the process.

    >>> Lane(there=9, back=10, wake=11).wake
    11
    """

    there: int
    back: int
    wake: int


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """All that a process inherits.

    Args:
        kind: what it is.
        slot: its lane among `lanes`; -1 for the loop, which has them all.
        state: the state directory.
        lock: of the state directory; held by being open.
        vitals: the block of the vitals and the loop's intent.
        book: the block of ids.
        numbers: the block of metrics, a stretch for each slot.
        loop_wake: what wakes the loop.
        link: the socket to the supervisor.
        lanes: the lanes, workers' first, control's last.
        options: JSON of the process's own options.
    """

    kind: Kind
    slot: int
    state: str
    lock: int
    vitals: int
    book: int
    numbers: int
    loop_wake: int
    link: int
    lanes: list[Lane]
    options: bytes

    def write(self) -> int:
        """Writes it down in memory: the descriptor. An argument of a command would be too short for a definition."""
        descriptor = os.memfd_create("flyball-wiring")
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(msgspec.json.encode(self))
        return descriptor

    @staticmethod
    def read(text: str) -> Wiring:
        """The wiring at a descriptor, given as text; the descriptor is closed."""
        with os.fdopen(int(text), "rb") as file:
            file.seek(0)
            return msgspec.json.decode(file.read(), type=Wiring)

    @property
    def descriptors(self) -> list[int]:
        """All that is inherited; of the lanes, a worker has its own, the loop and control have all."""
        lanes = [self.lanes[self.slot]] if self.kind == "worker" else self.lanes
        shared = [self.lock, self.vitals, self.book, self.numbers, self.loop_wake, self.link]
        return shared + [descriptor for lane in lanes for descriptor in (lane.there, lane.back, lane.wake)]
