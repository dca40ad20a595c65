"""Slices: a strip as wide as the traffic and coloured by the measure, and a table with intervals under it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from flyball.cli.report.axis import Axis
from flyball.cli.report.element import Html, element
from flyball.cli.report.wording import NONE, figure, percent, short, whole
from flyball.watch.bins import NORMAL_95
from flyball.watch.verdict import FEW, measure, promise, skill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.report import ModelReport
    from flyball.watch.board import SliceCell
    from flyball.watch.scorecard import Scorecard

COLUMNS: Final = 60
"""Values shown in a strip; the rest share its last column."""
ROWS: Final = 8
"""Rows of a table that are shown at once."""
MOST_ROWS: Final = 300
"""Rows that a table can be opened to."""
LEGENDS: Final = {
    "skill": ("better than the whole", "worse"),
    "promise": ("promises too little", "too much"),
}


def slices_section(model: ModelReport) -> list[Html]:
    """One section for each slice dimension that has cells.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> slices_section(model)
    []
    """
    return [_dimension(name, cells, model) for name, cells in model.slices.items() if cells]


def _dimension(name: str, cells: Sequence[SliceCell], model: ModelReport) -> Html:
    whole_card = model.scorecard
    unit = "normalised entropy" if whole_card.kind == "binary" else "rmse"
    return element(
        "section",
        element("h3", "By ", element("em", name)),
        element(
            "p",
            f"{whole(len(cells))} value{'s' if len(cells) > 1 else ''}. Width is traffic; colour is the difference to"
            " the whole, where it is more than chance; grey is no difference that one could be sure of.",
            class_="hint",
        ),
        _strip(unit, "skill", cells, whole_card),
        _strip("predicted / actual", "promise", cells, whole_card),
        _standouts(cells, whole_card),
        _table(name, cells, whole_card),
        class_="card wide",
    )


def _strip(label: str, look: str, cells: Sequence[SliceCell], whole_card: Scorecard) -> Html:
    total = sum(cell.scorecard.weight for cell in cells) or 1.0
    columns = []
    for cell in _in_order(cells[:COLUMNS]):
        share = cell.scorecard.weight / total
        tint = skill(cell.scorecard, whole_card) if look == "skill" else promise(cell.scorecard)
        columns.append(
            element(
                "i",
                element("span", cell.value) if share > 0.035 else None,
                class_="thin" if share < 0.01 else None,
                style=f"flex-grow:{share:.6f};{_colour(tint, look)}",
                title=_story(cell, share),
                tabindex=0,
            )
        )
    rest = sum(cell.scorecard.weight for cell in cells[COLUMNS:]) / total
    if rest > 0.0:
        text = f"{whole(len(cells) - COLUMNS)} further values, {percent(rest)} of the weight"
        columns.append(element("i", title=text, class_="rest", style=f"flex-grow:{rest:.6f}"))
    low, high = LEGENDS[look]
    key = element(
        "span", element("b", class_=f"low {look}"), low, element("b", class_=f"high {look}"), high, class_="key2"
    )
    return element(
        "div",
        element("div", element("span", label), key, class_="of"),
        element("div", columns, class_="strip"),
        class_="grid2",
    )


def _in_order(cells: Sequence[SliceCell]) -> Sequence[SliceCell]:
    """The cells by their numbers where all named values are whole numbers (hours, ages), otherwise as they are."""
    try:
        return sorted(cells, key=lambda cell: (not cell.named, int(cell.value) if cell.named else 0))
    except ValueError:
        return cells


def _standouts(cells: Sequence[SliceCell], whole_card: Scorecard) -> Html | None:
    """In words, the values that differ most, by size of the difference times weight."""
    binary = whole_card.kind == "binary"
    found: list[tuple[str, list[tuple[float, str]]]] = []
    for words, sign, by_skill in (
        ("does worse on", 1.0, True),
        ("does better on", -1.0, True),
        ("promises too much for", 1.0, False),
        ("promises too little for", -1.0, False),
    ):
        hits = []
        for cell in cells:
            card = cell.scorecard
            tint = (skill(card, whole_card) if by_skill else promise(card)) if cell.named else None
            if tint is not None and tint * sign > 0.0:
                value = (card.normalised_entropy if binary else card.rmse) if by_skill else card.calibration
                hits.append((abs(tint) * card.weight, f"{cell.value} ({figure(value, 3)})"))
        if hits:
            found.append((words, sorted(hits, reverse=True)))
    if not found:
        return None
    lines = []
    for words, hits in found:
        more = f" and {whole(len(hits) - 3)} more" if len(hits) > 3 else ""
        lines.append(element("li", f"{words} ", element("b", ", ".join(text for _, text in hits[:3])), more))
    return element("ul", lines, class_="standouts")


def _colour(tint: float | None, look: str) -> str:
    if tint is None:
        return "background:var(--unsure)"
    strong = ";color:#fff" if abs(tint) > 0.6 else ""
    end = f"var(--{look}-{'high' if tint > 0 else 'low'})"
    return f"background:color-mix(in oklab,{end} {25 + 75 * abs(tint):.0f}%,var(--unsure)){strong}"


def _story(cell: SliceCell, share: float) -> str:
    card = cell.scorecard
    low, middle, high = measure(card)
    name = "normalised entropy" if card.kind == "binary" else "rmse"
    interval = f" ({figure(low, 3)} to {figure(high, 3)})" if low is not None else ""
    lines = [
        f"{cell.value}: {percent(share)} of the weight",
        f"{whole(card.examples)} examples",
        f"{name} {figure(middle, 3)}{interval}",
        f"predicted {_amount(card.mean_prediction, card)}, actual {_amount(card.mean_outcome, card)}",
        f"predicted / actual {figure(card.calibration, 3)} (z = {figure(card.calibration_z, 2)})",
    ]
    if card.auc is not None:
        lines.append(f"AUC {figure(card.auc, 3)}, exact to {figure(card.auc_resolution, 1)}")
    return "\n".join(lines)


def _amount(value: float | None, card: Scorecard) -> str:
    return percent(value) if card.kind == "binary" else figure(value)


def _table(name: str, cells: Sequence[SliceCell], whole_card: Scorecard) -> Html:
    binary = whole_card.kind == "binary"
    total = sum(cell.scorecard.weight for cell in cells) or 1.0
    shown = cells[:MOST_ROWS]
    span = _range(shown[:ROWS], whole_card)
    heads = [(name, "text"), ("share", ""), ("examples", ""), ("actual", ""), ("predicted", "")]
    heads += [("log loss", ""), ("normalised entropy", "plot")] if binary else [("rmse", "plot")]
    heads += [("predicted / actual", "plot")] + ([("AUC", "")] if binary else [])
    head = element("tr", [element("th", text, scope="col", class_=look or None) for text, look in heads])
    rows = [_row(cell, total, whole_card, (span, _reach(shown[:ROWS]))) for cell in shown]
    foot = None
    if len(cells) > ROWS:
        more = f"{whole(len(shown))} of {whole(len(cells))}" if len(cells) > len(shown) else f"all {whole(len(cells))}"
        foot = element("p", element("label", element("input", type="checkbox", class_="opener"), f"show {more}"))
    table = element("table", element("thead", head), element("tbody", rows), class_="sortable")
    return element("div", foot, element("div", table, class_="scroll"), class_="slices" + (" long" if foot else ""))


def _range(cells: Sequence[SliceCell], whole_card: Scorecard) -> tuple[float, float]:
    """The ends of the plots of the measure: what the heaviest cells and the whole need."""
    ends = [
        end for card in [whole_card, *(cell.scorecard for cell in cells)] for end in measure(card) if end is not None
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.1
    return low - room, high + room


def _reach(cells: Sequence[SliceCell]) -> float:
    """How far the plots of predicted over actual go to both sides, as a logarithm: between 1.25 and 4 times."""
    seen = [
        abs(math.log(c.scorecard.calibration)) for c in cells if c.scorecard.calibration and c.scorecard.calibration > 0
    ]
    return min(max([*(1.2 * size for size in seen), math.log(1.25)]), math.log(4.0))


def _row(cell: SliceCell, total: float, whole_card: Scorecard, scales: tuple[tuple[float, float], float]) -> Html:
    card = cell.scorecard
    share = card.weight / total
    low, middle, high = measure(card)
    _, base, _ = measure(whole_card)
    calibration, deviation = card.calibration, card.calibration_deviation
    span, reach = scales
    ends: tuple[float | None, float | None] = (None, None)
    if calibration is not None and deviation is not None:
        ends = (calibration - NORMAL_95 * deviation, calibration + NORMAL_95 * deviation)
    columns = [
        element("th", cell.value, scope="row", class_=None if cell.named else "unnamed"),
        _cell(percent(share), share, element("span", element("b", style=f"width:{100 * share:.2f}%"), class_="share")),
        _cell(short(card.examples), card.examples),
        _cell(_amount(card.mean_outcome, card), card.mean_outcome),
        _cell(_amount(card.mean_prediction, card), card.mean_prediction),
    ]
    if card.kind == "binary":
        columns.append(_cell(figure(card.log_loss, 3), card.log_loss))
    columns.append(_plot(middle, (low, high), base, span, _colour(skill(card, whole_card), "skill")))
    columns.append(
        _plot(calibration, ends, 1.0, (math.exp(-reach), math.exp(reach)), _colour(promise(card), "promise"), log=True)
    )
    if card.kind == "binary":
        columns.append(_cell(figure(card.auc, 3), card.auc))
    return element("tr", columns, class_="faint" if card.examples < FEW else None)


def _cell(text: str, value: float | None, picture: Html | None = None) -> Html:
    return element("td", element("span", text), picture, class_="number", data_value=value if value is not None else "")


def _plot(
    value: float | None,
    interval: tuple[float | None, float | None],
    mark: float | None,
    span: tuple[float, float],
    colour: str,
    *,
    log: bool = False,
) -> Html:
    """The number, and its interval as a bar beside the mark of the whole."""
    if value is None:
        return element("td", NONE, class_="plot", data_value="")
    low, high = interval
    axis = Axis(low=span[0], high=span[1], scale="log" if log else "linear")
    parts = [element("u", style=f"left:{_at(mark, axis):.1f}%")] if mark is not None else []
    if low is not None and high is not None:
        left, right = _at(low, axis), _at(high, axis)
        parts.append(element("b", style=f"left:{left:.1f}%;width:{max(right - left, 0.5):.1f}%;{colour}"))
    parts.append(element("em", style=f"left:{_at(value, axis):.1f}%"))
    return element(
        "td", element("span", figure(value, 3)), element("span", parts, class_="track"), class_="plot", data_value=value
    )


def _at(value: float, axis: Axis) -> float:
    return 100.0 * min(max(axis.at(value), 0.0), 1.0)
