"""Meters: one process's numbers, counted into an array that others read."""

from __future__ import annotations

import os
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flyball.serve.metric import CODES, INTERNAL, LIMITS, SECONDS, SERVED_BY, TOLD, Layout
from flyball.serve.problem import TITLES
from flyball.serve.route import NOWHERE, ROUTES

if TYPE_CHECKING:
    from collections.abc import MutableSequence

    import numpy as np
    from numpy.typing import NDArray

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Meter:
    """Counts.

    Only one process writes an array, so that no count is lost; each number is one aligned word, so that none is torn.

    Args:
        layout: where the numbers stand.
        cells: the array, float64 of shape (layout.size,), zeros at first; it may lie in shared memory.

    >>> import numpy as np
    >>> layout = Layout(["ctr"])
    >>> cells = np.zeros(layout.size)
    >>> meter = Meter(layout, cells)
    >>> meter.refused("conflict")
    >>> cells.sum()
    np.float64(1.0)
    """

    def __init__(self, layout: Layout, cells: NDArray[np.float64]) -> None:
        # A memoryview adds in half the time that an array takes.
        self._cells = cast("MutableSequence[float]", cells.data)
        place = layout.place
        routes = [route.name for route in (*ROUTES, NOWHERE)]
        self._requests = {(r, code): place("flyball_requests", r, str(code)) for r in routes for code in CODES}
        self._seconds = {model: place("flyball_request_seconds", model) for model in layout.models}
        self._served = {(m, by): place("flyball_predictions", m, by) for m in layout.models for by in SERVED_BY}
        self._unlogged = {model: place("flyball_unlogged", model) for model in layout.models}
        self._not_finite = {model: place("flyball_not_finite", model) for model in layout.models}
        self._refused = {kind: place("flyball_refused", kind) for kind in (*TITLES, INTERNAL)}
        results = ("accepted", "rejected")
        self._told = {what: [place("flyball_told", what, result) for result in results] for what in TOLD}
        self._received = place("flyball_body_bytes", "received")
        self._sent = place("flyball_body_bytes", "sent")
        self._opened = place("flyball_connections_opened")
        self._open = place("flyball_connections")
        self._ended = {limit: place("flyball_connections_ended", limit) for limit in LIMITS}
        self._memory = place("flyball_resident_memory_bytes")
        self._start = place("flyball_start_time_seconds")

    def request(self, route: str, status: int, received: int, sent: int) -> None:
        """A request was answered; bodies in bytes."""
        cells = self._cells
        cells[self._requests[route, status]] += 1.0
        cells[self._received] += received
        cells[self._sent] += sent

    def took(self, model: str, ns: int) -> None:
        """A question was answered in so many nanoseconds."""
        at = self._seconds.get(model)
        if at is not None:
            seconds = ns * 1e-9
            self._cells[at + bisect_left(SECONDS, seconds)] += 1.0
            self._cells[at + len(SECONDS) + 1] += seconds

    def served(self, model: str, by: str) -> None:
        """A prediction was answered by one of `SERVED_BY`."""
        at = self._served.get((model, by))
        if at is not None:
            self._cells[at] += 1.0

    def unlogged(self, model: str, count: int = 1) -> None:
        """Predictions were answered that the log had no room for."""
        at = self._unlogged.get(model)
        if at is not None:
            self._cells[at] += count

    def not_finite(self, model: str) -> None:
        """An answer was no finite number."""
        at = self._not_finite.get(model)
        if at is not None:
            self._cells[at] += 1.0

    def refused(self, kind: str) -> None:
        """A request, or one of its parts, was refused with this kind of problem."""
        self._cells[self._refused[kind]] += 1.0

    def told(self, what: str, accepted: int, rejected: int) -> None:
        """Outcomes, events or predictions made elsewhere were taken or not."""
        yes, no = self._told[what]
        self._cells[yes] += accepted
        self._cells[no] += rejected

    def connected(self) -> None:
        """A connection was opened."""
        self._cells[self._opened] += 1.0
        self._cells[self._open] += 1.0

    def disconnected(self) -> None:
        """A connection has ended."""
        self._cells[self._open] -= 1.0

    def ended(self, limit: str) -> None:
        """A connection was ended by a limit, or for what is no HTTP: one of `LIMITS`."""
        self._cells[self._ended[limit]] += 1.0

    def started(self, us: int) -> None:
        """The process started, microseconds UTC since 1970."""
        self._cells[self._start] = us / 1e6

    def weigh(self) -> None:
        """Notes how much memory the process has, as the kernel says."""
        pages = Path("/proc/self/statm").read_bytes().split()[1]
        self._cells[self._memory] = int(pages) * float(_PAGE)
