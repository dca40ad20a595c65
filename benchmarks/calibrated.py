"""What calibration mends and costs: real data and made-up mistakes, by progressive validation."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import set_named
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.correction import Correction
from flyball.learn.slice_cells import WHOLE
from flyball.learn.table import Table as Coefficients
from flyball.run.file_replay import read_recording
from flyball.run.form import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Keys = NDArray[Any]

BINS = 20
FEWEST = 2_000
"""Rows of a slice whose error is told."""
ROWS = 200_000
REAL = {"seaflights15": ("carrier", "dest"), "bank_marketing": ("month", "job")}
NOTES = (
    "Loss: mean log loss. Error: mean distance of observed and predicted over 20 equal bins of the prediction, in",
    f"hundredths, of all rows and of slices with at least {FEWEST:,} rows, by their rows. In brackets what it would be",
    "by chance alone if every probability were right. Time: of calibrating and learning the curves, a row.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What a learner answered, and what happened.

    Args:
        name: of the data.
        scores: the learner's probabilities, each before its label was learned, shape (n,).
        labels: shape (n,).
        cells: shape (n, 1 + dimensions), that of all rows first.
    """

    name: str
    scores: Floats
    labels: Floats
    cells: Keys


def real(name: str, dimensions: Sequence[str], folder: Path, *, quick: bool) -> Stream:
    """A data set, its labels known at once, learned without settings."""
    data = set_named(name)
    system = data.system(folder)
    rows = read_recording(system, data.at(folder)).rows
    by = [system.signals[dimension] for dimension in dimensions]
    system = replace(system, models=[replace(system.models[0], calibrate=by)])
    form = Form(system, system.models[0].name, 1)
    known = np.flatnonzero(rows.has_label)[: 5_000 if quick else None]
    leaves = [rows.columns[leaf].take(known) for leaf in form.names]
    batch = form.many(known, rows.event_ts[known], leaves, form.derive(leaves, len(known)))
    labels, scores, table = rows.label[known], np.empty(len(known)), form.table()
    form.recipe.run(table, batch.features, scores=scores, **steps(labels))
    assert batch.cells is not None  # noqa: S101  # the form calibrates
    return Stream(name=name, scores=scores, labels=labels, cells=batch.cells)


def made(name: str, *, quick: bool) -> Stream:
    """One yes in nine; margins are wrong in the way that the name says."""
    random, rows = np.random.default_rng(1), 5_000 if quick else ROWS
    true, slices = -2.5 + 1.2 * random.standard_normal(rows), random.integers(0, 10, rows)
    wrong = {
        "right": true,
        "too steep": 1.5 * true,
        "by slice": true + np.linspace(-0.9, 0.9, 10)[slices],
        "drift": true + np.where(np.arange(rows) < rows // 2, 0.7, -0.7),
    }[name]
    labels = (random.random(rows) < 1.0 / (1.0 + np.exp(-true))).astype(np.float64)
    cells = np.stack([np.full(rows, WHOLE, np.uint64), slices.astype(np.uint64) + np.uint64(1)], axis=1)
    return Stream(name=f"made up: {name}", scores=1.0 / (1.0 + np.exp(-wrong)), labels=labels, cells=cells)


def steps(labels: Floats) -> dict[str, Any]:
    """Every row predicted, then learned."""
    told, noises = np.zeros((len(labels), 4)), np.empty(len(labels), dtype=np.uint64)
    told[:, 0], told[:, 1] = labels, 1.0
    ftrl.noise_of(np.arange(len(labels)), np.zeros(len(labels), dtype=np.int64), noises)
    return {"todo": np.full(len(labels), ftrl.PREDICT | ftrl.LEARN, np.uint8), "labels": told, "noises": noises}


def calibrated(stream: Stream, cells: int) -> tuple[Floats, float]:
    """The answers by the first so many cells, and the nanoseconds that each took."""
    scores, told = stream.scores.copy(), steps(stream.labels)
    before = process_time()
    mine = np.ascontiguousarray(stream.cells[:, :cells])
    Correction().run(Coefficients(width_bits=2), mine, scores=scores, **told)
    return scores, 1e9 * (process_time() - before) / len(scores)


def loss_of(scores: Floats, labels: Floats) -> float:
    """The mean log loss."""
    p = np.clip(scores, 1e-15, 1.0 - 1e-15)
    return float(-np.log(np.where(labels > 0.0, p, 1.0 - p)).mean())


def error_of(scores: Floats, labels: Floats) -> tuple[float, float]:
    """The mean |observed - predicted| over equal bins, and what it would be if every probability were right."""
    found, chance = [], []
    for part in np.array_split(np.argsort(scores, kind="stable"), BINS):
        p = scores[part]
        found.append(abs(float(labels[part].mean() - p.mean())))
        chance.append(float(np.sqrt(2.0 / np.pi * (p * (1.0 - p)).sum()) / len(part)))
    return float(np.mean(found)), float(np.mean(chance))


def error_of_slices(stream: Stream, scores: Floats) -> tuple[float, float]:
    """The same, the mean over the slices."""
    found, weights = [], []
    for dimension in range(1, stream.cells.shape[1]):
        for cell in np.unique(stream.cells[:, dimension]):
            mine = stream.cells[:, dimension] == cell
            if mine.sum() >= FEWEST:
                found.append(error_of(scores[mine], stream.labels[mine]))
                weights.append(int(mine.sum()))
    whole = np.average(np.array(found), axis=0, weights=weights) if found else np.full(2, np.nan)
    return float(whole[0]), float(whole[1])


def rows_of(stream: Stream) -> list[list[str]]:
    """The lines of one stream."""
    before = loss_of(stream.scores, stream.labels)
    lines = []
    for title, cells in (("as learned", 0), ("calibrate=True", 1), ("by slice", stream.cells.shape[1])):
        scores, nanoseconds = calibrated(stream, cells) if cells > 0 else (stream.scores, 0.0)
        loss = loss_of(scores, stream.labels)
        change = f"{100 * (loss / before - 1):+.2f} %" if cells > 0 else ""
        told = [
            f"{100 * e:.2f} ({100 * c:.2f})"
            for e, c in (error_of(scores, stream.labels), error_of_slices(stream, scores))
        ]
        time = f"{nanoseconds:,.0f} ns" if cells > 0 else ""
        lines.append([f"{stream.name}: {title}", f"{loss:.4f}", change, *told, time])
    return lines


def table(*, quick: bool) -> Table:
    """Loss and error before and after."""
    # What is compiled is not timed.
    calibrated(made("right", quick=True), 1)
    kinds = ("right", "too steep", "by slice", "drift")
    lines = [line for kind in kinds for line in rows_of(made(kind, quick=quick))]
    notes = list(NOTES)
    with tempfile.TemporaryDirectory() as folder:
        for name, dimensions in REAL.items():
            if not set_named(name).path.exists():
                notes.append(f"{name} does not lie beside the checkout.")
                continue
            lines += rows_of(real(name, dimensions, Path(folder), quick=quick))
    columns = ["", "loss", "change", "error", "error of slices", "time"]
    return Table(name="calibrated", title="Calibration, before and after", columns=columns, rows=lines, notes=notes)
