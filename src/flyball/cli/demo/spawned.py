"""`flyball up` as a process of its own, as a user starts it.

>>> SpawnedSystem(Path("ads.py"), Path("state"), port=0, log=Path("up.log")).address
Traceback (most recent call last):
    ...
flyball.cli.demo.spawned.SystemEnded: nothing runs state
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from flyball.run.live.roster import read_roster
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from flyball.run.live.roster import Running

STOP_SECONDS = 90.0
"""How long a system may take to write everything down."""
_KEPT = "FLYBALL_CACHE"
# What `flyball` does, but that it ends with the process that started it, also where that is killed.
_PROGRAM = "from flyball.run.live.child import die_with; die_with({parent}); from flyball.cli.app import main; main()"
_SAID_LINES = 10


class SystemEnded(FlyballError):
    """The system has ended, or did not start; what it said stands in the message."""


class SpawnedSystem:
    """Starts a system, waits until it is ready, and stops it.

    Args:
        file: the system file.
        state: the state directory.
        port: where it is to listen; 0 takes free ones.
        log: the file that gets what it says.
    """

    def __init__(self, file: Path, state: Path, *, port: int, log: Path) -> None:
        self._command = ["up", str(file), "--state", str(state), "--port", str(port)]
        self._state, self._log = state, log
        self._process: subprocess.Popen[str] | None = None

    @property
    def running(self) -> Running:
        """Who and where it is.

        Raises:
            SystemEnded: it does not run.
        """
        found = read_roster(self._state)
        if found is None:
            raise SystemEnded(f"nothing runs {self._state}{self._said()}")
        return found

    @property
    def address(self) -> str:
        """Where it takes predictions and outcomes."""
        running = self.running
        return f"http://{running.host}:{running.port}"

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process is None or self._process.poll() is not None

    def start(self) -> None:
        """Starts it; others' settings in the environment do not reach it."""
        names = [name for name in os.environ if not name.startswith("FLYBALL_") or name == _KEPT]
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and program
                [sys.executable, "-c", _PROGRAM.format(parent=os.getpid()), *self._command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={name: os.environ[name] for name in names},
                text=True,
                process_group=0,
            )

    def wait_ready(self) -> None:
        """Waits until it says that it is ready.

        Raises:
            SystemEnded: it ended instead.
        """
        assert self._process is not None  # noqa: S101  # it was started before
        assert self._process.stdout is not None  # noqa: S101  # it has a pipe
        for line in self._process.stdout:
            if line.startswith("ready"):
                return
        self._process.wait()
        raise SystemEnded(f"the system did not get ready{self._said()}")

    def stop(self) -> int:
        """Asks it to write everything down and to end; its exit code.

        Raises:
            SystemEnded: it does not end.
        """
        assert self._process is not None  # noqa: S101  # it was started before
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise SystemEnded(f"the system did not end within {STOP_SECONDS:.0f} s{self._said()}") from error
        return self._process.returncode

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing of it is left, whatever happened."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        with self._process:  # which closes its pipe, and waits for it
            pass

    def _said(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log.exists() else []
        return "" if not lines else f"; it said: {' / '.join(lines[-_SAID_LINES:])}"
