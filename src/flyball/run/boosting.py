"""Boosting: which signals decision trees ask for, by what their splits gain and by what is lost without them.

The trees are trained on the first part of the examples, and asked about the last: once as it is, and once for every
signal whose values are dealt out anew among the rows, so that nothing can be told from them. They are LightGBM's, which
is an extra. Crosses are left out, since trees make their own.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.lending import Told, loss_of
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED
from flyball.run.tree_columns import TreeColumns, tree_columns
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from flyball.run.ablation_rows import RowExamples
    from flyball.run.form import Form

    Floats = NDArray[np.float64]

TREES, PATIENCE = 200, 10
"""At most so many trees are trained; fewer, if so many in a row make the rows that were held out no better."""
HELD_OUT = 5
"""One in so many of these rows, by which the number of trees is chosen. By the last of them, a drift would end the
training before anything is learned."""
TRAINED, ASKED = 300_000, 50_000
"""On at most so many rows of the first part, evenly spread; and about at most so many of the rest."""
FIRST_PART = 0.7
"""The share of the examples on which trees are trained."""
FEWEST = 200
"""With fewer examples there are no trees: LightGBM puts 20 in a leaf at least."""
OBJECTIVES = {LOGISTIC: "binary", SQUARED: "regression", POISSON: "poisson"}
"""What LightGBM calls the losses."""
SETTINGS = {"learning_rate": 0.1, "num_leaves": 31, "verbose": -1, "seed": 0, "num_threads": 1}
"""One core, as everything else here: with more, LightGBM is many times slower where another process keeps one busy."""


class BoostingMissing(FlyballError):
    """LightGBM is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting:
    """What trees say of every signal that is no cross.

    Args:
        gains: by signal, the share of all that splits gained.
        permuted: by signal, by how much the loss is higher when its values are dealt out anew, in units of the outcome.
        loss: of the last part as it is.
        trained: on how many rows the trees were trained.
        asked: about how many rows they were asked.

    >>> Boosting(gains={"hour": 1.0}, permuted={"hour": 0.1}, loss=0.4, trained=700, asked=300).gone(0.001)
    frozenset()
    """

    gains: Mapping[str, float]
    permuted: Mapping[str, float]
    loss: float
    trained: int
    asked: int

    def gone(self, budget: float) -> frozenset[str]:
        """The signals whose values matter by no more than this share of the loss: this opinion would drop them."""
        return frozenset(name for name, change in self.permuted.items() if change <= budget * self.loss)


def lightgbm() -> Any:  # noqa: ANN401  # a module that may not be there has no type
    """LightGBM.

    Raises:
        BoostingMissing: it is not installed.

    >>> lightgbm().__name__
    'lightgbm'
    """
    try:
        return importlib.import_module("lightgbm")
    except (ImportError, OSError) as error:  # without OpenMP's library it is there and cannot be loaded
        raise BoostingMissing(
            "boosting is left out, since LightGBM is not there; for a third opinion: pip install 'flyball[lightgbm]'"
        ) from error


