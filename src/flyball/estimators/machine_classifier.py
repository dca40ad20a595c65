"""The classifier that is a factorisation machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.estimators.classifier import FTRLClassifier
from flyball.estimators.machine import machine_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from flyball.estimators.estimator import Row
    from flyball.system.learner import FM, Learner


class FMClassifier(FTRLClassifier):
    """`FTRLClassifier` of two classes as a factorisation machine: what two features say together is learned too.

    Args:
        learner: its settings, `flyball.FM(...)`; None: those of `flyball.FM()`.
        numeric: as for `FTRLClassifier`; factors of unscaled numbers run away sooner than coefficients do.
        epochs: how many times `fit` goes through the data.
        shuffle: whether `fit` goes through them in random (always the same) order; the other methods never do.
        classes: the two labels, for `learn_one`; None: true and false.
        memory: how large the coefficients and factors may grow, in bytes.

    >>> model = FMClassifier()
    >>> for i in range(600):
    ...     model.learn_one({"user": f"u{i % 4}", "film": f"f{i // 4 % 4}"}, (i % 4 + i // 4 % 4) % 2 == 0)
    >>> [model.predict_one({"user": "u1", "film": film}) for film in ("f0", "f1", "f2", "f3")]
    [False, True, False, True]
    """

    def __init__(
        self,
        learner: FM | None = None,
        *,
        numeric: str = "linear",
        epochs: int = 1,
        shuffle: bool = True,
        classes: Sequence[Hashable] | None = None,
        memory: int = 1 << 33,
    ) -> None:
        self.learner = learner
        self.numeric = numeric
        self.epochs = epochs
        self.shuffle = shuffle
        self.classes = classes
        self.memory = memory

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # scikit-learn ships no types
        """What scikit-learn should know: there are two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def predict_proba_one(self, x: Row) -> dict[Hashable, float]:
        """The probability of each class for one row; of false and true before anything was learned."""
        if self.classes is None and not hasattr(self, "_model"):
            return {False: 0.5, True: 0.5}
        return super().predict_proba_one(x)

    @property
    def _multiclass(self) -> bool:
        return False

    def _learner(self) -> Learner:
        self._check()
        return machine_of(self.learner)
