"""Merging what was learned on disjoint shards of the examples.

The coefficient of each shard is a guess from as much evidence as n tells, the sum of its squared gradients, and from a
prior of 0 that weighs beta / alpha + l2, what the first gradients are divided by. The merged coefficient is that of all
evidence and one prior: the sum of (n + prior) times the coefficient over the sum of n + prior. So seldom seen features
add up, and what every shard knows well is averaged. (To add up z, a sum over examples too, would be wrong: four shards
that agree would give twice what they agree on, since z is divided by the root of n.) What is exact and what is not:

- Coordinates that only one shard has seen are exactly as that shard left them.
- n is exactly the sum of the squares of all gradients that were taken.
- Other coefficients are not those of one pass over all examples: each shard took its gradients at its own, which were
  further from the truth. The more often a coordinate is seen by each shard, the less it matters.
- The order does not matter; groups do only by the rounding of float32.
- Factors (`flyball.learn.factor_machine`) are merged likewise. Those of a feature begin alike on all shards, so that a
  factor means the same there; being learned from products of each other, they are further from those of one pass.
- Shares and stacks of a mixture are the mean of theirs by the weight of their examples; the sums of losses are sums.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.factors import factor_halves
from flyball.learn.ftrl import LARGEST
from flyball.learn.mixture import STACKS
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.factors import Factors
    from flyball.learn.recipe import Recipe
    from flyball.learn.table import Table

    Words = NDArray[Any]


LEAST = 1e-30
"""Instead of 0 where it is divided by: beta may be 0."""


class MergeRefused(FlyballError):
    """These tables cannot be merged."""


def merged(recipe: Recipe, shards: Sequence[Table], base: Table | None = None) -> Table:
    """A table that has learned what all shards have.

    Args:
        recipe: by which all of them learned.
        shards: the tables; none of them is changed.
        base: what all of them began with, if that was not nothing: it is counted once.

    Raises:
        MergeRefused: there is nothing to merge, or a table is not of this recipe.
        TableFull: all features together do not fit.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> recipe, one, key = recipe_of(FTRL(alpha=0.1), "logistic"), np.ones(1), np.array([7], np.uint64)
    >>> tables = [recipe.table(), recipe.table()]
    >>> for table in tables:
    ...     table.put(key, z=one, n=one)
    >>> merged(recipe, tables).get(7)[1]
    2.0
    """
    if not shards:
        raise MergeRefused("no tables were given; give at least one")
    for table in [*shards, *([] if base is None else [base])]:
        if table.layout.width_bits != recipe.width_bits:
            raise MergeRefused("the tables are of different learners; merge what was learned with the same settings")
    signed = [(1.0, table) for table in shards]
    if base is not None:
        signed.append((1.0 - len(shards), base))
    parts = [(sign, *table.learned()) for sign, table in signed]
    keys, places, counts = np.unique(
        np.concatenate([keys for _, keys, _ in parts]), return_inverse=True, return_counts=True
    )
    rows = np.concatenate([rows for _, _, rows in parts]).reshape(len(places), shards[0].layout.row_words)
    signs = np.concatenate([np.full(len(mine), sign) for sign, mine, _ in parts])
    halves = rows.view(np.float32).astype(np.float64)
    means = _means(recipe, halves, signs, places, len(keys))
    if recipe.factors is not None:
        at = factor_halves(recipe.lanes, recipe.factors.k)
        means[:, at[0]], means[:, at[1]] = _factor_means(recipe.factors, halves, at, signs, places, len(keys))
    whole = np.clip(means, -LARGEST, LARGEST).astype(np.float32).view(np.uint64)
    alone = counts[places] == 1
    whole[places[alone]] = rows[alone]
    table = recipe.table(max_segments=max(each.layout.max_segments for each in shards))
    table.load(keys, whole.ravel())
    table.common = _common(recipe, shards, base)
    return table


def _means(
    recipe: Recipe, halves: NDArray[np.float64], signs: NDArray[np.float64], places: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """The merged rows, shape (count, halves of a row); row i of `halves` belongs to key number `places[i]`."""
    n, grown = halves[:, 1], np.zeros(count)
    np.add.at(grown, places, signs * n)
    grown = np.clip(grown, 0.0, LARGEST)
    made = np.zeros((count, halves.shape[1]))
    made[:, 1] = grown
    for lane, (alpha, beta, _, l2) in enumerate(recipe.hyper.tolist()):
        at, below, total = lane + 1 if lane > 0 else 0, beta + alpha * l2, np.zeros(count)
        prior = max(below / alpha, LEAST)
        np.add.at(total, places, signs * (n + prior) * halves[:, at] / np.maximum(below + np.sqrt(n), LEAST))
        made[:, at] = total / (grown + prior) * (below + np.sqrt(grown))
    return made


def _factor_means(
    factors: Factors,
    halves: NDArray[np.float64],
    at: tuple[NDArray[np.int64], int],
    signs: NDArray[np.float64],
    places: NDArray[np.int64],
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The merged z of factors, shape (count, k), and n."""
    n, below = halves[:, at[1]], factors.beta + factors.alpha * factors.l2
    prior = below / factors.alpha
    grown, total = np.zeros(count), np.zeros((count, factors.k))
    np.add.at(grown, places, signs * n)
    grown = np.clip(grown, 0.0, LARGEST)
    # A factor that was never learned has z = 0, and says nothing here of where it begins.
    np.add.at(total, places, (signs * (n + prior) / (below + np.sqrt(n)))[:, None] * halves[:, at[0]])
    made = total / (grown + prior)[:, None] * (below + np.sqrt(grown))[:, None]
    return np.where(grown[:, None] > 0.0, made, 0.0), grown


def _common(recipe: Recipe, shards: Sequence[Table], base: Table | None) -> Words:
    if recipe.lanes == 1:
        return np.zeros(0, dtype=np.uint64)
    experts = recipe.lanes + STACKS
    size = experts + 2
    states = [table.common.view(np.float64)[1:] for table in shards]
    weights = np.array([state[0] + state[size] for state in states])
    if weights.sum() <= 0.0:
        return shards[0].common
    sums = np.sum([_settled(state, size) for state in states], axis=0)
    if base is not None and base.common.any():
        sums -= (len(shards) - 1) * _settled(base.common.view(np.float64)[1:], size)
    pending = np.ones(size)
    pending[0] = 0.0
    # A shard that has seen nothing has no opinion.
    rest = np.average([state[2 * size :] for state in states], axis=0, weights=weights)
    # How many examples there were, behind shares and stacks.
    learned = experts + STACKS * recipe.lanes
    rest[learned] = sum(state[2 * size + learned] for state in states)
    center = shards[0].common.view(np.float64)[:1]
    return np.concatenate([center, np.maximum(sums, 0.0), pending, rest]).view(np.uint64)


def _settled(state: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The sums, with what is pending."""
    sums, pending = state[:size].copy(), state[size : 2 * size]
    sums[0] += pending[0]
    sums[1:] -= np.log(np.maximum(pending[1:], 1e-300)) if pending[0] > 0.0 else 0.0
    return sums
