"""Who did what to a running system: a file of its own beside the state, and the log of the process."""

from __future__ import annotations

import logging
import os
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Final

import msgspec

from flyball.run.logs import NOTICE, cut, fields
from flyball.system.moment import format_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flyball.system.clock import Clock

NAME: Final = "audit.log"
MAX_BYTES: Final = 8 << 20
KEPT: Final = 4
"""How many full files are kept: `audit.log.1` is the newest."""

_LONGEST_NAME = 100
_logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


class AuditLog:
    """Notes the actions of administrators; `note` is what the control API calls.

    Each is one line of JSON, on the disk before `note` returns. Written by one process, any of its threads. When the
    file is full it is renamed, and the oldest goes: at most five files of 8 MiB.

    Args:
        folder: the state directory.
        clock: tells when.
        max_bytes: when a file is full.

    >>> import tempfile, pathlib
    >>> from flyball.system.clock import ManualClock
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> AuditLog(folder, ManualClock()).note("ops", "pause", {"model": "ctr"})
    >>> print((folder / "audit.log").read_text(), end="")
    {"ts":"1970-01-01T00:00:00Z","actor":"ops","action":"pause","details":{"model":"ctr"}}
    """

    def __init__(self, folder: Path, clock: Clock, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = folder / NAME
        self._clock = clock
        self._max_bytes = max_bytes
        self._lock = Lock()

    def note(self, actor: str, action: str, details: Mapping[str, object]) -> None:
        """Writes down one action; where the disk refuses, the process's log says so and has it all the same.

        Args:
            actor: the name of the token, or `local`.
            action: what was done, in a word.
            details: to what; redacted as everything that is logged.
        """
        entry = {"actor": cut(actor, _LONGEST_NAME), "action": cut(action, _LONGEST_NAME), "details": fields(details)}
        line = _encoder.encode({"ts": format_moment(self._clock.now()), **entry}) + b"\n"
        _logger.log(NOTICE, "an administrator acted", extra=entry)
        try:
            with self._lock:
                self._append(line)
        except OSError as error:
            _logger.error("the action could not be written to %s: %s", self.path, error.strerror)  # noqa: TRY400  # where it happened says nothing

    def _append(self, line: bytes) -> None:
        if self.path.exists() and self.path.stat().st_size + len(line) > self._max_bytes:
            self._rotate()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _rotate(self) -> None:
        names = [self.path, *(self.path.with_name(f"{NAME}.{number}") for number in range(1, KEPT + 1))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
