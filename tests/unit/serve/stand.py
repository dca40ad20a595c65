"""A service on ports in memory, for tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from flyball.learn.table import Table
from flyball.serve.backing import Backing, new_ids
from flyball.serve.exchange import Request, Response
from flyball.serve.limits import Limits
from flyball.serve.meter import Meter
from flyball.serve.metric import Layout
from flyball.serve.metrics_page import MetricsPage
from flyball.serve.route import find
from flyball.serve.service import Service
from flyball.serve.serving import Serving
from flyball.system.clock import ManualClock
from flyball.system.derivation import derive
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from flyball.testing.memory_channel import MemoryBook, MemoryChannel, MemoryVitals

if TYPE_CHECKING:
    from collections.abc import Coroutine

NOW = 1_700_000_000_000_000

HOUR, CARRIER, ROOT = Input("hour", int), Input("carrier", str), Input("weight", float)
SHOWN = Event("shown", keys=("ad",))
LATE = Outcome("late", counts_from=SHOWN, window="1h")
DELAY = Outcome("delay", float, scale=10.0)
CTR = Model("late", signals=[HOUR, CARRIER], outcome=LATE)
QUICK = Model("quick", signals=[HOUR], outcome=LATE, fallback=0.25, deadline="20ms")
SIZE = Model("size", signals=[HOUR], outcome=DELAY, fallback=3.0)
SQUARE_ROOT = derive("math:sqrt", [ROOT], float, version=1, name="root")
FUNCTION = Model("function", signals=[SQUARE_ROOT], outcome=LATE)
SAFE = Model("safe", signals=[SQUARE_ROOT], outcome=LATE, fallback=0.5)
SYSTEM = System("flights", models=[CTR, QUICK, SIZE, FUNCTION, SAFE])


@cache
def serving_of(system: System, *, strict: bool) -> Serving:
    """What is served of a definition of which nothing has been learned; made once."""
    names = [model.name for model in system.models]
    tables = {name: Table(slot_bits=6, width_bits=2, max_segments=64).words for name in names}
    return Serving.of(system, dict.fromkeys(names, 1), tables, strict=strict)


@dataclass
class Ticks:
    """Nanoseconds that stand still until they are moved."""

    now: int = 0

    def __call__(self) -> int:
        """The present."""
        return self.now


@dataclass
class Stand:
    """A service and everything that it stands on."""

    system: System = SYSTEM
    limits: Limits = field(default_factory=Limits)
    strict: bool = False
    room: int | None = None

    def __post_init__(self) -> None:
        """Puts it together."""
        names = [model.name for model in self.system.models]
        self.layout = Layout(names)
        self.cells = np.zeros(self.layout.size)
        self.meter = Meter(self.layout, self.cells)
        serving = serving_of(self.system, strict=self.strict)
        inputs = {name: serving.models[name].intake.names for name in names}
        self.channel = MemoryChannel(room=self.room, names=inputs)
        self.book, self.vitals = MemoryBook(), MemoryVitals()
        self.clock, self.ticks = ManualClock(NOW), Ticks()
        backing = Backing(
            self.channel, self.book, self.vitals, self.meter, self.limits, self.clock, self.ticks, new_ids("id")
        )
        page = MetricsPage(self.layout, {"worker-0": self.cells})
        self.service = Service(backing, page.render, serving)

    def count(self, metric: str, *labels: str) -> float:
        """A number of the meter."""
        return float(self.cells[self.layout.place(metric, *labels)])

    def begin(self, method: str, path: str, body: object = b"", *, consistent: bool = False) -> Any:  # noqa: ANN401  # an answer, or what to wait for
        """Gives the service a request; the body as bytes, or as what is to be written as JSON."""
        route, name = find(method, path)
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.service.handle(Request(route, name, sent, consistent, self.ticks.now))

    def send(self, method: str, path: str, body: object = b"", *, consistent: bool = False) -> Response:
        """The answer to a request."""
        answer = self.begin(method, path, body, consistent=consistent)
        return answer if isinstance(answer, Response) else asyncio.run(_await(answer))

    def post(self, path: str, body: object, *, consistent: bool = False) -> tuple[int, Any]:
        """Status and body of the answer to a POST."""
        response = self.send("POST", path, body, consistent=consistent)
        return response.status, msgspec.json.decode(response.body)

    def ask(self, model: str, body: object, *, consistent: bool = False) -> tuple[int, Any]:
        """Status and body of the answer to a question."""
        return self.post(f"/v1/models/{model}/predict", body, consistent=consistent)


async def _await(answer: Coroutine[Any, Any, Response]) -> Response:
    return await answer
