"""The regressor that is a factorisation machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.estimators.machine import machine_of
from flyball.estimators.regressor import FTRLRegressor

if TYPE_CHECKING:
    from flyball.system.learner import FM, Learner


class FMRegressor(FTRLRegressor):
    """`FTRLRegressor` as a factorisation machine: what two features say together is learned too.

    Args:
        learner: its settings, `flyball.FM(...)`; None: those of `flyball.FM()`.
        loss: "squared", or "poisson" for counts, whose mean is the exponential of the sum.
        scale: as for `FTRLRegressor`.
        numeric: as for `FTRLClassifier`; factors of unscaled numbers run away sooner than coefficients do.
        epochs: how many times `fit` goes through the data.
        shuffle: whether `fit` goes through them in random (always the same) order; the other methods never do.
        memory: how large the coefficients and factors may grow, in bytes.

    >>> from flyball import FM
    >>> model = FMRegressor(FM(alpha=0.2))
    >>> for i in range(600):
    ...     model.learn_one({"user": f"u{i % 4}", "film": f"f{i // 4 % 4}"}, 5.0 * ((i % 4 + i // 4 % 4) % 2))
    >>> [round(model.predict_one({"user": "u1", "film": film})) for film in ("f0", "f1", "f2", "f3")]
    [5, 0, 5, 0]
    """

    def __init__(
        self,
        learner: FM | None = None,
        *,
        loss: str = "squared",
        scale: float | None = None,
        numeric: str = "linear",
        epochs: int = 1,
        shuffle: bool = True,
        memory: int = 1 << 33,
    ) -> None:
        self.learner = learner
        self.loss = loss
        self.scale = scale
        self.numeric = numeric
        self.epochs = epochs
        self.shuffle = shuffle
        self.memory = memory

    def _learner(self) -> Learner:
        self._check()
        return machine_of(self.learner)
