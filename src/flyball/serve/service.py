"""The service: a plain function from requests to answers, which any server can stand before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flyball.serve import route as at
from flyball.serve.asking import Asking
from flyball.serve.exchange import JSON, PROBLEM, TEXT, Response
from flyball.serve.importing import Importing
from flyball.serve.problem import Refused, problem_of, unavailable
from flyball.serve.recorder import Recorder
from flyball.serve.request import RequestRefused
from flyball.serve.wire import Health, ModelsShown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flyball.serve.backing import Backing
    from flyball.serve.exchange import Request
    from flyball.serve.serving import Serving
    from flyball.system.system import System

_encode = msgspec.json.Encoder().encode


class Service:
    """Answers requests. Nothing in it waits but for the loop.

    Args:
        backing: what it stands on.
        metrics: writes the page for Prometheus.
        serving: what is served at first; `None`: nothing yet.

    >>> import numpy as np
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.table import Table
    >>> from flyball.serve.backing import Backing
    >>> from flyball.serve.exchange import Request
    >>> from flyball.serve.meter import Meter
    >>> from flyball.serve.metric import Layout
    >>> from flyball.serve.route import PREDICT
    >>> from flyball.serve.serving import Serving
    >>> from flyball.testing.memory_channel import MemoryBook, MemoryChannel, MemoryVitals
    >>> layout = Layout(["late"])
    >>> meter = Meter(layout, np.zeros(layout.size))
    >>> service = Service(Backing(MemoryChannel(), MemoryBook(), MemoryVitals(), meter), lambda: b"")
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> service.serving = Serving.of(system, {"late": 1}, {"late": Table(width_bits=2).words})
    >>> response = service.handle(Request(PREDICT, "late", b'{"id": "r1", "inputs": {"hour": 7}}'))
    >>> msgspec.json.decode(response.body)["prediction"]
    0.5
    """

    def __init__(self, backing: Backing, metrics: Callable[[], bytes], serving: Serving | None = None) -> None:
        self.backing = backing
        self.serving = serving
        """What is served; replaced by one assignment, and a request under way goes on with what it began with."""
        self.draining = False
        """Whether the process is about to end: it is not ready any more, and serves what still comes."""
        self._metrics = metrics
        self._asking = Asking(backing)
        self._recorder = Recorder(backing)
        self._importing = Importing(backing)
        self._document: tuple[System, bytes] | None = None

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """The answer to a request, at once where nothing need be waited for."""
        try:
            answer = self._dispatch(request)
        except (Refused, RequestRefused) as error:
            answer = self.refusal(error)
        if type(answer) is not Response:
            return self._later(request, answer)  # type: ignore[arg-type]  # what is no response is waited for
        if request.route is at.PREDICT:
            self._took(request)
        return answer

    async def _later(self, request: Request, answer: Awaitable[Response]) -> Response:
        try:
            return await answer
        except (Refused, RequestRefused) as error:
            return self.refusal(error)
        finally:
            if request.route is at.PREDICT:
                self._took(request)

    def _took(self, request: Request) -> None:
        self.backing.meter.took(request.name, self.backing.ticks() - request.started)

    def refusal(self, error: Refused | RequestRefused) -> Response:
        """The answer to a request that is not served; it is counted."""
        found = problem_of(error)
        self.backing.meter.refused(found.kind)
        headers = error.headers if isinstance(error, Refused) else ()
        return Response(found.status, _encode(found), PROBLEM, headers)

    def unready(self) -> str | None:
        """Why the process should get no requests; `None` where it should."""
        if self.draining:
            return "the process is draining: it is about to end"
        return "no definition is loaded yet" if self.serving is None else None

    def take_unlogged(self) -> dict[tuple[str, int], int]:
        """How many predictions by model and version the log had no room for since this was asked last."""
        asking = self._asking.answering
        counts, asking.unlogged = asking.unlogged, {}
        return counts

    def put_back_unlogged(self, counts: dict[tuple[str, int], int]) -> None:
        """Takes counts back that could not be handed over."""
        unlogged = self._asking.answering.unlogged
        for key, count in counts.items():
            unlogged[key] = unlogged.get(key, 0) + count

    def _dispatch(self, request: Request) -> Response | Awaitable[Response]:
        route, serving = request.route, self.serving
        if route is at.LIVE:
            return Response(200, _encode(Health("ok")))
        if route is at.READY:
            return self._ready()
        if route is at.METRICS:
            self.backing.meter.weigh()
            return Response(200, self._metrics(), TEXT)
        if serving is None:
            raise unavailable("not-ready", "no definition is loaded yet; try again soon")
        if route is at.PREDICT:
            return self._asking.ask(serving, request)
        if route is at.OUTCOMES:
            return self._recorder.outcomes(serving, request)
        if route is at.EVENTS:
            return self._recorder.events(serving, request)
        if route is at.ELSEWHERE:
            return self._importing.take(serving, request)
        if route is at.MODEL:
            return Response(200, _encode(serving.shown(request.name)))
        if route is at.MODELS:
            return Response(200, _encode(ModelsShown([serving.shown(name) for name in sorted(serving.models)])))
        return Response(200, self._openapi(serving), JSON)

    def _ready(self) -> Response:
        reason = self.unready()
        if reason is not None:
            raise unavailable("not-ready", reason)
        return Response(200, _encode(Health("ready")))

    def _openapi(self, serving: Serving) -> bytes:
        from flyball.serve.openapi import document  # noqa: PLC0415  # few processes are ever asked for it

        if self._document is None or self._document[0] is not serving.system:
            self._document = (serving.system, _encode(document(serving.system)))
        return self._document[1]
