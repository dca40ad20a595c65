"""A chart over time that keeps its text sharp at any width: lines in SVG, labels in HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.cli.report.axis import Axis, label, time_ticks
from flyball.cli.report.element import Html, element

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE = 1000
"""The drawing's own units in both directions; the page stretches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart.

    Attributes:
        name: in the legend.
        look: its class in the style sheet.
        places: moment (microseconds) and value of each point, in order; None breaks the line.
        band: moment, lower and upper end of the band around it.

    >>> Line(name="model", look="model", places=((0, 0.5),)).band
    ()
    """

    name: str
    look: str
    places: tuple[tuple[int, float | None], ...]
    band: tuple[tuple[int, float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stretch of time that tells its numbers under the pointer, with a bar for its weight.

    >>> Mark(from_us=0, until_us=10, weight=1.0, text="noon").text
    'noon'
    """

    from_us: int
    until_us: int
    weight: float
    text: str


def time_chart(lines: Sequence[Line], marks: Sequence[Mark], vertical: Axis, *, title: str) -> Html:
    """The chart: legend, lines with their bands, bars of weight, and an axis of time.

    Args:
        lines: the first is drawn last, on top.
        marks: one for each stretch of time, in order, at least one.
        vertical: the axis of the values.
        title: for those who cannot see it.

    >>> line = Line(name="model", look="model", places=((0, 0.3), (10, 0.2)))
    >>> mark = Mark(from_us=0, until_us=10, weight=1.0, text="all of it")
    >>> chart = time_chart([line], [mark], Axis(low=0.0, high=0.5), title="loss")
    >>> 'd="M0 400h0L1000 600"' in chart
    True
    """
    time = Axis(low=marks[0].from_us, high=marks[-1].until_us)
    ticks = vertical.ticks()
    grid = [element("path", d=f"M0 {_y(vertical, tick)}H{SIDE}", class_="grid") for tick in ticks]
    drawn = [_band(line, time, vertical) for line in lines] + [_path(line, time, vertical) for line in reversed(lines)]
    hits = [_hit(mark, time) for mark in marks]
    area = element(
        "svg", grid, drawn, hits, viewBox=f"0 0 {SIDE} {SIDE}", preserveAspectRatio="none", role="img", aria_label=title
    )
    rises = [
        element("span", label(tick), style=f"bottom:{100 * vertical.at(tick):.2f}%")
        for tick in ticks
        if 0.0 <= vertical.at(tick) <= 1.0
    ]
    runs = [
        element("span", text, style=f"left:{100 * time.at(us):.2f}%", class_="minor" if i % 2 else None)
        for i, (us, text) in enumerate(time_ticks(marks[0].from_us, marks[-1].until_us))
    ]
    return element(
        "div",
        _legend(lines),
        element("div", element("div", rises, class_="rises"), area, class_="area"),
        element("div", _bars(marks, time), class_="weights", title="examples over time"),
        element("div", runs, class_="runs"),
        class_="chart",
    )


def sparkline(values: Sequence[float | None], *, scale: Axis | None = None) -> Html:
    """A small line without axes; breaks where a value is None.

    >>> sparkline([1.0, 3.0, 2.0])[:46]
    '<svg class="spark" viewBox="0 0 1000 1000" pre'
    """
    known = [value for value in values if value is not None]
    if len(known) < 3:
        return Html("")
    low, high = min(known), max(known)
    vertical = scale or Axis(low=low - 0.05 * (high - low), high=high + 0.05 * (high - low))
    places = tuple(enumerate(values))
    line = Line(name="", look="model", places=places)
    drawn = _path(line, Axis(low=0, high=len(values) - 1), vertical)
    box = f"0 0 {SIDE} {SIDE}"
    return element("svg", drawn, class_="spark", viewBox=box, preserveAspectRatio="none", aria_hidden="true")


def _legend(lines: Sequence[Line]) -> Html:
    entries = [
        element("span", element("i", class_=f"key {line.look}{'' if line.places else ' swatch'}"), line.name)
        for line in lines
        if line.name
    ]
    return element("div", entries, class_="legend")


def _x(axis: Axis, us: float) -> str:
    return f"{SIDE * axis.at(us):.1f}".removesuffix(".0")


def _y(axis: Axis, value: float) -> str:
    # Far outside the frame the exact place is of no use, and huge coordinates upset some viewers.
    return f"{SIDE * (1.0 - min(max(axis.at(value), -5.0), 6.0)):.1f}".removesuffix(".0")


def _path(line: Line, time: Axis, vertical: Axis) -> Html:
    steps, pen = [], "M"
    for us, value in line.places:
        if value is None:
            pen = "M"
            continue
        steps.append(f"{pen}{_x(time, us)} {_y(vertical, value)}")
        # A stroke of no length with a round end is a dot: so a point between two gaps is seen.
        if pen == "M":
            steps.append("h0")
        pen = "L"
    return element("path", d="".join(steps), class_=f"line {line.look}")


def _band(line: Line, time: Axis, vertical: Axis) -> Html | None:
    if len(line.band) < 2:
        return None
    upper = [f"{_x(time, us)} {_y(vertical, high)}" for us, _, high in line.band]
    lower = [f"{_x(time, us)} {_y(vertical, low)}" for us, low, _ in reversed(line.band)]
    return element("path", d=f"M{'L'.join(upper + lower)}Z", class_=f"band {line.look}")


def _hit(mark: Mark, time: Axis) -> Html:
    left, right = SIDE * time.at(mark.from_us), SIDE * time.at(mark.until_us)
    return element(
        "rect",
        element("title", mark.text),
        x=round(left, 1),
        y=0,
        width=round(right - left, 1),
        height=SIDE,
        class_="hit",
    )


def _bars(marks: Sequence[Mark], time: Axis) -> Html:
    highest = max(mark.weight for mark in marks)
    bars = []
    for mark in marks:
        left, right = SIDE * time.at(mark.from_us), SIDE * time.at(mark.until_us)
        height = 100.0 * mark.weight / highest if highest > 0.0 else 0.0
        bars.append(
            element(
                "rect",
                x=round(left + 0.12 * (right - left), 1),
                y=round(100.0 - height, 1),
                width=round(0.76 * (right - left), 1),
                height=round(height, 1),
            )
        )
    return element("svg", bars, viewBox=f"0 0 {SIDE} 100", preserveAspectRatio="none", aria_hidden="true")
