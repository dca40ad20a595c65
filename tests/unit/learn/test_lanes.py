"""Several lanes at once against a slow obvious reference, and in what their table promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn import ftrl
from flyball.learn.candidate import CANDIDATE
from flyball.learn.features import Features
from flyball.learn.lanes import Said
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED
from flyball.learn.mixture import BEGINNINGS, MEMORY, RATES, SHARE, STACKS
from flyball.learn.recipe import LANES, Recipe
from flyball.learn.table import Table
from tests.unit.learn.ads_rows import keys_of, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS = pytest.mark.parametrize("kind", [LOGISTIC, SQUARED, POISSON], ids=["logistic", "squared", "poisson"])
WIDTHS = pytest.mark.parametrize("lanes", [2, 3, 4])


def recipe_of(kind: int = LOGISTIC, lanes: int = 4) -> Recipe:
    """The first lanes of the default, one of them with l1 and l2."""
    hyper = np.array([(*lane, 0.0) for lane in LANES[:lanes]])
    hyper[-1, 2:] = (0.05, 0.1)
    return Recipe(kind, hyper)


def some(count: int, kind: int, seed: int = 3) -> tuple[Features, Floats]:
    """Rows of five ids of forty and a bias, and labels that depend on them."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, 8, (count, 5)) + np.arange(5) * 8
    rate = 0.2 + 0.6 * (ids[:, 0] % 2)
    labels = {
        LOGISTIC: (random.random(count) < rate).astype(np.float64),
        SQUARED: 3.0 * rate + random.normal(size=count),
        POISSON: random.poisson(4.0 * rate).astype(np.float64),
    }[kind]
    keys = keys_of(ids)
    return Features(np.arange(count + 1) * 6, keys.ravel(), np.ones(keys.size)), labels


def learned(table: Table, recipe: Recipe, features: Features, labels: Floats, *, first: int = 0) -> Floats:
    """The predictions before learning; `labels` are values, or have four columns."""
    count = features.rows
    if labels.ndim == 1:
        labels = np.column_stack([labels, np.ones(count), np.zeros(count), np.zeros(count)])
    noises, scores = np.empty(count, dtype=np.uint64), np.empty(count)
    ftrl.noise_of(np.arange(count) + first, np.zeros(count, dtype=np.int64), noises)
    todo = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    assert recipe.run(table, features, todo=todo, labels=labels, noises=noises, scores=scores) == count
    return scores


def answer_of(margin: float, kind: int) -> float:
    """The mean for a margin."""
    if kind == LOGISTIC:
        return float(1.0 / (1.0 + np.exp(-margin)))
    return float(np.exp(np.clip(margin, -30.0, 30.0))) if kind == POISSON else margin


def cost_of(p: float, y: float, kind: int) -> float:
    """The loss of a prediction."""
    if kind == LOGISTIC:
        return float(-np.log(p if y > 0.5 else 1.0 - p))
    if kind == POISSON:
        return float((y * np.log(y / p) if y > 0 else 0.0) - y + p)
    return (p - y) ** 2


