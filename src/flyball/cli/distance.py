"""How far a model's log loss is from the best possible one, period by period.

>>> from flyball.run.report import ModelReport
>>> from flyball.watch.board import Board
>>> mine, best = Board([], "binary"), Board([], "binary")
>>> for board, score in ((mine, 0.5), (best, 0.9)):
...     board.add([score], [1], [1], [1], [0], [])
>>> model = ModelReport.of(mine, name="ctr", version=1, tally={}, baselines={"truth": best})
>>> [(period.name, round(period.distance, 3)) for period in periods_of(model, days=1)]
[('day 1', 0.588)]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from flyball.watch.board import DAY_US
from flyball.watch.scorecard import entropy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyball.run.report import JSON, ModelReport
    from flyball.watch.board import TimeBucket

PARTS = 5
"""How many periods are shown beside the first day."""
GOAL = 0.1
"""The excess promised for the last fifth of a month of 10,000 requests a day: log loss at most 10 % above the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The examples predicted in some days.

    Args:
        name: in words.
        examples: how many.
        model: the model's log loss, nats.
        truth: that of the true probabilities on the same examples, nats.
        base: that of always answering the period's own share, nats.

    >>> period = Period(name="day 1", examples=9, model=0.16, truth=0.15, base=0.17)
    >>> round(period.distance, 6), round(period.learned, 6)
    (0.01, 0.5)
    """

    name: str
    examples: int
    model: float
    truth: float
    base: float

    @property
    def distance(self) -> float:
        """How much worse than the truth, nats."""
        return self.model - self.truth

    @property
    def excess(self) -> float:
        """The same as a share of the best possible log loss."""
        return self.distance / self.truth if self.truth > 0.0 else 0.0

    @property
    def learned(self) -> float | None:
        """Which share of the way from the constant to the truth was gone; below 0 the constant is better."""
        return (self.base - self.model) / (self.base - self.truth) if self.base > self.truth else None

    def as_json(self) -> dict[str, JSON]:
        """As JSON."""
        return {
            "name": self.name,
            "examples": self.examples,
            "log_loss": self.model,
            "truth_log_loss": self.truth,
            "distance": self.distance,
            "excess": self.excess,
            "learned": self.learned,
        }


def goal_of(rows: int, days: int) -> float | None:
    """The excess that is promised for the last fifth; `None` where there is less data than in a month.

    >>> goal_of(60_000, 30) is None
    True
    """
    return GOAL if rows >= 290_000 and days >= 30 else None


def periods_of(model: ModelReport, days: int) -> list[Period]:
    """The first day, and then all days in five periods; those without examples are left out.

    Args:
        model: with one baseline, the truth, on the same examples.
        days: how many days the examples are from.
    """
    [truth] = model.baselines.values()
    if not model.timeline:
        return []
    start = model.timeline[0].start_us // DAY_US * DAY_US
    edges = [days * part // PARTS for part in range(PARTS + 1)]
    spans = [(0, 1), *((low, high) for low, high in pairwise(edges) if low < high)]
    found = []
    for low, high in dict.fromkeys(spans):
        inside = [
            [bucket for bucket in line if low * DAY_US <= bucket.start_us - start < high * DAY_US]
            for line in (model.timeline, truth.timeline)
        ]
        if inside[0]:
            name = f"day {high}" if high == low + 1 else f"days {low + 1} to {high}"
            mine, best = _mean_loss(inside[0]), _mean_loss(inside[1])
            weight = sum(bucket.scorecard.weight for bucket in inside[0])
            share = (
                sum(bucket.scorecard.weight * (bucket.scorecard.mean_outcome or 0.0) for bucket in inside[0]) / weight
            )
            examples = sum(bucket.scorecard.examples for bucket in inside[0])
            found.append(Period(name=name, examples=examples, model=mine, truth=best, base=entropy(share)))
    return found


def _mean_loss(buckets: Iterable[TimeBucket]) -> float:
    cards = [bucket.scorecard for bucket in buckets]
    weight = sum(card.weight for card in cards)
    return sum(card.weight * (card.log_loss or 0.0) for card in cards) / weight if weight > 0.0 else 0.0
