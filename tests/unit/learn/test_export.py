"""Exporting: what is kept, what is left out, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn import ftrl
from flyball.learn.export import ExportRefused, export_weights, weights_of
from flyball.learn.features import Features
from flyball.learn.fixed_point import STEP
from flyball.learn.loss import LOGISTIC, SQUARED
from flyball.learn.recipe import recipe_of
from flyball.learn.table import Table
from flyball.system.learner import FTRL
from tests.unit.learn.ads_rows import Hyper, keys_of, learned, log_loss, rows
from tests.unit.learn.export_made import about, exported, weights_in
from tests.unit.learn.gate_rows import some_keys

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

pytestmark = pytest.mark.unit


def rows_of(ids: Integers, outcomes: Integers) -> tuple[Features, Floats]:
    """Features, and labels as the kernels take them."""
    keys, count = keys_of(ids), len(ids)
    labels = np.column_stack([outcomes.astype(np.float64), np.ones(count), np.zeros((count, 2))])
    return Features(np.arange(count + 1) * keys.shape[1], keys.ravel(), np.ones(keys.size)), labels


def test_weights_are_within_a_step_and_zeros_are_left_out(tmp_path: Path) -> None:
    """A third of the keys has none."""
    keys = some_keys(3000)
    weights = np.random.default_rng(1).normal(size=(3000, 1))
    weights[::3] = 0.0
    export = exported(tmp_path / "m", keys, weights)

    assert np.abs(weights_in(export, keys) - weights).max() < STEP
    assert (export.header.features + export.header.vanished, export.header.zeros) == (2000, 1000)


def test_weights_beyond_16_bits_are_kept_whole(tmp_path: Path) -> None:
    """A bias of a rare outcome is below -4, and cutting it would spoil every answer."""
    keys = some_keys(100)
    weights = np.linspace(-3.0, 3.0, 100)[:, None]
    weights[[7, 50]] = [[-9.21], [250.0]]
    export = exported(tmp_path / "m", keys, weights)

    assert export.header.wide == 2
    assert weights_in(export, keys[[7, 50]]).ravel().tolist() == [float(np.float32(-9.21)), 250.0]
    assert np.abs(weights_in(export, keys) - weights).max() < STEP


def test_small_coefficients_vanish_one_by_one_and_not_together(tmp_path: Path) -> None:
    """A tenth of a step each: nine of ten are left out, and the sum stays."""
    keys = some_keys(20_000)
    export = exported(tmp_path / "m", keys, np.full((20_000, 1), 0.1 * STEP))
    margin = float(export.margins(keys, np.ones(len(keys)))[0])

    assert export.header.features == pytest.approx(2000, abs=200)
    assert export.header.features + export.header.vanished == 20_000
    assert margin == pytest.approx(2000 * STEP, rel=0.1)


def test_keys_that_could_be_taken_for_each_other_are_kept_whole(tmp_path: Path) -> None:
    """The same lower half, and neighbours in the upper."""
    alike = (np.uint64(2**63) + (np.arange(30, dtype=np.uint64) << np.uint64(32))) | np.uint64(77)
    keys = np.concatenate([alike, some_keys(500)])
    weights = np.random.default_rng(2).normal(size=(530, 1))
    export = exported(tmp_path / "m", keys, weights)
    others = (np.uint64(2**63) + (np.arange(30, 60, dtype=np.uint64) << np.uint64(32))) | np.uint64(77)

    assert export.header.wide == 30
    assert np.abs(weights_in(export, keys) - weights).max() < STEP
    assert not weights_in(export, others).any(), "and others that look like them are not there"


def test_keys_that_are_no_hashes_are_found_too(tmp_path: Path) -> None:
    """All of them begin in one line, and go on from there."""
    keys = np.arange(1, 400, dtype=np.uint64)
    weights = np.random.default_rng(3).normal(size=(399, 1))
    export = exported(tmp_path / "m", keys, weights)

    assert np.abs(weights_in(export, keys) - weights).max() < STEP
    assert not weights_in(export, keys + np.uint64(1000)).any()


def test_an_export_of_nothing_answers(tmp_path: Path) -> None:
    """A model that has learned nothing."""
    export = exported(tmp_path / "m", np.empty(0, dtype=np.uint64), np.empty((0, 1)))

    assert export.score(some_keys(3), np.ones(3)) == 0.5
    assert export.memory_bytes == 128


@pytest.mark.parametrize(("lanes", "most"), [(1, 7.6), (2, 10.9), (4, 15.2), (8, 25.3)])
def test_a_coefficient_takes_a_quarter_of_what_it_takes_in_the_table(tmp_path: Path, lanes: int, most: float) -> None:
    """29 bytes on average with one lane, 58 with two or four, 115 with more."""
    keys = some_keys(50_000)
    export = exported(tmp_path / "m", keys, np.random.default_rng(1).normal(size=(50_000, lanes)))
    each = export.memory_bytes / 50_000

    assert each < most, "bytes a key"
    assert each < 0.27 * 29 * (1 if lanes == 1 else 2 if lanes <= 4 else 4)


def test_the_loss_of_an_export_is_that_of_its_table(tmp_path: Path) -> None:
    """To one part in 10,000, on rows that it has not learned from; rounding to steps 64 times as wide shows."""
    table, hyper = Table(), Hyper()
    ids, outcomes = rows()
    learned(table, ids[:15_000], outcomes[:15_000].astype(np.float64), hyper)
    mine, truth = keys_of(ids[15_000:]), outcomes[15_000:]
    keys, pairs = table.entries()
    weights = weights_of(pairs.reshape(-1, 1), hyper.array[None])
    export = exported(tmp_path / "m", keys, weights)
    ones = np.ones(mine.shape[1])
    expected = np.empty(len(mine))
    starts = np.arange(len(mine) + 1) * mine.shape[1]
    ftrl.predict(table.words, hyper.array, LOGISTIC, starts, mine.ravel(), np.ones(mine.size), expected)
    given = np.array([export.score(row, ones) for row in mine])
    coarse = exported(tmp_path / "n", keys, np.rint(weights / (64 * STEP)) * (64 * STEP))
    blunt = np.array([coarse.score(row, ones) for row in mine])

    assert log_loss(given, truth) == pytest.approx(log_loss(expected, truth), rel=1e-4)
    assert log_loss(blunt, truth) != pytest.approx(log_loss(expected, truth), rel=1e-4), "the bound can tell"
    assert np.abs(given - expected).max() < 0.002


def test_lanes_and_their_mixture_answer_as_their_table(tmp_path: Path) -> None:
    """The default learner."""
    ids, outcomes = rows()
    recipe = recipe_of(FTRL(), "logistic")
    table, (features, labels) = recipe.table(), rows_of(ids[:5000], outcomes[:5000])
    noises, scores = some_keys(5000), np.empty(5000)
    todo = np.full(5000, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    recipe.run(table, features, todo=todo, labels=labels, noises=noises, scores=scores)
    keys, found = table.entries()
    weights = weights_of(found.reshape(-1, table.layout.row_words), recipe.hyper)
    export = exported(tmp_path / "m", keys, weights, hyper=recipe.hyper, mixture=table.common)
    later, _ = rows_of(ids[5000:6000], outcomes[5000:6000])
    expected = np.empty(1000)
    recipe.predict(table.words, later, expected)
    mine = later.keys.reshape(1000, -1)
    given = np.array([export.score(row, np.ones(len(row))) for row in mine])
    losses = [log_loss(each, outcomes[5000:6000]) for each in (given, expected)]

    assert export.header.lanes == 5
    assert np.abs(given - expected).max() < 0.002
    assert losses[0] == pytest.approx(losses[1], rel=2e-4)


def test_numbers_come_in_the_outcomes_own_scale(tmp_path: Path) -> None:
    """The squared loss learns in units of the scale."""
    keys = some_keys(3)
    export = exported(tmp_path / "m", keys, np.full((3, 1), 0.5), loss="squared", scale=100.0)

    assert export.score(keys, np.array([1.0, 1.0, 2.0])) == pytest.approx(200.0)
    assert recipe_of(FTRL(), "squared").kind == SQUARED


def test_an_export_is_the_same_whenever_it_is_made_of_the_same(tmp_path: Path) -> None:
    """Whatever the order of the keys; at another record of the log it is rounded otherwise."""
    keys, weights = some_keys(1000), np.random.default_rng(1).normal(size=(1000, 1))
    for name, order, through in (("a", slice(None), 7), ("b", slice(None, None, -1), 7), ("c", slice(None), 8)):
        export_weights(tmp_path / name, about(learned_through=through), keys[order], weights[order])
    first, second, third = ((tmp_path / name).read_bytes() for name in "abc")

    assert first == second
    assert first[-60_000:] != third[-60_000:]


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    """And nothing is written."""
    keys = some_keys(3)
    with pytest.raises(ExportRefused, match="2 coefficients are no finite numbers"):
        export_weights(tmp_path / "m", about(), keys, np.array([[1.0], [np.nan], [np.inf]]))
    with pytest.raises(ExportRefused, match="a key was given twice; give each once"):
        export_weights(tmp_path / "m", about(), keys[[0, 1, 0]], np.ones((3, 1)))
    with pytest.raises(ExportRefused, match="2 settings were given for rows of 1 words, which hold one lane"):
        weights_of(np.zeros((3, 1), dtype=np.uint64), np.ones((2, 4)))
    assert not list(tmp_path.iterdir())
