"""Servers that are measured: started in a process group of their own, on cores of their own, and stopped."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from benchmarks.load import Heard, Plan
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 180.0
"""How long a server may take; kernels may have to be compiled."""
END_SECONDS = 60.0
"""How long it may take to end."""
TICK = os.sysconf("SC_CLK_TCK")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


class ContenderFailed(FlyballError):
    """A server did not start, or did not answer as it must."""


def cores() -> tuple[set[int] | None, int | None]:
    """The cores of servers, one, and that of the load; (None, None) where there is only one for both."""
    have = sorted(os.sched_getaffinity(0))
    return ({have[0]}, have[1]) if len(have) > 1 else (None, None)


@contextmanager
def pinned(to: set[int] | None) -> Iterator[None]:
    """What is started meanwhile runs on these cores only."""
    before = os.sched_getaffinity(0)
    if to is not None:
        os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def post(path: str, body: bytes) -> bytes:
    """A whole request of HTTP."""
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


@dataclass(kw_only=True)
class Contender:
    """One server.

    Args:
        name: what it is called in tables.
        command: what starts it; `{port}` is replaced.
        path: where it must answer before it is ready.
        body: the request that it must answer.
        environment: what it finds besides.
        pin: its cores; `None`: all.
    """

    name: str
    command: Sequence[str]
    path: str
    body: bytes
    environment: Mapping[str, str] = field(default_factory=dict)
    pin: set[int] | None = None

    def __post_init__(self) -> None:
        """Chooses the port."""
        self.port = free_port()
        self.ready_seconds = 0.0

    def __enter__(self) -> Self:
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": path, **self.environment}
        self._said = tempfile.TemporaryFile()
        start = time.perf_counter()
        with pinned(self.pin):
            self.process = subprocess.Popen(
                [part.format(port=self.port) for part in self.command],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                process_group=0,
            )
        try:
            while self.ask(self.path, self.body)[0] != 200:
                if self.process.poll() is not None or time.perf_counter() > start + START_SECONDS:
                    self._said.seek(0)
                    said = self._said.read().decode(errors="replace")
                    raise ContenderFailed(f"{self.name} did not get ready: {said[-2000:]}")
                time.sleep(0.02)
        except BaseException:  # whatever it was, no process may stay behind
            self.__exit__()
            raise
        self.ready_seconds = time.perf_counter() - start
        return self

    def __exit__(self, *exception: object) -> None:
        family: list[int] = []
        for pid in self.family():
            with suppress(ProcessLookupError):  # it has ended by itself
                family.append(os.pidfd_open(pid))
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for process in family:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signal.SIGKILL)
            select.select([process], [], [], END_SECONDS)  # until it has ended
            os.close(process)
        self._said.close()

    def ask(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The status and body that one request is answered with; status 0 where nobody listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as wire:
                wire.sendall(post(path, body).replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))
                data = b"".join(iter(lambda: wire.recv(1 << 16), b""))
        except OSError:
            return 0, b""
        return int(data[9:12] or 0), data.partition(b"\r\n\r\n")[2]

    def family(self) -> list[int]:
        """The process and its descendants."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            with suppress(OSError):
                todo += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return found

    def cpu_seconds(self) -> float:
        """What all its threads and processes have worked."""
        ticks = 0
        for pid in self.family():
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK

    def load(self, plan: Plan) -> Heard:
        """Sends a load, from a process of its own."""
        with self.loading(plan) as wait:
            return wait()

    @contextmanager
    def loading(self, plan: Plan) -> Iterator[Listener]:
        """Sends a load meanwhile; what is given says what came of it."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        ) as process:
            assert process.stdin is not None  # noqa: S101  # it is a pipe
            process.stdin.write(msgspec.msgpack.encode(plan))
            process.stdin.close()
            process.stdin = None
            try:
                yield Listener(process)
            finally:
                process.kill()


class Listener:
    """Waits for a load to end.

    Args:
        process: that sends it.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def over(self) -> bool:
        """Whether it has ended, or has begun to say what came of it."""
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def __call__(self) -> Heard:
        """What came of it."""
        said, _ = self._process.communicate()
        return msgspec.msgpack.decode(said, type=Heard)


def memory(pid: int) -> tuple[float, float]:
    """(proportional share, resident) of a process, MiB: what is shared is divided among those who share it."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return sizes["Pss"] / 1024, sizes["Rss"] / 1024
