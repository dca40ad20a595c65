"""A probability for each of many classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.estimators.coefficients import Coefficients
from flyball.learn import multiclass
from flyball.learn.features import Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]


class Softmax(Coefficients):
    """A learner of classes, each of which has a word of its own (`flyball.estimators.labels`).

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.learn.features import singles
    >>> from flyball.system.learner import FTRL
    >>> model, words = Softmax(recipe_of(FTRL(), "logistic"), 1 << 30), np.array([4, 5, 6], np.uint64)
    >>> rows = singles(np.full(60, 7, np.uint64))
    >>> model.learn(rows, words, np.full(60, 2), np.ones(60))[0].round(3).tolist()
    [0.333, 0.333, 0.333]
    >>> bool(model.predict(rows, words)[0, 2] > 0.9)
    True
    """

    def learn(self, features: Features, words: Words, places: NDArray[np.int64], weights: Floats) -> Floats:
        """Learns examples in their order; their probabilities as they were before, shape (n, C).

        Args:
            features: of n examples.
            words: of the classes, shape (C,).
            places: of the true classes among `words`, shape (n,).
            weights: shape (n,).

        Raises:
            TableFull: the examples before the one that did not fit are learned.
        """
        count = features.rows
        scores = np.empty((count, len(words)))
        told = multiclass.Examples(
            features.starts, features.keys, features.values, places, weights, self.noises(count), scores
        )
        self.done(multiclass.run(self.table.words, self.recipe.hyper, words, told), count)
        return scores

    def predict(self, features: Features, words: Words) -> Floats:
        """The probabilities of examples, shape (n, C)."""
        scores = np.empty((features.rows, len(words)))
        multiclass.predict(
            self.table.words, self.recipe.hyper, words, features.starts, features.keys, features.values, scores
        )
        return scores

    def learn_one(self, keys: Words, values: Floats, words: Words, place: int, weight: float) -> Floats:
        """As `learn`, for one example with these features; its probabilities before, shape (C,)."""
        one = Features(np.array([0, len(keys)]), keys, values)
        scores: Floats = self.learn(one, words, np.array([place]), np.array([weight]))[0]
        return scores

    def predict_one(self, keys: Words, values: Floats, words: Words) -> Floats:
        """The probabilities of the example with these features, shape (C,)."""
        scores: Floats = self.predict(Features(np.array([0, len(keys)]), keys, values), words)[0]
        return scores
