"""Time buckets merged into as many points as a chart can show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flyball.watch.board import DAY_US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.watch.board import TimeBucket
    from flyball.watch.scorecard import Scorecard

MOST: Final = 64
"""More points than this only show noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Measures of the predictions of one stretch of time.

    Attributes:
        from_us: its beginning, microseconds UTC.
        until_us: its end.
        examples: how many.
        weight: their weight.
        loss: mean log loss, or for numbers the root of the mean squared error.
        loss_error: its standard error, None with one example.
        actual: mean outcome.
        predicted: mean prediction.
        calibration: predicted over actual, None where nothing happened.
        calibration_deviation: how far chance moves it.

    >>> Point(from_us=0, until_us=1, examples=1, weight=1.0, loss=0.3, actual=1.0, predicted=0.7).calibration is None
    True
    """

    from_us: int
    until_us: int
    examples: int
    weight: float
    loss: float
    actual: float
    predicted: float
    loss_error: float | None = None
    calibration: float | None = None
    calibration_deviation: float | None = None

    @property
    def middle_us(self) -> int:
        """The middle of the stretch."""
        return (self.from_us + self.until_us) // 2


def framed(timeline: Sequence[TimeBucket]) -> tuple[list[TimeBucket], int]:
    """The buckets to draw, and how many examples are left out with stray times that would squeeze all others.

    Where 0.1 % of the weight at either end, before a gap, takes up two thirds of the time, it is left out.

    >>> framed([])
    ([], 0)
    """
    full = [bucket for bucket in timeline if bucket.scorecard.weight > 0.0]
    first = _strays(full)
    last = len(full) - _strays(full[::-1])
    kept = full[first:last]
    if len(kept) == len(full) or 3 * _span(kept) >= _span(full):
        return full, 0
    return kept, sum(bucket.scorecard.examples for bucket in full[:first] + full[last:])


def _span(buckets: Sequence[TimeBucket]) -> int:
    return buckets[-1].start_us - buckets[0].start_us + buckets[0].width_us


def _strays(buckets: Sequence[TimeBucket]) -> int:
    """How many buckets lie before the widest gap worth the name, with 0.1 % of the weight at most."""
    edge = 0.001 * sum(bucket.scorecard.weight for bucket in buckets)
    seen, widest, strays = 0.0, 0, 0
    for i in range(1, len(buckets)):
        seen += buckets[i - 1].scorecard.weight
        if seen > edge:
            break
        gap = abs(buckets[i].start_us - buckets[i - 1].start_us)
        # The rest may have a stray at its other end, so it is not asked to be shorter than the gap.
        if gap > widest and 4 * gap >= abs(buckets[-1].start_us - buckets[i].start_us):
            widest, strays = gap, i
    return strays


def points_of(timeline: Sequence[TimeBucket], most: int = MOST) -> list[Point]:
    """At most `most` points of equally long stretches of time, those without examples left out.

    From two weeks on a point is no shorter than a day, from half a year on no shorter than a week: otherwise the eye
    sees nights and weekends, not the model.

    >>> points_of([])
    []
    """
    full = [bucket for bucket in timeline if bucket.scorecard.weight > 0.0]
    if not full:
        return []
    width = full[0].width_us
    span = full[-1].start_us + width - full[0].start_us
    stretch = -(-(span // width) // most) * width
    for least, cycle in ((14 * DAY_US, DAY_US), (182 * DAY_US, 7 * DAY_US)):
        if span >= least and stretch < cycle and cycle % width == 0:
            stretch = cycle
    groups: dict[int, list[TimeBucket]] = {}
    for bucket in full:
        groups.setdefault(bucket.start_us // stretch, []).append(bucket)
    return [_point(key * stretch, stretch, group) for key, group in groups.items()]


def constant_loss(point: Point, card: Scorecard) -> float | None:
    """What always answering the base rate (or the mean, as far as one stretch can tell) costs in a stretch of time.

    Args:
        point: the stretch.
        card: of the whole.

    >>> from flyball.watch.scorecard import Scorecard
    >>> point = Point(from_us=0, until_us=1, examples=2, weight=2.0, loss=0.6, actual=0.5, predicted=0.5)
    >>> round(constant_loss(point, Scorecard(kind="binary", examples=2, weight=2.0, mean_outcome=0.5)), 4)
    0.6931
    """
    if card.kind == "number":
        return card.deviation
    rate = card.mean_outcome
    if rate is None or not 0.0 < rate < 1.0:
        return None
    return -point.actual * math.log(rate) - (1.0 - point.actual) * math.log1p(-rate)


def _point(from_us: int, width_us: int, buckets: list[TimeBucket]) -> Point:
    cards = [bucket.scorecard for bucket in buckets]
    weight = sum(card.weight for card in cards)
    number = cards[0].kind == "number"
    actual = sum(card.weight * (card.mean_outcome or 0.0) for card in cards)
    predicted = sum(card.weight * (card.mean_prediction or 0.0) for card in cards)
    if number:
        loss = math.sqrt(sum(card.weight * (card.rmse or 0.0) ** 2 for card in cards) / weight)
        errors = [card.rmse_error for card in cards]
    else:
        loss = sum(card.weight * (card.log_loss or 0.0) for card in cards) / weight
        errors = [card.log_loss_error for card in cards]
    spread = sum((card.weight * error) ** 2 for card, error in zip(cards, errors, strict=True) if error is not None)
    chance = sum(
        (card.weight * (card.mean_outcome or 0.0) * card.calibration_deviation) ** 2
        for card in cards
        if card.calibration_deviation is not None
    )
    return Point(
        from_us=from_us,
        until_us=from_us + width_us,
        examples=sum(card.examples for card in cards),
        weight=weight,
        loss=loss,
        loss_error=math.sqrt(spread) / weight if spread > 0.0 else None,
        actual=actual / weight,
        predicted=predicted / weight,
        calibration=predicted / actual if actual != 0.0 else None,
        calibration_deviation=math.sqrt(chance) / abs(actual) if actual != 0.0 and chance > 0.0 else None,
    )
