"""Offsets: added as they are, never learned, and the same wherever a prediction is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball import FTRL, Input, Model, Outcome, System
from flyball.learn import ftrl
from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.encoder import Encoder
from flyball.learn.explanation import explain
from flyball.learn.features import Features
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED, answer
from flyball.learn.offset import OFFSET_KEY
from flyball.learn.recipe import LANES, Recipe, recipe_of
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from tests.unit.learn.ads_rows import keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RECIPES = pytest.mark.parametrize("lanes", [1, 5])
KINDS = pytest.mark.parametrize("kind", [LOGISTIC, SQUARED, POISSON], ids=["logistic", "squared", "poisson"])
COUNT = 500


def recipe(kind: int, lanes: int) -> Recipe:
    """The first lanes of the default."""
    return Recipe(kind, np.array([(*lane, 0.0) for lane in LANES[:lanes]]))


def rows(offsets: Floats | None) -> Features:
    """Rows of four ids, and an offset behind them."""
    ids = np.random.default_rng(1).integers(0, 6, (COUNT, 4)) + np.arange(4) * 6
    keys = keys_of(ids)
    values = np.ones(keys.shape)
    if offsets is not None:
        keys = np.column_stack([keys, np.full(COUNT, OFFSET_KEY)])
        values = np.column_stack([values, offsets])
    return Features(np.arange(COUNT + 1) * keys.shape[1], keys.ravel(), values.ravel())


def learned(how: Recipe, features: Features, labels: Floats) -> tuple[Floats, Floats]:
    """The predictions before learning, and those for the same rows at the end."""
    table, columns = how.table(), np.column_stack([labels, np.ones(COUNT), np.zeros(COUNT), np.zeros(COUNT)])
    noises, scores, later = np.empty(COUNT, dtype=np.uint64), np.empty(COUNT), np.empty(COUNT)
    ftrl.noise_of(np.arange(COUNT), np.zeros(COUNT, dtype=np.int64), noises)
    how.run(table, features, todo=np.full(COUNT, 3, np.uint8), labels=columns, noises=noises, scores=scores)
    how.predict(table.words, features, later)
    ends = features.starts
    each = [
        how.score(table.words, features.keys[a:b], features.values[a:b], b - a)
        for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
    assert later.tolist() == each, "one row and many answer alike"
    return scores, later


@RECIPES
def test_a_number_beside_an_offset_is_learned_as_what_is_left_of_it(lanes: int) -> None:
    """With the squared error: y and the offset o, or y - o without one, the same but for o."""
    random = np.random.default_rng(2)
    labels, offsets = random.normal(size=COUNT), random.normal(size=COUNT) * 5.0
    with_offset = learned(recipe(SQUARED, lanes), rows(offsets), labels + offsets)
    without = learned(recipe(SQUARED, lanes), rows(None), labels)

    for ours, theirs in zip(with_offset, without, strict=True):
        assert ours == pytest.approx(theirs + offsets, abs=1e-3)


@RECIPES
@KINDS
def test_the_first_answer_is_that_of_the_offset(kind: int, lanes: int) -> None:
    """Nothing is learned yet: the margin is the offset."""
    how, keys = recipe(kind, lanes), np.array([7, OFFSET_KEY], dtype=np.uint64)

    assert how.score(how.table().words, keys, np.array([1.0, -1.5]), 2) == pytest.approx(answer(-1.5, kind), rel=1e-6)
    assert how.score(how.table().words, keys, np.array([1.0, np.inf]), 2) == pytest.approx(answer(1e30, kind))


@RECIPES
def test_counts_by_exposure_have_one_rate(lanes: int) -> None:
    """Counts of a rate of 0.3 an hour over one to a hundred hours: the logarithm of the hours is the offset."""
    random = np.random.default_rng(3)
    hours = np.exp(random.uniform(0.0, np.log(100.0), COUNT))
    counts = random.poisson(0.3 * hours).astype(np.float64)
    _, later = learned(recipe(POISSON, lanes), rows(np.log(hours)), counts)
    _, blind = learned(recipe(POISSON, lanes), rows(None), counts)

    assert np.median(later / hours) == pytest.approx(0.3, rel=0.15)
    assert np.std(np.log(later / hours)) < 0.5 * np.std(np.log(blind / hours))


@KINDS
@RECIPES
def test_an_absurd_offset_makes_no_nan(kind: int, lanes: int) -> None:
    """However large it is."""
    offsets = np.where(np.arange(COUNT) % 50 == 7, 1e300, -1e300) * (np.arange(COUNT) % 7 == 0)
    scores, later = learned(recipe(kind, lanes), rows(offsets), np.ones(COUNT))

    assert np.isfinite(scores).all()
    assert np.isfinite(later).all()


def system(**outcome: object) -> System:
    """A model with an offset."""
    hours, site = Input("hours", float), Input("site", str)
    visits = Model("visits", signals=[site], outcome=Outcome("n", **outcome), offset=hours)  # type: ignore[arg-type]  # what outcomes take
    return System("sites", models=[visits])


def test_rows_and_columns_have_the_same_offset() -> None:
    """Typed values one by one, and columns; a missing one is 0; numbers are divided by the outcome's scale."""
    program = system(type=float, scale=4.0).program("visits")
    site, hours = Column.of(Kind.STR, ["a", "b"]), Column.of(Kind.FLOAT, [6.0, None])
    many = BulkEncoder(program).encode([site, hours], [], 2)
    one = Encoder(program)
    each = [one.encode(["a", 6.0]), one.encode(["b", MISSING])]

    assert many.keys.tolist() == [key for row in each for key in row.keys.tolist()]
    assert many.values.tolist() == [1.0, 1.0, 1.5, 1.0, 1.0, 0.0]
    assert many.keys[2] == many.keys[5] == OFFSET_KEY


def test_an_explanation_names_the_offset() -> None:
    """With a coefficient of 1, and as certain as can be."""
    program, how = system(type=int, loss="poisson").program("visits"), recipe_of(FTRL(), "poisson")
    told = explain(how, how.table(), program, Encoder(program).evaluate(["a", 0.5]))

    assert [(part.name, part.brings) for part in told.parts] == [("(offset)", 0.5), ("(bias)", 0.0), ("site=a", 0.0)]
    assert told.prediction == pytest.approx(np.exp(0.5))
