"""What became of the predictions, and which rows of the source were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.report.element import Html, element
from flyball.cli.report.wording import percent, reason_of, whole
from flyball.run.report import ENDINGS, ODDITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.run.report import ModelReport, Report

MEANING: dict[str, str] = {
    "joined": "an outcome came in time",
    "silent": "the window closed without one; what the outcome assumes then was taken, if anything",
    "pending": "the window is still open",
    "unexposed": "was never shown, so silence means nothing",
    "discarded": "excluded, sampled away, or closed early for want of room",
    "unlogged": "was answered but could not be written down",
    "repeated": "the same prediction id again",
    "orphans": "outcomes whose id no known prediction has",
    "late": "outcomes after their window had closed",
    "duplicate": "outcomes that said nothing new",
    "revised": "outcomes that corrected an earlier one",
    "refused": "outcomes that the rule refuses",
    "unlearned": "not learned from: the model was frozen, its pause full, or another version asked about the same id",
}


def ending_section(model: ModelReport) -> Html | None:
    """The count of predictions as one bar, with the check that nothing vanished.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> ending_section(model) is None
    True
    """
    tally = model.tally
    if not tally:
        return None
    counts = {name: tally.get(name, 0) for name in ENDINGS}
    total = tally.get("predictions", sum(counts.values()))
    missing = total - sum(counts.values())
    verdict = (
        element("p", f"{whole(total)} predictions, each counted once: nothing vanished.", class_="verdict good")
        if missing == 0
        else element(
            "p",
            f"{whole(total)} predictions, but the parts add up to {whole(total - missing)}:"
            f" {whole(abs(missing))} {'missing' if missing > 0 else 'too many'}.",
            class_="verdict bad",
        )
    )
    return element(
        "section",
        element("h3", "What became of the predictions"),
        verdict,
        _bar(counts, total),
        element("dl", [_entry(name, count, total) for name, count in counts.items()], class_="counts"),
        element("h4", "On the way"),
        element("dl", [_entry(name, tally.get(name, 0), 0) for name in ODDITIES], class_="counts odd"),
        class_="card",
    )


def _bar(counts: Mapping[str, int], total: int) -> Html:
    parts = [
        element(
            "i", class_=f"fill {name}", style=f"flex-grow:{count / max(total, 1):.6f}", title=f"{name}: {whole(count)}"
        )
        for name, count in counts.items()
        if count
    ]
    return element("div", parts, class_="stack")


def _entry(name: str, count: int, total: int) -> Html:
    share = element("small", percent(count / total)) if total and count else None
    return element(
        "div",
        element("dt", element("i", class_=f"fill {name}") if total or not name else None, name),
        element("dd", element("b", whole(count)), share),
        element("dd", MEANING[name], class_="meaning"),
        class_="none" if count == 0 else None,
    )


def rejection_section(report: Report) -> Html:
    """The refused rows by reason, with the first of each.

    >>> from flyball.run.report import Report
    >>> empty = Report(system="ads", digest="", source="a.csv", command="", seconds=2.0, rows=10)
    >>> "All 10 rows were accepted." in rejection_section(empty)
    True
    """
    refused = sorted(report.rejections, key=lambda r: -r.count)
    total = sum(r.count for r in refused)
    if not refused:
        body = element("p", f"All {whole(report.rows)} rows were accepted.", class_="verdict good")
        return element("section", element("h3", "Refused rows"), body, class_="card")
    most = refused[0].count
    lines = [
        element(
            "tr",
            element("td", reason_of(r)),
            element("td", whole(r.count), class_="number"),
            element("td", element("span", element("b", style=f"width:{100 * r.count / most:.1f}%"), class_="share")),
            element("td", whole(r.first_row), class_="number"),
            element("td", element("code", r.example) if r.example else ""),
        )
        for r in refused
    ]
    head = element("tr", [element("th", name) for name in ("reason", "rows", "", "first row", "example")])
    return element(
        "section",
        element("h3", "Refused rows"),
        element(
            "p",
            f"{whole(total)} of {whole(report.rows)} rows ({percent(total / max(report.rows, 1))}) were refused.",
            class_="hint",
        ),
        element("div", element("table", element("thead", head), element("tbody", lines)), class_="scroll"),
        class_="card",
    )
