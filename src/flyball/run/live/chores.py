"""Chores: work on files that takes long and that nobody waits for, each in a process of its own at the lowest priority.

`python -m flyball.run.live.chores WHAT PATH PARENT`: `seal` writes the sealed file of a full segment, `checkpoint`
finishes the checkpoint that the loop has begun, `compact` makes one base of a base and its changes.

>>> import tempfile
>>> do_apart("compact", Path(tempfile.mkdtemp()))
>>> seal(Path("nowhere.sqlite"))
Traceback (most recent call last):
    ...
FileNotFoundError: [Errno 2] No such segment: 'nowhere.sqlite'
>>> callable(main)
True
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flyball.events import segment
from flyball.events.archive import default_archive
from flyball.events.sealing import write_sealed
from flyball.run.finishing import compact_checkpoints, finish_checkpoint
from flyball.run.live.child import die_with
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence

Work = Literal["seal", "checkpoint", "compact"]

LOWEST = 19
"""As nice as a process can be: it runs when nobody else wants to."""


class ChoreFailed(FlyballError):
    """A chore could not be done; it is tried again later."""


def do_apart(work: Work, path: Path) -> None:
    """Does a chore in a process of its own, and waits for it.

    Args:
        work: which.
        path: of the segment, or of the state directory.

    Raises:
        ChoreFailed: with the last line of what it said.
    """
    command = [sys.executable, "-m", "flyball.run.live.chores", work, str(path), str(os.getpid())]
    with subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as chore:
        step_back(chore.pid)
        _, said = chore.communicate()
    if chore.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise ChoreFailed(f"{work} of {path.name} ended with {chore.returncode}: {lines[-1] if lines else 'no word'}")


def seal(path: Path) -> None:
    """Writes the sealed file of a full segment that nobody writes to any more; done where Parquet is not at hand."""
    archive = default_archive()
    if archive is None:
        return
    connection = segment.connect(path, write=False)
    try:
        write_sealed(connection, path, archive, durable=True)
    finally:
        connection.close()


def step_back(pid: int) -> None:
    """Lets everybody else run before a process, which must have a session of its own.

    Where Linux shares the processor among sessions (`man 7 sched`, autogroup), how nice a process is says nothing to
    those of other sessions: a chore would take half a core from a worker. So the session is made nice as well.

    Args:
        pid: the process; nothing happens where it has ended.

    >>> with subprocess.Popen(["sleep", "0"], start_new_session=True) as chore:
    ...     step_back(chore.pid)
    """
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, LOWEST)
    with suppress(OSError):  # it has ended, or Linux does not share so
        Path(f"/proc/{pid}/autogroup").write_text(str(LOWEST))


def main(arguments: Sequence[str]) -> int:
    """Does one chore.

    Args:
        arguments: the chore, the path, and the process to die with.
    """
    work, path, parent = arguments
    die_with(int(parent))
    if work == "seal":
        seal(Path(path))
    elif work == "checkpoint":
        finish_checkpoint(path)
    elif work == "compact":
        compact_checkpoints(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
