"""Numbers without the user's help: the ways to give them to the learner, side by side on real data."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import DATA, DataSet, set_named
from benchmarks.encodings import ENCODINGS
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.bulk_encoder import BulkEncoder, numbers_of
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import Features, side_by_side
from flyball.learn.recipe import recipe_of
from flyball.run.file_replay import read_recording
from flyball.system.kind import Kind
from flyball.system.learner import FTRL
from flyball.system.program import compile_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.encodings import Encoding
    from flyball.system.outcome import Loss

    Floats = NDArray[np.float64]

BIKES = DataSet(name="bike_sharing", file="hour.csv.gz", label="cnt")
SETS = (*(set_named(name) for name in ("seaflights15", "bank_marketing", "adult", "elec2")), BIKES)
"""Those with numbers; what is predicted for the bikes is a number too."""
LEARNERS = (FTRL(alpha=0.2), FTRL())
AMOUNTS = (Kind.INT, Kind.FLOAT, Kind.TIMESTAMP)
QUICK_ROWS = 2000
COLUMNS = ["", "kept per signal", "alpha 0.2", "change", "no settings", "change", "features a row", "coefficients"]
NOTES = [
    "Progressive, one pass, signals as `flyball init` drafts them. All but grids keep something per signal, which is",
    "estimated from the rows before; quantiles are exact ones of all these rows, renewed whenever they have doubled.",
]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The labelled rows of a data set, in the order of the file or of time.

    Args:
        name: of the set.
        loss: that the learner minimises.
        labels: shape (n,), in units of the loss.
        others: the features of the signals that are no amounts, without the bias.
        amounts: of each signal that is one, its seed, the numbers and which of them are missing.
    """

    name: str
    loss: Loss | None
    labels: Floats
    others: Features
    amounts: Sequence[tuple[int, Floats, NDArray[np.bool_]]]

    def features(self, encoding: Encoding) -> Features:
        """The features of all rows, with the amounts in this encoding."""
        parts = [self.others]
        for seed, numbers, missing in self.amounts:
            parts += encoding.features(numbers, missing, seed)
        return side_by_side(parts, BIAS_KEY)


def numbers_in(data: DataSet, folder: Path, *, quick: bool) -> Numbers:
    """A data set, read."""
    system = data.system(folder)
    model, rows = system.models[0], read_recording(system, data.path).rows
    known = np.flatnonzero(rows.has_label)[: QUICK_ROWS if quick else None]
    program = system.program(model.name)
    amounts, names = [], []
    for signal, place in zip(model.signals, program.outputs, strict=True):
        node = program.nodes[place]
        if node.kind not in AMOUNTS or node.categorical:
            names.append(signal)
            continue
        column = rows.columns[node.name].take(known)
        amounts.append((node.seed, numbers_of(column), column.missing))
    others = Features(np.zeros(len(known) + 1, dtype=np.int64), np.empty(0, dtype=np.uint64), np.empty(0))
    if names:
        rest = compile_program(names)
        leaves = [rows.columns[rest.nodes[place].name].take(known) for place in rest.leaves]
        others = without_bias(BulkEncoder(rest).encode(leaves, [], len(known)))
    scale = model.outcome.scale if model.outcome.loss == "squared" else 1.0
    return Numbers(data.name, model.outcome.loss, rows.label[known] / scale, others, amounts)


def without_bias(features: Features) -> Features:
    """All but the first feature of each row.

    >>> without_bias(Features(np.array([0, 2]), np.array([5, 6], np.uint64), np.ones(2))).keys.tolist()
    [6]
    """
    kept = np.ones(len(features.keys), dtype=np.bool_)
    kept[features.starts[:-1]] = False
    return Features(features.starts - np.arange(features.rows + 1), features.keys[kept], features.values[kept])


def learned(features: Features, labels: Floats, learner: FTRL, loss: Loss | None) -> tuple[float, int]:
    """The mean progressive loss of one pass, and how many coefficients were made."""
    recipe, count = recipe_of(learner, loss), features.rows
    table, noises, scores = recipe.table(), np.empty(count, dtype=np.uint64), np.empty(count)
    ftrl.noise_of(np.arange(count), np.zeros(count, dtype=np.int64), noises)
    told = np.column_stack([labels, np.ones(count), np.zeros(count), np.zeros(count)])
    todo = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    if recipe.run(table, features, todo=todo, labels=told, noises=noises, scores=scores) < count:
        raise table.full()
    if loss == "squared":
        return float(np.mean((scores - labels) ** 2)), len(table)
    p = np.clip(scores, 1e-15, 1.0 - 1e-15)
    return float(-np.mean(np.log(np.where(labels > 0.5, p, 1.0 - p)))), len(table)


def table_of(numbers: Numbers, encodings: Sequence[Encoding]) -> tuple[Table, Floats]:
    """The table of one set; and by encoding and learner how its loss compares with that of the first, as a ratio."""
    losses = np.empty((len(encodings), len(LEARNERS)))
    rows = []
    for place, encoding in enumerate(encodings):
        sys.stderr.write(f"  {numbers.name}: {encoding.name}\n")
        features, cells = numbers.features(encoding), [encoding.name, encoding.kept]
        made = 0
        for which, learner in enumerate(LEARNERS):
            losses[place, which], made = learned(features, numbers.labels, learner, numbers.loss)
            ratio = losses[place, which] / losses[0, which]
            cells += [f"{losses[place, which]:.4f}", f"{ratio - 1.0:+.2%}"]
        rows.append([*cells, f"{len(features.keys) / features.rows:.1f}", f"{made:,}"])
    title = "log loss" if numbers.loss == "logistic" else "squared error, in units of the outcome's scale"
    return (
        Table(
            name=f"numeric-{numbers.name}",
            title=f"{numbers.name}, {len(numbers.labels):,} rows, {len(numbers.amounts)} numbers: {title}",
            columns=COLUMNS,
            rows=rows,
            notes=NOTES,
            command="numeric",
        ),
        losses / losses[0],
    )


def summary(encodings: Sequence[Encoding], ratios: Floats, names: Sequence[str]) -> Table:
    """All sets at once; `ratios` of shape (sets, encodings, learners)."""
    means, worst = np.exp(np.log(ratios).mean(axis=0)) - 1.0, ratios.max(axis=0) - 1.0
    rows = [
        [
            encoding.name,
            encoding.kept,
            *(f"{each:+.2%}" for pair in zip(means[i], worst[i], strict=True) for each in pair),
        ]
        for i, encoding in enumerate(encodings)
    ]
    columns = ["", "kept per signal", "alpha 0.2, mean", "worst set", "no settings, mean", "worst set"]
    return Table(
        name="numeric",
        title=f"Numbers as features: change of the loss beside the first, over {', '.join(names)}",
        columns=columns,
        rows=rows,
        notes=[*NOTES, "Means are geometric."],
    )


def tables(*, quick: bool) -> list[Table]:
    """One of all sets, and one of each."""
    if not DATA.exists():
        notes = ["The data sets are not beside this checkout, so there is nothing to compare."]
        return [Table(name="numeric", title="Numbers as features", columns=COLUMNS, rows=[], notes=notes)]
    encodings, made, ratios = ENCODINGS, [], []
    with tempfile.TemporaryDirectory() as name:
        for data in SETS:
            table, found = table_of(numbers_in(data, Path(name), quick=quick), encodings)
            ratios.append(found)
            made.append(table)
    return [summary(encodings, np.array(ratios), [data.name for data in SETS]), *made]
