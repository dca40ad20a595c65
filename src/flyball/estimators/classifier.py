"""The classifier."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from flyball.estimators.answers import frame_like, series_like
from flyball.estimators.classes import Classes
from flyball.estimators.estimator import FTRLEstimator, weight_of
from flyball.estimators.examples import parts_of
from flyball.estimators.frames import opened
from flyball.estimators.labels import array_of, plain
from flyball.estimators.refusal import InputRefused
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from flyball.estimators.estimator import Row
    from flyball.estimators.examples import Rows

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

SMALLEST = 1e-15
"""Probabilities are cut here before their logarithm is taken."""


class FTRLClassifier(ClassifierMixin, FTRLEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A linear classifier that learns example by example, after scikit-learn's habits and River's.

    Two classes are learned by logistic loss, more by softmax (`flyball.learn.multiclass`). Coefficients are kept by
    name in a table that grows, so that texts and categories are features as they are, and nothing is hashed into a
    space that is too small. See docs/estimators.md.

    Args:
        alpha: the learning rate. Where alpha, beta, l1 and l2 are all None the learner finds its own: five variants
            learn side by side and are mixed (`flyball.FTRL`).
        beta: added to the root of the sum of squared gradients.
        l1: the pull that makes rare features exactly 0.
        l2: the pull towards 0.
        numeric: "linear": a number counts by its value, so scale your columns; "grid": it is taken to flyball's grid
            and may be of any size, and of any effect.
        epochs: how many times `fit` goes through the data.
        shuffle: whether `fit` goes through them in random (always the same) order; the other methods never do.
        classes: all labels that there are, for `learn_one`; None: true and false where these are the labels, else they
            are met as they come.
        memory: how large the coefficients may grow, in bytes.

    >>> X, y = np.array([[0.0, 1.0], [1.0, 0.0]] * 50), np.array(["ham", "spam"] * 50)
    >>> FTRLClassifier().fit(X, y).predict([[1.0, 0.0]]).tolist()
    ['spam']
    >>> model = FTRLClassifier()
    >>> for _ in range(50):
    ...     model.learn_one({"from": "aunt"}, False)
    ...     model.learn_one({"from": "shop", "words": ["buy", "now"]}, True)
    >>> model.predict_one({"from": "shop"})
    True
    """

    _estimator_type = "classifier"
    _model: Classes

    def __init__(
        self,
        alpha: float | None = None,
        beta: float | None = None,
        l1: float | None = None,
        l2: float | None = None,
        *,
        numeric: str = "linear",
        epochs: int = 1,
        shuffle: bool = True,
        classes: Sequence[Hashable] | None = None,
        memory: int = 1 << 33,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.l1 = l1
        self.l2 = l2
        self.numeric = numeric
        self.epochs = epochs
        self.shuffle = shuffle
        self.classes = classes
        self.memory = memory

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: ANN401  # anything array-like
        """Learns from these rows alone, `epochs` times.

        Args:
            X: shape (n, d): numbers as an array, a sparse matrix or a data frame; or a data frame with texts,
                categories, lists of texts and dictionaries of texts and numbers.
            y: shape (n,), the labels.
            sample_weight: shape (n,), 0 or more.

        Raises:
            ValueError: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more; the rows before are learned.
        """
        with self._checking():
            self._forget()
            rows, labels, weights = self._checked(X, y, sample_weight, reset=True)
            declared = np.unique(labels) if self.classes is None else self.classes
            if len(declared) < 2:
                raise InputRefused(f"The number of classes has to be greater than one; got {len(declared)} class")
            self._some(weights)
            self._start(declared)
            places = self._places(labels)
        for order in self._orders(len(rows)):
            self._learn(rows, places, weights, order)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:  # noqa: ANN401  # anything array-like
        """Learns from these rows in their order, after what was learned before.

        Args:
            X: as for `fit`, with the same columns each time.
            y: shape (n,), labels among `classes`.
            classes: all labels that there are; compulsory the first time.
            sample_weight: shape (n,), 0 or more.

        Raises:
            ValueError: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more; the rows before are learned.
        """
        with self._checking():
            begun, declared = hasattr(self, "_model"), self.classes if classes is None else np.unique(classes)
            if not begun and declared is None:
                raise InputRefused("classes must be passed on the first call to partial_fit.")
            rows, labels, weights = self._checked(X, y, sample_weight, reset=not hasattr(self, "n_features_in_"))
            if not begun and declared is not None:
                self._start(declared)
            elif classes is not None and {plain(label) for label in classes} != set(self._model.labels):
                raise InputRefused(
                    f"`classes={excerpt(classes)}` is not the same as on last call to partial_fit, was: "
                    f"{excerpt(self._model.labels)}"
                )
            places = self._places(labels)
        self._learn(rows, places, weights, None)
        return self

    def predict_proba(self, X: Any) -> Floats:  # noqa: ANN401  # anything array-like
        """The probability of each class, shape (n, classes), in the order of `classes_`."""
        return self._predict(self._asked(X))

    def predict_log_proba(self, X: Any) -> Floats:  # noqa: ANN401  # anything array-like
        """The natural logarithm of `predict_proba`."""
        logs: Floats = np.log(self.predict_proba(X))
        return logs

    def decision_function(self, X: Any) -> Floats:  # noqa: ANN401  # anything array-like
        """The log odds of the second of two classes, shape (n,); of more classes log probabilities, (n, classes)."""
        logs: Floats = np.log(self.predict_proba(X).clip(SMALLEST, 1.0))
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: ANN401  # anything array-like
        """The most probable class of each row, shape (n,)."""
        places = self.predict_proba(X).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[places]
        return chosen

    def learn_one(self, x: Row, y: Any, w: float = 1.0) -> None:  # noqa: ANN401  # a label is anything
        """Learns from one row: River's way.

        Args:
            x: names and values; see `flyball.estimators.rows.RowEncoder`.
            y: its label.
            w: its weight.

        Raises:
            InputRefused: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more.
        """
        keys, values = self._encoded(x)
        weight, label = weight_of(w), plain(y)
        if self._firsts([label]):
            self._know(label)
        self._model.learn_one(keys, values, label, weight)

    def predict_proba_one(self, x: Row) -> dict[Hashable, float]:
        """The probability of each class that is known, for one row; before the first example, of those declared."""
        keys, values = self._encoded(x)
        if not hasattr(self, "_model"):
            declared = [] if self.classes is None else [plain(label) for label in self.classes]
            return {label: 1.0 / len(declared) for label in declared}
        return dict(zip(self._model.labels, self._model.predict_one(keys, values), strict=True))

    def predict_one(self, x: Row) -> Hashable | None:
        """The most probable class for one row, or None before the first example."""
        found = self.predict_proba_one(x)
        return max(found, key=found.__getitem__) if found else None

    def learn_many(self, X: Any, y: Any, w: Any = None) -> None:  # noqa: ANN401  # a frame of any library
        """Learns from the rows of a data frame in their order, as `learn_one` would from each.

        Raises:
            ValueError: what is given cannot be learned from; nothing was.
            TableFull: `memory` holds no more; the rows before are learned.
        """
        rows = self._rows_by_name(X)
        labels = [plain(label) for label in list(y)]
        if len(labels) != len(rows):
            raise InputRefused(f"{len(rows)} rows come with {len(labels)} labels: give one for each")
        weights = self._weights(w, len(rows))
        if not labels:
            return
        firsts = self._firsts(labels)
        # As if one by one: the examples before the first of a class do not know it.
        for start, end in pairwise(dict.fromkeys([0, *firsts, len(labels)])):
            self._know(labels[start])
            self._learn(rows, self._model.places(labels[start:end]), weights[start:end], None, start=start)

    def predict_proba_many(self, X: Any) -> Any:  # noqa: ANN401  # a frame of any library
        """The probability of each class for the rows of a data frame, as a data frame of the same library."""
        rows = self._rows_by_name(X)
        if not hasattr(self, "_model"):
            return frame_like({}, opened(X))
        found = self._predict(rows)
        return frame_like({label: found[:, i] for i, label in enumerate(self._model.labels)}, opened(X))

    def predict_many(self, X: Any) -> Any:  # noqa: ANN401  # a frame of any library
        """The most probable class for the rows of a data frame, as a series of the same library."""
        rows = self._rows_by_name(X)
        if not hasattr(self, "_model"):
            return series_like(np.full(len(rows), None), opened(X))
        return series_like(self.classes_[self._predict(rows).argmax(axis=1)], opened(X))

    @property
    def _multiclass(self) -> bool:
        return True

    def _checked(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Rows, NDArray[Any], Floats]:  # noqa: ANN401  # anything array-like
        """Rows, labels and weights that can be learned from."""
        self._learner()
        if y is None:
            raise InputRefused(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        rows = self._rows(X, reset=reset)
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(labels, X)
        check_classification_targets(labels)
        return rows, labels, self._weights(sample_weight, len(rows))

    def _start(self, labels: Iterable[Any], *, growing: bool = False) -> None:
        learner = self._learner()
        self._model = Classes(learner, self.memory, [plain(label) for label in labels], growing=growing)
        self.classes_ = array_of(self._model.labels)

    def _places(self, labels: NDArray[Any]) -> Integers:
        """The places of labels among the classes, none of which may be new.

        Raises:
            InputRefused: one is.
        """
        distinct, inverse = np.unique(labels, return_inverse=True)
        known = set(self._model.labels)
        for label in map(plain, distinct):
            if label not in known:
                raise InputRefused(
                    f"the label {excerpt(label)} is none of the classes {excerpt(self._model.labels)}: declare all "
                    "classes at the first call, with classes="
                )
        found: Integers = self._model.places([plain(label) for label in distinct])[inverse]
        return found

    def _firsts(self, labels: list[Hashable]) -> list[int]:
        """Where among labels each new one comes first; begins, where nothing was learned yet."""
        with self._checking():
            if not hasattr(self, "_model"):
                truth = isinstance(labels[0], bool)
                declared = self.classes if self.classes is not None else ([False, True] if truth else [])
                self._start(declared, growing=self.classes is None and not truth)
            return self._model.firsts(labels)

    def _know(self, label: Hashable) -> None:
        self._model.know(label)
        self.classes_ = array_of(self._model.labels)

    def _learn(self, rows: Rows, places: Integers, weights: Floats, order: Integers | None, *, start: int = 0) -> None:
        for chosen, features in parts_of(rows, order, start=start, count=len(places)):
            self._model.learn(features, places[chosen], weights[chosen])

    def _predict(self, rows: Rows) -> Floats:
        none = np.empty((0, len(self._model.labels)))
        return np.concatenate([none, *(self._model.predict(features) for _, features in parts_of(rows))])
