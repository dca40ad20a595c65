"""The roster: who runs a state directory, written where other commands find it.

>>> import tempfile
>>> directory = Path(tempfile.mkdtemp())
>>> Roster(directory, host="127.0.0.1", port=8000, control_port=8001).write([("loop", -1, 77, 0)])
>>> read_roster(directory).processes[0].pid
77
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flyball.events.directory import replacing
from flyball.run.live.address import url

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "running.json"


class Process(msgspec.Struct, frozen=True):
    """One process.

    >>> Process("worker", 0, 78, 0).kind
    'worker'
    """

    kind: str
    slot: int
    pid: int
    restarts: int


class Running(msgspec.Struct, frozen=True):
    """What the file says.

    >>> Running(pid=1, host="127.0.0.1", port=8000, control_port=8001, processes=[]).control
    'http://127.0.0.1:8001'
    """

    pid: int
    host: str
    port: int
    control_port: int
    processes: list[Process]

    @property
    def address(self) -> str:
        """Where this machine reaches what takes predictions and outcomes."""
        return url(self.host, self.port)

    @property
    def control(self) -> str:
        """Where this machine reaches the dashboard and the control API."""
        return url(self.host, self.control_port)


class Roster:
    """Writes the file.

    Args:
        directory: the state directory.
        host: where the system listens.
        port: for predictions.
        control_port: for the dashboard.
    """

    def __init__(self, directory: Path, *, host: str, port: int, control_port: int) -> None:
        self._file = directory / FILE
        self._head = (os.getpid(), host, port, control_port)

    def write(self, processes: Iterable[tuple[str, int, int, int]]) -> None:
        """Writes who runs: kind, lane, number and restarts of each."""
        running = Running(*self._head, [Process(*each) for each in processes])
        with replacing(self._file, durable=False) as beside:
            beside.write_bytes(msgspec.json.encode(running))

    def remove(self) -> None:
        """Nobody runs it any more."""
        self._file.unlink(missing_ok=True)


def read_roster(directory: Path) -> Running | None:
    """Who runs a state directory; `None` where nobody does, or what is written is of a system that was killed."""
    try:
        running = msgspec.json.decode((directory / FILE).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return running if Path(f"/proc/{running.pid}").exists() else None
