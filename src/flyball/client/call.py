"""One call of the service: what is sent, how its answer is read, what stands in for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.client.error import ClientError
    from flyball.client.request import Request
    from flyball.client.response import Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """A call that gives a `T`.

    Args:
        request: what is sent.
        read: makes the value of an answer.
        seconds: how long the caller waits, all tries and pauses together; `None` for the client's own `timeout`.
        instead: makes the value where the service is unavailable or too late; `None`: that is an error.
        answers: statuses that are answers to it; all others are problems.
        once: whether it is tried only once, with all the caller's time.

    >>> from flyball.client.request import Request
    >>> Call(request=Request("GET", "/livez"), read=lambda response: response.status).once
    False
    """

    request: Request
    read: Callable[[Response], T]
    seconds: float | None = None
    instead: Callable[[ClientError], T] | None = None
    answers: frozenset[int] = frozenset({200, 202})
    once: bool = False
