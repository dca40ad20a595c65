"""Metrics: what is counted, and where each number stands in a process's array."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias

from flyball.serve.problem import TITLES
from flyball.serve.route import NOWHERE, ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = tuple[str, ...]

SECONDS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""The upper ends of the buckets of a latency; one more holds what is above."""
GONE = 499
"""The status under which requests are counted whose sender went away before the whole of it was there."""
CODES = (200, 202, 204, GONE, *sorted({status for status, _ in TITLES.values()}), 500)
SERVED_BY = ("model", "fallback", "again", "refused")
"""Who answered; "again": it was given before and is given again; "refused": one of many questions had no answer."""
INTERNAL = "internal"
"""The type of problem of what should not happen."""
LIMITS = ("connections", "headers", "malformed", "seconds")
"""The limits that end a connection."""
TOLD = ("outcomes", "events", "elsewhere")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Args:
        name: in Prometheus, without `_total`.
        kind: a counter and a histogram are summed over processes; a gauge is shown for each.
        about: what it counts.
        labels: for each label its name and the values that it can have.

    >>> Metric("flyball_bytes", "counter", "Bytes.", (("direction", ("in", "out")),)).cells
    2
    """

    name: str
    kind: Kind
    about: str
    labels: tuple[tuple[str, Labels], ...] = ()

    @property
    def width(self) -> int:
        """How many numbers stand for one combination of labels: a histogram has its buckets, then the sum."""
        return len(SECONDS) + 2 if self.kind == "histogram" else 1

    @property
    def cells(self) -> int:
        """How many numbers stand for it."""
        count = self.width
        for _, values in self.labels:
            count *= len(values)
        return count

    def combinations(self) -> Iterator[Labels]:
        """The values of the labels, in the order in which their numbers stand."""
        return product(*(values for _, values in self.labels))


class Layout:
    """The places of all numbers, which follows from the names of the models alone.

    Args:
        models: the models.

    >>> layout = Layout(["ctr"])
    >>> layout.place("flyball_unlogged", "ctr") < layout.size
    True
    """

    def __init__(self, models: Sequence[str]) -> None:
        self.models = tuple(models)
        self.metrics = _metrics(self.models)
        self._places: dict[tuple[str, ...], int] = {}
        self.size = 0
        for metric in self.metrics:
            for labels in metric.combinations():
                self._places[metric.name, *labels] = self.size
                self.size += metric.width

    def place(self, metric: str, *labels: str) -> int:
        """Where the number of these labels stands, or the first of a histogram's.

        Raises:
            KeyError: there is no such metric or value of a label.
        """
        return self._places[metric, *labels]


def _metrics(models: Labels) -> tuple[Metric, ...]:
    route = ("route", tuple(route.name for route in (*ROUTES, NOWHERE)))
    code = ("code", tuple(str(code) for code in CODES))
    model, by, kind = ("model", models), ("served_by", SERVED_BY), ("type", (*TITLES, INTERNAL))
    what, result = ("what", TOLD), ("result", ("accepted", "rejected"))
    direction, limit = ("direction", ("received", "sent")), ("limit", LIMITS)
    return (
        Metric("flyball_requests", "counter", "Requests by what was asked for and status.", (route, code)),
        Metric("flyball_request_seconds", "histogram", "Time to answer a question.", (model,)),
        Metric("flyball_predictions", "counter", "Predictions by who answered.", (model, by)),
        Metric("flyball_unlogged", "counter", "Predictions that could not be recorded.", (model,)),
        Metric("flyball_not_finite", "counter", "Answers that were no finite numbers.", (model,)),
        Metric("flyball_refused", "counter", "Refused requests by type of problem.", (kind,)),
        Metric("flyball_told", "counter", "Outcomes, events and predictions made elsewhere.", (what, result)),
        Metric("flyball_body_bytes", "counter", "Bytes of bodies.", (direction,)),
        Metric("flyball_connections_opened", "counter", "Connections."),
        Metric(
            "flyball_connections_ended", "counter", "Connections ended by a limit, or for what is no HTTP.", (limit,)
        ),
        Metric("flyball_connections", "gauge", "Open connections."),
        Metric("flyball_resident_memory_bytes", "gauge", "Resident memory."),
        Metric("flyball_start_time_seconds", "gauge", "When the process started, since 1970."),
    )
