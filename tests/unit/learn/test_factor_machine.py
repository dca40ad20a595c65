"""A factorisation machine against its formulas, against River's, and in what its table promises."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river.facto import FMClassifier as RiverMachine

from flyball.learn import ftrl
from flyball.learn.bias import BIAS_KEY
from flyball.learn.factor_reader import factors_of
from flyball.learn.factors import Factors
from flyball.learn.features import Features, pick
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED
from flyball.learn.recipe import LANES, Recipe, recipe_of
from flyball.learn.table import Table
from flyball.system.learner import FM, FTRL
from tests.unit.learn.ads_rows import keys_of
from tests.unit.learn.slow_machine import SlowMachine, answer_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS = pytest.mark.parametrize("kind", [LOGISTIC, SQUARED, POISSON], ids=["logistic", "squared", "poisson"])
SHAPES = pytest.mark.parametrize(("lanes", "count"), [(1, 4), (1, 8), (2, 2), (5, 4)])
BRISK = Factors(k=4, alpha=0.5, beta=0.3, l1=0.02, l2=0.1, scale=0.3)
"""Factors that move quickly, with every setting in play."""


def made(kind: int = LOGISTIC, lanes: int = 1, factors: Factors = BRISK) -> Recipe:
    """A recipe of the last lanes of the default, one of which has l2."""
    hyper = np.array([(*lane, 0.0) for lane in LANES[-lanes:]])
    if kind == POISSON:
        hyper[:, 0] *= 0.2
    hyper[-1, 3] = 0.1
    return Recipe(kind, hyper, factors)


def some(count: int, kind: int, *, seed: int = 3) -> tuple[Features, Floats]:
    """Rows of five ids of forty with values and the bias, and labels of four columns; some revise, some weigh more."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, 8, (count, 5)) + np.arange(5) * 8
    keys = np.column_stack([np.full(count, BIAS_KEY, np.uint64), keys_of(ids)[:, 1:]])
    values = np.column_stack([np.ones(count), random.choice([0.5, 1.0, -2.0], (count, 5))])
    rate = 0.1 + 0.8 * ((ids[:, 0] + ids[:, 1]) % 2)
    value = {
        LOGISTIC: (random.random(count) < rate).astype(np.float64),
        SQUARED: 2.0 * rate + random.normal(size=count),
        POISSON: random.poisson(3.0 * rate).astype(np.float64),
    }[kind]
    revised = random.random(count) < 0.1
    labels = np.column_stack([value, random.choice([1.0, 1.0, 2.5], count), 1.0 - value, 0.5 * revised])
    return Features(np.arange(count + 1) * 6, keys.ravel(), values.ravel()), labels


def ones(features: Features) -> Features:
    """The same with values of 1."""
    return Features(features.starts, features.keys, np.ones(len(features.values)))


def noises_of(count: int, first: int = 0) -> NDArray[np.uint64]:
    """The random bits of so many rows."""
    noises = np.empty(count, dtype=np.uint64)
    ftrl.noise_of(np.arange(count) + first, np.zeros(count, dtype=np.int64), noises)
    return noises


def learned(table: Table, recipe: Recipe, features: Features, labels: Floats, *, first: int = 0) -> Floats:
    """The predictions before learning."""
    count = features.rows
    if labels.ndim == 1:
        labels = np.column_stack([labels, np.ones(count), np.zeros((count, 2))])
    scores, todo = np.empty(count), np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    noises = noises_of(count, first)
    assert recipe.run(table, features, todo=todo, labels=labels, noises=noises, scores=scores) == count
    return scores


def slowly(machine: SlowMachine, features: Features, labels: Floats) -> Floats:
    """The same by the formulas."""
    noises, found = noises_of(features.rows).tolist(), []
    for i in range(features.rows):
        row = slice(features.starts[i], features.starts[i + 1])
        found.append(machine.step(features.keys[row].tolist(), features.values[row].tolist(), labels[i], noises[i]))
    return np.array(found)


