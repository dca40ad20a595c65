"""A load generator: requests made beforehand, few connections that stay open, one request at a time on each.

`python -m benchmarks.load` reads a `Plan` from its standard input and writes a `Heard` to its standard output, both
MessagePack, so that the load comes from a process of its own, pinned to a core of its own.

In a closed loop every connection sends its next request when its last one was answered: that finds the maximum. In an
open loop requests have times at which they are due, whatever the server does, and latency counts from that time: a
request that had to wait for a free connection waited for the server.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections import Counter, deque

import msgspec
import numpy as np

GRACE_SECONDS = 5.0
"""How long answers are waited for after the last request was due."""
EARLY_SECONDS = 60e-6
"""A sleep ends so much before a request is due: waking up takes time."""
READ = 1 << 16


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent.

    Args:
        port: of 127.0.0.1.
        requests: whole HTTP requests, sent in this order, and again from the first where they do not last.
        connections: how many are kept open.
        seconds: how long a closed loop lasts.
        warm: seconds of a closed loop before, which do not count.
        arrivals: float64 bytes, seconds after the beginning at which each request is due; empty: a closed loop.
        core: the core of this process; `None`: any.
    """

    port: int
    requests: list[bytes]
    connections: int
    seconds: float = 0.0
    warm: float = 0.0
    arrivals: bytes = b""
    core: int | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Args:
        seconds: from the first request to the last answer.
        answered: how many were answered.
        unanswered: how many were due and not answered in time.
        broken: how many connections ended while an answer was due on them.
        refused: how often no new connection was to be had.
        statuses: answers by their status.
        busy: the part of the time that this process worked.
        latencies: float64 bytes, the seconds each answer took, in no order.
    """

    seconds: float
    answered: int
    unanswered: int
    broken: int
    refused: int
    statuses: dict[str, int]
    busy: float
    latencies: bytes

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def good(self) -> bool:
        """Whether all was answered, with 2xx."""
        return not self.unanswered and not self.broken and all(status.startswith("2") for status in self.statuses)

    def ms(self, *quantiles: float) -> list[float]:
        """Quantiles of the latencies, in milliseconds."""
        found = np.frombuffer(self.latencies)
        return (
            [float(q) * 1e3 for q in np.quantile(found, quantiles)] if len(found) else [float("nan")] * len(quantiles)
        )


def evenly_random(rate: float, seconds: float, seed: int = 0) -> bytes:
    """Times of arrivals at a rate, as independent callers make them; the same for everybody who is measured."""
    gaps = np.random.default_rng(seed).exponential(1.0 / rate, round(rate * seconds))
    return np.cumsum(gaps).tobytes()


class Connection:
    """One connection, and the request on it.

    Args:
        port: of 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self.asked = False
        self._read = b""

    def send(self, request: bytes, due: float) -> None:
        """Sends a request that was due then."""
        self.due, self.asked = due, True
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The status of an answer that is there as a whole; `None` where it is not yet.

        Raises:
            ConnectionError: the connection has ended.
        """
        data = self.socket.recv(READ)
        if not data:
            raise ConnectionResetError
        if self._read:
            data = self._read + data
        head = data.find(b"\r\n\r\n")
        if head >= 0:
            at = data.find(b"content-length: ", 0, head)
            at = at if at >= 0 else data[:head].lower().find(b"content-length: ")
            if len(data) >= head + 4 + int(data[at + 16 : data.index(b"\r", at)]):
                self._read, self.asked = b"", False
                return data[9:12]
        self._read = data
        return None


class Load:
    """Sends and listens.

    Args:
        plan: what is to be sent.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._next = 0
        self._poll = select.epoll()
        self._open: dict[int, Connection] = {}
        self._free: deque[Connection] = deque()
        self._missing = plan.connections
        self._begin()
        self._connect()

    def _begin(self) -> None:
        self._latencies: list[float] = []
        self._statuses: Counter[bytes] = Counter()
        self._broken = self._refused = 0

    def _connect(self) -> None:
        """Opens what is missing of the connections."""
        while self._missing:
            try:
                made = Connection(self._plan.port)
            except OSError:
                self._refused += 1
                return
            self._missing -= 1
            self._open[made.socket.fileno()] = made
            self._poll.register(made.socket.fileno(), select.EPOLLIN)
            self._free.append(made)

    def _send(self, due: float) -> None:
        # The one that was free longest: a server ends connections that are not used.
        connection = self._free.popleft()
        requests = self._plan.requests
        request = requests[self._next % len(requests)]
        self._next += 1
        try:
            connection.send(request, due)
        except OSError:
            self._lost(connection, in_flight=True)

    def _lost(self, connection: Connection, *, in_flight: bool) -> None:
        self._broken += in_flight
        self._missing += 1
        self._poll.unregister(connection.socket.fileno())
        del self._open[connection.socket.fileno()]
        connection.socket.close()
        self._connect()

    def _listen(self, seconds: float) -> None:
        """Takes the answers that are there, or come within so many seconds (exact, unlike those of epoll)."""
        if seconds > 0:
            select.select([self._poll], [], [], seconds)
        for descriptor, _ in self._poll.poll(0):
            connection = self._open[descriptor]
            if not connection.asked:
                # Nothing was asked: these are the server's last words, or the end.
                self._free.remove(connection)
                self._lost(connection, in_flight=False)
                continue
            try:
                status = connection.receive()
            except OSError:
                self._lost(connection, in_flight=True)
                continue
            if status is not None:
                self._latencies.append(time.perf_counter() - connection.due)
                self._statuses[status] += 1
                self._free.append(connection)

    def close(self) -> None:
        """Ends all connections."""
        for connection in self._open.values():
            connection.socket.close()
        self._open.clear()
        self._poll.close()

    def closed(self, seconds: float) -> Heard:
        """A closed loop."""
        self._begin()
        start, worked = time.perf_counter(), time.process_time()
        now = start
        while now < start + seconds:
            while self._free:
                self._send(time.perf_counter())
            if not self._open:
                break
            self._listen(start + seconds - now)
            now = time.perf_counter()
        spent = time.perf_counter() - start
        heard = self._heard(spent, worked, unanswered=0)
        while len(self._free) < len(self._open) and time.perf_counter() < now + GRACE_SECONDS:
            self._listen(0.1)
        return heard

    def open(self) -> Heard:
        """An open loop."""
        self._begin()
        start, worked = time.perf_counter() + 0.01, time.process_time()
        due = (np.frombuffer(self._plan.arrivals) + start).tolist()
        waiting: deque[float] = deque()
        sent, last = 0, due[-1] + GRACE_SECONDS
        while sent < len(due) or waiting or len(self._free) < len(self._open):
            now = time.perf_counter()
            if now > last or (self._missing and not self._open):
                break
            while sent < len(due) and due[sent] <= now:
                waiting.append(due[sent])
                sent += 1
            while waiting and self._free:
                self._send(waiting.popleft())
            soon = due[sent] if sent < len(due) else last
            self._listen(soon - time.perf_counter() - EARLY_SECONDS)
        return self._heard(time.perf_counter() - start, worked, len(due) - len(self._latencies))

    def _heard(self, seconds: float, worked: float, unanswered: int) -> Heard:
        return Heard(
            seconds=seconds,
            answered=len(self._latencies),
            unanswered=unanswered,
            broken=self._broken,
            refused=self._refused,
            statuses={status.decode(): count for status, count in self._statuses.items()},
            busy=(time.process_time() - worked) / seconds,
            latencies=np.array(self._latencies).tobytes(),
        )


def main() -> None:
    """Does what the plan says."""
    plan = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    load = Load(plan)
    if plan.warm:
        load.closed(plan.warm)
    heard = load.open() if plan.arrivals else load.closed(plan.seconds)
    sys.stdout.buffer.write(msgspec.msgpack.encode(heard))


if __name__ == "__main__":
    main()
