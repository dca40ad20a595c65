"""Classes that are learned: their labels, and the coefficients that tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.estimators.labels import in_order, words_of
from flyball.estimators.refusal import InputRefused
from flyball.estimators.single import Single
from flyball.estimators.softmax import Softmax
from flyball.learn.recipe import recipe_of
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from flyball.learn.features import Features
    from flyball.system.learner import Learner

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Keys = NDArray[np.uint64]


class Classes:
    """Two classes by one score, more by softmax.

    Args:
        learner: how they are learned.
        memory: how large the coefficients may grow, in bytes.
        labels: of the classes.
        growing: whether others may be met; then two are learned by softmax as well, since there may be more.

    >>> from flyball.system.learner import FTRL
    >>> classes = Classes(FTRL(), 1 << 30, ["b", "a"], growing=False)
    >>> classes.labels, classes.predict_one(np.array([7], np.uint64), np.ones(1))
    (['a', 'b'], [0.5, 0.5])
    """

    def __init__(self, learner: Learner, memory: int, labels: Iterable[Hashable], *, growing: bool) -> None:
        self.growing = growing
        self.labels: list[Hashable] = []
        self._know(in_order(labels))
        recipe = recipe_of(learner, "logistic")
        alone = len(self.labels) == 2 and not growing
        if recipe.factors is not None and not alone:
            raise InputRefused(
                f"Only binary classification is supported. Given were {excerpt(self.labels)}: declare two classes, "
                "with classes= where labels are not true and false; FTRLClassifier learns more"
            )
        self.model: Single | Softmax = Single(recipe, memory) if alone else Softmax(recipe, memory)

    def _know(self, labels: list[Hashable]) -> None:
        self.labels = labels
        self.words = words_of(labels)
        self._places = {label: place for place, label in enumerate(labels)}

    def firsts(self, labels: Sequence[Hashable]) -> list[int]:
        """Where among labels each that is new comes first.

        Raises:
            InputRefused: one is new, and may not be; or is no label at all.
        """
        new: dict[Hashable, int] = {}
        for place, label in enumerate(labels):
            if not self._knows(label):
                new.setdefault(label, place)
        if new and not self.growing:
            raise InputRefused(
                f"the label {excerpt(next(iter(new)))} is none of the classes {excerpt(self.labels)}: declare all "
                "classes beforehand, with classes="
            )
        return list(new.values())

    def know(self, label: Hashable) -> None:
        """One class more, if it is new."""
        if label not in self._places:
            self._know(in_order([*self.labels, label]))

    def places(self, labels: Iterable[Hashable]) -> Integers:
        """The places of known labels, shape (n,)."""
        return np.array([self._places[label] for label in labels], dtype=np.int64)

    def _knows(self, label: Hashable) -> bool:
        try:
            if label in self._places:
                return True
        except TypeError:
            raise InputRefused(f"{excerpt(label)} is no label: give a text, a number, true or false") from None
        if label is None or label != label:  # noqa: PLR0124  # NaN is unlike itself
            raise InputRefused(f"{excerpt(label)} is no label: leave out examples whose label is not known")
        return False

    def learn(self, features: Features, places: Integers, weights: Floats) -> None:
        """Learns examples of the classes at these places, in their order.

        Raises:
            TableFull: the examples before the one that did not fit are learned.
        """
        if isinstance(self.model, Single):
            self.model.learn(features, places.astype(np.float64), weights)
        else:
            self.model.learn(features, self.words, places, weights)

    def predict(self, features: Features) -> Floats:
        """The probability of each class, shape (n, classes)."""
        if isinstance(self.model, Softmax):
            return self.model.predict(features, self.words)
        p = self.model.predict(features)
        return np.column_stack([1.0 - p, p])

    def predict_one(self, keys: Keys, values: Floats) -> list[float]:
        """The probability of each class for the example with these features."""
        if isinstance(self.model, Single):
            p = self.model.predict_one(keys, values)
            return [1.0 - p, p]
        found: list[float] = self.model.predict_one(keys, values, self.words).tolist()
        return found

    def learn_one(self, keys: Keys, values: Floats, label: Hashable, weight: float) -> None:
        """As `learn`, for one example of this class, which is known."""
        place = self._places[label]
        if isinstance(self.model, Single):
            self.model.learn_one(keys, values, float(place), weight)
        else:
            self.model.learn_one(keys, values, self.words, place, weight)
