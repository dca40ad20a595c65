"""What the service says about facts that it was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.client.problem import Problem


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a batch: how many facts are durable now, and which were refused.

    Args:
        accepted: how many were accepted.
        rejected: (place in the batch, what is wrong) of each that was refused.

    >>> Receipt(accepted=2).rejected
    ()
    """

    accepted: int
    rejected: tuple[tuple[int, Problem], ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A fact that the service refused, or that could not be read back from its answer.

    Args:
        path: where it was sent to.
        item: the fact as it was sent.
        problem: what is wrong with it.

    >>> from flyball.client.problem import Problem
    >>> Rejection("/v1/outcomes", {"id": "r1", "value": 2}, Problem(422, title="No such value")).item["id"]
    'r1'
    """

    path: str
    item: Mapping[str, object]
    problem: Problem
