"""Rows of features for the memory benchmark, and what is done with them before they are learned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from benchmarks.world_rows import WorldRows
from benchmarks.zipf_rows import ZipfRows
from flyball.learn.bias import BIAS_KEY
from flyball.learn.features import Features
from flyball.learn.fixed_point import STEP, fixed_of
from flyball.learn.ftrl import noise_of
from flyball.learn.kernel import kernel
from flyball.learn.maths import sigmoid
from flyball.learn.slots import mix
from flyball.learn.word import uint64
from flyball.testing.world import World

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.files.arrow_array import ArrowArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

ALPHA = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows in the order in which they are learned.

    Args:
        name: what they are.
        features: their features, keys and values.
        places: a number for each feature, 0 to `distinct` - 1; 0 is the bias.
        labels: 0 or 1.
        distinct: how many different features there are.
    """

    name: str
    features: Features
    places: Integers
    labels: Floats
    distinct: int

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.labels)

    @property
    def noises(self) -> Words:
        """The random bits of each row, as the log would give them."""
        noises = np.empty(self.count, dtype=np.uint64)
        noise_of(np.arange(1, self.count + 1), np.zeros(self.count, dtype=np.int64), noises)
        return noises

    def called(self, name: str) -> Self:
        """The same under another name."""
        return replace(self, name=name)


@kernel
def _keys_of(places: Integers, keys: Words) -> None:
    for i in range(len(places)):
        keys[i] = mix(uint64(places[i]) + uint64(1)) if places[i] > 0 else uint64(BIAS_KEY)


def _rows(name: str, starts: Integers, places: Integers, values: Floats, labels: Floats) -> Rows:
    keys = np.empty(len(places), dtype=np.uint64)
    _keys_of(places, keys)
    distinct = len(np.unique(places))
    return Rows(name, Features(starts, keys, values), places, labels, distinct)


def zipf_rows(count: int) -> Rows:
    """39 ids by Zipf's law a row, and a bias."""
    data = ZipfRows(rows=count)
    places, labels = [], []
    for part in data.parts(1 << 17):
        arrays: list[ArrowArray] = [part.column(name).combine_chunks() for name in part.column_names[1:]]
        columns = [array.indices.to_numpy() for array in arrays]
        ranks = np.column_stack(columns).astype(np.int64) + 1 + np.arange(len(columns)) * data.ids
        places.append(np.column_stack([np.zeros(len(ranks), dtype=np.int64), ranks]))
        labels.append(part.column("label").to_numpy())
    every = np.concatenate(places)
    starts = np.arange(count + 1, dtype=np.int64) * every.shape[1]
    return _rows("Zipf", starts, every.ravel(), np.ones(every.size), np.concatenate(labels).astype(np.float64))


def world_rows(days: float, requests: float) -> Rows:
    """The simulated exchange's clicks."""
    world = WorldRows.of(World(0).month(days, requests)).rows
    return _rows("the world", world.starts, np.asarray(world.places, dtype=np.int64), world.values, world.labels)


@kernel
def _descend(
    starts: Integers,
    places: Integers,
    values: Floats,
    labels: Floats,
    noises: Words,
    way: int,
    weights: Floats,
    squares: Floats,
    given: Floats,
) -> None:
    for i in range(len(labels)):
        margin = 0.0
        for j in range(starts[i], starts[i + 1]):
            margin += weights[places[j]] * values[j]
        given[i] = sigmoid(margin)
        for j in range(starts[i], starts[i + 1]):
            g, at = (given[i] - labels[i]) * values[j], places[j]
            squares[at] += g * g
            weight = weights[at] - ALPHA * g / (1.0 + np.sqrt(squares[at]))
            if way > 0:
                noise = mix(uint64(noises[i]) + uint64(at)) if way == 1 else uint64(1) << uint64(63)
                weight = fixed_of(min(max(weight, -3.99), 3.99), noise) * STEP
            weights[at] = weight


def learned_in_16_bits(rows: Rows, way: int) -> Floats:
    """The probability of each row before it is learned; `way` is 0 for 64 bits, 1 at random, 2 to the nearest."""
    weights, squares = np.zeros(rows.places.max() + 1), np.zeros(rows.places.max() + 1)
    given = np.empty(rows.count)
    features = rows.features
    _descend(features.starts, rows.places, features.values, rows.labels, rows.noises, way, weights, squares, given)
    return given