def boosted(form: Form, source: RowExamples, *, progress: Callable[[int, int], None] | None = None) -> Boosting | None:
    """Trains trees on the first part of the examples, and asks them about the rest; `None` with too few examples.

    Args:
        form: the model.
        source: its examples.
        progress: called with the steps done and their number.

    Raises:
        BoostingMissing: LightGBM is not installed.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.ablation_rows import RowExamples
    >>> from flyball.run.files.typed_rows import Rows
    >>> from flyball.run.form import Form
    >>> from flyball.system.kind import Kind
    >>> at, odd, yes = np.arange(400), np.arange(400) % 2, np.ones(400, bool)
    >>> columns = {"odd": Column.of(Kind.STR, list("01" * 200)), "day": Column.of(Kind.STR, list("0011" * 100))}
    >>> rows = Rows(row=at, columns=columns, event_ts=at, outcome_ts=None, has_outcome_ts=yes, label=odd * 1.0,
    ...             has_label=yes, ids=None, weight=None, scores=None, rejections=(), ignored=())
    >>> model = Model("m", signals=[Input("odd", str), Input("day", str)], outcome=Outcome("late"))
    >>> form = Form(System("s", models=[model]), "m", 1)
    >>> sorted(boosted(form, RowExamples(rows, form, sliced=False)).gone(0.001))
    ['day']
    """
    library = lightgbm()
    if len(source) < FEWEST:
        return None
    sample = _sample(form, source)
    rows, labels, first = sample.made.matrix, sample.labels, sample.first
    if not sample.names or float(np.ptp(labels[:first, 0])) == 0.0:
        return None
    kind, count = form.recipe.kind, len(sample.names)
    trees = _trained(library, sample, OBJECTIVES[kind])
    splits = trees.feature_importance(importance_type="gain")
    gains = np.bincount(sample.made.signal_of, weights=splits, minlength=count)
    rest, told, changes = rows[first:], labels[first:], np.zeros(count)
    loss = _mean_loss(trees.predict(rest), told, kind)
    for signal in np.flatnonzero(gains).tolist():  # what no tree has asked for cannot matter
        dealt, mine = rest.copy(), sample.made.signal_of == signal
        dealt[:, mine] = rest[np.random.default_rng(signal).permutation(len(rest))][:, mine]
        changes[signal] = _mean_loss(trees.predict(dealt), told, kind) - loss
        if progress is not None:
            progress(signal + 1, count)
    unit, whole = form.scale**2, float(gains.sum())
    return Boosting(
        gains=dict(zip(sample.names, (gains / (whole if whole > 0.0 else 1.0)).tolist(), strict=True)),
        permuted=dict(zip(sample.names, (changes * unit).tolist(), strict=True)),
        loss=loss * unit,
        trained=first,
        asked=len(rest),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Rows for the trees; the first ones are for training."""

    made: TreeColumns
    names: list[str]
    labels: Floats
    first: int


def _trained(library: Any, sample: _Sample, objective: str) -> Any:  # noqa: ANN401  # LightGBM may not be there
    held = np.arange(sample.first) % HELD_OUT == HELD_OUT - 1
    parts = []
    for mine in (~held, held):
        rows, labels = sample.made.matrix[: sample.first][mine], sample.labels[: sample.first][mine]
        names = sample.made.names
        parts.append(library.Dataset(rows, labels[:, 0], weight=labels[:, 1], categorical_feature=names))
    stop = library.early_stopping(PATIENCE, verbose=False)
    settings = {**SETTINGS, "objective": objective}
    return library.train(settings, parts[0], TREES, valid_sets=parts[1:], callbacks=[stop])


def _sample(form: Form, source: RowExamples) -> _Sample:
    count = len(source)
    split = int(count * FIRST_PART)
    trained = np.linspace(0, split - 1, min(TRAINED, split)).astype(np.int64)
    asked = np.linspace(split, count - 1, min(ASKED, count - split)).astype(np.int64)
    places = source.order[np.concatenate([trained, asked])]
    leaves = source.leaves(places)
    columns = form.bulk.evaluate(leaves, form.derive(leaves, len(places)), len(places))
    found = [(form.program.nodes[place], columns[place]) for place in form.program.outputs]
    chosen = [(node, column) for node, column in found if column is not None]
    made = tree_columns([node for node, _ in chosen], [column for _, column in chosen], len(trained))
    return _Sample(made, [node.name for node, _ in chosen], source.labels(places), len(trained))


def _mean_loss(predicted: Floats, labels: Floats, kind: int) -> float:
    count = len(predicted)
    known, noises = np.ones(count, dtype=np.uint8), np.zeros(count, dtype=np.uint64)
    weight = float(labels[:, 1].sum())
    told = Told(labels[:, 0], labels[:, 1], known, noises, np.asarray(predicted, dtype=np.float64))
    return loss_of(told, kind) / weight if weight > 0.0 else 0.0
