"""The course of a sender: gather, deliver, try again; without any I/O of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from flyball.client.course import Pause
from flyball.client.error import ClientError, Refused, TimedOut, Unavailable
from flyball.client.problem import Problem
from flyball.client.receipt import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from flyball.client.backlog import Backlog
    from flyball.client.caller import Caller
    from flyball.client.parcel import Parcel
    from flyball.client.receipt import Rejection

LONGEST_ASKED = 60.0
"""However long the service asks to wait: after so many seconds it is asked again."""

logger = logging.getLogger("flyball.client")


@dataclass(frozen=True, slots=True)
class Gather:
    """Asks whoever drives the course to wait until there is something to send.

    >>> Gather()
    Gather()
    """


@dataclass(frozen=True, slots=True)
class Deliver:
    """Asks whoever drives the course to send a parcel and to give the receipt or the error.

    Args:
        parcel: what to send.

    >>> from flyball.client.parcel import Parcel
    >>> Deliver(Parcel("/v1/outcomes", "outcomes", ())).parcel.items
    ()
    """

    parcel: Parcel


Posting: TypeAlias = "Generator[Gather | Deliver | Pause, Receipt | ClientError | None, None]"
"""Yields what is to be done, takes what came of it; ends when the backlog is closed and empty."""


class Postman:
    """Sends what waits in a backlog; what is only delayed is tried again for as long as it takes.

    Args:
        backlog: what waits.
        caller: whose patience and chance to use.
        on_rejected: is told of each fact that the service refused; without it, they are logged.

    >>> from flyball.client.backlog import Backlog
    >>> from flyball.client.caller import Caller
    >>> backlog = Backlog()
    >>> round = Postman(backlog, Caller.of("http://127.0.0.1:8000"), None).posting()
    >>> next(round)
    Gather()
    """

    def __init__(self, backlog: Backlog, caller: Caller, on_rejected: Callable[[Rejection], None] | None) -> None:
        self._backlog = backlog
        self._caller = caller
        self._on_rejected = on_rejected

    def posting(self) -> Posting:
        """The whole course, to be driven once."""
        while True:
            yield Gather()
            batch = self._backlog.take()
            if not batch and self._backlog.closing:
                return
            for parcel in batch:
                yield from self._deliver(parcel)
            self._backlog.finish()

    def _deliver(self, parcel: Parcel) -> Posting:
        failures = 0
        count = len(parcel.items)
        while True:
            if self._backlog.abandoned:
                self._backlog.settle(dropped=count)
                return
            result = yield Deliver(parcel)
            if isinstance(result, Receipt):
                rejected = result.rejected
                break
            if not isinstance(result, Unavailable | TimedOut):
                rejected = tuple((index, _problem_of(result)) for index in range(count))
                break
            failures += 1
            if failures == 1:
                logger.warning("%d facts are held back until the service takes them again: %s", count, result)
            asked = min(result.retry_after, LONGEST_ASKED) if isinstance(result, Unavailable) else 0.0
            yield Pause(asked + self._caller.options.pause(failures, self._caller.ports.random()))
        refused = dict(rejected)
        self._backlog.settle(accepted=count - len(refused), rejected=len(refused))
        self._report([parcel.rejection(index, problem) for index, problem in refused.items()])

    def _report(self, rejections: list[Rejection]) -> None:
        if self._on_rejected is None:
            if rejections:
                first = rejections[0]
                logger.warning("%d facts for %s were refused: %s", len(rejections), first.path, first.problem)
            return
        for rejection in rejections:
            try:
                self._on_rejected(rejection)
            except Exception:  # whatever the caller's function raises must not end the sending of other facts
                logger.exception("on_rejected failed for a fact for %s", rejection.path)


def _problem_of(error: object) -> Problem:
    """What is told of a parcel that was refused as a whole."""
    if isinstance(error, Refused):
        return error.problem
    return Problem(0, title=type(error).__name__, detail=str(error))
