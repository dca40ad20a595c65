"""All lanes of an ablation against a slow obvious reference, and in what their table promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn import ftrl
from flyball.learn.ablation_table import AblationTable
from flyball.learn.features import Features
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED
from flyball.learn.recipe import Recipe
from flyball.learn.table import TableFull
from tests.unit.learn.ads_rows import keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS = pytest.mark.parametrize("kind", [LOGISTIC, SQUARED, POISSON], ids=["logistic", "squared", "poisson"])
SIGNALS = 5
HYPER = np.array([0.2, 0.5, 0.0, 0.0])
SHRUNK = np.array([0.2, 0.5, 0.3, 0.2])
BOTH = pytest.mark.parametrize("hyper", [HYPER, SHRUNK], ids=["plain", "l1 and l2"])
EACH = np.concatenate([np.ones((SIGNALS, 1), bool), ~np.eye(SIGNALS, dtype=bool)], axis=1)
"""Lane 0 has every signal, lane v all but signal v - 1."""


def some(count: int, kind: int, seed: int = 3, ids: int = 8) -> tuple[Features, Floats, NDArray[np.uint64]]:
    """Rows of a bias and an id of each signal, labels that depend on two of them, and noises."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, ids, (count, SIGNALS)) + np.arange(SIGNALS) * ids
    rate = 0.1 + 0.5 * (drawn[:, 0] % 2) + 0.3 * (drawn[:, 3] % 2)
    value = {
        LOGISTIC: (random.random(count) < rate).astype(np.float64),
        SQUARED: 3.0 * rate + random.normal(size=count),
        POISSON: random.poisson(4.0 * rate).astype(np.float64),
    }[kind]
    keys = keys_of(drawn)
    signals = np.tile(np.arange(SIGNALS + 1, dtype=np.int32), count)
    signals[signals == SIGNALS] = -1  # `keys_of` puts the bias last
    features = Features(np.arange(count + 1) * (SIGNALS + 1), keys.ravel(), np.ones(keys.size), signals)
    labels = np.column_stack([value, np.ones(count), np.zeros(count), np.zeros(count)])
    noises = np.empty(count, dtype=np.uint64)
    ftrl.noise_of(np.arange(count), np.zeros(count, dtype=np.int64), noises)
    return features, labels, noises


def cost_of(p: Floats, y: float, kind: int) -> Floats:
    """The loss of predictions."""
    if kind == LOGISTIC:
        return -np.log(p if y > 0.5 else 1.0 - p)
    if kind == POISSON:
        return (y * np.log(y / p) if y > 0 else 0.0) - y + p
    return (p - y) ** 2


def reference(features: Features, labels: Floats, hyper: Floats, kind: int, kept: NDArray[np.bool_]) -> Floats:
    """The losses of every lane by the definition, example by example, in doubles and dictionaries."""
    alpha, beta, l1, l2 = hyper.tolist()
    lanes = kept.shape[1]
    sees = np.concatenate([kept, np.ones((1, lanes), bool)])
    z: dict[int, Floats] = {}
    n: dict[int, float] = {}
    losses = np.empty((features.rows, lanes))
    for i in range(features.rows):
        row = slice(features.starts[i], features.starts[i + 1])
        keys, signals = features.keys[row].tolist(), features.signals[row]  # type: ignore[index]  # they are numbered
        y, weight, before, weight_before = labels[i].tolist()
        held = []
        for key in keys:
            zs, root = z.setdefault(key, np.zeros(lanes)), np.sqrt(n.setdefault(key, 0.0))
            shrunk = np.sign(zs) * np.maximum(abs(zs) - l1, 0.0)
            held.append(-shrunk / ((beta + root) / alpha + l2))
        margins = np.sum(held, axis=0)
        p = {LOGISTIC: 1.0 / (1.0 + np.exp(-margins)), SQUARED: margins, POISSON: np.exp(margins)}[kind]
        losses[i] = weight * cost_of(p, y, kind)
        if weight_before:
            losses[i] -= weight_before * cost_of(p, before, kind)
        slopes = weight * (p - y) - weight_before * (p - before)
        for key, signal, w in zip(keys, signals.tolist(), held, strict=True):
            grown = n[key] + slopes[0] ** 2
            moved = z[key] + slopes - (np.sqrt(grown) - np.sqrt(n[key])) / alpha * w
            z[key], n[key] = np.where(sees[signal], moved, 0.0), grown
    return losses


