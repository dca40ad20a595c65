"""One process of a running system as the supervisor sees it: started, watched, started again.

>>> Member("worker", 0, "flyball.web.worker_main", b"{}").name
'worker 0'
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from flyball.run.live.child import spawn

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from flyball.run.live.shared import Shared
    from flyball.run.live.wiring import Kind

FIRST_WAIT = 0.1
LONGEST_WAIT = 10.0
STEADY_SECONDS = 30.0
"""A process that has lived so long is started again at once when it ends."""


class Member:
    """One process.

    Args:
        kind: what it is.
        slot: its lane; -1 for the loop.
        module: its main module.
        options: JSON of its own options.
        passed: descriptors that it inherits besides its wiring's.
    """

    def __init__(self, kind: Kind, slot: int, module: str, options: bytes, passed: Sequence[int] = ()) -> None:
        self.kind, self.slot = kind, slot
        self._module, self._options, self._passed = module, options, passed
        self.process: subprocess.Popen[bytes] | None = None
        self.link: socket.socket | None = None
        self.watch = -1
        """A descriptor that becomes readable when the process ends."""
        self.ready = False
        self.was_ready = False
        self.restarts = 0
        self.started = 0.0
        self.due = 0.0
        """When it is to be started again."""
        self._failures = 0

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.kind} {self.slot}" if self.kind == "worker" else self.kind

    @property
    def pid(self) -> int:
        """Its number; 0 while it is not running."""
        return 0 if self.process is None else self.process.pid

    def start(self, shared: Shared, now: float) -> None:
        """Starts it."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = spawn(
                self._module, shared.wiring(self.kind, self.slot, theirs.fileno(), self._options), self._passed
            )
        ours.setblocking(False)  # the socket's own name for it
        self.link, self.watch = ours, os.pidfd_open(self.process.pid)
        self.ready, self.started = False, now

    def failed(self, now: float) -> None:
        """It could not be started; it is tried again later."""
        self._failures += 1
        self.due = now + min(FIRST_WAIT * 2.0**self._failures, LONGEST_WAIT)

    def ended(self, now: float) -> int:
        """Notes that it has ended, and when it is to be started again; its exit code."""
        assert self.process is not None  # noqa: S101  # only what was started ends
        code = self.process.wait()
        os.close(self.watch)
        if self.link is not None:
            self.link.close()
        self.process, self.link, self.watch, self.ready = None, None, -1, False
        self._failures = 0 if now - self.started > STEADY_SECONDS else self._failures + 1
        self.restarts += 1
        wait = 0.0 if self._failures <= 1 else min(FIRST_WAIT * 2.0 ** (self._failures - 2), LONGEST_WAIT)
        self.due = now + wait
        return code

    @property
    def hopeless(self) -> bool:
        """Whether it has ended many times in a row without ever having been ready."""
        return self._failures >= 5 and not self.was_ready

    def proved(self) -> None:
        """It said that it is ready."""
        self.ready = self.was_ready = True
        self._failures = min(self._failures, 1)

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Sends it a signal, if it runs."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)
