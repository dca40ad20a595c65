"""Recorders: what callers tell, checked, handed to the log, and acknowledged only when it is durable."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import UNSET

from flyball.events.record import Body
from flyball.serve.exchange import Response
from flyball.serve.listing import Listing
from flyball.serve.port import DiskFull, LoopDown
from flyball.serve.problem import Refused, problem, problem_of, unavailable
from flyball.serve.request import RequestRefused, checked_time
from flyball.serve.telling import told_event, told_outcome
from flyball.serve.wire import Accepted, Happened, Rejected, Told, all_rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from flyball.serve.backing import Backing
    from flyball.serve.exchange import Request
    from flyball.serve.serving import Serving

    T = TypeVar("T", bound=msgspec.Struct)

Entry: TypeAlias = tuple[int, Body]
"""When something happened, and the record of it."""

_encode = msgspec.json.Encoder().encode


class Recorder:
    """Takes outcomes and events.

    Args:
        backing: what the request path stands on.

    >>> from flyball.serve.recorder import Recorder
    >>> Recorder.__name__
    'Recorder'
    """

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._outcomes = Listing(Told, "outcomes", backing.limits.items)
        self._events = Listing(Happened, "events", backing.limits.items)

    async def outcomes(self, serving: Serving, request: Request) -> Response:
        """Takes outcomes.

        Raises:
            Refused: none could be taken, or they could not be kept.
        """

        def entry(told: Told, now: int) -> Entry:
            body = told_outcome(
                serving.outcomes,
                told.id,
                told.value,
                outcome=given(told.outcome),
                outcome_id=given(told.outcome_id),
                weight=1.0 if given(told.weight) is None else told.weight,
            )
            return checked_time(given(told.event_ts), now), body

        return await self._take("outcomes", self._outcomes.read(request.body), entry)

    async def events(self, serving: Serving, request: Request) -> Response:
        """Takes events of one type.

        Raises:
            Refused: there is no such type, none could be taken, or they could not be kept.
        """
        if request.name not in serving.events:
            accepted = ", ".join(sorted(serving.events)) or "none, since no outcome has counts_from="
            detail = f"no event is named {request.name[:60]!r}; accepted: {accepted}"
            raise Refused(problem("not-found", detail))

        def entry(happened: Happened, now: int) -> Entry:
            body = told_event(
                serving.events,
                request.name,
                happened.event_id,
                prediction_id=given(happened.prediction_id),
                keys=given(happened.keys),
                values=given(happened.values),
            )
            return checked_time(given(happened.event_ts), now), body

        return await self._take("events", self._events.read(request.body), entry)

    async def _take(self, what: str, items: Sequence[T | Refused], entry: Callable[[T, int], Entry]) -> Response:
        now = self._backing.clock.now()
        entries: list[Entry] = []
        rejected: list[Rejected] = []
        for index, item in enumerate(items):
            try:
                if isinstance(item, Refused):
                    raise item
                entries.append(entry(item, now))
            except (Refused, RequestRefused) as error:
                rejected.append(Rejected(index, problem_of(error)))
        return await keep(self._backing, what, entries, rejected)


async def keep(
    backing: Backing, what: str, entries: Sequence[Entry], rejected: Sequence[Rejected], *, before: int = 0
) -> Response:
    """Hands entries to the log, and answers when they are durable.

    Args:
        backing: what the request path stands on.
        what: outcomes, events or elsewhere.
        entries: what is to be kept.
        rejected: what was not taken.
        before: how many more are accepted because they had been taken before.

    Raises:
        Refused: nothing was taken (422), or it could not be kept (503, 507).

    >>> import inspect
    >>> inspect.iscoroutinefunction(keep)
    True
    """
    backing.meter.told(what, 0, len(rejected))
    if not entries and not before:
        raise all_rejected(f"all {len(rejected)} were refused", rejected=rejected)
    if entries:
        await _commit(backing, entries)
    backing.meter.told(what, len(entries) + before, 0)
    return Response(202, _encode(Accepted(len(entries) + before, list(rejected))))


async def _commit(backing: Backing, entries: Sequence[Entry]) -> None:
    if backing.vitals.disk_full:
        raise disk_full()
    place = backing.channel.offer(entries)
    if place is None:
        raise unavailable("queue-full", "too much is waiting to be recorded; nothing of this was taken, send it again")
    try:
        await backing.channel.committed(place)
    except LoopDown as error:
        detail = "the loop is being started again; whether this is kept is not known: send it again, with the same ids"
        raise unavailable("loop-down", detail) from error
    except DiskFull as error:
        raise disk_full() from error


def disk_full() -> Refused:
    """The disk takes no more.

    >>> disk_full().problem.status
    507
    """
    return Refused(
        problem("disk-full", "the disk of the log is full; nothing of this was taken: make room, then send it")
    )


def given(value: Any) -> Any:  # noqa: ANN401  # whatever a field holds
    """The value of a field that may have been left out; `None` where it was.

    >>> given(UNSET) is None, given(7)
    (True, 7)
    """
    return None if value is UNSET else value
