"""A report made up from seeded numbers, with everything that a report can show."""

from __future__ import annotations

import numpy as np

from flyball.run.files.rejection import Rejection
from flyball.run.report import ModelReport, Report, SignalLine
from flyball.watch.board import DAY_US, Board

START_US = 16_436 * DAY_US
"""1 January 2015."""

KINDS = {
    "ad_id": "str",
    "user_id": "str",
    "country": "str",
    "hour": "int",
    "price": "float",
    "country x ad_id": "cross",
}
"""The signals of the model of clicks."""


def _codes(board: Board, columns: list[list[str | None]]) -> np.ndarray:
    return np.array([[board.intern(j, v) for j, v in enumerate(row)] for row in zip(*columns, strict=True)], np.int32)


def _tally(count: int) -> dict[str, int]:
    """Counts that add up, of which `count` have an outcome."""
    parts = {"joined": count // 5, "silent": count - count // 5, "pending": count // 10, "unexposed": count // 6}
    odd = {"orphans": 41, "late": 17, "duplicate": 96, "revised": 3, "repeated": 0, "refused": 0}
    parts |= {"discarded": count // 30, "unlogged": 0}
    return {"predictions": sum(parts.values()), **parts, **odd}


def clicks(count: int = 20_000, *, hostile: str | None = None, seed: int = 5) -> ModelReport:
    """A model that learns quickly, is too bold in one country and knows nothing in another."""
    draw = np.random.default_rng(seed)
    times = np.sort(draw.integers(START_US, START_US + 31 * DAY_US, count))
    hours = (times // (DAY_US // 24)) % 24
    countries = np.minimum(draw.zipf(1.5, count), 40) - 1
    names = [hostile if hostile and c == 3 else f"{chr(65 + c % 26)}{chr(69 + c % 7)}" for c in range(40)]
    margin = -2.4 + draw.normal(0.0, 1.1, count) + 0.4 * np.sin(hours / 24 * 6.283) + 0.1 * (countries % 5)
    truth = 1.0 / (1.0 + np.exp(-margin))
    outcomes = (draw.random(count) < truth).astype(float)
    learned = 1.0 - np.exp(-np.arange(count) / (count / 14))
    noise = draw.normal(0.0, np.where(countries == 2, 1.6, 0.35))
    guess = 1.0 / (
        1.0
        + np.exp(-(learned * (margin + noise + 0.55 * (countries == 1)) + (1 - learned) * draw.normal(0, 0.8, count)))
    )
    logged = 1.0 / (1.0 + np.exp(-(0.65 * margin - 0.7 + draw.normal(0.0, 0.5, count))))
    board = Board(["country", "hour", "country & hour"], "binary")
    columns: list[list[str | None]] = [
        [None if i % 97 == 0 else names[c] for i, c in enumerate(countries)],
        [str(h) for h in hours],
        [f"{names[c]} & {h}" for c, h in zip(countries, hours, strict=True)],
    ]
    ones = np.ones(count)
    board.add(guess, outcomes, ones, ones, times, _codes(board, columns))
    others = {}
    for name, scores in (("logged score", logged), ("the world's own entropy", truth)):
        others[name] = Board([], "binary")
        others[name].add(scores, outcomes, ones, ones, times, [])
    return ModelReport.of(
        board,
        name="ctr",
        version=1,
        tally=_tally(count),
        learner="FTRL (alpha 0.1, beta 1, l1 0, l2 0)",
        keys=48_213,
        signals=tuple(
            SignalLine(name=name, kind=kind, note="derived" if kind == "cross" else "input")
            for name, kind in KINDS.items()
        ),
        examples_per_second=183_000.0,
        baselines=others,
        outcome="click",
    )


def delays(count: int = 6_000) -> ModelReport:
    """A model of numbers."""
    draw = np.random.default_rng(8)
    times = np.sort(draw.integers(START_US, START_US + 9 * DAY_US, count))
    truth = draw.gamma(2.0, 12.0, count)
    carriers: list[str | None] = [("AA", "UA", "DL", "WN")[i] for i in draw.integers(0, 4, count)]
    guess = 0.7 * truth + 0.3 * 24.0 + draw.normal(0.0, 6.0, count) + 3.0 * (np.array(carriers) == "UA")
    board = Board(["carrier"], "number")
    board.add(guess, truth, np.ones(count), np.ones(count), times, _codes(board, [carriers]))
    tally = {"predictions": count, "joined": count - 40, "pending": 38, "unlogged": 1}
    return ModelReport.of(
        board, name="delay", version=3, tally=tally, learner="FTRL, squared loss", outcome="minutes late"
    )


def sample(*, count: int = 20_000, hostile: str | None = None) -> Report:
    """Two models, and rows that were refused."""
    text = hostile if hostile is not None else "ads"
    return Report(
        system=text,
        digest="3f7a1c0e9b5d8f2246c1a7e0d4b39f58e1c6d2a7b8f90314c5e6a7d8b9c0f1e2",
        source=hostile or "clicks.csv.gz",
        command=f"flyball replay ads.py {hostile or 'clicks.csv.gz'} --score-column score",
        seconds=6.4,
        rows=count + 1_204,
        rejections=(
            Rejection(
                reason="time is not a moment", count=1_130, first_row=17, example=hostile or "yesterday, about noon"
            ),
            Rejection(reason="outcome is neither 0 nor 1", count=74, first_row=902, example="maybe"),
        ),
        models=(clicks(count, hostile=hostile), delays()),
    )
