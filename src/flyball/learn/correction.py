"""Corrections: what becomes of a learner's score before it is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyball.learn import calibration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flyball.learn.table import Table
    from flyball.system.model import Model

    Words = NDArray[Any]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Correction:
    """Calibration by the cells that rows come with, and what negatives that were sampled upstream ask for.

    Args:
        kept: the share of the negatives that came here; 1: all.

    >>> import numpy as np
    >>> from flyball.learn.table import Table
    >>> round(Correction(kept=0.1).score(Table().words, np.empty(0, np.uint64), 0.5), 4)
    0.0909
    """

    kept: float = 1.0

    def run(
        self, table: Table, cells: Words, *, todo: NDArray[np.uint8], labels: Floats, noises: Words, scores: Floats
    ) -> int:
        """Corrects scores in their order and learns from them; how many were done before the table was full.

        Args:
            table: the model's, in which the curves are kept beside its coefficients.
            cells: shape (n, cells of a row), of `flyball.learn.slice_cells`; (n, 0) calibrates nothing.
            todo: shape (n,), as the recipe took it.
            labels: shape (n, 4), as the recipe took them.
            noises: shape (n,), the random bits of the rounding.
            scores: shape (n,), as the recipe gave them: probabilities before learning; they become what is served.
        """
        if cells.shape[1] > 0:
            table.preserve(calibration.keys_to_preserve(table.words, cells))
        return calibration.run(table.words, cells, self.kept, todo, labels, noises, scores)

    def score(self, words: Words, cells: Words, score: float) -> float:
        """What is served for one score, given the cells of its row. Safe while another process learns."""
        return calibration.calibrate_one(words, cells, self.kept, score)


def correction_of(model: Model) -> Correction | None:
    """The correction that a model declares; `None` where its scores are served as they are.

    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> correction_of(Model("ctr", signals=[Input("hour", int)], outcome=Outcome("click"), calibrate=True))
    Correction(kept=1.0)
    """
    if not model.calibrated and model.outcome.negatives_kept == 1.0:
        return None
    return Correction(kept=float(model.outcome.negatives_kept))