class Reference:
    """The definition, example by example, in doubles and dictionaries."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, lanes = recipe, recipe.lanes
        self.z: dict[int, Floats] = {}
        self.n: dict[int, float] = {}
        self.shares = np.full(lanes + STACKS, 1.0 / (lanes + STACKS))
        self.stacks = np.array([[begin / lanes] * lanes for begin in BEGINNINGS])
        self.lost, self.weight, self.learned = 0.0, 0.0, 0

    def coefficients(self, keys: list[int]) -> tuple[Floats, Floats, Floats]:
        """z, n and the coefficients of some features."""
        alpha, beta, l1, l2 = self.recipe.hyper.T
        z = np.array([self.z.get(key, np.zeros(len(alpha))) for key in keys])
        n = np.array([self.n.get(key, 0.0) for key in keys])
        shrunk = np.where(abs(z) <= l1, 0.0, z - np.sign(z) * l1)
        return z, n, -shrunk / ((beta + np.sqrt(n)[:, None]) / alpha + l2)

    def say(self, keys: list[int]) -> Floats:
        """The margin of each lane."""
        widest = 1e30 if self.recipe.kind == SQUARED else 50.0
        margins: Floats = np.clip(self.coefficients(keys)[2].sum(0), -widest, widest)
        return margins

    def blend(self, margins: Floats) -> tuple[Floats, float]:
        """What each expert answers when the lanes say so, and what is served."""
        kind = self.recipe.kind
        answers = np.array([answer_of(m, kind) for m in [*margins, *(self.stacks @ margins)]])
        return answers, float(np.exp(self.shares @ np.log(answers)) if kind == POISSON else self.shares @ answers)

    def step(self, keys: list[int], y: float, said: Floats | None = None, since: int = 0) -> float:
        """The prediction before the example is learned, which was asked `since` examples ago, when lanes said so."""
        kind, hyper = self.recipe.kind, self.recipe.hyper
        alpha, margins = hyper.T[0], self.say(keys)
        z, n, held = self.coefficients(keys)
        answers, served = self.blend(margins)
        steepest = max(abs(p - y) for p in [served, *answers[: len(hyper)]]) if kind == SQUARED else served - y
        grown = n + steepest**2
        for j, key in enumerate(keys):
            slopes = answers[: len(hyper)] - y
            seen = np.where(
                (np.arange(len(hyper)) < len(hyper) - self.recipe.without) | (key & CANDIDATE == 0), 1.0, 0.0
            )
            self.z[key] = z[j] + slopes * seen - (np.sqrt(grown[j]) - np.sqrt(n[j])) / alpha * held[j]
            self.n[key] = grown[j]
        if said is None:
            self.judge(margins, answers, served, y, 1.0)
        else:
            self.judge(said, *self.blend(said), y, (1.0 + since) ** -0.25)
        return served

    def judge(self, margins: Floats, answers: Floats, served: float, y: float, trust: float) -> None:
        """The mixture's own learning."""
        self.learned += 1
        kind = self.recipe.kind
        costs = np.array([cost_of(p, y, kind) for p in answers])
        mean = self.lost / self.weight if self.weight else 0.0
        scale = {LOGISTIC: 1.0, POISSON: 1.0 / max(1.0, 2.0 * mean), SQUARED: 0.5 / max(mean, 1e-12)}[kind]
        posterior = self.shares * np.exp(-trust * (scale if self.weight else 1.0) * (costs - costs.min()))
        self.shares = posterior / posterior.sum() * (1.0 - SHARE) + SHARE / len(posterior)
        self.lost += cost_of(served, y, kind) - self.lost / MEMORY
        self.weight += 1.0 - self.weight / MEMORY
        for i, rate in enumerate(trust * np.array(RATES)):
            p = answer_of(float(self.stacks[i] @ margins), kind)
            length = margins @ margins
            curve = {LOGISTIC: 1.0 + 0.25 * rate * length, SQUARED: 1.0 + length, POISSON: (1.0 + length) * max(1.0, p)}
            slope = (p - y) / curve[kind]
            self.stacks[i] -= rate * slope * margins


@KINDS
@WIDTHS
def test_predictions_are_those_of_the_definition(kind: int, lanes: int) -> None:
    """To five digits: z and n are float32 rounded at random, the reference's are doubles."""
    recipe = recipe_of(kind, lanes)
    features, labels = some(1_500, kind)
    ours = learned(recipe.table(), recipe, features, labels)
    reference = Reference(recipe)
    keys = features.keys.reshape(-1, 6).tolist()
    theirs = np.array([reference.step(row, y) for row, y in zip(keys, labels.tolist(), strict=True)])

    # The losses of a moment ago set the scale of the shares where they are no log losses, so noise adds up there.
    tolerance = 2e-5 if kind == LOGISTIC else 2e-3
    assert np.abs(ours - theirs).max() < tolerance * max(1.0, float(np.abs(theirs).max()))


@KINDS
def test_half_of_the_lanes_learn_without_candidates(kind: int) -> None:
    """As the definition; and their coefficients of candidates stay 0."""
    alone = recipe_of(kind, 3)
    recipe = Recipe(kind, np.concatenate([alone.hyper, alone.hyper]), without=3)
    features, labels = some(1_000, kind)
    keys = features.keys.reshape(-1, 6) & ~np.uint64(CANDIDATE)
    keys[:, 4] |= np.uint64(CANDIDATE)
    table, reference = recipe.table(), Reference(recipe)
    ours = learned(table, recipe, Features(features.starts, keys.ravel(), features.values), labels)
    theirs = np.array([reference.step(row, y) for row, y in zip(keys.tolist(), labels.tolist(), strict=True)])
    found, rows = table.entries()
    halves = np.delete(rows.view(np.float32).reshape(len(found), -1), 1, axis=1)[:, :6]
    chosen = found & np.uint64(CANDIDATE) != 0

    tolerance = 2e-5 if kind == LOGISTIC else 2e-3
    assert np.abs(ours - theirs).max() < tolerance * max(1.0, float(np.abs(theirs).max()))
    assert chosen.sum() == 8
    assert (halves[chosen][:, 3:] == 0.0).all()
    assert (halves[chosen][:, :3] != 0.0).any()
    assert (halves[~chosen][:, 3:] != 0.0).any(axis=1).all()


