"""LightGBM, trained in batch on the first half of a set: what can be had from its columns without learning online."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
from sklearn.feature_extraction import DictVectorizer

from benchmarks.fields import NUMBERS, fields_of, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.files.typed_rows import Rows
    from flyball.run.form import Form

SETTINGS = {"objective": "binary", "learning_rate": 0.05, "verbose": -1, "seed": 0, "deterministic": True}
ROUNDS, PATIENCE = 2_000, 50
HELD_OUT = 0.2
"""The last part of the first half, on which the number of trees is chosen; then all of that half is learned from."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The rows of a set that have labels.

    Args:
        matrix: shape (n, columns), dense or sparse.
        names: the columns that are names and no sizes.
        labels: shape (n,), 0 or 1.

    >>> Batch(np.zeros((4, 1)), [], np.array([0.0, 1.0, 0.0, 1.0])).half
    2
    """

    matrix: Any
    names: list[int]
    labels: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows, form: Form) -> Batch:
        """The columns that a model reads: numbers as they are, names as categories, or one column for each word."""
        fields, labels = fields_of(form), rows.label[rows.has_label]
        if any(field.is_bag for field in fields):
            bags = (dict(features) for _, features in rows_of(rows, form))
            return cls(DictVectorizer().fit_transform(bags), [], labels)
        matrix = np.empty((len(labels), len(fields)))
        for place, field in enumerate(fields):
            column = rows.columns[field.name]
            values = column.values
            if field.kind not in NUMBERS:
                values = np.unique(values, return_inverse=True)[1]
            matrix[:, place] = np.where(column.missing, np.nan, values)[rows.has_label]
        return cls(matrix, [place for place, field in enumerate(fields) if field.kind not in NUMBERS], labels)

    @property
    def half(self) -> int:
        """How many rows are learned from."""
        return len(self.labels) // 2

    def second_half(self, *, rounds: int = ROUNDS) -> tuple[NDArray[np.float64], int]:
        """(the probabilities of the second half, how many trees gave them)."""
        kept = int(self.half * (1.0 - HELD_OUT))
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        chosen = lightgbm.train(
            SETTINGS, self._set(0, kept), rounds, valid_sets=[self._set(kept, self.half)], callbacks=[stop]
        )
        trees = max(chosen.best_iteration, 1)
        model = lightgbm.train(SETTINGS, self._set(0, self.half), trees)
        return np.asarray(model.predict(self.matrix[self.half :])), trees

    def _set(self, start: int, end: int) -> lightgbm.Dataset:
        return lightgbm.Dataset(self.matrix[start:end], self.labels[start:end], categorical_feature=self.names)
