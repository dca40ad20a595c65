"""Which HTTP server: the same application under each, on the finished request path."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from benchmarks.contender import Contender, ContenderFailed, cores, memory, post
from benchmarks.contenders import PREDICT
from benchmarks.load import Plan, evenly_random
from benchmarks.phone_calls import read_calls, under_inputs
from benchmarks.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.load import Heard

CONNECTIONS = (1, 16, 64)
IDLE = 400
"""Connections that stay open and are not used."""
DRAIN_RATE = 500.0
"""Requests a second while a server is asked to end."""
GRANIAN = "--interface asgi --loop uvloop --http 1 --no-ws --no-log --workers 1 --runtime-threads 1 --factory"


@dataclass(frozen=True, slots=True)
class Times:
    """How long is measured.

    Args:
        rounds: of all closed loops.
        warm: seconds before each.
        closed: seconds of each.
        drained: seconds of the load while a server is asked to end.
    """

    rounds: int
    warm: float
    closed: float
    drained: float


FULL = Times(5, 0.3, 1.5, 4.0)
QUICK = Times(1, 0.1, 0.3, 2.0)


def servers(body: bytes) -> Iterator[Contender]:
    """Who is measured."""
    pin, _ = cores()
    alone = f"{sys.executable} -m benchmarks.alone {{port}}"
    commands = {"uvicorn, guarded": alone, "uvicorn, plain": f"{alone} plain"}
    if find_spec("granian") is not None:
        for mode in ("st", "mt"):
            command = f"{sys.executable} -m granian {GRANIAN} --runtime-mode {mode}"
            commands[f"granian, {mode}"] = f"{command} --port {{port}} benchmarks.alone:application"
    for name, command in commands.items():
        yield Contender(name=name, command=command.split(), path=PREDICT, body=body, pin=pin)


@dataclass(slots=True)
class Seen:
    """What was seen of one server.

    Args:
        loops: (CPU microseconds of a request, what was heard), by connections; the round with the least CPU.
        held: memory, MiB.
        crowded: answers a second beside idle connections.
        each: what an idle connection takes, kB.
    """

    loops: dict[int, tuple[float, Heard]] = field(default_factory=dict)
    held: float = 0.0
    crowded: float = 0.0
    each: float = 0.0

    def look(self, server: Contender, plan: Plan) -> None:
        """One round with so many connections.

        Raises:
            ContenderFailed: not all was answered.
        """
        before = server.cpu_seconds()
        heard = server.load(plan)
        if not heard.good:
            raise ContenderFailed(f"{server.name}: {heard.statuses}")
        cpu = (server.cpu_seconds() - before) / heard.answered * 1e6
        if plan.connections not in self.loops or cpu < self.loops[plan.connections][0]:
            self.loops[plan.connections] = (cpu, heard)

    def crowd(self, server: Contender, plan: Plan, rounds: int) -> None:
        """The quickest of some rounds beside connections that were used once and are kept open."""
        self.held = share(server)
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(IDLE)]
        for each in idle:
            each.sendall(plan.requests[0])
            each.recv(1 << 16)
        self.each = (share(server) - self.held) * 1024 / IDLE
        self.crowded = max(server.load(plan).rate for _ in range(rounds))
        for each in idle:
            each.close()


def share(server: Contender) -> float:
    """The memory of a server, MiB."""
    return sum(memory(pid)[0] for pid in server.family())


def measured(contenders: Sequence[Contender], requests: list[bytes], times: Times) -> list[list[str]]:
    """A row for each; they take turns, so that what else the machine does meets all alike."""
    _, core = cores()
    seen = {server.name: Seen() for server in contenders}

    def plan(server: Contender, connections: int) -> Plan:
        return Plan(
            port=server.port,
            requests=requests,
            connections=connections,
            seconds=times.closed,
            warm=times.warm,
            core=core,
        )

    with ExitStack() as stack:
        for server in contenders:
            stack.enter_context(server)
        for _ in range(times.rounds):
            for connections in CONNECTIONS:
                for server in contenders:
                    seen[server.name].look(server, plan(server, connections))
        for server in contenders:
            seen[server.name].crowd(server, plan(server, CONNECTIONS[-1]), times.rounds)
        rows = []
        for server in contenders:
            drained = ended(server, requests, seconds=times.drained)
            one = seen[server.name]
            cells = [
                f"{cpu:.0f}; {heard.rate:,.0f}; {heard.ms(0.5)[0]:.2f} / {heard.ms(0.99)[0]:.2f}"
                for cpu, heard in one.loops.values()
            ]
            lost = f"{drained.broken} of {drained.answered + drained.broken}"
            rows.append([server.name, *cells, f"{one.held:.0f}", f"{one.crowded:,.0f}", f"{one.each:.0f}", lost])
    return rows


def ended(server: Contender, requests: Sequence[bytes], *, seconds: float) -> Heard:
    """What happens to requests while the server is asked to end."""
    arrivals = evenly_random(DRAIN_RATE, seconds)
    plan = Plan(port=server.port, requests=list(requests), connections=64, arrivals=arrivals)
    timer = threading.Timer(1.0 + seconds / 2, server.process.send_signal, [signal.SIGTERM])
    with server.loading(plan) as wait:
        timer.start()
        heard = wait()
    timer.join()
    return heard


def table(*, quick: bool) -> Table:
    """All servers."""
    calls = read_calls(2_048)
    requests = [post(PREDICT, under_inputs(row)) for row in calls.rows]
    return Table(
        name="servers",
        title="The request path under each server: CPU µs a request; requests/s; p50 / p99 ms",
        columns=["", *(f"C = {c}" for c in CONNECTIONS), "MB", f"beside {IDLE} idle, /s", "kB each", "lost"],
        rows=measured(list(servers(under_inputs(calls.rows[0]))), requests, QUICK if quick else FULL),
        notes=[
            "Closed loops; CPU of all threads and processes of the server, which share one core; the load has another.",
            "Of several rounds, in turns, the one that took the least CPU: the others were disturbed more.",
            f"granian runs with `{GRANIAN}`. `lost`: of {DRAIN_RATE:,.0f} requests a second, those",
            "that were sent and not answered when the server was asked to end.",
            *(() if find_spec("granian") else ["granian is not installed; `make bench` installs it."]),
        ],
    )
