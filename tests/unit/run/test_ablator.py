"""What measures, example by example."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.column import Column
from flyball.learn.probes import Probes
from flyball.run.ablator import Ablator, Examples, best_setting
from flyball.run.form import Form
from flyball.run.variant import single_variants
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

ROWS = 6_000
RANDOM = np.random.default_rng(12)
TO, DAY = RANDOM.integers(0, 4, ROWS), RANDOM.integers(0, 500, ROWS)
COLUMNS = [Column.of(Kind.STR, [str(value) for value in values.tolist()]) for values in (TO, DAY)]
YES = (RANDOM.random(ROWS) < 0.1 + 0.2 * TO).astype(np.float64)


def form_of(learner: FTRL, fallback: float | None = None) -> Form:
    """A model of two signals, of which one matters."""
    signals = [Input("to", str), Input("day", str)]
    model = Model("m", signals=signals, outcome=Outcome("late"), learner=learner, fallback=fallback)
    form = Form(System("s", owner="team:tests", models=[model]), "m", 1)
    form.bulk.numbered = True
    return form


def examples(form: Form) -> Examples:
    """All rows."""
    labels = np.column_stack([YES, np.ones(ROWS), np.zeros((ROWS, 2))])
    noises = np.arange(ROWS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return Examples(features=form.bulk.encode(COLUMNS, [], ROWS), labels=labels, noises=noises)


def test_a_probe_that_costs_is_worth_less_than_nothing() -> None:
    """As a signal of the same kind is: the lanes of the two are turned round."""
    form = form_of(FTRL(alpha=0.3))
    ablator = Ablator(
        form, form.recipe.hyper[0], single_variants(form.program), probes=Probes(form.program, [1], COLUMNS)
    )
    ablator.take(examples(form))

    [probe] = ablator.probes()
    day = next(worth for worth in ablator.worths() if worth.name == "day")

    assert (probe.name, probe.kind) == ("noise like day", "probe")
    assert probe.cost < 0.0, "noise that is put in makes it worse, so leaving it out is no loss"
    assert day.cost < 0.0, "and so does a signal that says nothing"


def test_every_lane_begins_with_the_fallback() -> None:
    """The first example is answered with it, whatever is left out."""
    form = form_of(FTRL(alpha=0.3), fallback=0.25)
    ablator = Ablator(form, form.recipe.hyper[0], single_variants(form.program))
    first = examples(form)

    losses = ablator.table.learn(first.features, first.labels, first.noises)[0]

    assert losses == pytest.approx(np.full(3, -np.log(0.25 if YES[0] else 0.75)), rel=1e-5)


def test_the_setting_is_the_one_of_the_recipe_that_loses_least() -> None:
    """Of four; and of one, that one."""
    form = form_of(FTRL())
    losses = []
    for hyper in form.recipe.hyper:
        ablator = Ablator(form, hyper, ())
        ablator.take(examples(form))
        losses.append(ablator.loss)

    best = best_setting(form.recipe, 2, examples(form))

    assert best.tolist() == form.recipe.hyper[int(np.argmin(losses))].tolist()
    assert len(set(losses)) == len(losses)
    alone = form_of(FTRL(alpha=0.3))
    assert best_setting(alone.recipe, 2, examples(alone)).tolist() == [0.3, 1.0, 0.0, 0.0]


def test_nothing_is_said_before_there_is_an_example() -> None:
    """Every worth is unclear, the loss 0."""
    form = form_of(FTRL(alpha=0.3))
    ablator = Ablator(form, form.recipe.hyper[0], single_variants(form.program), dimensions=["to"])

    assert (ablator.loss, ablator.slices(), ablator.probes()) == (0.0, (), ())
    assert [(worth.change, worth.verdict) for worth in ablator.worths()] == [(None, "unclear")] * 2
