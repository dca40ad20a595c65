"""Limits: what one request and one worker may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond these a request is refused, with a problem that says so.

    Args:
        body: the longest body, in bytes.
        items: the most instances, outcomes or events in a request.
        headers: the most bytes of all headers of a request together.
        seconds: how long headers, and then a body, may take to arrive.
        idle: how long a connection may stay without a request, in seconds.
        connections: how many a worker serves at a time.
        recent: how many answers a worker remembers, to give them again.

    >>> Limits().items
    1024
    """

    body: int = 1_048_576
    items: int = 1_024
    headers: int = 32_768
    seconds: float = 10.0
    idle: float = 75.0
    connections: int = 512
    recent: int = 4_096
