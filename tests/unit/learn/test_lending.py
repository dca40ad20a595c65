"""Learning on lent coefficients: the same table and predictions as learning feature by feature, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn import ftrl, lending
from flyball.learn.features import Features
from flyball.learn.lending import Codebook, Told
from flyball.learn.loss import LOGISTIC, SQUARED
from flyball.learn.recipe import LANES, Recipe
from flyball.learn.table import Table
from flyball.run.files.parquet_page import ASKED, LEARNED
from tests.unit.learn.ads_rows import Hyper

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Times this, small numbers become keys that are spread as hashes are, each its own."""
BIAS = 77


@dataclass(frozen=True)
class Group:
    """A row group: dictionaries of keys, codes of shape (signals, n), and what is told of the rows."""

    words: list[NDArray[np.uint64]]
    absent: NDArray[np.uint64]
    codes: NDArray[np.int32]
    told: Told

    @classmethod
    def of(cls, rows: int, *, seed: int, signals: int = 5, size: int = 40, number: bool = False) -> Group:
        """Skewed codes, a tenth missing, a fifth of the rows without a label, and weights."""
        random = np.random.default_rng(seed)
        numbers = [
            np.unique(random.integers(1, 500, size, dtype=np.uint64)) + np.uint64(1_000 * s) for s in range(signals)
        ]
        words = [held * SPREAD for held in numbers]
        codes = np.stack([np.minimum(random.geometric(0.1, rows) - 1, len(held) - 1) for held in words])
        codes[random.random(codes.shape) < 0.1] = -1
        labels = random.normal(size=rows) if number else (random.random(rows) < 0.3).astype(np.float64)
        known = (random.random(rows) < 0.8).astype(np.uint8)
        noises = random.integers(0, 2**63, rows, dtype=np.uint64)
        told = Told(labels, random.choice([0.0, 0.5, 1.0], rows), known, noises, np.zeros(rows))
        absent = (np.arange(signals, dtype=np.uint64) * np.uint64(1_000) + np.uint64(999)) * SPREAD
        return cls(words, absent, codes.astype(np.int32), told)

    def lent(self, table: Table, recipe: Recipe) -> float:
        """Learns on lent coefficients; the sum of the losses."""
        parts, used, bases, ends, place = [np.array([BIAS], np.uint64)], [LEARNED], [], [], 1
        for signal, held in enumerate(self.words):
            bases.append(place)
            place += len(held) + 1
            ends.append(place - 1)
            parts += [held, self.absent[signal : signal + 1]]
            marks = np.zeros(len(held) + 1, dtype=np.uint8)
            np.bitwise_or.at(marks, self.codes[signal], 1 << self.told.known)
            used += marks.tolist()
        bits = recipe.width_bits
        block = np.zeros(place << bits, dtype=np.uint64)
        block[:: 1 << bits] = np.concatenate(parts)
        keys, places = np.empty(place + 1, np.uint64), np.empty(place + 1, np.int32)
        marks = np.array(used, np.uint8)
        count = lending.wanted(block, bits, marks, ASKED, ASKED, keys, places)
        lending.show(table.words, keys[:count], places[:count], block)
        count = lending.wanted(block, bits, marks, LEARNED, LEARNED | ASKED, keys, places)
        book = Codebook(np.array(bases, np.int32), np.array(ends, np.int32))
        assert lending.lend(table.words, keys[:count], places[:count], block)
        loss = recipe.learn_lent(table, block, book, self.codes, self.told)
        lending.give(table.words, keys[:count], places[:count], block)
        return loss

    def plain(self, table: Table, recipe: Recipe) -> NDArray[np.float64]:
        """Learns feature by feature; the predictions."""
        features = len(self.words) + 1
        keys = np.empty((len(self.told.scores), features), dtype=np.uint64)
        keys[:, 0] = BIAS
        for signal, held in enumerate(self.words):
            codes = self.codes[signal]
            keys[:, signal + 1] = np.where(codes < 0, self.absent[signal], held[np.maximum(codes, 0)])
        rows = len(keys)
        labels, scores = np.zeros((rows, 4)), np.empty(rows)
        labels[:, 0], labels[:, 1] = self.told.labels, self.told.weights
        todo = (ftrl.PREDICT | ftrl.LEARN * self.told.known).astype(np.uint8)
        starts = np.arange(0, keys.size + 1, features, dtype=np.int64)
        row = Features(starts, keys.ravel(), np.ones(keys.size))
        done = recipe.run(table, row, todo=todo, labels=labels, noises=self.told.noises, scores=scores)
        assert done == rows, "the table is full"
        return scores


def recipe_for(kind: int = LOGISTIC, *, lanes: int = 1) -> Recipe:
    """Of one lane, or several."""
    one = np.array([[*Hyper(l1=0.5).array]])
    return Recipe(kind, one if lanes == 1 else np.array([(*lane, 0.0) for lane in LANES[:lanes]]))


