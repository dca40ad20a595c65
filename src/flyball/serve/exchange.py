"""Exchanges: a request as the service gets it, and its answer."""

from __future__ import annotations

import msgspec

from flyball.serve.route import Route  # msgspec resolves the annotations of structs

JSON = b"application/json"
PROBLEM = b"application/problem+json"
TEXT = b"text/plain; version=0.0.4; charset=utf-8"


class Request(msgspec.Struct, frozen=True):
    """One request, admitted and read.

    Args:
        route: what is asked for.
        name: the name in its path.
        body: its body.
        consistent: whether its query asks for an answer between two batches of learning.
        started: when it arrived, in nanoseconds of the service's ticks.

    >>> from flyball.serve.route import PREDICT
    >>> Request(PREDICT, "ctr", b"{}").consistent
    False
    """

    route: Route
    name: str
    body: bytes = b""
    consistent: bool = False
    started: int = 0


class Response(msgspec.Struct, frozen=True):
    """What a request is answered.

    Args:
        status: the HTTP status.
        body: the body.
        media: its content type.
        headers: further headers, as ASGI has them.

    >>> Response(200, b"{}").media
    b'application/json'
    """

    status: int
    body: bytes
    media: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