@KINDS
@BOTH
def test_the_losses_of_all_lanes_are_those_of_the_definition(kind: int, hyper: Floats) -> None:
    """To four digits: z and n are float32 rounded at random, the reference's are doubles."""
    features, labels, noises = some(2_000, kind)

    ours = AblationTable(kind, hyper, EACH).learn(features, labels, noises)

    theirs = reference(features, labels, hyper, kind, EACH)
    assert np.abs(ours - theirs).max() < 2e-4 * max(1.0, float(np.abs(theirs).max())), "the lanes drift apart"
    assert np.abs(ours.mean(0) - theirs.mean(0)).max() < 1e-6, "a mean loss is another"


@KINDS
@BOTH
def test_lane_0_is_the_plain_learner(kind: int, hyper: Floats) -> None:
    """With the same rounding, so nearly to the last digit."""
    features, labels, noises = some(3_000, kind, ids=400)
    scores, recipe = np.empty(3_000), Recipe(kind, hyper.reshape(1, 4))
    todo = np.full(3_000, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    recipe.run(recipe.table(), features, todo=todo, labels=labels, noises=noises, scores=scores)

    ours = AblationTable(kind, hyper, EACH).learn(features, labels, noises)[:, 0]

    theirs = np.array([cost_of(p, y, kind) for p, y in zip(scores.reshape(-1, 1), labels[:, 0].tolist(), strict=True)])[
        :, 0
    ]
    assert np.abs(ours - theirs).max() < 1e-6 * max(1.0, float(theirs.max())), "the model is another"


def test_lanes_that_see_the_same_are_the_same() -> None:
    """A lane that leaves nothing out is the model, to the bit; and so are two that leave out the same."""
    kept = np.ones((SIGNALS, 12), dtype=bool)
    kept[2, [3, 9]] = False
    features, labels, noises = some(1_000, LOGISTIC)

    losses = AblationTable(LOGISTIC, HYPER, kept).learn(features, labels, noises)

    assert (losses[:, 0] == losses[:, 11]).all(), "a lane that sees everything is not the model"
    assert (losses[:, 3] == losses[:, 9]).all(), "two lanes that see the same differ"
    assert (losses[100:, 3] != losses[100:, 0]).any(), "leaving a signal out changes nothing"


@pytest.mark.parametrize("lanes", [1, 2, 7, 8, 40, 61, 62, 130])
def test_any_number_of_lanes_learns_alike(lanes: int) -> None:
    """Whatever the width of the rows: the last lane leaves out the first signal."""
    kept = np.ones((SIGNALS, lanes), dtype=bool)
    kept[0, -1] = False
    features, labels, noises = some(500, LOGISTIC)
    few = AblationTable(LOGISTIC, HYPER, kept[:, [0, -1]]).learn(features, labels, noises)

    many = AblationTable(LOGISTIC, HYPER, kept).learn(features, labels, noises)

    assert many.shape == (500, lanes)
    assert (many[:, -1] == few[:, -1]).all(), "the number of lanes changes what the last one learns"


def test_a_lane_that_sees_nothing_learns_the_mean() -> None:
    """It has the bias alone."""
    kept = np.ones((SIGNALS, 2), dtype=bool)
    kept[:, 1] = False
    features, labels, noises = some(20_000, LOGISTIC)

    losses = AblationTable(LOGISTIC, HYPER, kept).learn(features, labels, noises)

    mean = labels[:, 0].mean()
    entropy = -(mean * np.log(mean) + (1 - mean) * np.log(1 - mean))
    assert losses[10_000:, 1].mean() == pytest.approx(entropy, abs=0.003)
    assert losses[10_000:, 0].mean() < 0.9 * entropy


def test_however_the_rows_are_cut_the_same_is_learned() -> None:
    """To the bit."""
    features, labels, noises = some(1_000, LOGISTIC, ids=3_000)
    whole = AblationTable(LOGISTIC, HYPER, EACH)
    together = whole.learn(features, labels, noises).copy()

    parts, cut = AblationTable(LOGISTIC, HYPER, EACH), 333
    at = int(features.starts[cut])
    first = Features(features.starts[: cut + 1], features.keys[:at], features.values[:at], features.signals[:at])  # type: ignore[index]  # they are numbered
    rest = Features(features.starts[cut:] - at, features.keys[at:], features.values[at:], features.signals[at:])  # type: ignore[index]  # likewise
    apart = [parts.learn(first, labels[:cut], noises[:cut]).copy(), parts.learn(rest, labels[cut:], noises[cut:])]

    assert (np.concatenate(apart) == together).all(), "the losses depend on the cut"
    assert parts.table.digest() == whole.table.digest(), "what is learned depends on the cut"


@KINDS
def test_weights_and_what_is_taken_back_count(kind: int) -> None:
    """A revised label takes back what was learned of it."""
    features, labels, noises = some(600, kind)
    labels[:, 1] = np.random.default_rng(1).choice([0.5, 1.0, 3.0], 600)
    labels[100::3, 2:] = [1.0, 0.5]

    ours = AblationTable(kind, HYPER, EACH).learn(features, labels, noises)

    theirs = reference(features, labels, HYPER, kind, EACH)
    assert np.abs(ours - theirs).max() < 5e-4 * max(1.0, float(np.abs(theirs).max()))


def test_tables_grow_while_they_are_learned() -> None:
    """Slots that were found ahead move when a segment splits: 60,000 features in rows of 256 bytes."""
    features, labels, noises = some(15_000, LOGISTIC, ids=40_000)
    kept = np.ones((SIGNALS, 50), dtype=bool)
    kept[0, 1] = False
    table = AblationTable(LOGISTIC, HYPER, kept)

    ours = table.learn(features, labels, noises)

    assert len(table.table) == len(np.unique(features.keys))
    assert table.memory_bytes > 16 << 20, "there were no splits"
    theirs = reference(features, labels, HYPER, LOGISTIC, kept[:, :2])
    assert np.abs(ours[:, :2] - theirs).max() < 2e-4


@KINDS
@pytest.mark.parametrize("hyper", [HYPER, np.array([0.2, 0.0, 0.0, 0.0])], ids=["plain", "without beta"])
@pytest.mark.parametrize("label", [1e30, -1e100, 1e100])
def test_an_absurd_number_makes_no_nan(kind: int, hyper: Floats, label: float) -> None:
    """Whatever a label or a value is, what is learned stays finite, and so do later losses."""
    features, labels, noises = some(60, kind)
    spoiled = labels.copy()
    spoiled[:3, 0] = abs(label) if kind == POISSON else label
    spoiled[:, 0] = np.clip(spoiled[:, 0], 0.0, 1.0) if kind == LOGISTIC else spoiled[:, 0]
    values = np.where(np.arange(len(features.keys)) == 7, label, features.values)
    table = AblationTable(kind, hyper, EACH)
    table.learn(Features(features.starts, features.keys, values, features.signals), spoiled, noises)

    assert np.isfinite(table.learn(features, labels, noises)).all()
    assert np.isfinite(table.table.entries()[1].view(np.float32)).all()


@KINDS
def test_every_lane_begins_with_the_prediction_that_it_is_told(kind: int) -> None:
    """The bias is a coefficient like any other."""
    features, labels, noises = some(1, kind)
    bias = int(features.keys[SIGNALS])
    labels[0, 0] = 1.0
    table = AblationTable(kind, SHRUNK, EACH)
    table.begin(bias, 0.125)

    losses = table.learn(features, labels, noises)

    expected = cost_of(np.array([0.125]), 1.0, kind)[0]
    assert losses[0] == pytest.approx(np.full(EACH.shape[1], expected), rel=1e-5)


def test_a_table_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is learned beyond it."""
    features, labels, noises = some(4_000, LOGISTIC, ids=9_000)
    table = AblationTable(LOGISTIC, HYPER, EACH)
    small = type(table.table)(width_bits=table.table.layout.width_bits, slot_bits=6, max_segments=4)
    monkeypatch.setattr(table, "table", small)

    with pytest.raises(TableFull, match="the table is full"):
        table.learn(features, labels, noises)
