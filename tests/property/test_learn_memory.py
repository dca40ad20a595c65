"""Learning with a gate and with expiry against a dictionary that keeps a row for each key, asks, and deletes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.learn import ftrl
from flyball.learn.bias import BIAS_KEY
from flyball.learn.expiry import SPAN
from flyball.learn.features import Features
from flyball.learn.gate import Gate
from flyball.learn.loss import LOGISTIC
from flyball.learn.recipe import LANES, Recipe
from flyball.learn.table import Table
from tests.unit.learn.gate_rows import asked, some_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

NAMES = some_keys(400, 3)
BEGINS = 1_000
"""The epoch in which the first example comes: nothing is special about it."""


def gate_of(admission: float | None) -> Gate:
    """A gate; small, so that its halves take turns."""
    if admission is None:
        return Gate.open()
    return Gate.chance(admission) if admission < 1.0 else Gate.counting(times=int(admission), keys=200)


def recipe_of(lanes: int) -> Recipe:
    """The first lanes of the default."""
    return Recipe(LOGISTIC, np.array([(*lane, 0.0) for lane in LANES[:lanes]]))


class Told:
    """Examples in order: their features, what is told of them, and when.

    Args:
        seed: of chance.
        count: how many.
        names: how many different keys there are beside the bias.
        pause: the longest time, in epochs, between two examples.
    """

    def __init__(self, seed: int, count: int, names: int, pause: int) -> None:
        random = np.random.default_rng(seed)
        sizes = random.integers(0, 6, count)
        self.keys = [
            np.concatenate([[np.uint64(BIAS_KEY)], random.choice(NAMES[:names], size, replace=False)]).astype(np.uint64)
            for size in sizes
        ]
        self.values = [np.concatenate([[1.0], random.choice([1.0, -0.5, 2.0], size)]) for size in sizes]
        self.todo = random.choice([ftrl.PREDICT, ftrl.LEARN, 3], count, p=[0.2, 0.2, 0.6]).astype(np.uint8)
        self.labels = np.column_stack([random.integers(0, 2, count), np.ones(count), np.zeros((count, 2))])
        # Some are told once more, and what was told before is taken back; not the first that is learned.
        first = np.flatnonzero(self.todo & ftrl.LEARN)[0]
        again = first + 1 + np.flatnonzero(random.random(count - first - 1) < 0.1)
        self.labels[again, 2:] = np.column_stack([1.0 - self.labels[again, 0], np.ones(len(again))])
        self.noises = np.empty(count, dtype=np.uint64)
        ftrl.noise_of(np.arange(count), np.zeros(count, dtype=np.int64), self.noises)
        steps = random.choice([0, 1, pause], count, p=[0.7, 0.2, 0.1])
        self.epochs = BEGINS + np.cumsum(steps * random.integers(0, 2, count))

    def __len__(self) -> int:
        return len(self.keys)

    def features(self, start: int, end: int) -> Features:
        """Those of some examples."""
        sizes = [len(keys) for keys in self.keys[start:end]]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        none = np.empty(0)
        keys = np.concatenate([none.astype(np.uint64), *self.keys[start:end]])
        return Features(starts, keys, np.concatenate([none, *self.values[start:end]]))


def learned(table: Table, recipe: Recipe, told: Told, cuts: Sequence[int], tidy: int) -> Floats:
    """The predictions; the examples come in parts, cut at these places and where the epoch changes."""
    scores = np.empty(len(told))
    changes = (np.flatnonzero(np.diff(told.epochs)) + 1).tolist()
    edges = sorted({0, *[cut % (len(told) + 1) for cut in cuts], *changes, len(told)})
    for start, end in pairwise(edges):
        table.age(int(told.epochs[start]))
        some = slice(start, end)
        features = told.features(start, end)
        done = recipe.run(
            table,
            features,
            todo=told.todo[some],
            labels=told.labels[some],
            noises=told.noises[some],
            scores=scores[some],
        )
        assert done == end - start
        table.tidy(tidy)
    return scores


class Reference:
    """A dictionary of rows: an example is learned in a table of its own, which holds nothing but its rows."""

    def __init__(self, recipe: Recipe, gate: Gate, *, expires: bool) -> None:
        self.recipe, self.gate, self.expires = recipe, gate, expires
        self.rows: dict[int, Words] = {}
        self.used: dict[int, int] = {}
        self.common: Words = np.zeros(0, dtype=np.uint64)

    def forget(self, epoch: int) -> None:
        """Deletes what was not used for too long; the bias stays."""
        for key in [key for key in self.rows if key != BIAS_KEY and epoch - self.used[key] > SPAN]:
            del self.rows[key]

    def step(self, told: Told, i: int) -> float:
        """The prediction of example i, which is then learned."""
        epoch, learns = int(told.epochs[i]), bool(told.todo[i] & ftrl.LEARN)
        if self.expires:
            self.forget(epoch)
        asks = learns and (not self.gate.closes or told.labels[i, 3] == 0.0)
        kept = [
            j
            for j, key in enumerate(told.keys[i].tolist())
            if key in self.rows
            or (learns and key == BIAS_KEY)
            or (asks and asked(self.gate, told.keys[i][j : j + 1], told.noises[i : i + 1])[0])
        ]
        keys = told.keys[i][kept]
        table = Table(slot_bits=6, max_segments=4, width_bits=self.recipe.width_bits)
        if self.expires:
            table.expire_from(epoch)
        for key in keys.tolist():
            if key in self.rows:
                table.load(np.array([key], dtype=np.uint64), self.rows[key])
        table.common = self.common
        scores, some = np.empty(1), slice(i, i + 1)
        features = Features(np.array([0, len(keys)]), keys, told.values[i][kept])
        self.recipe.run(
            table, features, todo=told.todo[some], labels=told.labels[some], noises=told.noises[some], scores=scores
        )
        self.common = table.common
        if learns:
            self.keep(table, epoch)
        return float(scores[0])

    def keep(self, table: Table, epoch: int) -> None:
        """Takes the rows of an example that was learned; a row of nothing is none."""
        (keys, rows), (_, plain) = table.entries(), table.learned()
        for i, key in enumerate(keys.tolist()):
            each = table.layout.row_words
            self.rows.pop(key, None)
            if plain[i * each : (i + 1) * each].any():
                self.rows[key], self.used[key] = rows[i * each : (i + 1) * each].copy(), epoch

    def table(self, epoch: int) -> Table:
        """A table of what is there now."""
        if self.expires:
            self.forget(epoch)
        table = Table(slot_bits=6, max_segments=4_096, width_bits=self.recipe.width_bits)
        if self.expires:
            table.expire_from(epoch)
        for key, row in self.rows.items():
            table.load(np.array([key], dtype=np.uint64), row)
        table.common, table.gate = self.common, self.gate
        return table


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    lanes=st.sampled_from([1, 2, 5]),
    admission=st.sampled_from([None, 1, 2, 5, 0.3]),
    expires=st.booleans(),
    names=st.sampled_from([5, 60, 400]),
    pause=st.sampled_from([3, 20, 300, 10**7]),
    cuts=st.lists(st.integers(0, 10**4), max_size=4),
    tidy=st.sampled_from([0, 1, 100]),
)
def test_what_is_learned_is_what_a_dictionary_learns(
    seed: int,
    lanes: int,
    admission: float | None,
    expires: bool,
    names: int,
    pause: int,
    cuts: list[int],
    tidy: int,
) -> None:
    """To the bit: every prediction, what is held in the end, and what the gate will answer; however it was cut."""
    told, recipe = Told(seed, 150, names, pause), recipe_of(lanes)
    table = Table(slot_bits=6, max_segments=4_096, width_bits=recipe.width_bits)
    table.gate = gate_of(admission)
    if expires:
        table.expire_from(BEGINS)
    reference = Reference(recipe, gate_of(admission), expires=expires)
    expected = [reference.step(told, i) for i in range(len(told))]

    assert learned(table, recipe, told, cuts, tidy).tolist() == expected
    last, every = int(told.epochs[-1]), told.features(0, len(told))
    final, served, expected_served = reference.table(last), np.empty(len(told)), np.empty(len(told))
    assert table.digest() == final.digest()
    recipe.predict(table.words, every, served)
    recipe.predict(final.words, every, expected_served)
    assert served.tolist() == expected_served.tolist(), "readers see what is there"
    if expires:
        assert table.held == len(reference.rows)
        table.expire_from(last)
        assert len(table) <= table.held + 1, "a row of nothing may be left of the bias"