@KINDS
def test_lanes_are_judged_by_what_they_said(kind: int) -> None:
    """Predictions first, outcomes up to 40 predictions later and in any order: the definition, in other words."""
    recipe, random = recipe_of(kind), np.random.default_rng(5)
    features, labels = some(600, kind)
    times = np.concatenate([np.arange(600.0), np.arange(600) + random.uniform(0.1, 40.0, 600)])
    order = np.argsort(times)
    rows, told = order % 600, order >= 600
    todo = np.where(told, ftrl.LEARN, ftrl.PREDICT).astype(np.uint8)
    steps = Features(np.arange(1_201) * 6, features.keys.reshape(-1, 6)[rows].ravel(), np.ones(7_200))
    columns = np.column_stack([labels[rows], np.ones(1_200), np.zeros(1_200), np.zeros(1_200)])
    noises, scores = np.empty(1_200, dtype=np.uint64), np.empty(1_200)
    ftrl.noise_of(np.arange(1_200), np.zeros(1_200, dtype=np.int64), noises)
    said = Said(rows, np.full((600, recipe.said), np.nan, dtype=np.float32))
    recipe.run(recipe.table(), steps, todo=todo, labels=columns, noises=noises, scores=scores, said=said)

    reference = Reference(recipe)
    keys, theirs = features.keys.reshape(-1, 6).tolist(), np.empty(1_200)
    noted: dict[int, tuple[Floats, int]] = {}
    for i, row in enumerate(rows.tolist()):
        if told[i]:
            margins, learned_then = noted[row]
            theirs[i] = reference.step(keys[row], float(labels[row]), margins, reference.learned - learned_then)
        else:
            noted[row] = reference.say(keys[row]), reference.learned
            theirs[i] = reference.blend(noted[row][0])[1]

    tolerance = 2e-5 if kind == LOGISTIC else 2e-3
    assert np.abs(scores - theirs).max() < tolerance * max(1.0, float(np.abs(theirs).max()))
    margins = np.array([noted[row][0] for row in range(600)])
    assert said.told[:, :-1] == pytest.approx(margins, abs=1e-2 if kind == LOGISTIC else 1e-1)
    assert said.told[:, -1].tolist() == [noted[row][1] for row in range(600)]


def test_what_was_said_is_as_good_as_noted_where_nothing_was_learned_since() -> None:
    """Asked and told at once, or told next: the same bits, so that it does not matter how a log is cut into chunks."""
    recipe = recipe_of()
    features, labels = some(300, LOGISTIC)
    together, apart = recipe.table(), recipe.table()
    learned(together, recipe, features, labels)
    one, noise, score = np.array([0, 6]), np.empty(1, dtype=np.uint64), np.empty(1)
    for row, label in enumerate(labels.tolist()):
        told = np.full((1, recipe.said), np.nan, dtype=np.float32)
        mine = Features(one, features.keys[6 * row : 6 * row + 6], np.ones(6))
        ftrl.noise_of(np.array([row]), np.zeros(1, dtype=np.int64), noise)
        for todo in (ftrl.PREDICT, ftrl.LEARN):
            said, columns = Said(np.zeros(1, dtype=np.int64), told), np.array([[label, 1.0, 0.0, 0.0]])
            each = np.array([todo], dtype=np.uint8)
            recipe.run(apart, mine, todo=each, labels=columns, noises=noise, scores=score, said=said)

    assert apart.digest() == together.digest()


@KINDS
@WIDTHS
def test_asking_changes_nothing_and_answers_as_learning_would(kind: int, lanes: int) -> None:
    """By many rows, by one row, and by the kernel that learns: the same bits."""
    recipe = recipe_of(kind, lanes)
    features, labels = some(300, kind)
    table = recipe.table()
    learned(table, recipe, features, labels)
    digest, asked = table.digest(), np.empty(300)
    recipe.predict(table.words, features, asked)
    one = recipe.score(table.words, features.keys[:6], features.values[:6], 6)

    assert table.digest() == digest
    assert asked[0] == one == learned(table, recipe, features, labels)[0]
    assert table.digest() != digest


def test_unknown_features_count_nothing() -> None:
    """Asked for or learned beside, they answer as if they were not there."""
    recipe = recipe_of()
    features, labels = some(300, LOGISTIC)
    table = recipe.table()
    learned(table, recipe, features, labels)
    keys, ones = np.append(features.keys[:6], np.uint64(12345)), np.ones(7)

    assert recipe.score(table.words, keys, ones, 7) == recipe.score(table.words, keys, ones, 6)


