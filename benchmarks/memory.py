"""What memory costs: features admitted late or by chance, or forgotten, and coefficients of 16 bits."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.memory_rows import Rows, learned_in_16_bits, world_rows, zipf_rows
from benchmarks.refuted import auc_loss, losses_of
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.expiry import SPAN
from flyball.learn.export import About, export_weights, weights_of
from flyball.learn.exported import Exported, scores_exported
from flyball.learn.features import Features
from flyball.learn.fixed_point import STEP
from flyball.learn.gate import Gate
from flyball.learn.recipe import recipe_of
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.recipe import Recipe
    from flyball.learn.table import Table as Coefficients

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

PUBLISHED = {
    "counting, n = 1": "55 % / 0.003 %",
    "counting, n = 2": "66 % / 0.008 %",
    "chance, p = 0.1": "40 % / 0.006 %",
    "chance, p = 0.03": "60 % / 0.020 %",
}
"""McMahan et al., KDD 2013, section 4: RAM saved, and change of 1 - AUC."""
ROWS_A_KEY = 1.8
"""Of a table whose load goes from 80 % to 40 % when it splits, in the mean between two splits."""
PART = 0.8
"""What part of the rows an export has learned from; it answers the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A table, the probability that it gave each row before it learned from it, and the most features that it had."""

    table: Coefficients
    given: Floats
    most: int


def learned(recipe: Recipe, rows: Rows, count: int, gate: Gate | None = None, expiry: int = 0) -> Learned:
    """Learns the first `count` rows; what did not come in `expiry` rows is forgotten, or nothing (0)."""
    table, given, most = recipe.table(), np.empty(count), 0
    if gate is not None:
        table.gate = gate
    epoch = max(expiry // SPAN, 1) if expiry > 0 else count
    table.expire_from(0 if expiry > 0 else None)
    labels = np.column_stack([rows.labels[:count], np.ones(count), np.zeros((count, 2))])
    todo, noises = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8), rows.noises
    for start in range(0, count, epoch):
        some, starts = slice(start, min(start + epoch, count)), rows.features.starts[start : start + epoch + 1]
        part = Features(starts[: some.stop - start + 1], rows.features.keys, rows.features.values)
        table.age(start // epoch)
        recipe.run(table, part, todo=todo[some], labels=labels[some], noises=noises[some], scores=given[some])
        most = max(most, len(table))
        table.tidy(table.layout.max_segments)
    return Learned(table, given, most)


def cells(name: str, given: Floats, plain: Floats, labels: Floats) -> list[str]:
    """How much worse answers are than the plain learner's, and the published figures."""
    losses, theirs = losses_of(given, labels), losses_of(plain, labels)
    apart, scale = losses - theirs, float(theirs.mean())
    error = 2.0 * float(apart.std()) / len(apart) ** 0.5 / scale
    ranking = auc_loss(given, labels) / auc_loss(plain, labels) - 1.0
    return [f"{apart.mean() / scale:+.3%}", f"{error:.3%}", f"{ranking:+.3%}", PUBLISHED.get(name, "-")]


def admission(recipe: Recipe, rows: Rows) -> list[list[str]]:
    """Every way of admitting and forgetting features, beside admitting all for ever."""
    each = ROWS_A_KEY * 8 * 2**recipe.width_bits
    distinct, quarter, tenth = rows.distinct, rows.count // 4, rows.count // 10
    plain = learned(recipe, rows, rows.count)
    whole = plain.most * each
    lines = [[f"**{rows.name}**: all, for ever", f"{plain.most:,}", f"{whole / 1e6:.0f} MB", *["-"] * 5]]
    ways = {
        "counting, n = 1": (Gate.counting(times=1, keys=distinct), 0),
        "counting, n = 2": (Gate.counting(times=2, keys=distinct), 0),
        "chance, p = 0.1": (Gate.chance(0.1), 0),
        "chance, p = 0.03": (Gate.chance(0.03), 0),
        "expiry, a quarter": (Gate.open(), quarter),
        "expiry, a tenth": (Gate.open(), tenth),
        "counting, n = 1; expiry, a quarter": (Gate.counting(times=1, keys=distinct), quarter),
    }
    for name, (gate, expiry) in ways.items():
        sys.stderr.write(f"  {rows.name}: {name}\n")
        mine = learned(recipe, rows, rows.count, gate, expiry)
        size = mine.most * each + gate.memory_bytes
        shown = [f"{mine.most:,}", f"{size / 1e6:.0f} MB", f"{1.0 - size / whole:.0%}"]
        lines.append([name, *shown, *cells(name, mine.given, plain.given, rows.labels)])
    return lines