def small(recipe: Recipe, most: int = 256) -> Table:
    """A table that splits often."""
    return Table(slot_bits=6, width_bits=recipe.width_bits, max_segments=most)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [LOGISTIC, SQUARED], ids=["logistic", "squared"])
@pytest.mark.parametrize("rows", [1, 2, 255, 256, 257, 1_000])
def test_lent_coefficients_learn_what_the_table_would(rows: int, kind: int, lanes: int) -> None:
    """Whatever the number of rows, with missing values, rows without a label and weights."""
    group, recipe = Group.of(rows, seed=rows, number=kind == SQUARED), recipe_for(kind, lanes=lanes)
    lent, plain = small(recipe), small(recipe)
    group.lent(lent, recipe)
    scores = group.plain(plain, recipe)

    assert group.told.scores.tolist() == scores.tolist()
    assert lent.digest() == plain.digest()


def test_groups_go_on_where_the_last_one_ended() -> None:
    """With dictionaries of their own, of which some values are old and some are new."""
    recipe = recipe_for(lanes=4)
    lent, plain = small(recipe, 1_024), small(recipe, 1_024)
    for seed in range(5):
        group = Group.of(400, seed=seed, size=300)
        group.lent(lent, recipe)
        group.plain(plain, recipe)

    assert len(lent) == len(plain) > 400
    assert lent.digest() == plain.digest()


def test_what_was_learned_is_marked_for_the_next_checkpoint() -> None:
    """As when it is learned in the table."""
    group, recipe = Group.of(300, seed=1), recipe_for()
    lent, plain = small(recipe), small(recipe)
    for table in (lent, plain):
        table.load(np.arange(1, 200, dtype=np.uint64) * SPREAD, np.zeros(199, dtype=np.uint64))
        table.untouch()
    group.lent(lent, recipe)
    group.plain(plain, recipe)

    assert sorted(lent.entries(only_touched=True)[0]) == sorted(plain.entries(only_touched=True)[0])


def test_the_loss_is_that_of_the_rows_with_a_label_by_their_weights() -> None:
    """From the predictions before learning."""
    group = Group.of(300, seed=9)
    loss = group.lent(Table(), recipe_for())
    told, p = group.told, group.told.scores
    losses = -np.where(told.labels > 0.5, np.log(p), np.log(1.0 - p)) * told.weights * told.known

    assert loss == pytest.approx(losses.sum(), rel=1e-12)


def test_a_table_without_room_lends_nothing() -> None:
    """So that the caller can say how full it is."""
    table, keys = Table(slot_bits=6, max_segments=1), np.arange(1, 60, dtype=np.uint64) << np.uint64(58)
    assert not lending.lend(table.words, keys, np.arange(59, dtype=np.int32), np.zeros(118, dtype=np.uint64))


@pytest.mark.parametrize(("keys", "twice"), [([5, 6, 7], False), ([5, 6, 5], True), ([5, 5 + 2**40, 6], False)])
def test_a_key_that_stands_twice_is_seen(keys: list[int], twice: bool) -> None:
    """It would be lent twice, and one of the copies lost."""
    block = np.zeros(10, dtype=np.uint64)
    block[2:8:2] = keys
    block[0] = keys[0]

    assert lending.repeated(block, 1, 1, 4, np.empty(8, dtype=np.uint64)) is twice


def test_keys_that_stand_twice_become_one() -> None:
    """With the marks of all of them; rows go along, and what is left stands close together."""
    block = np.zeros(14, dtype=np.uint64)
    block[2::2] = [5, 6, 5, 7, 6, 6 + 2**40]
    codes, used = np.array([4, 3, -1, 0, 2, 5], dtype=np.int32), np.array([1, 2, 2, 1, 0, 3], dtype=np.uint8)
    places, seen = np.empty(6, dtype=np.int32), np.empty(16, dtype=np.int32)
    count = lending.united(block, 1, 1, used, codes, places, seen)

    assert block[2 : 2 + 2 * count : 2].tolist() == [5, 6, 7, 6 + 2**40]
    assert used[:count].tolist() == [3, 2, 1, 3]
    assert codes.tolist() == [1, 2, -1, 0, 0, 3]
    assert places.tolist() == [0, 1, 0, 2, 1, 3]


@pytest.mark.parametrize("kind", [LOGISTIC, SQUARED], ids=["logistic", "squared"])
def test_the_loss_of_predictions_is_that_of_learning(kind: int) -> None:
    """Of the rows with a label, by their weights."""
    group = Group.of(300, seed=9, number=kind == SQUARED)
    loss = group.lent(Table(), recipe_for(kind))

    assert lending.loss_of(group.told, kind) == pytest.approx(loss, rel=1e-12)
