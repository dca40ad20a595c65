"""Facts of one kind that are sent together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.client.receipt import Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyball.client.fact import Fact
    from flyball.client.problem import Problem

ORDER = ("predictions", "events", "outcomes")
"""Causes before effects, as far as one batch reaches: an outcome is of a prediction, an event shows one."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Facts for one path.

    Args:
        path: where to.
        member: under which name they stand.
        items: each as a JSON object.

    >>> Parcel("/v1/outcomes", "outcomes", (b'{"id":"r1","value":1}', b'{"id":"r2","value":0}')).body
    b'{"outcomes":[{"id":"r1","value":1},{"id":"r2","value":0}]}'
    """

    path: str
    member: str
    items: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """The body that tells them."""
        return b'{"%b":[%b]}' % (self.member.encode(), b",".join(self.items))

    def rejection(self, index: int, problem: Problem) -> Rejection:
        """What is told of one of them that was refused."""
        return Rejection(self.path, json.loads(self.items[index]), problem)


def parcels(facts: Iterable[Fact]) -> tuple[Parcel, ...]:
    """Sorts facts into parcels; within each they keep their order.

    >>> from flyball.client.fact import Fact
    >>> told = [Fact.outcome("r1", 1), Fact.record("ctr", "r2", {}, 0.5, 1), Fact.outcome("r2", 0)]
    >>> [(parcel.path, len(parcel.items)) for parcel in parcels(told)]
    [('/v1/models/ctr/predictions', 1), ('/v1/outcomes', 2)]
    """
    sorted_by_path: dict[tuple[str, str], list[bytes]] = {}
    for fact in facts:
        sorted_by_path.setdefault((fact.path, fact.member), []).append(fact.data)
    found = [Parcel(path, member, tuple(items)) for (path, member), items in sorted_by_path.items()]
    return tuple(sorted(found, key=lambda parcel: ORDER.index(parcel.member)))
