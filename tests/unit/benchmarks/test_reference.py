"""The reference learners that the page of what does not work is made with."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reference import CONSTANT, GLOBAL_INVERSE, PER_COORDINATE, Rows, bag, descend, drop_out
from benchmarks.refuted import auc_loss, flyballs, losses_of
from benchmarks.world_rows import WorldRows, scrambled
from flyball.testing.world import World

COUNT = 200


def drawn() -> Rows:
    """Rows of three features; the one at place 0 is in each."""
    rng = np.random.default_rng(1)
    places = np.column_stack([np.zeros((COUNT, 1), dtype=np.int64), rng.integers(1, 20, (COUNT, 2))]).ravel()
    labels = (rng.random(COUNT) < 0.3).astype(np.float64)
    return Rows(np.arange(0, 3 * COUNT + 1, 3), places, rng.normal(size=3 * COUNT), labels)


def by_hand(rows: Rows, rule: int, alpha: float) -> list[float]:
    """The plain formula, for two of the rules."""
    weight, squares, given = np.zeros(20), np.zeros(20), []
    for t in range(COUNT):
        places, values = rows.places[3 * t : 3 * t + 3], rows.values[3 * t : 3 * t + 3]
        given.append(1.0 / (1.0 + np.exp(-np.dot(weight[places], values))))
        for place, value in zip(places, values, strict=True):
            g = (given[-1] - rows.labels[t]) * value
            squares[place] += g * g
            rate = alpha / (1.0 + squares[place] ** 0.5) if rule == PER_COORDINATE else alpha / (t + 1.0)
            weight[place] -= rate * g
    return given


@pytest.mark.parametrize("rule", [PER_COORDINATE, GLOBAL_INVERSE])
def test_rates_follow_their_formula(rule: int) -> None:
    """Row by row."""
    rows = drawn()
    assert descend(rows, 20, rule, 0.5, 1.0).tolist() == pytest.approx(by_hand(rows, rule, 0.5), rel=1e-9)


def test_without_anything_left_out_dropout_and_bagging_are_what_they_are_compared_with() -> None:
    """Nothing else differs, so that what differs in the table is what is left out."""
    rows = drawn()
    plain = descend(rows, 20, PER_COORDINATE, 0.5, 1.0)

    assert drop_out(rows, 20, 0.0, 0.5, 1.0).tolist() == plain.tolist()
    assert bag(rows, 20, 3, 1.0, 0.5, 1.0).tolist() == pytest.approx(plain.tolist(), rel=1e-12)
    assert drop_out(rows, 20, 0.5, 0.5, 1.0).tolist() != plain.tolist()
    assert bag(rows, 20, 3, 0.5, 0.5, 1.0).tolist() != plain.tolist()
    assert descend(rows, 20, CONSTANT, 0.5, 1.0).tolist() != plain.tolist()


def test_the_reference_learns_what_flyball_learns() -> None:
    """The same rows through the product's own encoder, file and table give the same loss, but for its rounding."""
    traffic = World(3, users=2_000).month(days=2, requests_per_day=1_000)
    world = WorldRows.of(traffic)
    given = descend(world.rows, world.places, PER_COORDINATE, 0.1, 1.0)

    assert flyballs(traffic)[1] == pytest.approx(float(losses_of(given, world.rows.labels).mean()), rel=1e-3)


def test_small_spaces_share_places_and_noise_is_of_the_share_that_was_asked_for() -> None:
    """2^4 places for thousands of features; a fifth of the labels and values."""
    traffic = World(3, users=2_000).month(days=2, requests_per_day=1_000)
    world = WorldRows.of(traffic)
    turned = np.mean(world.flipped(0.2).labels != world.rows.labels)
    spoilt = scrambled(traffic, 0.2)
    moved = np.mean([a != b for a, b in zip(traffic.inputs["title"], spoilt.inputs["title"], strict=True)])

    assert world.places > 1_000
    assert int(world.hashed(4).places.max()) == 15
    assert turned == pytest.approx(0.2, abs=0.03)
    assert moved == pytest.approx(0.2, abs=0.03)
    assert np.allclose(np.add.reduceat(world.normalised().values ** 2, world.rows.starts[:-1]), 1.0)


def test_auc_counts_pairs() -> None:
    """As a loop over all pairs does, ties by half."""
    rng = np.random.default_rng(2)
    given, labels = rng.integers(0, 10, 100) / 10.0, (rng.random(100) < 0.3).astype(np.float64)
    pairs = [(a > b) + 0.5 * (a == b) for a in given[labels < 0.5] for b in given[labels > 0.5]]

    assert auc_loss(given, labels) == pytest.approx(np.mean(pairs))
