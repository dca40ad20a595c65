"""The whole page: one file with its style, its script and its pictures inside."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from flyball.cli.report.curve import curve_section
from flyball.cli.report.element import Html, element, raw
from flyball.cli.report.ending import ending_section, rejection_section
from flyball.cli.report.progress import calibration_over_time, loss_section
from flyball.cli.report.slices import slices_section
from flyball.cli.report.tiles import comparison, tiles
from flyball.cli.report.wording import figure, percent, seconds, whole
from flyball.events.version import version_text

if TYPE_CHECKING:
    from flyball.run.report import ModelReport, Report


def render(report: Report) -> str:
    """The report as HTML: opens offline, asks nobody for anything, light or dark as the reader's system is.

    Whatever comes from data is escaped, and the page forbids itself every script but its own (content security
    policy), so a value cannot become code.

    >>> from flyball.run.report import Report
    >>> page = render(Report(system="<ads>", digest="", source="", command="", seconds=1.0, rows=0))
    >>> page[:15], "<ads>" in page, "&lt;ads&gt;" in page
    ('<!doctype html>', False, True)
    """
    style, script = _shared("look.css"), _own("hover.js")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; base-uri 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{report.system} · flyball"),
        element("style", raw(style)),
    )
    body = element(
        "body",
        _header(report),
        element("main", _overview(report), [_model(model) for model in report.models], rejection_section(report)),
        _footer(report),
        element("div", id="tip", role="status", hidden=True),
        element("script", raw(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _own(name: str) -> str:
    return files("flyball.cli.report").joinpath(name).read_text(encoding="utf-8")


def _shared(name: str) -> str:
    """A file of the dashboard: both are of one look."""
    return files("flyball.web").joinpath("static", name).read_text(encoding="utf-8")


def _header(report: Report) -> Html:
    facts = [
        ("rows", whole(report.rows)),
        ("refused", whole(sum(r.count for r in report.rejections))),
        ("took", seconds(report.seconds)),
        ("rows a second", whole(report.rows_per_second)),
    ]
    return element(
        "header",
        element("p", raw(_shared("governor.svg")), "flyball", class_="brand"),
        element("h1", report.system),
        element("p", "Replay of ", element("b", report.source), class_="source"),
        element("dl", [element("div", element("dt", k), element("dd", v)) for k, v in facts], class_="facts"),
    )


def _overview(report: Report) -> Html | None:
    """A line for each model, where there is more than one."""
    if len(report.models) < 2:
        return None
    head = ("model", "examples", "normalised entropy", "log loss", "AUC", "R²", "RMSE", "predicted / actual")
    lines = []
    for model in report.models:
        card = model.scorecard
        numbers = (
            whole(card.examples),
            figure(card.normalised_entropy, 3),
            figure(card.log_loss),
            figure(card.auc, 3),
            figure(card.r2, 3),
            figure(card.rmse),
            figure(card.calibration, 3),
        )
        link = element("a", model.title, href=f"#{_anchor(model)}")
        lines.append(
            element("tr", element("th", link, scope="row"), [element("td", n, class_="number") for n in numbers])
        )
    table = element(
        "table",
        element("thead", element("tr", [element("th", h, class_="number" if i else None) for i, h in enumerate(head)])),
        element("tbody", lines),
    )
    return element("section", element("h3", "Models"), element("div", table, class_="scroll"), class_="card")


def _anchor(model: ModelReport) -> str:
    return f"model-{hashlib.sha256(model.title.encode()).hexdigest()[:8]}"


def _model(model: ModelReport) -> Html:
    kind = "predicts the probability of" if model.scorecard.kind == "binary" else "predicts the number"
    about = [element("span", kind, " ", element("b", model.outcome))] if model.outcome else []
    about += [element("span", model.learner)] if model.learner else []
    about += [element("span", f"{whole(model.keys)} live features")] if model.keys else []
    if model.scorecard.examples == 0:
        pictures: list[Html | None] = [
            element("p", "No example yet: no outcome has come, so there is nothing to measure.", class_="card verdict")
        ]
    else:
        pair = [curve_section(model), calibration_over_time(model)]
        pictures = [
            tiles(model),
            loss_section(model),
            comparison(model),
            element("div", pair, class_="pair" if all(pair) else None),
            *slices_section(model),
        ]
    return element(
        "article",
        element("h2", model.name, element("small", f"@{version_text(model.version)}")),
        element("p", about, class_="about") if about else None,
        pictures,
        element("div", ending_section(model), _signals(model), class_="pair uneven"),
        id=_anchor(model),
    )


def _signals(model: ModelReport) -> Html | None:
    if not model.signals:
        return None
    lines = [
        element("li", element("b", s.name), element("code", s.kind), element("span", s.note) if s.note else None)
        for s in model.signals
    ]
    return element(
        "section",
        element("h3", f"{whole(len(model.signals))} signals"),
        element("ul", lines, class_="signals"),
        class_="card",
    )


def _footer(report: Report) -> Html:
    share = sum(r.count for r in report.rejections) / max(report.rows, 1)
    return element(
        "footer",
        element("h3", "Made by"),
        element("pre", element("code", report.command)) if report.command else None,
        element("p", "Definition ", element("code", report.digest)) if report.digest else None,
        element(
            "p",
            f"{whole(report.rows)} rows in {seconds(report.seconds)}, {percent(share)} refused. Every prediction was"
            " scored as it was served, before the model learned from it: all examples both test and teach. This file"
            " is complete: it loads nothing.",
        ),
    )
