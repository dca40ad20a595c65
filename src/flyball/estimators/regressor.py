"""The regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from flyball.estimators.answers import series_like
from flyball.estimators.estimator import FTRLEstimator, weight_of
from flyball.estimators.examples import parts_of
from flyball.estimators.frames import opened
from flyball.estimators.number import Number
from flyball.estimators.refusal import InputRefused
from flyball.estimators.target import Target
from flyball.learn.features import Features
from flyball.learn.ftrl import LARGEST
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from flyball.estimators.estimator import Row
    from flyball.estimators.examples import Rows

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

LOSSES = ("squared", "poisson")
FEWEST = 1e-3
"""The least mean of counts that is begun with."""


class FTRLRegressor(RegressorMixin, FTRLEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A linear model of a number or a count that learns example by example, after scikit-learn's habits and River's.

    See `FTRLClassifier` and docs/estimators.md.

    Args:
        alpha: the learning rate. Where alpha, beta, l1 and l2 are all None the learner finds its own: five variants
            learn side by side and are mixed (`flyball.FTRL`).
        beta: added to the root of the sum of squared gradients.
        l1: the pull that makes rare features exactly 0.
        l2: the pull towards 0.
        loss: "squared", or "poisson" for counts, whose mean is the exponential of the sum.
        scale: for squared loss: numbers are learned in this unit. None: where the learner finds its own settings, it
            finds this too (`flyball.estimators.target`); else 1, as in the textbook.
        numeric: "linear" or "grid", as for `FTRLClassifier`.
        epochs: how many times `fit` goes through the data.
        shuffle: whether `fit` goes through them in random (always the same) order; the other methods never do.
        memory: how large the coefficients may grow, in bytes.

    >>> X, y = np.array([[0.0], [1.0]] * 100), np.array([5.0, 7.0] * 100)
    >>> FTRLRegressor().fit(X, y).predict([[1.0]]).round(1).tolist()
    [7.0]
    >>> model = FTRLRegressor(loss="poisson")
    >>> for _ in range(50):
    ...     model.learn_one({"day": "monday"}, 3)
    >>> round(model.predict_one({"day": "monday"}))
    3
    """

    _estimator_type = "regressor"
    _model: Number

    def __init__(
        self,
        alpha: float | None = None,
        beta: float | None = None,
        l1: float | None = None,
        l2: float | None = None,
        *,
        loss: str = "squared",
        scale: float | None = None,
        numeric: str = "linear",
        epochs: int = 1,
        shuffle: bool = True,
        memory: int = 1 << 33,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.l1 = l1
        self.l2 = l2
        self.loss = loss
        self.scale = scale
        self.numeric = numeric
        self.epochs = epochs
        self.shuffle = shuffle
        self.memory = memory

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # scikit-learn ships no types
        """What scikit-learn should know: counts are 0 or more."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: ANN401  # anything array-like
        """Learns from these rows alone, `epochs` times.

        Args:
            X: as for `FTRLClassifier.fit`.
            y: shape (n,), numbers; for Poisson loss 0 or more.
            sample_weight: shape (n,), 0 or more.

        Raises:
            ValueError: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more; the rows before are learned.
        """
        with self._checking():
            self._forget()
            rows, targets, weights = self._checked(X, y, sample_weight, reset=True)
            self._some(weights)
            self._start((targets, weights))
        for order in self._orders(len(rows)):
            self._learn(rows, targets, weights, order)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: ANN401  # anything array-like
        """Learns from these rows in their order, after what was learned before.

        Args:
            X: as for `fit`, with the same columns each time.
            y: shape (n,), numbers; for Poisson loss 0 or more.
            sample_weight: shape (n,), 0 or more.

        Raises:
            ValueError: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more; the rows before are learned.
        """
        with self._checking():
            rows, targets, weights = self._checked(X, y, sample_weight, reset=not hasattr(self, "n_features_in_"))
            if not hasattr(self, "_model"):
                self._start()
        self._learn(rows, targets, weights, None)
        return self

    def predict(self, X: Any) -> Floats:  # noqa: ANN401  # anything array-like
        """The prediction for each row, shape (n,)."""
        return self._predict(self._asked(X))

    def learn_one(self, x: Row, y: float, w: float = 1.0) -> None:
        """Learns from one row: River's way.

        Args:
            x: names and values; see `flyball.estimators.rows.RowEncoder`.
            y: the number.
            w: its weight.

        Raises:
            InputRefused: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more.
        """
        keys, values = self._encoded(x)
        targets, weights = self._targets(np.array([y])), np.array([weight_of(w)])
        if not hasattr(self, "_model"):
            self._start()
        self._model.learn(Features(np.array([0, len(keys)]), keys, values), targets, weights)

    def predict_one(self, x: Row) -> float:
        """The prediction for one row; 0 before the first example, for counts 1."""
        keys, values = self._encoded(x)
        if not hasattr(self, "_model"):
            return 1.0 if self.loss == "poisson" else 0.0
        return self._model.predict_one(keys, values)

    def learn_many(self, X: Any, y: Any, w: Any = None) -> None:  # noqa: ANN401  # a frame of any library
        """Learns from the rows of a data frame in their order, as `learn_one` would from each.

        Raises:
            ValueError: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more; the rows before are learned.
        """
        rows = self._rows_by_name(X)
        targets = self._targets(np.asarray(y))
        if targets.shape != (len(rows),):
            raise InputRefused(f"{len(rows)} rows come with numbers of shape {targets.shape}: give one for each")
        weights = self._weights(w, len(rows))
        if not hasattr(self, "_model"):
            self._start()
        self._learn(rows, targets, weights, None)

    def predict_many(self, X: Any) -> Any:  # noqa: ANN401  # a frame of any library
        """The prediction for the rows of a data frame, as a series of the same library."""
        rows = self._rows_by_name(X)
        if not hasattr(self, "_model"):
            return series_like(np.full(len(rows), 1.0 if self.loss == "poisson" else 0.0), opened(X))
        return series_like(self._predict(rows), opened(X))

    def _checked(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Rows, Floats, Floats]:  # noqa: ANN401  # anything array-like
        """Rows, numbers and weights that can be learned from."""
        self._learner()
        if y is None:
            raise InputRefused(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        rows = self._rows(X, reset=reset)
        targets = self._targets(column_or_1d(check_array(y, ensure_2d=False, dtype=None, input_name="y"), warn=True))
        check_consistent_length(targets, X)
        return rows, targets, self._weights(sample_weight, len(rows))

    def _targets(self, given: NDArray[Any]) -> Floats:
        try:
            targets: Floats = given.astype(np.float64)
        except (TypeError, ValueError):
            raise InputRefused(f"y={excerpt(given.tolist())}: give numbers") from None
        # Not `>`: a comparison with NaN is false.
        if not np.abs(targets).max(initial=0.0) <= LARGEST:
            raise InputRefused("Input y contains NaN, infinity or a value beyond ±1.7e38: leave such examples out")
        if self.loss == "poisson" and targets.min(initial=0.0) < 0.0:
            raise InputRefused(
                f"Some value(s) of y are out of the valid range of the loss 'poisson': {targets.min():g}; "
                "counts are 0 or more"
            )
        return targets

    def _start(self, known: tuple[Floats, Floats] | None = None) -> None:
        """Begins anew; `known` are all numbers that are to be learned and their weights, where that is known."""
        if self.loss not in LOSSES:
            raise InputRefused(f"loss={excerpt(self.loss)}: give 'squared' or 'poisson'")
        scale: object = self.scale
        if scale is not None and not (isinstance(scale, int | float) and 0.0 < scale <= LARGEST):
            raise InputRefused(f"scale={excerpt(scale)}: give a number above 0, or None")
        learner, counts = self._learner(), self.loss == "poisson"
        if counts or self.scale is not None or not learner.tuned:
            target = Target(fixed=True, scale=float(self.scale or 1.0) if not counts else 1.0)
        else:
            target = Target() if known is None else Target.of(*known)
        self._model = Number(learner, self.memory, self.loss, target)
        if counts and known is not None and learner.tuned:
            self._model.begin(max(float(np.average(known[0], weights=known[1])), FEWEST))

    def _learn(self, rows: Rows, targets: Floats, weights: Floats, order: Integers | None) -> None:
        for chosen, features in parts_of(rows, order):
            self._model.learn(features, targets[chosen], weights[chosen])

    def _predict(self, rows: Rows) -> Floats:
        none = np.empty(0)
        return np.concatenate([none, *(self._model.predict(features) for _, features in parts_of(rows))])
