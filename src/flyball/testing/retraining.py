"""The slow truth of an ablation: a model really trained without some signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import ftrl
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import Features
from flyball.learn.lending import Told, loss_of
from flyball.learn.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from flyball.run.ablator import Examples
    from flyball.run.form import Form


def retrained(form: Form, hyper: NDArray[np.float64], kept: NDArray[np.bool_], blocks: Iterable[Examples]) -> float:
    """The mean loss, before each example is learned, of a model of its own that never sees some signals.

    Args:
        form: the model.
        hyper: alpha, beta, l1 and l2.
        kept: shape (signals,), which of them it sees.
        blocks: the examples in their order; none of them takes back what was told before.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.features import side_by_side, singles
    >>> from flyball.run.ablator import Examples
    >>> from flyball.run.form import Form
    >>> system = System("s", models=[Model("m", signals=[Input("odd", int)], outcome=Outcome("late"))])
    >>> rows = side_by_side([singles(np.arange(200, dtype=np.uint64) % 2 + 1)], 9, numbered=True)
    >>> labels = np.column_stack([np.arange(200) % 2, np.ones(200), np.zeros((200, 2))])
    >>> one, form = Examples(features=rows, labels=labels, noises=np.zeros(200, np.uint64)), Form(system, "m", 1)
    >>> settings = np.array([0.1, 1.0, 0.0, 0.0])
    >>> with_it, without = (retrained(form, settings, np.array([kept]), [one]) for kept in (True, False))
    >>> with_it < 0.65 < without
    True
    """
    recipe = Recipe(form.recipe.kind, hyper.reshape(1, 4))
    table, total, weight = recipe.table(), 0.0, 0.0
    if form.fallback is not None:
        recipe.begin(table, BIAS_KEY, form.fallback / form.scale)
    sees = np.concatenate([kept, [True]])  # the bias, whose place is -1, last
    for block in blocks:
        features, count = block.features, block.features.rows
        assert features.signals is not None  # noqa: S101  # examples of an ablation have them
        mine = sees[features.signals]
        starts = np.concatenate([[0], np.cumsum(mine)])[features.starts]
        part = Features(starts, features.keys[mine], features.values[mine])
        todo, scores = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8), np.empty(count)
        recipe.run(table, part, todo=todo, labels=block.labels, noises=block.noises, scores=scores)
        known = np.ones(count, dtype=np.uint8)
        total += loss_of(Told(block.labels[:, 0], block.labels[:, 1], known, block.noises, scores), recipe.kind)
        weight += float(block.labels[:, 1].sum())
    return total / weight
