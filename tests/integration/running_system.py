"""`flyball up` as a process of its own, as a user starts it, and a plain client to talk to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from flyball.run.live.roster import Running, read_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
FLIGHTS = '''"""Will this flight be late?"""

import flyball as fb

hour, origin = fb.Input("hour", int), fb.Input("origin", str)
late = fb.Model("late", signals=[hour, origin], outcome=fb.Outcome("late"), slice_by=[origin], fallback=0.25)
flights = fb.System("flights", models=[late])
'''


def bearer(secret: str) -> dict[str, str]:
    """The header that sends a token."""
    return {"Authorization": f"Bearer {secret}"}


def until(holds: Callable[[], bool], what: str) -> None:
    """Asks again and again, each time with a request or a look that takes its time; at most 6,000 times."""
    for _ in range(6_000):
        if holds():
            return
        subprocess.run(["sleep", "0.01"], check=True)
    pytest.fail(f"it never came about that {what}")


class NotReady(Exception):  # named for what happened
    """The system did not get ready; what it said stands in the message."""


class RunningSystem:
    """Starts a system on free ports, and stops it."""

    def __init__(self, folder: Path, system: str = FLIGHTS, options: Sequence[str] = (), workers: int = 1) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.file = folder / "system.py"
        self.file.write_text(system)
        self._options = ["--port", "0", "--workers", str(workers), *options]
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        self.asked = 0

    def start(self) -> Self:
        """Starts it, and waits until it says that it is ready."""
        command = [sys.executable, "-m", "flyball.cli.app", "up", str(self.file), "--state", str(self.state)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        self.process = subprocess.Popen(
            [*command, *self._options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            cwd=self.folder,
            process_group=0,
        )
        ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(self.process, ready), daemon=True)
        self._listener.start()
        if not ready.wait(120) or not any(line.startswith("ready") for line in self.said):
            self.process.wait(60)
            self._listener.join(30)
            raise NotReady("\n".join(self.said))
        return self

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.said.append(line.rstrip())
                if line.startswith("ready"):
                    ready.set()
        ready.set()

    @property
    def running(self) -> Running:
        """Who runs, and where."""
        found = read_roster(self.state)
        assert found is not None, "the system does not run"
        return found

    def pid(self, kind: str) -> int:
        """The number of a process; 0 while it is not there."""
        if kind == "supervisor":
            return self.running.pid
        return next(process.pid for process in self.running.processes if process.kind == kind)

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """One request on a connection of its own: status and decoded body."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data is not None else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=30)
        try:
            connection.request(method, path, data, sent | (headers or {}))
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = "json" in response.headers.get("content-type", "")
        return response.status, json.loads(text) if is_json and text else text

    def predict(self, id: str, **inputs: object) -> dict[str, Any]:
        """One answer."""
        status, answer = self.call("POST", "/v1/models/late/predict", {"id": id, "inputs": inputs})
        assert status == 200, (status, answer)
        assert isinstance(answer, dict)
        return answer

    def outcome(self, id: str, value: object) -> tuple[int, Any]:
        """Tells what happened: status and body."""
        return self.call("POST", "/v1/outcomes", {"id": id, "value": value})

    def act(self, action: str, body: object = None) -> int:
        """Asks the control API to do something to the model; the status."""
        data = json.dumps({} if body is None else body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.running.control_port, timeout=60)
        try:
            connection.request("GET", "/api/status")
            page = connection.getresponse()
            page.read()
            headers = {"Content-Type": "application/json", "X-Flyball-Token": page.headers["X-Flyball-Token"]}
            connection.request("POST", f"/api/models/late/{action}", data if body is not None else None, headers)
            response = connection.getresponse()
            self.said.append(f"{action}: {response.status} {response.read()[:300]!r}")
            return response.status
        finally:
            connection.close()

    @staticmethod
    def now() -> int:
        """The time, microseconds UTC."""
        return time.time_ns() // 1000

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def wait(self) -> int:
        """Waits until the supervisor has ended, and what it said is read."""
        assert self.process is not None
        code = self.process.wait(60)
        self._listener.join(30)
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._listener.join(30)
