"""The headline numbers, each with what it means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flyball.cli.report.chart import sparkline
from flyball.cli.report.element import Html, element, group
from flyball.cli.report.wording import figure, of_calibration, of_entropy, percent, whole
from flyball.watch.points import framed, points_of

if TYPE_CHECKING:
    from flyball.run.report import ModelReport
    from flyball.watch.scorecard import Scorecard


def tiles(model: ModelReport) -> Html:
    """The tiles of one model.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> "Normalised entropy" in tiles(model)
    True
    """
    card = model.scorecard
    shown = _binary(model, card) if card.kind == "binary" else _number(model, card)
    return element("div", shown, class_="tiles")


def _tile(name: str, value: str, words: str, *, error: str = "", picture: Html | None = None, look: str = "") -> Html:
    return element(
        "div",
        element("h4", name),
        element("p", value, element("small", error) if error else None, class_="value"),
        picture,
        element("p", words, class_="words"),
        class_=f"tile {look}".strip(),
    )


def _binary(model: ModelReport, card: Scorecard) -> Html:
    points = points_of(framed(model.timeline)[0])
    entropy, auc = card.normalised_entropy, card.auc
    good = "good" if entropy is not None and entropy < 1.0 else "bad"
    return group(
        _tile(
            "Normalised entropy",
            figure(entropy, 3),
            of_entropy(entropy),
            picture=_gauge(entropy, "perfect", "the constant"),
            look=f"first mark {good}",
        ),
        _tile(
            "Log loss",
            figure(card.log_loss),
            f"Nats per example: the surprise at what happened. The constant has {figure(card.base_entropy)}.",
            error=f" ± {figure(card.log_loss_error, 2)}" if card.log_loss_error is not None else "",
            picture=sparkline([p.loss for p in points]),
        ),
        _tile(
            "AUC",
            figure(auc, 3),
            "Not defined: only one kind of outcome."
            if auc is None
            else f"Of a yes and a no it gives the yes the higher score in {percent(auc)} of all pairs."
            f" Counted in bins: exact to {figure(card.auc_resolution, 1)}.",
            picture=_span(auc, 0.5, 1.0, "coin toss", "perfect"),
        ),
        _calibration(card),
        _tile(
            "Calibration error",
            percent(card.ece, 2),
            "Typical gap between what was predicted and what happened, with the share of chance taken off.",
        ),
        _tile(
            "Base rate",
            percent(card.mean_outcome),
            f"{model.outcome or 'yes'} came true so often; predicted on average: {percent(card.mean_prediction)}.",
            picture=sparkline([p.actual for p in points]),
        ),
        _tile("Examples", whole(card.examples), _pace(model)),
    )


def _number(model: ModelReport, card: Scorecard) -> Html:
    points = points_of(framed(model.timeline)[0])
    better = "good" if card.r2 is not None and card.r2 > 0.0 else "bad"
    return group(
        _tile(
            "R²",
            figure(card.r2, 3),
            "Not defined: all outcomes are alike."
            if card.r2 is None
            else f"{percent(max(card.r2, 0.0))} of the outcomes' variance is explained. Above 0 beats always answering"
            " the mean.",
            picture=_span(card.r2, 0.0, 1.0, "the constant", "perfect"),
            look=f"first {better}",
        ),
        _tile(
            "RMSE",
            figure(card.rmse),
            f"Typical error, large ones counted more. Always answering the mean has {figure(card.deviation)}.",
            error=f" ± {figure(card.rmse_error, 2)}" if card.rmse_error is not None else "",
            picture=sparkline([p.loss for p in points]),
        ),
        _tile("MAE", figure(card.mae), "Mean absolute error: how far off a prediction is on average."),
        _calibration(card),
        _tile("Bias", figure(card.bias, 3), "Mean of predicted less actual: 0 where errors cancel out."),
        _tile(
            "Mean",
            figure(card.mean_outcome),
            f"Of {model.outcome or 'the outcome'}; predicted on average: {figure(card.mean_prediction)}.",
            picture=sparkline([p.actual for p in points]),
        ),
        _tile("Examples", whole(card.examples), _pace(model)),
    )


def _calibration(card: Scorecard) -> Html:
    alarm = (
        card.calibration_z is not None and abs(card.calibration_z) >= 3.0 and abs((card.calibration or 1) - 1) > 0.02
    )
    return _tile(
        "Calibration",
        figure(card.calibration, 4),
        of_calibration(card.calibration, card.calibration_z),
        error=" predicted / actual",
        picture=_balance(card.calibration),
        look="bad" if alarm else "",
    )


def _pace(model: ModelReport) -> str:
    pace = f"{whole(model.examples_per_second)} a second through the whole loop. " if model.examples_per_second else ""
    return f"{pace}{whole(model.keys)} live features." if model.keys else f"{pace}Predictions whose outcome is known."


def comparison(model: ModelReport) -> Html | None:
    """The model beside other scores for the same examples, and beside the constant, the best first.

    >>> from flyball.run.report import ModelReport
    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> comparison(model) is None
    True
    """
    if not model.baselines:
        return None
    binary = model.scorecard.kind == "binary"
    own = model.scorecard.log_loss if binary else model.scorecard.rmse
    constant = model.scorecard.base_entropy if binary else model.scorecard.deviation
    named = [
        (model.title, "model", own),
        ("always the base rate" if binary else "always the mean", "constant", constant),
    ]
    named += [
        (name, f"other{i % 4}", other.scorecard.log_loss if binary else other.scorecard.rmse)
        for i, (name, other) in enumerate(model.baselines.items())
    ]
    known = [(value, name, look) for name, look, value in named if value is not None]
    highest = max((value for value, _, _ in known), default=0.0)
    if own is None or highest <= 0.0 or own <= 0.0:
        return None
    lines = [
        element(
            "div",
            element("dt", name),
            element(
                "dd", element("b", style=f"width:{100 * value / highest:.1f}%", class_=f"fill {look}"), class_="length"
            ),
            element("dd", figure(value), class_="loss"),
            element("dd", _difference(value / own - 1.0) if look != "model" else "", class_="difference"),
            class_=look,
        )
        for value, name, look in sorted(known)
    ]
    return element(
        "section",
        element("h3", "Beside others"),
        element(
            "p",
            f"{'Log loss' if binary else 'RMSE'} on the same examples; less is better.",
            class_="hint",
        ),
        element("dl", lines, class_="others"),
        class_="card wide",
    )


def _difference(change: float) -> str:
    if abs(change) < 5e-5:
        return "the same"
    return f"{percent(abs(change), 2)} {'higher' if change > 0.0 else 'lower'}"


def _gauge(value: float | None, low: str, high: str) -> Html | None:
    """A bar from 0 to 1.25 with a mark at 1."""
    if value is None:
        return None
    reach = min(max(value, 0.0), 1.25) / 1.25
    return _scale(element("b", style=f"width:{100 * reach:.1f}%"), element("u", style="left:80%"), low=low, high=high)


def _span(value: float | None, bottom: float, top: float, low: str, high: str) -> Html | None:
    if value is None:
        return None
    reach = min(max((value - bottom) / (top - bottom), 0.0), 1.0)
    return _scale(element("b", style=f"width:{100 * reach:.1f}%"), low=low, high=high)


def _balance(ratio: float | None) -> Html | None:
    """A dot on a scale from half to double, with a mark at 1."""
    if ratio is None or ratio <= 0.0:
        return None
    place = 0.5 + min(max(math.log(ratio) / (2.0 * math.log(2.0)), -0.5), 0.5)
    return _scale(
        element("u", style="left:50%"),
        element("em", style=f"left:{100 * place:.1f}%"),
        low="half",
        high="double",
    )


def _scale(*parts: Html, low: str, high: str) -> Html:
    ends = element("div", element("span", low), element("span", high), class_="ends")
    return element("div", element("div", parts, class_="bar"), ends, class_="scale", aria_hidden="true")
