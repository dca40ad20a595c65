"""Lanes: a model of its own that sees only some of the signals, and its loss before it learns each example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import ftrl
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import Features
from flyball.learn.lending import Told, loss_of
from flyball.learn.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.ablator import Examples
    from flyball.run.form import Form


class Lane:
    """A model in one setting, really trained without the signals that it does not see.

    Args:
        form: the model.
        hyper: alpha, beta, l1 and l2.
        kept: shape (signals,), which of them it sees; by default all.
        begins: what it answers at first, over the outcome's scale; by default the model's fallback. The bias then
            stands beyond l1, so that l1 does not hold it back.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.features import side_by_side, singles
    >>> from flyball.run.ablator import Examples
    >>> from flyball.run.form import Form
    >>> form = Form(System("s", models=[Model("m", signals=[Input("odd", int)], outcome=Outcome("late"))]), "m", 1)
    >>> rows = side_by_side([singles(np.arange(200, dtype=np.uint64) % 2 + 1)], 9, numbered=True)
    >>> labels = np.column_stack([np.arange(200) % 2, np.ones(200), np.zeros((200, 2))])
    >>> some = Examples(features=rows, labels=labels, noises=np.zeros(200, np.uint64))
    >>> sees, blind = (Lane(form, np.array([0.1, 1.0, 0.0, 0.0]), np.array([kept])) for kept in (True, False))
    >>> sees.take(some), blind.take(some)
    (None, None)
    >>> sees.loss < 0.65 < blind.loss
    True
    """

    def __init__(
        self,
        form: Form,
        hyper: NDArray[np.float64],
        kept: NDArray[np.bool_] | None = None,
        *,
        begins: float | None = None,
    ) -> None:
        self.hyper = hyper
        self._recipe = Recipe(form.recipe.kind, hyper.reshape(1, 4))
        self._unit = form.scale**2
        self.table = self._recipe.table()
        # The bias, whose place is -1, is last.
        self._sees = None if kept is None else np.concatenate([kept, [True]])
        if begins is None and form.fallback is not None:
            begins = form.fallback / form.scale
        if begins is not None:
            self._recipe.begin(self.table, BIAS_KEY, begins)
        self._lost = self._weight = 0.0

    def take(self, examples: Examples) -> None:
        """Learns examples, each after its loss was added to the sum; none takes back what was told before.

        Raises:
            TableFull: there are more features than a table holds.
        """
        features = self._seen(examples.features)
        todo = np.full(features.rows, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
        labels, noises, scores = examples.labels, examples.noises, np.empty(features.rows)
        done = self._recipe.run(self.table, features, todo=todo, labels=labels, noises=noises, scores=scores)
        if done < features.rows:
            raise self.table.full()
        told = Told(labels[:, 0], labels[:, 1], np.ones(features.rows, dtype=np.uint8), noises, scores)
        self._lost += loss_of(told, self._recipe.kind)
        self._weight += float(labels[:, 1].sum())

    def _seen(self, features: Features) -> Features:
        if self._sees is None:
            return features
        assert features.signals is not None  # noqa: S101  # examples of an ablation have them
        mine = self._sees[features.signals]
        starts = np.concatenate([[0], np.cumsum(mine)])[features.starts]
        return Features(starts, features.keys[mine], features.values[mine])

    @property
    def loss(self) -> float:
        """The mean loss before each example was learned, in units of the outcome; 0 before the first."""
        return self._lost / self._weight * self._unit if self._weight > 0.0 else 0.0

    def coefficients(self) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """(keys, coefficients) of all features, in the order of the keys."""
        keys, rows = self.table.entries()
        order = np.argsort(keys)
        halves = rows.view(np.float32).reshape(len(keys), -1)[order].astype(np.float64)
        z, n = halves[:, 0], halves[:, 1]
        alpha, beta, l1, l2 = self.hyper.tolist()
        below = beta + alpha * l2 + np.sqrt(n)
        found = -np.copysign(np.maximum(np.abs(z) - l1, 0.0), z) * alpha / np.where(below > 0.0, below, 1.0)
        return keys[order], found
