"""The report of a replay as tables for a terminal of 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from flyball.cli.report.wording import NONE, figure, percent, reason_of, seconds, short, whole
from flyball.run.report import ENDINGS, ODDITIES
from flyball.watch.verdict import measure, promise, skill

if TYPE_CHECKING:
    from rich.console import RenderableType

    from flyball.run.report import ModelReport, Report
    from flyball.watch.board import SliceCell

STANDOUTS: Final = 5
"""Slices that are shown of each model."""
REJECTIONS: Final = 6
"""Reasons that are shown."""


def tables(report: Report) -> Group:
    """The report, to be printed by a rich console: a row per model, the slices that stand out, what was refused.

    Text from data is shown as it is: nothing in it is taken for rich's markup.

    >>> from rich.console import Console
    >>> from flyball.run.report import Report
    >>> empty = Report(system="ads", digest="", source="a.csv", command="", seconds=2.0, rows=10)
    >>> Console(width=100).print(tables(empty))
    ads: 10 rows of a.csv in 2 s (5 a second), all accepted
    No model met an example.
    """
    parts: list[RenderableType] = [_headline(report)]
    binary = [m for m in report.models if m.scorecard.kind == "binary"]
    number = [m for m in report.models if m.scorecard.kind == "number"]
    if binary:
        parts.append(_binary(binary))
    if number:
        parts.append(_number(number))
    if not report.models:
        parts.append(Text("No model met an example."))
    for model in report.models:
        parts += [part for part in (_counts(model), _beside(model), _slices(model)) if part is not None]
    if report.rejections:
        parts.append(_rejections(report))
    return Group(*parts)


def _headline(report: Report) -> Text:
    refused = sum(rejection.count for rejection in report.rejections)
    outcome = f"{whole(refused)} refused" if refused else "all accepted"
    return Text.assemble(
        (report.system, "bold"),
        f": {whole(report.rows)} rows of {report.source} in {seconds(report.seconds)}"
        f" ({whole(report.rows_per_second)} a second), {outcome}",
        overflow="fold",
    )


def _empty(*columns: str, title: str | None = None) -> Table:
    """A table whose first column is text and whose others are numbers."""
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold", padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        table.add_column(
            Text(column), justify="right" if i else "left", no_wrap=True, overflow="ellipsis", header_style="dim"
        )
    return table


def _binary(models: list[ModelReport]) -> Table:
    table = _empty(
        "model", "examples", "log loss", "norm. entropy", "AUC", "pred/actual", "z", "features", "per second"
    )
    for model in models:
        card = model.scorecard
        better = card.normalised_entropy is not None and card.normalised_entropy < 1.0
        table.add_row(
            Text(model.title, style="bold"),
            short(card.examples),
            figure(card.log_loss),
            Text(figure(card.normalised_entropy, 3), style="green" if better else "red"),
            figure(card.auc, 3),
            figure(card.calibration, 3),
            _z(card.calibration_z),
            short(model.keys) if model.keys else NONE,
            short(model.examples_per_second) if model.examples_per_second else NONE,
        )
    return table


def _number(models: list[ModelReport]) -> Table:
    table = _empty("model", "examples", "rmse", "mae", "R²", "pred/actual", "z", "features", "per second")
    for model in models:
        card = model.scorecard
        table.add_row(
            Text(model.title, style="bold"),
            short(card.examples),
            figure(card.rmse),
            figure(card.mae),
            Text(figure(card.r2, 3), style="green" if card.r2 is not None and card.r2 > 0.0 else "red"),
            figure(card.calibration, 3),
            _z(card.calibration_z),
            short(model.keys) if model.keys else NONE,
            short(model.examples_per_second) if model.examples_per_second else NONE,
        )
    return table


def _z(z: float | None) -> Text:
    if z is None:
        return Text(figure(None))
    return Text(f"{z:+.1f}", style="red" if abs(z) >= 3.0 else "")


def _counts(model: ModelReport) -> Text | None:
    """The predictions by their ending, and the other counts that are not 0."""
    if not model.tally:
        return None
    ended = [(name, model.tally.get(name, 0)) for name in ENDINGS]
    total = model.tally.get("predictions", sum(count for _, count in ended))
    text = Text.assemble((model.title, "bold"), f": {whole(total)} predictions = ")
    text.append(" + ".join(f"{whole(count)} {name}" for name, count in ended if count) or "0")
    if sum(count for _, count in ended) != total:
        text.append("  THE COUNT DOES NOT ADD UP", style="bold red")
    odd = [f"{whole(model.tally[name])} {name}" for name in ODDITIES if model.tally.get(name, 0)]
    if odd:
        text.append(f"; {', '.join(odd)}", style="dim")
    return text


def _beside(model: ModelReport) -> Text | None:
    if not model.baselines:
        return None
    text = Text("  beside others: ")
    for i, (name, other) in enumerate(model.baselines.items()):
        binary = model.scorecard.kind == "binary"
        theirs = other.scorecard.log_loss if binary else other.scorecard.rmse
        text.append(f"{', ' if i else ''}{name} {'log loss' if binary else 'rmse'} {figure(theirs)}")
    return text


def _slices(model: ModelReport) -> Table | None:
    """The slices that differ from the whole by more than chance, those with most weight times difference first."""
    found: list[tuple[float, str, SliceCell]] = []
    for dimension, cells in model.slices.items():
        for cell in cells:
            tints = (skill(cell.scorecard, model.scorecard), promise(cell.scorecard))
            size = max((abs(tint) for tint in tints if tint is not None), default=0.0)
            if size > 0.0:
                found.append((size * cell.scorecard.weight, dimension, cell))
    if not found:
        return None
    unit = "norm. entropy" if model.scorecard.kind == "binary" else "rmse"
    table = _empty(
        "slice", "examples", "actual", "predicted", unit, "pred/actual", "z", title="  slices that stand out"
    )
    table.columns[0].max_width = 36
    for _, dimension, cell in sorted(found, key=lambda hit: -hit[0])[:STANDOUTS]:
        card = cell.scorecard
        amount = percent if card.kind == "binary" else figure
        table.add_row(
            Text(f"  {dimension} = {cell.value}"),
            short(card.examples),
            amount(card.mean_outcome),
            amount(card.mean_prediction),
            figure(measure(card)[1], 3),
            figure(card.calibration, 3),
            _z(card.calibration_z),
        )
    return table


def _rejections(report: Report) -> Table:
    table = _empty("refused because", "rows", "first row", "example")
    table.columns[0].max_width = 44
    table.columns[3].justify = "left"
    table.columns[3].max_width = 30
    shown = sorted(report.rejections, key=lambda r: -r.count)
    for rejection in shown[:REJECTIONS]:
        # A line end inside the example would break the table.
        example = Text(
            rejection.example.encode("unicode_escape").decode("ascii")
            if not rejection.example.isprintable()
            else rejection.example
        )
        table.add_row(Text(reason_of(rejection)), whole(rejection.count), whole(rejection.first_row), example)
    if len(shown) > REJECTIONS:
        rest = shown[REJECTIONS:]
        table.add_row(Text(f"{len(rest)} more reasons"), whole(sum(r.count for r in rest)), "", "")
    return table
