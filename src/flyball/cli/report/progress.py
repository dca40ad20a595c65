"""How a model did over time: its loss beside the constant's and others', and its calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.report.axis import Axis
from flyball.cli.report.chart import Line, Mark, time_chart
from flyball.cli.report.element import Html, element, group
from flyball.cli.report.wording import figure, moment, percent, whole
from flyball.watch.bins import NORMAL_95
from flyball.watch.points import Point, constant_loss, framed, points_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.run.report import ModelReport
    from flyball.watch.scorecard import Scorecard

GAP = 3
"""So many empty points break a line."""


def loss_section(model: ModelReport) -> Html | None:
    """Log loss (or the root of the mean squared error) over time.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> loss_section(model) is None
    True
    """
    buckets, left_out = framed(model.timeline)
    points = points_of(buckets)
    if len(points) < 2:
        return None
    card = model.scorecard
    binary = card.kind == "binary"
    others = {name: points_of(framed(other.timeline)[0]) for name, other in model.baselines.items()}
    lines = [
        Line(name=model.title, look="model", places=_places(points, lambda p: p.loss), band=_loss_band(points)),
        *(
            Line(name=name, look=f"other{i % 4}", places=_places(other, lambda p: p.loss))
            for i, (name, other) in enumerate(others.items())
        ),
        Line(
            name=f"always answering {'the base rate, ' + percent(card.mean_outcome) if binary else 'the mean'}",
            look="constant",
            places=_places(points, lambda p: constant_loss(p, card)),
        ),
    ]
    unit = "log loss" if binary else "rmse"
    chart = time_chart(lines, _marks(points, card, unit), _loss_axis(lines), title=f"{unit} over time")
    return element(
        "section",
        element("h3", "Log loss over time" if binary else "Error over time"),
        element(
            "p",
            "Every prediction is scored before the model learns from it. Lower is better; the band is where the mean"
            " lies with 95 % confidence. Grey bars: how many examples.",
            _left_out(left_out),
            class_="hint",
        ),
        chart,
        class_="card wide",
    )


def calibration_over_time(model: ModelReport) -> Html | None:
    """Predicted over actual, by time, with the band that chance explains.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> calibration_over_time(model) is None
    True
    """
    points = [p for p in points_of(framed(model.timeline)[0], 40) if p.calibration is not None and p.calibration > 0.0]
    if len(points) < 2:
        return None
    ratios = sorted(p.calibration or 1.0 for p in points)
    trimmed = ratios[len(ratios) // 20 : len(ratios) - len(ratios) // 20]
    low, high = min(trimmed[0] / 1.1, 1.0 / 1.2), max(trimmed[-1] * 1.1, 1.2)
    lines = [
        Line(name="predicted over actual", look="model", places=_places(points, lambda p: p.calibration)),
        Line(name="what chance explains (95 %)", look="constant", places=(), band=_chance_band(points)),
        Line(name="", look="constant", places=((points[0].from_us, 1.0), (points[-1].until_us, 1.0))),
    ]
    axis = Axis(low=low, high=high, scale="log")
    marks = _marks(points, model.scorecard, "log loss" if model.scorecard.kind == "binary" else "rmse")
    return element(
        "section",
        element("h3", "Calibration over time"),
        element(
            "p", "Above 1 the model promises more than happens. Outside the band it is more than chance.", class_="hint"
        ),
        time_chart(lines, marks, axis, title="calibration over time"),
        class_="card",
    )


def _left_out(examples: int) -> Html | None:
    if examples == 0:
        return None
    return group(f" {whole(examples)} examples with stray times lie outside the frame.")


def _places(points: Sequence[Point], value: Callable[[Point], float | None]) -> tuple[tuple[int, float | None], ...]:
    places: list[tuple[int, float | None]] = []
    for i, point in enumerate(points):
        if i and point.from_us - points[i - 1].until_us >= GAP * (point.until_us - point.from_us):
            places.append((point.from_us, None))
        places.append((point.middle_us, value(point)))
    return tuple(places)


def _loss_band(points: Sequence[Point]) -> tuple[tuple[int, float, float], ...]:
    return tuple(
        (p.middle_us, p.loss - NORMAL_95 * p.loss_error, p.loss + NORMAL_95 * p.loss_error)
        for p in points
        if p.loss_error is not None
    )


def _chance_band(points: Sequence[Point]) -> tuple[tuple[int, float, float], ...]:
    return tuple(
        (p.middle_us, max(1.0 - half, 0.01), 1.0 + half)
        for p in points
        if p.calibration_deviation is not None
        for half in (NORMAL_95 * p.calibration_deviation,)
    )


def _loss_axis(lines: Sequence[Line]) -> Axis:
    """From below the lowest to above all but the few highest values of the model; the others lie within."""
    own = sorted(value for _, value in lines[0].places if value is not None)
    other = [value for line in lines[1:] for _, value in line.places if value is not None]
    own_high = own[min(len(own) - 1, round(0.96 * len(own)))]
    low, high = min([own[0], *other]), max([own_high, *other])
    room = 0.1 * (high - low) or 0.1 * high or 1.0
    return Axis(low=max(low - room, 0.0), high=high + room)


def _marks(points: Sequence[Point], card: Scorecard, unit: str) -> list[Mark]:
    marks = []
    for point in points:
        error = f" ± {figure(point.loss_error, 2)}" if point.loss_error is not None else ""
        text = [
            f"{moment(point.from_us)} to {moment(point.until_us)}",
            f"{unit} {figure(point.loss)}{error}",
            f"predicted {_amount(point.predicted, card)}, actual {_amount(point.actual, card)}",
            f"predicted over actual {figure(point.calibration, 3)}",
            f"{whole(point.examples)} examples",
        ]
        marks.append(Mark(from_us=point.from_us, until_us=point.until_us, weight=point.weight, text="\n".join(text)))
    return marks


def _amount(value: float, card: Scorecard) -> str:
    return percent(value) if card.kind == "binary" else figure(value)
