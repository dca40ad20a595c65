"""The steps of a call, for whoever drives it: tries and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from flyball.client.failure import Failure
    from flyball.client.response import Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Asks whoever drives the course to send a request and to give the answer or the failure.

    Args:
        wire: makes its bytes, when a connection is free; takes how many seconds the caller then still waits.
        seconds: how long to wait at most, once there is room for a connection.
        remaining: how long to wait for that room, and for all together.
        fresh: whether connections that were kept are to be closed first.

    >>> Attempt(lambda remaining: b"GET / HTTP/1.1", 2.0, 5.0, fresh=False).seconds
    2.0
    """

    wire: Callable[[float], bytes]
    seconds: float
    remaining: float
    fresh: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Asks whoever drives the course to wait.

    Args:
        seconds: how long.

    >>> Pause(0.05).seconds
    0.05
    """

    seconds: float


Course: TypeAlias = "Generator[Attempt | Pause, Response | Failure | None, T]"
"""Yields what is to be done, takes what came of it, returns what the caller gets."""
