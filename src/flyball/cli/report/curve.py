"""The calibration curve: what happened where this much was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyball.cli.report.axis import Axis, label
from flyball.cli.report.element import Html, element
from flyball.cli.report.wording import percent, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.report import ModelReport
    from flyball.watch.bins import CalibrationBin

SIDE: Final = 400
LEFT: Final = 54
BELOW: Final = 44
TOP: Final = 10


def curve_section(model: ModelReport) -> Html | None:
    """The curve with its band, on log-odds axes, beside the diagonal of perfect calibration.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> curve_section(model) is None
    True
    """
    curve = model.calibration
    if len(curve) < 2:
        return None
    axis = _axis(curve)
    ticks = [t for t in axis.ticks() if axis.low <= t <= axis.high]
    drawn = element(
        "svg",
        [_ticks(axis, tick) for tick in ticks],
        element(
            "path",
            d=f"M{_x(axis, axis.low)} {_y(axis, axis.low)}L{_x(axis, axis.high)} {_y(axis, axis.high)}",
            class_="line constant",
        ),
        element("path", d=_band(axis, curve), class_="band model"),
        element(
            "path",
            d="M" + "L".join(f"{_x(axis, b.predicted)} {_y(axis, b.actual)}" for b in curve),
            class_="line model",
        ),
        [_dot(axis, b) for b in curve],
        element("text", "predicted", x=LEFT + SIDE / 2, y=TOP + SIDE + BELOW - 6, class_="name"),
        element("text", "actual", x=-(TOP + SIDE / 2), y=13, transform="rotate(-90)", class_="name"),
        viewBox=f"0 0 {LEFT + SIDE + 12} {TOP + SIDE + BELOW}",
        class_="square",
        role="img",
        aria_label="calibration curve",
    )
    return element(
        "section",
        element("h3", "Calibration"),
        element(
            "p",
            "Of the predictions around 10 %, did 10 % come true? On the dashed line every promise is kept. Each dot"
            f" holds about {short(curve[0].weight)} examples; the band is where the true rate lies (95 %)."
            " A dot whose band misses the line is orange.",
            class_="hint",
        ),
        drawn,
        class_="card",
    )


def _axis(curve: Sequence[CalibrationBin]) -> Axis:
    """Both axes' ends: a little beyond every dot."""
    seen = [value for b in curve for value in (b.predicted, b.actual) if 0.0 < value < 1.0] or [0.5]
    low, high = min(seen), max(seen)
    # A fifth of the odds further out on both sides.
    return Axis(low=low / (low + 1.2 * (1.0 - low)), high=1.2 * high / (1.2 * high + 1.0 - high), scale="log-odds")


def _x(axis: Axis, value: float) -> str:
    return f"{LEFT + SIDE * min(max(axis.at(value), 0.0), 1.0):.1f}"


def _y(axis: Axis, value: float) -> str:
    return f"{TOP + SIDE * (1.0 - min(max(axis.at(value), 0.0), 1.0)):.1f}"


def _ticks(axis: Axis, tick: float) -> list[Html]:
    x, y = _x(axis, tick), _y(axis, tick)
    return [
        element("path", d=f"M{x} {TOP}V{TOP + SIDE}M{LEFT} {y}H{LEFT + SIDE}", class_="grid"),
        element("text", f"{label(100.0 * tick)} %", x=x, y=TOP + SIDE + 18, class_="under"),
        element("text", f"{label(100.0 * tick)} %", x=LEFT - 7, y=float(y) + 4, class_="beside"),
    ]


def _band(axis: Axis, curve: Sequence[CalibrationBin]) -> str:
    upper = [f"{_x(axis, b.predicted)} {_y(axis, b.upper)}" for b in curve]
    lower = [f"{_x(axis, b.predicted)} {_y(axis, b.lower)}" for b in reversed(curve)]
    return f"M{'L'.join(upper + lower)}Z"


def _dot(axis: Axis, b: CalibrationBin) -> Html:
    off = not b.lower <= b.predicted <= b.upper
    text = (
        f"predicted {percent(b.predicted)}\nactual {percent(b.actual)}, 95 % interval {percent(b.lower)} to"
        f" {percent(b.upper)}\nweight {short(b.weight)}"
    )
    x, y = _x(axis, b.predicted), _y(axis, b.actual)
    return element("circle", element("title", text), cx=x, cy=y, r=4.5, class_="dot off" if off else "dot")
