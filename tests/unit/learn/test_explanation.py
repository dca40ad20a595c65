"""Explanations: they add up, name what the writers write, and know what is uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn import ftrl
from flyball.learn.encoder import Encoder
from flyball.learn.explanation import explain, mixture_view
from flyball.learn.features import Features
from flyball.learn.names import BIAS, names_of
from flyball.learn.recipe import Recipe, recipe_of
from flyball.system.derivation import cross
from flyball.system.input import Input
from flyball.system.learner import FM, FTRL
from flyball.system.missing import MISSING
from flyball.system.program import compile_program

if TYPE_CHECKING:
    from flyball.learn.table import Table
    from flyball.system.value import Value

COUNTRY, HOUR, TAGS, SIZES, PRICE = (
    Input("country", str),
    Input("hour", int),
    Input("tags", list[str]),
    Input("sizes", dict[str, float]),
    Input("price", float),
)
PROGRAM = compile_program([COUNTRY, HOUR, TAGS, SIZES, PRICE, cross(COUNTRY, HOUR), cross(TAGS, PRICE)])
ROWS: list[list[Value]] = [
    ["DE", 7, ("a", "b", "a"), {"x": 2.0}, 1.3],
    ["FR", 0, (), {}, -2.5],
    [MISSING, MISSING, MISSING, MISSING, MISSING],
    ["DE", -3, ("b",), {"x": 1.0, "y": -4.0}, 0.0],
]


def taught(recipe: Recipe, rounds: int = 50) -> Table:
    """Germany is a yes, everything else a no."""
    encoder, table = Encoder(PROGRAM), recipe.table()
    for i in range(rounds):
        leaves = ROWS[i % len(ROWS)]
        row = encoder.encode(leaves)
        label = np.array([[1.0 if leaves[0] == "DE" else 0.0, 1.0, 0.0, 0.0]])
        noise, score = np.array([i * 977], dtype=np.uint64), np.empty(1)
        todo = np.array([ftrl.PREDICT | ftrl.LEARN], dtype=np.uint8)
        recipe.run(table, row, todo=todo, labels=label, noises=noise, scores=score)
    return table


@pytest.mark.parametrize("leaves", ROWS, ids=["full", "empty", "missing", "other"])
def test_every_feature_has_a_name(leaves: list[Value]) -> None:
    """As many as the encoder writes, in its order, each once within a row unless the feature stands twice."""
    encoder = Encoder(PROGRAM)
    values = encoder.evaluate(leaves)
    names = [name for place in PROGRAM.outputs for name in names_of(PROGRAM, place, values)]
    keys, _ = encoder.pairs(values)

    assert len(names) + 1 == len(keys)
    assert len(set(names)) == len(set(keys)) - 1


def test_the_parts_of_a_single_lane_sum_to_the_margin_of_the_prediction() -> None:
    """To the precision of doubles."""
    recipe = recipe_of(FTRL(alpha=0.3, l1=0.01, l2=0.1), "logistic")
    table = taught(recipe)
    values = Encoder(PROGRAM).evaluate(ROWS[0])
    told = explain(recipe, table, PROGRAM, values)

    assert told.margin == pytest.approx(np.log(told.prediction / (1.0 - told.prediction)), rel=1e-9)
    assert [abs(part.brings) for part in told.parts] == sorted((abs(p.brings) for p in told.parts), reverse=True)
    assert {part.name for part in told.parts if part.known} >= {
        "country=DE",
        "tags=a",
        "sizes=x",
        "country=DE & hour=7",
    }


@pytest.mark.parametrize(
    "learner", [FM(alpha=0.3, l1=0.01, alpha_v=0.5, beta_v=1.0, scale_v=0.3), FM(factors=16, alpha=0.2)]
)
def test_the_parts_of_a_machine_with_their_pairs_sum_to_the_margin(learner: FM) -> None:
    """Half of each pair is told with each of its two features; the bias is in none."""
    recipe = recipe_of(learner, "logistic")
    told = explain(recipe, taught(recipe), PROGRAM, Encoder(PROGRAM).evaluate(ROWS[0]))
    together = {part.name: part.together for part in told.parts}

    assert told.margin == pytest.approx(np.log(told.prediction / (1.0 - told.prediction)), rel=1e-9)
    assert max(map(abs, together.values())) > 1e-4
    assert together[BIAS] == 0.0
    assert all(part.brings == pytest.approx(part.weight * part.value + part.together) for part in told.parts)


def test_the_parts_of_several_lanes_lead_to_nearly_the_prediction() -> None:
    """The mean of probabilities is not quite the probability of a mean."""
    recipe = recipe_of(FTRL(), "logistic")
    told = explain(recipe, taught(recipe), PROGRAM, Encoder(PROGRAM).evaluate(ROWS[0]))

    assert told.prediction > 0.8
    assert told.margin == pytest.approx(np.log(told.prediction / (1.0 - told.prediction)), rel=0.5)


def test_what_was_never_seen_is_the_most_uncertain() -> None:
    """The rate of a feature falls with what it has seen."""
    recipe = recipe_of(FTRL(), "logistic")
    table, encoder = taught(recipe), Encoder(PROGRAM)
    seen = explain(recipe, table, PROGRAM, encoder.evaluate(ROWS[0]))
    new = explain(recipe, table, PROGRAM, encoder.evaluate(["NZ", 23, ("q",), {"w": 1.0}, 999.0]))

    assert new.uncertainty > seen.uncertainty
    assert not any(part.known for part in new.parts if part.name == "country=NZ")


def test_the_view_of_a_mixture_is_what_was_learned() -> None:
    """Losses are means over the examples, those that are pending included."""
    recipe = recipe_of(FTRL(), "logistic")
    table = recipe.table()
    random = np.random.default_rng(5)
    keys = random.integers(1, 50, (75, 3)).astype(np.uint64)
    labels = (random.random(75) < 0.3).astype(np.float64)
    scores, ones = np.empty(75), np.ones(75)
    row = Features(np.arange(76) * 3, keys.ravel(), np.ones(keys.size))
    told = np.column_stack([labels, ones, 0.0 * ones, 0.0 * ones])
    noises = random.integers(0, 2**63, 75).astype(np.uint64)
    recipe.run(table, row, todo=np.full(75, 3, np.uint8), labels=told, noises=noises, scores=scores)
    view = mixture_view(recipe, table)
    losses = -np.log(np.where(labels > 0.5, scores, 1.0 - scores))

    assert view.losses[-1] == pytest.approx(losses.mean(), rel=5e-3)
    assert view.shares.sum() == pytest.approx(1.0)
    assert view.examples == pytest.approx(75.0, rel=5e-3)
