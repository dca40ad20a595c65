"""The lease of a state directory: a lock on a descriptor that every process of a running system holds.

The lock belongs to the open file, so it lasts until the last of them has ended, however it ended: nobody else can open
the directory while any of them may still write to it.

>>> import tempfile
>>> directory = Path(tempfile.mkdtemp())
>>> lease = take_lease(directory)
>>> take_lease(directory)
Traceback (most recent call last):
    ...
flyball.events.log.LogBusy: ... is in use by process ...; stop that one, or wait until it has ended
>>> os.close(lease)
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path  # noqa: TC003  # the example uses it

from flyball.events.directory import full_disk
from flyball.events.log import LogBusy

FILE = "lock"


def take_lease(directory: Path) -> int:
    """Takes the lease of a state directory, made if it is not there; the descriptor, which holds it while it is open.

    Args:
        directory: the state directory.

    Raises:
        LogBusy: a running system has it, or a process of one that is ending.
    """
    if directory.exists() and not directory.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory))
    with full_disk(f"making {str(directory)!r}"):
        directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        msg = f"{directory} is in use by process {holder or 'unknown'}; stop that one, or wait until it has ended"
        raise LogBusy(msg) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