def exports(recipe: Recipe, rows: Rows, folder: Path) -> list[list[str]]:
    """The export, rounded in both ways, beside the table that it is of."""
    count = int(rows.count * PART)
    table = learned(recipe, rows, count).table
    keys, words = table.entries()
    weights = weights_of(words.reshape(len(keys), -1), recipe.hyper)
    starts = rows.features.starts[count:]
    later = Features(starts - starts[0], rows.features.keys[starts[0] :], rows.features.values[starts[0] :])
    plain, given = np.empty(rows.count - count), np.empty(rows.count - count)
    recipe.predict(table.words, later, plain)
    each = ROWS_A_KEY * 8 * 2**recipe.width_bits
    lines = [[f"**{rows.name}**: the table", f"{len(keys):,}", f"{len(keys) * each / 1e6:.1f} MB", *["-"] * 5]]
    steps = {"q2.13, at random": weights, "q2.13, to the nearest": np.rint(weights / STEP) * STEP}
    for name, chosen in steps.items():
        about = About(
            system="", model="", version=1, definition="", document="", hyper=recipe.hyper, mixture=table.common
        )
        header = export_weights(folder / "m", about, keys, chosen)
        export = Exported.open(folder / "m")
        scores_exported(
            export.view, export.mixture, recipe.kind, recipe.lanes, later.starts, later.keys, later.values, given
        )
        shown = [f"{header.features:,}", f"{export.memory_bytes / 1e6:.1f} MB"]
        saved = f"{1.0 - export.memory_bytes / (len(keys) * each):.0%}"
        lines.append([name, *shown, saved, *cells(name, given, plain, rows.labels[count:])])
    return lines


def rounding(rows: Rows) -> list[list[str]]:
    """Learning with coefficients that are kept in 16 bits all the time."""
    plain = learned_in_16_bits(rows, 0)
    ways = {"kept in q2.13, rounded at random": 1, "kept in q2.13, rounded to the nearest": 2}
    lines = [[f"**{rows.name}**: kept in 64 bits", "-", "-", "-", f"{plain.mean() / rows.labels.mean():.3f}"]]
    for name, way in ways.items():
        given = learned_in_16_bits(rows, way)
        change, error, ranking, _ = cells(name, given, plain, rows.labels)
        lines.append([name, change, error, ranking, f"{given.mean() / rows.labels.mean():.3f}"])
    return lines


def tables(*, quick: bool) -> list[Table]:
    """Admission, exports, and how coefficients are rounded."""
    sys.stderr.write("  making rows\n")
    streams = [zipf_rows(20_000 if quick else 1_000_000), world_rows(2 if quick else 30, 2_000 if quick else 40_000)]
    single = recipe_of(FTRL(alpha=0.1, beta=1.0), "logistic")
    admitted: list[Sequence[str]] = []
    exported: list[Sequence[str]] = []
    with tempfile.TemporaryDirectory() as name:
        for rows in streams:
            admitted += admission(single, rows)
            exported += exports(single, rows, Path(name))
        exported += exports(recipe_of(FTRL(), "logistic"), streams[1].called("the world, default learner"), Path(name))
    columns = ["", "features", "memory", "saved", "log loss", "± 2 s.e.", "1 - AUC", "McMahan et al."]
    return [
        Table(
            name="memory_admission",
            title="Admitting features late or by chance, and forgetting them",
            columns=columns,
            rows=admitted,
            notes=[
                "One lane (alpha 0.1), one pass, losses progressive and relative to admitting all. Memory is the",
                "table's in the mean between two splits, 29 bytes a feature, and the filter's, sized for all features",
                "of the rows. Expiry forgets a feature that did not come in a quarter, or a tenth, of all rows: the",
                "most that were there at once count, with those that had expired and were not taken out yet. The last",
                "column is RAM saved and the change of 1 - AUC on Google's own data.",
            ],
            command="memory",
        ),
        Table(
            name="memory_export",
            title="Coefficients of 16 bits, exported for serving",
            columns=columns[:-1],
            rows=[row[:-1] for row in exported],
            notes=["Learned from the first 80 % of the rows; losses are those of the rest, relative to the table's."],
            command="memory",
        ),
        Table(
            name="memory_rounding",
            title="Learning in coefficients of 16 bits",
            columns=["", "log loss", "± 2 s.e.", "1 - AUC", "pred / actual"],
            rows=rounding(streams[1]),
            notes=[
                "A reference that keeps each coefficient in 16 bits while it learns (gradient descent, each feature",
                "its own rate). To the nearest, steps of less than half of 2^-13 are lost, always. flyball learns in",
                "float32 rounded at random, and rounds to 16 bits only what it exports.",
            ],
            command="memory",
        ),
    ]
