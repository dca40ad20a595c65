"""Softmax against a slow obvious reference, against the logistic learner, and in what its table promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flyball.learn import ftrl, multiclass
from flyball.learn.features import Features
from flyball.learn.loss import LOGISTIC
from flyball.learn.mixture import SHARE
from flyball.learn.recipe import Recipe
from flyball.learn.table import Table
from tests.unit.learn.ads_rows import keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Words = NDArray[Any]

TAME = ((0.25, 0.03, 0.0), (1.0, 2.0, 0.0), (0.5, 0.1, 0.0), (0.25, 2.0, 0.0))
"""Lanes that do not make much of the rounding."""
WIDTHS = pytest.mark.parametrize("lanes", [1, 2, 4])


def recipe_of(lanes: int) -> Recipe:
    """The first lanes; where there are several, one has l1 and l2."""
    hyper = np.array([(*lane, 0.0) for lane in TAME[:lanes]])
    if lanes > 1:
        hyper[-1, 2:] = (0.05, 0.1)
    return Recipe(LOGISTIC, hyper)


def some(count: int, classes: int, seed: int = 3) -> tuple[Features, Integers]:
    """Rows of five ids of forty and a bias, with values, and the classes that they speak for."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, 8, (count, 5)) + np.arange(5) * 8
    margins = random.normal(size=(40, classes))[ids].sum(axis=1)
    labels = (margins + random.gumbel(size=margins.shape)).argmax(axis=1)
    keys = keys_of(ids)
    return Features(np.arange(count + 1) * 6, keys.ravel(), random.choice([0.5, 1.0, -2.0], keys.size)), labels