def vectors(table: Table, recipe: Recipe, keys: NDArray[np.uint64]) -> Floats:
    """The factors of keys."""
    assert recipe.factors is not None
    out = np.empty((len(keys), recipe.factors.k))
    factors_of(table.words, recipe.lanes, recipe.factors, keys, out)
    return out


@KINDS
@SHAPES
def test_predictions_are_those_of_the_formulas(kind: int, lanes: int, count: int) -> None:
    """Pair by pair, with weights and revisions; the reference rounds as the table does."""
    recipe = made(kind, lanes, BRISK._replace(k=count))
    features, labels = some(400, kind)
    ours, theirs = learned(recipe.table(), recipe, features, labels), slowly(SlowMachine(recipe), features, labels)

    assert np.abs(ours - theirs).max() < 1e-6 * max(1.0, float(np.abs(theirs).max()))


@SHAPES
def test_the_state_is_that_of_the_formulas(lanes: int, count: int) -> None:
    """Key by key: z and n of coefficients, and the factors."""
    recipe = made(LOGISTIC, lanes, BRISK._replace(k=count))
    features, labels = some(300, LOGISTIC)
    table, machine = recipe.table(), SlowMachine(recipe)
    learned(table, recipe, features, labels)
    slowly(machine, features, labels)
    keys = np.unique(features.keys)

    for key, vector in zip(keys.tolist(), vectors(table, recipe, keys), strict=True):
        found = table.get(key)
        assert found == pytest.approx((machine.z[key][0], machine.n[key]), rel=1e-5, abs=1e-6)
        expected = machine.vector(key) if machine.shown(key) else np.zeros(count)
        assert vector == pytest.approx(expected, rel=1e-5, abs=1e-6)


@KINDS
@SHAPES
def test_asking_changes_nothing_and_answers_as_learning_would(kind: int, lanes: int, count: int) -> None:
    """By many rows, by one row, and by the kernel that learns: the same bits; keys that are unknown too."""
    recipe = made(kind, lanes, BRISK._replace(k=count))
    features, labels = some(300, kind)
    table = recipe.table()
    learned(table, recipe, pick(features, np.arange(250)), labels[:250])
    features.keys[-7:] ^= np.uint64(1)
    digest, asked, again = table.digest(), np.empty(300), np.empty(300)
    recipe.predict(table.words, features, asked)
    todo = np.full(300, ftrl.PREDICT, dtype=np.uint8)
    recipe.run(table, features, todo=todo, labels=labels, noises=noises_of(300), scores=again)
    last = slice(features.starts[-2], features.starts[-1])
    one = recipe.score(table.words, features.keys[last], features.values[last], 6)

    assert asked.tolist() == again.tolist()
    assert one == asked[-1]
    assert table.digest() == digest


def test_the_gradient_is_that_of_the_loss() -> None:
    """By finite differences of the log loss of one example, factor by factor."""
    recipe = made(factors=BRISK._replace(l1=0.0, l2=0.0))
    features, labels = some(200, LOGISTIC)
    table = recipe.table()
    learned(table, recipe, features, labels)
    row = pick(features, np.array([17]))
    keys, values, label = row.keys, row.values, np.array([1.0, 1.0, 0.0, 0.0])
    before, held = {key: table.row(key) for key in keys.tolist()}, vectors(table, recipe, keys)
    [p] = learned(table, recipe, row, label[None, :], first=1_000)
    base = float(np.log(p / (1.0 - p))) - sum(
        float(held[i] @ held[j] * values[i] * values[j]) for i, j in combinations(range(6), 2)
    )

    def loss(vectors: Floats) -> float:
        pairs = sum(float(vectors[i] @ vectors[j] * values[i] * values[j]) for i, j in combinations(range(6), 2))
        return float(np.logaddexp(0.0, -(base + pairs)))

    for j, key in enumerate(keys.tolist()):
        was, now = before[key], table.row(key)
        assert was is not None
        assert now is not None
        # Halves of a row: z, n; z of v_0, n of v; z of v_1, z of v_2; z of v_3.
        z, after = [each.view(np.float32).astype(np.float64)[[2, 4, 5, 6]] for each in (was, now)]
        roots = [np.sqrt(float(each.view(np.float32)[3])) for each in (was, now)]
        gradients = after - z + (roots[1] - roots[0]) / BRISK.alpha * held[j]
        for f in range(4):
            moved = [held.copy(), held.copy()]
            moved[0][j, f] -= 1e-5
            moved[1][j, f] += 1e-5
            expected = 0.0 if key == BIAS_KEY else (loss(moved[1]) - loss(moved[0])) / 2e-5
            assert gradients[f] == pytest.approx(expected, abs=1e-5)


