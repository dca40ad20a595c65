"""The supervisor: starts the processes of a running system, starts again what ends, and stops all in order.

>>> Supervisor.__name__
'Supervisor'
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from typing import TYPE_CHECKING

from flyball.events.log import LogFull
from flyball.run.live.announcement import Announcement, receive_any, send
from flyball.run.live.block import Block
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.run.live.member import Member
    from flyball.run.live.roster import Roster
    from flyball.run.live.shared import Shared

LOOP_UP, DRAINING = 0, 5
"""Words of the vitals, see `flyball.run.live.vitals.Vital`; they are written while their other writer is not alive."""
KILL_AFTER = 60.0
"""Seconds after the time for draining, after which a process that was asked to stop is killed."""


class StartFailed(FlyballError):
    """A process cannot be started; what it said before is on the terminal."""


class Supervisor:
    """Keeps the processes of a running system alive.

    Args:
        shared: what they share.
        members: the loop first, then workers, then control.
        roster: where is written who they are.
        told: called with a sentence about what happens.
        keep: listening sockets, which stay open while it lives.
        drain_seconds: how long requests in flight may take when it stops.
        clock: seconds, which never fall.
    """

    def __init__(
        self,
        shared: Shared,
        members: Sequence[Member],
        roster: Roster,
        told: Callable[[str], None],
        keep: Sequence[socket.socket] = (),
        drain_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared, self._members, self._roster, self._told, self._clock = shared, members, roster, told, clock
        self._vitals = Block(shared.vitals).words
        self._keep = keep
        self._kill_after = KILL_AFTER + drain_seconds
        self._said: Announcement | None = None
        self._tables: list[int] = []
        self._stop_signals = 0
        self._selector = selectors.DefaultSelector()
        self._ear, self._mouth = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self, on_ready: Callable[[], None]) -> None:
        """Runs until it is asked to stop by SIGTERM or SIGINT, and every process has ended.

        Args:
            on_ready: called once, when all are ready.

        Raises:
            StartFailed: a process ends again and again without having been ready.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)
        self._selector.register(self._ear, selectors.EVENT_READ)
        waiting = on_ready
        try:
            while self._stop_signals == 0:
                self._start_due()
                self._turn(self._patience())
                if all(member.ready for member in self._members):
                    waiting()
                    waiting = _nothing
        finally:
            self._stop()

    def _asked(self, *_: object) -> None:
        self._stop_signals += 1
        os.write(self._mouth, b"!")

    def _patience(self) -> float:
        dues = [member.due for member in self._members if member.process is None]
        return max(0.0, min([due - self._clock() for due in dues], default=1.0))

    def _start_due(self) -> None:
        now = self._clock()
        for member in self._members:
            if member.process is None and member.due <= now:
                if member.hopeless:
                    raise StartFailed(f"{member.name} ended {member.restarts} times and never got ready; see above why")
                try:
                    member.start(self._shared, now)
                except OSError as error:
                    member.failed(now)
                    self._told(f"{member.name} could not be started: {error.strerror}; trying again")
                    continue
                self._selector.register(member.watch, selectors.EVENT_READ, member)
                assert member.link is not None  # noqa: S101  # it was just started
                self._selector.register(member.link, selectors.EVENT_READ, member)
                self._pass_on(member)
                self._write_roster()

    def _turn(self, seconds: float) -> None:
        """Waits for something to happen, and sees to it."""
        ended: list[Member] = []
        for key, _ in self._selector.select(seconds):
            if key.fd == self._ear:
                os.read(self._ear, 64)
            elif isinstance(key.fileobj, socket.socket):
                self._listen(key.data)
            else:
                ended.append(key.data)
        for member in ended:
            self._ended(member)

    def _listen(self, member: Member) -> None:
        assert member.link is not None  # noqa: S101  # it was registered
        heard = receive_any(member.link)
        if heard is None:
            self._selector.unregister(member.link)
        elif isinstance(heard, bytes):
            member.proved()
        else:
            self._announce(*heard)
            member.proved()

    def _announce(self, said: Announcement, tables: list[int]) -> None:
        for table in self._tables:
            os.close(table)
        self._said, self._tables = said, tables
        for member in self._members:
            self._pass_on(member)

    def _pass_on(self, member: Member) -> None:
        """Tells a worker what is served; one that has just ended is told when it is started again."""
        if member.kind == "worker" and member.link is not None and self._said is not None:
            try:
                send(member.link, self._said, self._tables)
            except OSError as error:
                self._told(f"{member.name} did not hear what is served now: {error.strerror}")

    def _ended(self, member: Member) -> None:
        self._selector.unregister(member.watch)
        if member.link is not None and member.link in self._selector.get_map():
            self._selector.unregister(member.link)
        code = member.ended(self._clock())
        if member.kind == "loop":
            self._vitals[LOOP_UP] = 0
            for lane in self._shared.lanes:
                os.eventfd_write(lane.wake, 1)
        if self._stop_signals == 0:
            self._told(f"{member.name} ended ({_reason(code)}); starting it again")
            self._write_roster()

    def _write_roster(self) -> None:
        try:
            self._roster.write([(m.kind, m.slot, m.pid, m.restarts) for m in self._members])
        except (OSError, LogFull) as error:
            self._told(f"who runs could not be written down: {error}")

    def _stop(self) -> None:
        """Workers first, so that nothing new comes; then control; the loop last, which writes everything down."""
        self._vitals[DRAINING] = 1
        for kinds in (("worker",), ("control",), ("loop",)):
            group = [member for member in self._members if member.kind in kinds]
            for member in group:
                member.signal()
            until = self._clock() + self._kill_after
            while any(member.process is not None for member in group):
                if self._clock() > until:
                    for member in group:
                        self._told(f"{member.name} did not stop in {self._kill_after:.0f} s and is killed")
                        member.signal(signal.SIGKILL)
                    until = float("inf")
                self._turn(0.5)
        self._roster.remove()


def _nothing() -> None:
    """What is done when all have been ready before."""


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has no name
        return f"by signal {-code}"