def names_of(classes: int) -> Words:
    """The words of so many classes."""
    return np.arange(1, classes + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def learned(
    table: Table,
    recipe: Recipe,
    features: Features,
    labels: Integers,
    names: Words,
    *,
    first: int = 0,
    weights: Floats | None = None,
) -> Floats:
    """The probabilities before learning."""
    count = features.rows
    noises, scores = np.empty(count, dtype=np.uint64), np.empty((count, len(names)))
    ftrl.noise_of(np.arange(count) + first, np.zeros(count, dtype=np.int64), noises)
    weights = np.ones(count) if weights is None else weights
    rows = (features.starts, features.keys, features.values)
    told = multiclass.Examples(*rows, labels, weights, noises, scores)
    assert multiclass.run(table.words, recipe.hyper, names, told) == count, "the table was full"
    return scores


def asked(table: Table, recipe: Recipe, features: Features, names: Words) -> Floats:
    """The probabilities, nothing learned."""
    scores = np.empty((features.rows, len(names)))
    rows = (features.starts, features.keys, features.values)
    multiclass.predict(table.words, recipe.hyper, names, *rows, scores)
    return scores


class Reference:
    """The definition, example by example, in doubles and dictionaries."""

    def __init__(self, recipe: Recipe, classes: int) -> None:
        self.hyper, self.classes = recipe.hyper, classes
        self.z: dict[tuple[int, int], Floats] = {}
        self.n: dict[tuple[int, int], float] = {}
        self.shares = np.full(recipe.lanes, 1.0 / recipe.lanes)

    def step(self, keys: list[int], values: list[float], label: int, weight: float) -> Floats:
        """The probabilities before the example is learned."""
        alpha, beta, l1, l2 = self.hyper.T
        every = [(key, c) for c in range(self.classes) for key in keys]
        z = {key: self.z.get(key, np.zeros(len(alpha))) for key in every}
        n = {key: self.n.get(key, 0.0) for key in every}
        held = {
            key: -np.where(abs(z[key]) <= l1, 0.0, z[key] - np.sign(z[key]) * l1)
            / ((beta + np.sqrt(n[key])) / alpha + l2)
            for key in every
        }
        x = dict(zip(keys, values, strict=True))
        margins = np.array([sum(held[key, c] * x[key] for key in keys) for c in range(self.classes)])
        odds = np.exp(margins - margins.max(axis=0))
        answers = odds / odds.sum(axis=0)
        served: Floats = answers @ self.shares
        for key, c in every:
            truth = 1.0 if c == label else 0.0
            grown = n[key, c] + (weight * (served[c] - truth) * x[key]) ** 2
            shift = (np.sqrt(grown) - np.sqrt(n[key, c])) / alpha * held[key, c]
            self.z[key, c] = z[key, c] + weight * (answers[c] - truth) * x[key] - shift
            self.n[key, c] = grown
        posterior = self.shares * answers[label] ** weight
        self.shares = posterior / posterior.sum() * (1.0 - SHARE) + SHARE / len(posterior)
        return served


@WIDTHS
def test_probabilities_are_those_of_the_definition(lanes: int) -> None:
    """To four digits: z and n are float32 rounded at random, the reference's are doubles."""
    recipe, reference = recipe_of(lanes), Reference(recipe_of(lanes), 4)
    features, labels = some(800, 4)
    weights = np.random.default_rng(5).choice([0.0, 0.5, 1.0, 3.0], 800)
    ours = learned(recipe.table(), recipe, features, labels, names_of(4), weights=weights)
    keys, values = features.keys.reshape(-1, 6).tolist(), features.values.reshape(-1, 6).tolist()
    told = zip(keys, values, labels.tolist(), weights.tolist(), strict=True)
    theirs = np.array([reference.step(*each) for each in told])

    assert np.abs(ours - theirs).max() < 2e-4
    assert np.abs(ours.sum(axis=1) - 1.0).max() < 1e-12


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5)])
def test_two_classes_are_the_logistic_model_of_doubled_values(l1: float, l2: float) -> None:
    """The two margins are one another's opposites, so their difference steps as far as that of values twice as large.

    With z, l1 and the divisor doubled as well it is the same model, to the bit but for rounding.
    """
    random = np.random.default_rng(2)
    ids = random.integers(0, 30, (1_500, 4)) + np.arange(4) * 30
    labels = (random.random(1_500) < 0.2 + 0.6 * (ids[:, 0] % 2)).astype(np.int64)
    keys = keys_of(ids)
    features = Features(np.arange(1_501) * 5, keys.ravel(), np.ones(keys.size))
    recipe = Recipe(LOGISTIC, np.array([[0.2, 1.0, l1, l2]]))
    ours = learned(recipe.table(), recipe, features, labels, names_of(2))

    doubled = Recipe(LOGISTIC, np.array([[0.2, 2.0, 2.0 * l1, 2.0 * l2]]))
    noises, theirs = np.zeros(1_500, dtype=np.uint64), np.empty(1_500)
    told = np.column_stack([labels, np.ones(1_500), np.zeros(1_500), np.zeros(1_500)])
    twice = Features(features.starts, features.keys, 2.0 * features.values)
    todo = np.full(1_500, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    doubled.run(doubled.table(), twice, todo=todo, labels=told, noises=noises, scores=theirs)

    assert np.abs(ours[:, 1] - theirs).max() < 2e-4


@WIDTHS
def test_asking_changes_nothing_and_answers_as_learning_would(lanes: int) -> None:
    """The kernels that ask and that learn give the same bits."""
    recipe, names = recipe_of(lanes), names_of(3)
    features, labels = some(300, 3)
    table = recipe.table()
    learned(table, recipe, features, labels, names)
    digest, found = table.digest(), asked(table, recipe, features, names)

    assert table.digest() == digest
    assert found[0].tolist() == learned(table, recipe, features, labels, names)[0].tolist()
    assert table.digest() != digest


@WIDTHS
def test_the_state_does_not_depend_on_the_size_of_segments_or_on_batches(lanes: int) -> None:
    """More crossed keys than are formed at once, splits in the middle of an example, and the mixture with them."""
    recipe, names, count = recipe_of(lanes), names_of(5), 1_500
    features, labels = some(count, 5)
    assert count * 6 * 5 > 2 * multiclass.AT_ONCE
    whole = recipe.table()
    pieces = Table(slot_bits=6, width_bits=recipe.width_bits, max_segments=8_192)
    learned(whole, recipe, features, labels, names)
    for start in range(0, count, 77):
        end = min(start + 77, count)
        keys, values = features.keys[start * 6 : end * 6], features.values[start * 6 : end * 6]
        part = Features(np.arange(end - start + 1) * 6, keys, values)
        learned(pieces, recipe, part, labels[start:end], names, first=start)

    assert pieces.digest() == whole.digest()
    assert pieces.common.tolist() == whole.common.tolist()


def test_the_order_of_classes_means_nothing() -> None:
    """A class is known by its word."""
    recipe, names = recipe_of(4), names_of(3)
    features, labels = some(400, 3)
    one, other = recipe.table(), recipe.table()
    turned = np.array([2, 0, 1])
    found = learned(one, recipe, features, labels, names)
    again = learned(other, recipe, features, np.argsort(turned)[labels], names[turned])

    assert np.abs(found[:, turned] - again).max() < 1e-5


def test_what_was_written_down_goes_on_bit_for_bit() -> None:
    """Entries and what is common to all are the whole state."""
    recipe, names = recipe_of(4), names_of(3)
    features, labels = some(600, 3)
    whole, first, second = recipe.table(), recipe.table(), recipe.table()
    learned(whole, recipe, features, labels, names)
    half = Features(features.starts[:301], features.keys[:1800], features.values[:1800])
    rest = Features(features.starts[:301], features.keys[1800:], features.values[1800:])
    learned(first, recipe, half, labels[:300], names)
    second.load(*first.entries())
    second.common = first.common
    learned(second, recipe, rest, labels[300:], names, first=300)

    assert second.digest() == whole.digest()


def test_a_full_table_says_how_many_examples_were_learned() -> None:
    """Those before the one that did not fit, and they are learned as ever."""
    recipe, names = recipe_of(1), names_of(3)
    ids = np.arange(600 * 5).reshape(600, 5)
    keys = keys_of(ids)
    table = Table(slot_bits=6, width_bits=recipe.width_bits, max_segments=4)
    labels, noises = np.zeros(600, dtype=np.int64), np.zeros(600, dtype=np.uint64)
    rows = (np.arange(601) * 6, keys.ravel(), np.ones(keys.size))
    told = multiclass.Examples(*rows, labels, np.ones(600), noises, np.empty((600, 3)))
    done = multiclass.run(table.words, recipe.hyper, names, told)
    part = multiclass.Examples(
        np.arange(done + 1) * 6, keys[:done].ravel(), np.ones(done * 6), labels, np.ones(done), noises, told.scores
    )
    other = recipe.table()

    assert 0 < done < 600
    assert multiclass.run(other.words, recipe.hyper, names, part) == done
    assert other.digest() == table.digest()


@pytest.mark.parametrize("value", [1e30, -1e38])
def test_an_absurd_value_makes_no_nan(value: float) -> None:
    """What is learned stays finite, and so do later probabilities."""
    recipe, names = recipe_of(4), names_of(3)
    features, labels = some(60, 3)
    table = recipe.table()
    wild = Features(features.starts, features.keys, np.where(np.arange(360) % 50 == 7, value, features.values))
    learned(table, recipe, wild, labels, names)
    scores = learned(table, recipe, features, labels, names, first=60)

    assert np.isfinite(scores).all()
    assert np.isfinite(table.common[:12].view(np.float64)).all()
    assert np.isfinite(table.entries()[1].view(np.float32)).all()


def test_the_mixture_is_nearly_as_good_as_its_best_lane() -> None:
    """The sums in the header are the losses of the lanes and of what was served."""
    recipe, names = recipe_of(4), names_of(4)
    features, labels = some(15_000, 4)
    table = recipe.table()
    served = learned(table, recipe, features, labels, names)
    losses = -np.log(served[np.arange(15_000), labels])
    sums = table.common.view(np.float64)[:6]

    assert sums[5] <= sums[1:5].min() * 1.01
    assert sums[5] / sums[0] == pytest.approx(losses.mean(), rel=0.05)
