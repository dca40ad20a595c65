"""Processes of a running system: started anew, never forked, and dead with their parent.

>>> from flyball.run.live.shared import Shared
>>> shared = Shared.make("state", workers=1, ring_bytes=4096, lock=os.memfd_create("lock"))
>>> wiring = shared.wiring("worker", 0, os.memfd_create("link"), b"")
>>> spawn("abc", wiring).wait()
0
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.live.wiring import Wiring

PR_SET_PDEATHSIG = 1
SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
"""Libraries that would start a thread for each core: there is a process for each core already."""


def spawn(module: str, wiring: Wiring, passed: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Starts `python -m MODULE WIRING PARENT`; it inherits the descriptors of its wiring and those passed, no others.

    It has a session of its own, so that a terminal's Ctrl-C reaches the supervisor alone, which stops all in order.

    Args:
        module: its main module.
        wiring: what it is told.
        passed: other descriptors that it inherits.
    """
    descriptor = wiring.write()
    try:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", module, str(descriptor), str(os.getpid())],
            pass_fds=[*wiring.descriptors, *passed, descriptor],
            stdin=subprocess.DEVNULL,
            env=SINGLE_THREADED | dict(os.environ),
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


def die_with(parent: int) -> None:
    """Asks the kernel to kill this process when its parent ends, however that ends.

    Args:
        parent: the process that started this one; where that has ended already, so does this.

    >>> die_with(os.getppid())
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