def test_rivers_machine_has_the_same_margin() -> None:
    """Its formula, given our coefficients and factors."""
    recipe = made(factors=BRISK._replace(l1=0.0))
    features, labels = some(300, LOGISTIC)
    table = recipe.table()
    learned(table, recipe, features, labels)
    asked = np.empty(300)
    recipe.predict(table.words, features, asked)
    keys = np.unique(features.keys)
    alpha, beta, _, l2 = recipe.hyper[0].tolist()
    river = RiverMachine(n_factors=4, seed=1)
    for key, vector in zip(keys.tolist(), vectors(table, recipe, keys), strict=True):
        z, n = table.get(key) or (0.0, 0.0)
        river.weights[key] = -z / ((beta + np.sqrt(n)) / alpha + l2)
        river.latents[key] = vector

    for i in range(0, 300, 7):
        row = slice(features.starts[i], features.starts[i + 1])
        told = river.predict_proba_one(
            dict(zip(features.keys[row].tolist(), features.values[row].tolist(), strict=True))
        )
        assert told[True] == pytest.approx(asked[i], abs=1e-9)


def xor(count: int) -> tuple[Features, Floats]:
    """Two ids of ten each, of either parity; only both parities together decide, in nine cases of ten."""
    random = np.random.default_rng(5)
    ids = random.integers(0, 10, (count, 2))
    keys = keys_of(ids + np.array([0, 10]))
    keys[:, 0] = BIAS_KEY
    labels = ((ids.sum(1) % 2 == 1) ^ (random.random(count) < 0.1)).astype(np.float64)
    return Features(np.arange(count + 1) * 3, keys.ravel(), np.ones(keys.size)), labels


@pytest.mark.parametrize("learner", [FM(), FM(alpha=0.1), FM(factors=2), FM(factors=16)])
def test_what_only_pairs_decide_is_learned_and_ftrl_cannot(learner: FM) -> None:
    """The loss of the truth is 0.325, that of a coin 0.693."""
    features, labels = xor(6_000)
    losses = []
    for each in (learner, FTRL()):
        recipe = recipe_of(each, "logistic")
        scores = learned(recipe.table(), recipe, features, labels)[-2_000:]
        losses.append(-np.log(np.where(labels[-2_000:] > 0.5, scores, 1.0 - scores)).mean())

    assert losses[0] < 0.36
    assert losses[1] > 0.69


def test_factors_that_stay_at_nothing_leave_the_mixture_as_it_is_without_them() -> None:
    """To the bit: the five lanes, their n and their experts."""
    features, labels = some(1_000, LOGISTIC)
    still, linear = recipe_of(FM(scale_v=1e-30, alpha_v=1e-20), "logistic"), recipe_of(FTRL(), "logistic")
    tables = still.table(), linear.table()
    ours, theirs = (learned(table, each, features, labels) for table, each in zip(tables, (still, linear), strict=True))

    assert ours.tolist() == theirs.tolist()
    assert tables[0].common.tolist() == tables[1].common.tolist()


def test_a_feature_that_was_never_seen_brings_nothing() -> None:
    """Its beginning would be noise; from its second example on it counts."""
    recipe = made()
    features, labels = some(300, LOGISTIC)
    table = recipe.table()
    learned(table, recipe, features, labels)
    new = np.uint64(12_345)
    keys, values = np.append(features.keys[:6], new), np.append(features.values[:6], 1.0)
    scores = [recipe.score(table.words, keys, values, count) for count in (6, 7)]
    learned(table, recipe, Features(np.array([0, 7]), keys, values), np.ones(1), first=300)

    assert scores[0] == scores[1]
    assert np.abs(vectors(table, recipe, np.array([new]))).min() > 0.0


