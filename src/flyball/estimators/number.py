"""A number that is learned, in its own units."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flyball.estimators.single import Single
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import Features
from flyball.learn.loss import KINDS
from flyball.learn.recipe import recipe_of
from flyball.learn.rescale import rescale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flyball.estimators.target import Target
    from flyball.system.learner import Learner

    Floats = NDArray[np.float64]
    Keys = NDArray[np.uint64]

COUNTS = 0.1
"""The alpha with which counts are learned where no settings are given: their gradients have no bound, and variants that
learn as quickly as suits probabilities and numbers overshoot by powers of e."""


class Number:
    """A number, or the mean of a count.

    Args:
        learner: how it is learned.
        memory: how large the coefficients may grow, in bytes.
        loss: "squared" or "poisson".
        target: its scale.

    >>> import numpy as np
    >>> from flyball.estimators.target import Target
    >>> from flyball.learn.features import singles
    >>> from flyball.system.learner import FTRL
    >>> number, rows = Number(FTRL(), 1 << 30, "squared", Target()), singles(np.array([5, 6] * 50, np.uint64))
    >>> number.learn(rows, np.array([1000.0, 3000.0] * 50), np.ones(100))
    >>> number.predict(rows)[:2].round(-2).tolist()
    [1000.0, 3000.0]
    """

    def __init__(self, learner: Learner, memory: int, loss: str, target: Target) -> None:
        chosen = replace(learner, alpha=COUNTS) if learner.tuned and loss == "poisson" else learner
        self.model = Single(replace(recipe_of(chosen, "squared"), kind=KINDS[loss]), memory)
        self.target = target

    def begin(self, mean: float) -> None:
        """Lets it answer this mean before anything is learned."""
        self.model.recipe.begin(self.model.table, BIAS_KEY, mean)

    def learn(self, features: Features, targets: Floats, weights: Floats) -> None:
        """Learns examples in their order.

        Raises:
            TableFull: the examples before the one that did not fit are learned.
        """
        for start, end, target in self.target.parts(targets, weights):
            if 0.0 < self.target.scale != target.scale:
                rescale(self.model.table, self.model.recipe, self.target.scale / target.scale)
            self.target = target
            begins, ends = features.starts[start], features.starts[end]
            part = Features(
                features.starts[start : end + 1] - begins, features.keys[begins:ends], features.values[begins:ends]
            )
            self.model.learn(part, target.shrunk(targets[start:end]), weights[start:end])

    def predict(self, features: Features) -> Floats:
        """The predictions, shape (n,)."""
        return self.target.stretched(self.model.predict(features))

    def predict_one(self, keys: Keys, values: Floats) -> float:
        """The prediction for the example with these features."""
        return self.model.predict_one(keys, values) * (self.target.scale or 1.0) + (self.target.centre or 0.0)
