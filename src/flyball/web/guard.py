"""The guard: uvicorn's connections with the limits that uvicorn leaves out.

Bounded are the bytes of a request's headers, the time for them and for the body to arrive (so that nobody holds a
connection by sending a byte now and then), and the number of connections. Idle connections are ended by uvicorn's own
`timeout_keep_alive`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from flyball.serve.problem import Problem, problem
from flyball.web.cork import Cork

if TYPE_CHECKING:
    import asyncio

    from flyball.serve.limits import Limits
    from flyball.serve.meter import Meter

_HEAD = b"content-type: application/problem+json\r\nconnection: close\r\n%scontent-length: %d\r\n\r\n"


class Guard(HttpToolsProtocol):
    """One connection; `guarded` makes the class that uvicorn is given.

    >>> issubclass(Guard, HttpToolsProtocol)
    True
    """

    limits: ClassVar[Limits]
    meter: ClassVar[Meter]

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # as uvicorn calls it
        super().__init__(*args, **options)
        self._header_bytes = 0
        self._in_headers = self._in_body = False
        self._past_headers = False
        self._counted = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Takes the connection, if there are not too many."""
        super().connection_made(cast("asyncio.Transport", Cork(transport, self.loop.call_soon)))
        if len(self.connections) > self.limits.connections:
            detail = f"this process serves {self.limits.connections} connections at a time; try again soon"
            self._refuse("connections", problem("too-many-connections", detail))
            return
        self._counted = True
        self.meter.connected()
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets go of the connection."""
        super().connection_lost(exc)
        self._disarm()
        if self._counted:
            self.meter.disconnected()

    def data_received(self, data: bytes) -> None:
        """Takes bytes; those of headers are counted, and none must come too slowly."""
        if self.transport.is_closing():
            return
        self._past_headers = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        # Where another request's headers ended in the same bytes they are not counted: one read is bounded.
        if self._in_headers and not self._past_headers:
            self._header_bytes += len(data)
            self._check_bytes()
        if (self._in_headers or self._in_body or self._idle) and self._timer is None:
            self._arm()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_headers = True
        self._header_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is there; those that follow a body in chunks are nobody's."""
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """All headers are there."""
        self._in_headers, self._past_headers = False, True
        self._disarm()
        self._header_bytes = len(self.url) + sum([len(name) + len(value) + 4 for name, value in self.headers])
        if self._check_bytes():
            super().on_headers_complete()
            self._in_body = True

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self._in_body = False
        self._disarm()
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's own words
        """What came is not HTTP."""
        self._refuse("malformed", problem("bad-request", "the bytes that came are no HTTP/1.1 request; send one"))

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # it begins as None

    def _check_bytes(self) -> bool:
        """Whether the headers are small enough; otherwise the connection is ended."""
        if self._header_bytes <= self.limits.headers:
            return True
        detail = f"the headers have more than {self.limits.headers} bytes; send fewer or shorter ones"
        self._refuse("headers", problem("headers-too-large", detail))
        return False

    def _arm(self) -> None:
        self._timer = self.loop.call_later(self.limits.seconds, self._slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _slow(self) -> None:
        detail = f"no whole request was there after {self.limits.seconds:g} seconds; send it at once"
        self._refuse("seconds", problem("body-slow", detail))

    def _refuse(self, limit: str, found: Problem) -> None:
        """Says why, where that would not stand within another answer, and ends the connection."""
        self.meter.ended(limit)
        unanswered = self._in_body and not (self.pipeline or self.cycle.response_started)
        if unanswered or (self._idle and not self._in_body):
            body = msgspec.json.encode(found)
            retry = b"retry-after: 1\r\n" if found.status == 503 else b""
            self.transport.write(STATUS_LINE[found.status] + _HEAD % (retry, len(body)) + body)
        self.transport.close()


def guarded(limits: Limits, meter: Meter) -> type[Guard]:
    """The class of connections with these limits, for uvicorn's `http=`.

    >>> import numpy as np
    >>> from flyball.serve.limits import Limits
    >>> from flyball.serve.meter import Meter
    >>> from flyball.serve.metric import Layout
    >>> layout = Layout([])
    >>> guarded(Limits(headers=100), Meter(layout, np.zeros(layout.size))).limits.headers
    100
    """
    return type("Guarded", (Guard,), {"limits": limits, "meter": meter})