def test_features_begin_at_either_side_of_0() -> None:
    """As the bits of their hashes say, nothing stored: what a pair says first is chance, and small."""
    recipe = recipe_of(FM(alpha=0.1, scale_v=0.25), "logistic")
    table, keys = recipe.table(), np.arange(1, 1_001, dtype=np.uint64)
    rows = Features(np.arange(1_001), keys, np.ones(1_000))
    learned(table, recipe, rows, np.ones(1_000))
    found = vectors(table, recipe, keys)

    assert np.allclose(np.abs(found), 0.25)
    assert np.abs(np.sign(found).mean(0)).max() < 0.1
    assert all(table.row(key).tolist()[1:] == [0] * 6 for key in keys.tolist())  # type: ignore[union-attr]  # it is there


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=4), lanes=st.sampled_from([1, 5]), bits=st.sampled_from([6, 10]))
def test_learning_in_parts_through_a_copied_table_ends_in_the_same_bits(cuts: list[int], lanes: int, bits: int) -> None:
    """Whatever the parts, and however large segments are."""
    recipe = made(lanes=lanes)
    features, labels = some(300, LOGISTIC)
    whole = recipe.table()
    scores = learned(whole, recipe, features, labels)
    table, found = Table(width_bits=recipe.width_bits, slot_bits=bits, max_segments=64), []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 300], strict=True):
        part = pick(features, np.arange(start, end))
        found += learned(table, recipe, part, labels[start:end], first=start).tolist()
        copy = Table(width_bits=recipe.width_bits, slot_bits=bits, max_segments=64)
        copy.load(*table.entries())
        copy.common = table.common
        table = copy

    assert found == scores.tolist()
    assert table.digest() == whole.digest()


@KINDS
@pytest.mark.parametrize("lanes", [1, 5])
def test_absurd_values_leave_numbers_in_the_table(kind: int, lanes: int) -> None:
    """What they spoil stays spoilt, and no NaN comes of it."""
    recipe = made(kind, lanes)
    features, labels = some(200, kind)
    features.values[60:90] = 1e30
    features.values[100:130] *= -1.7e38
    if kind != LOGISTIC:
        labels[20:30, 0] = 1.7e38
    labels[30:40, 1] = 1.7e38
    table = recipe.table()
    scores = learned(table, recipe, features, labels)
    rows = table.entries()[1].view(np.float32)

    assert np.isfinite(scores).all()
    assert np.isfinite(rows).all()


def test_counts_and_numbers_learn_what_pairs_say() -> None:
    """The mean of either parity, by squared and by Poisson loss."""
    features, parity = xor(8_000)
    for loss, kind, labels in (("squared", SQUARED, 2.0 + parity), ("poisson", POISSON, 1.0 + 3.0 * parity)):
        recipe = recipe_of(FM(), loss)
        table = recipe.table()
        recipe.begin(table, BIAS_KEY, float(labels.mean()))
        scores = learned(table, recipe, features, labels)[-2_000:]
        wrong = np.mean((scores - labels[-2_000:]) ** 2) / labels.var()
        assert wrong < 0.5, (loss, kind, wrong)


def test_a_model_begins_with_its_fallback() -> None:
    """The bias says so, and has no factors."""
    for kind in (LOGISTIC, SQUARED, POISSON):
        recipe = made(kind, 5)
        table = recipe.table()
        recipe.begin(table, BIAS_KEY, 0.2)
        assert recipe.score(table.words, np.array([BIAS_KEY], np.uint64), np.ones(1), 1) == pytest.approx(0.2, abs=1e-6)


def test_the_reference_is_no_copy_of_the_kernel() -> None:
    """Answers for a few margins by hand."""
    assert answer_of(0.0, LOGISTIC) == 0.5
    assert answer_of(1.5, SQUARED) == 1.5
    assert answer_of(0.0, POISSON) == 1.0
