"""What the processes of a running system share: made once by the supervisor, and kept while any of them lives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.run.live.block import new_block
from flyball.run.live.book import BOOK_BYTES
from flyball.run.live.ring import ring_size
from flyball.run.live.vitals import VITALS_BYTES
from flyball.run.live.wiring import Lane, Wiring

if TYPE_CHECKING:
    from flyball.run.live.wiring import Kind

BACK_BYTES = 4 << 20
"""The ring from the loop to a worker: an answer repeats the inputs of a request, which are smaller than its body."""
CONTROL_BACK_BYTES = 16 << 20
"""The ring from the loop to control: all that a dashboard shows."""
PAGE = 4096


def numbers_bytes(cells: int) -> int:
    """The bytes of one worker's numbers: whole pages, so that no two workers write to one line of memory.

    >>> numbers_bytes(10)
    4096
    """
    return -(-cells * 8 // PAGE) * PAGE


@dataclass(frozen=True, slots=True)
class Shared:
    """Descriptors of all that is shared.

    >>> shared = Shared.make("state", workers=1, ring_bytes=4096)
    >>> len(shared.lanes)
    2
    """

    state: str
    lock: int
    vitals: int
    book: int
    numbers: int
    loop_wake: int
    lanes: list[Lane]

    @staticmethod
    def make(state: str, *, workers: int, ring_bytes: int, numbers: int = PAGE, lock: int = -1) -> Shared:
        """Makes it.

        Args:
            state: the state directory.
            workers: how many there are; a lane more is control's.
            ring_bytes: of each worker's way to the loop, a multiple of eight.
            numbers: the bytes of each worker's numbers.
            lock: the lease.
        """
        backs = [BACK_BYTES] * workers + [CONTROL_BACK_BYTES]
        return Shared(
            state=state,
            lock=lock,
            vitals=new_block("vitals", VITALS_BYTES),
            book=new_block("book", BOOK_BYTES),
            numbers=new_block("numbers", numbers * workers),
            loop_wake=_waker(),
            lanes=[
                Lane(new_block(f"there-{i}", ring_size(ring_bytes)), new_block(f"back-{i}", ring_size(back)), _waker())
                for i, back in enumerate(backs)
            ],
        )

    def wiring(self, kind: Kind, slot: int, link: int, options: bytes) -> Wiring:
        """What a process is told."""
        return Wiring(
            kind=kind,
            slot=slot,
            state=self.state,
            lock=self.lock,
            vitals=self.vitals,
            book=self.book,
            numbers=self.numbers,
            loop_wake=self.loop_wake,
            link=link,
            lanes=self.lanes,
            options=options,
        )


def _waker() -> int:
    return os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