@WIDTHS
def test_the_state_does_not_depend_on_the_size_of_segments_or_on_batches(lanes: int) -> None:
    """Splits in the middle of an example included, and the mixture with them."""
    recipe = recipe_of(LOGISTIC, lanes)
    ids, outcomes = rows()
    keys, labels = keys_of(ids[:2_000]), outcomes[:2_000].astype(np.float64)
    each = keys.shape[1]
    whole = recipe.table()
    pieces = Table(slot_bits=6, width_bits=recipe.width_bits, max_segments=8_192)
    learned(whole, recipe, Features(np.arange(2_001) * each, keys.ravel(), np.ones(keys.size)), labels)
    for start in range(0, 2_000, 77):
        part = keys[start : start + 77]
        batch = Features(np.arange(len(part) + 1) * each, part.ravel(), np.ones(part.size))
        learned(pieces, recipe, batch, labels[start : start + 77], first=start)

    assert pieces.digest() == whole.digest()
    assert pieces.common.tolist() == whole.common.tolist()


def test_what_was_written_down_goes_on_bit_for_bit() -> None:
    """Entries and what is common to all are the whole state."""
    recipe = recipe_of()
    features, labels = some(600, LOGISTIC)
    whole, first, second = recipe.table(), recipe.table(), recipe.table()
    learned(whole, recipe, features, labels)
    half = Features(features.starts[:301], features.keys[:1800], features.values[:1800])
    rest = Features(features.starts[:301], features.keys[1800:], features.values[1800:])
    learned(first, recipe, half, labels[:300])
    second.load(*first.entries())
    second.common = first.common
    learned(second, recipe, rest, labels[300:], first=300)

    assert second.digest() == whole.digest()


def test_what_is_forgotten_is_forgotten_in_every_lane() -> None:
    """The mixture too."""
    recipe = recipe_of()
    table = recipe.table()
    learned(table, recipe, *some(300, LOGISTIC))
    assert table.digest() != recipe.table().digest()

    table.forget()
    assert table.digest() == recipe.table().digest()


@KINDS
@pytest.mark.parametrize("label", [1e30, -1e100, 1e100])
def test_an_absurd_number_makes_no_nan(kind: int, label: float) -> None:
    """Whatever a label or a value is, what is learned stays finite, and so do later predictions."""
    recipe, table = recipe_of(kind), recipe_of(kind).table()
    features, labels = some(60, kind)
    spoiled = labels.copy()
    spoiled[:3] = abs(label) if kind == POISSON else label
    spoiled = np.clip(spoiled, 0.0, 1.0) if kind == LOGISTIC else spoiled
    wild = Features(features.starts, features.keys, np.where(np.arange(360) == 7, label, features.values))
    learned(table, recipe, wild, spoiled)
    scores = learned(table, recipe, features, labels, first=60)

    assert np.isfinite(scores).all()
    assert np.isfinite(table.common[:40].view(np.float64)).all()
    assert np.isfinite(table.entries()[1].view(np.float32)).all()


@KINDS
def test_a_table_begins_with_the_prediction_that_it_is_told(kind: int) -> None:
    """And learns from there: the bias is a coefficient like any other."""
    recipe = recipe_of(kind)
    features, labels = some(400, kind)
    bias, ones = int(features.keys[0]), np.ones(1)
    table = recipe.table()
    recipe.begin(table, bias, 0.125)

    assert recipe.score(table.words, features.keys[:1], ones, 1) == pytest.approx(0.125, rel=1e-5)
    learned(table, recipe, features, labels)
    assert recipe.score(table.words, features.keys[:6], np.ones(6), 6) != pytest.approx(0.125, rel=1e-2)


def test_the_mixture_is_nearly_as_good_as_its_best_lane() -> None:
    """On rows where the lanes differ, and whichever is best."""
    recipe = recipe_of()
    features, labels = some(20_000, LOGISTIC)
    table = recipe.table()
    served = learned(table, recipe, features, labels)
    losses = -np.log(np.where(labels > 0.5, served, 1.0 - served))
    sums = table.common.view(np.float64)[1 : recipe.lanes + STACKS + 3]
    alone = sums[1:-1].min() / sums[0]

    assert losses[10_000:].mean() < alone * 1.002
    assert sums[-1] / sums[0] == pytest.approx(losses.mean(), rel=0.02)


@pytest.mark.parametrize(
    ("kind", "told", "answered"), [(LOGISTIC, 0.0, 1e-4), (LOGISTIC, 1.0, 0.9999), (POISSON, 0.0, 1e-4)]
)
def test_no_table_begins_with_certainty(kind: int, told: float, answered: float) -> None:
    """A fallback of 0 is a safe answer, and no reason never to learn another."""
    recipe, key = recipe_of(kind), np.array([7], dtype=np.uint64)
    table = recipe.table()
    recipe.begin(table, 7, told)

    assert recipe.score(table.words, key, np.ones(1), 1) == pytest.approx(answered, rel=1e-4)
