"""Merging: a sum over examples, whatever the order and the groups; and nearly as good as one pass over everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.learn import ftrl
from flyball.learn.factor_reader import factors_of
from flyball.learn.factors import Factors
from flyball.learn.features import Features
from flyball.learn.loss import LOGISTIC
from flyball.learn.merging import MergeRefused, merged
from flyball.learn.recipe import LANES, Recipe
from flyball.learn.table import Table
from tests.unit.learn.ads_rows import keys_of, rows

PLAIN = Recipe(LOGISTIC, np.array([[0.1, 1.0, 0.0, 0.0]]))
LANED = Recipe(LOGISTIC, np.array([(*lane, 0.0) for lane in LANES]))
PAIRED = Recipe(LOGISTIC, LANED.hyper, Factors(4, 0.1, 1.0, 0.0, 0.0, 0.05))
BOTH = pytest.mark.parametrize("recipe", [PLAIN, LANED, PAIRED], ids=["one lane", "five lanes", "factors"])

entries = st.dictionaries(
    st.integers(1, 2**64 - 1), st.tuples(st.floats(-1e3, 1e3, width=32), st.floats(0, 1e6, width=32)), max_size=20
)


def table_of(recipe: Recipe, given: dict[int, tuple[float, float]]) -> Table:
    """A small table of these pairs."""
    table = Table(slot_bits=6, width_bits=recipe.width_bits, max_segments=64)
    keys = np.array(list(given), dtype=np.uint64)
    table.put(keys, z=np.array([z for z, _ in given.values()]), n=np.array([n for _, n in given.values()]))
    return table


def learned(recipe: Recipe, start: int, end: int, table: Table | None = None) -> Table:
    """What these rows of the conformance set teach."""
    ids, outcomes = rows()
    keys, labels = keys_of(ids[start:end]), outcomes[start:end].astype(np.float64)
    count, each = keys.shape
    ones, zeros, noises, scores = np.ones(count), np.zeros(count), np.empty(count, np.uint64), np.empty(count)
    ftrl.noise_of(np.arange(start, end), np.zeros(count, np.int64), noises)
    table = recipe.table() if table is None else table
    features = Features(np.arange(count + 1) * each, keys.ravel(), np.ones(keys.size))
    told, todo = np.column_stack([labels, ones, zeros, zeros]), np.full(count, 3, np.uint8)
    assert recipe.run(table, features, todo=todo, labels=told, noises=noises, scores=scores) == count
    return table


def loss_on(recipe: Recipe, table: Table, start: int, end: int) -> float:
    """The mean log loss on rows that nobody has learned."""
    ids, outcomes = rows()
    keys, scores = keys_of(ids[start:end]), np.empty(end - start)
    recipe.predict(
        table.words, Features(np.arange(len(keys) + 1) * keys.shape[1], keys.ravel(), np.ones(keys.size)), scores
    )
    return float(-np.log(np.where(outcomes[start:end] > 0, scores, 1.0 - scores)).mean())


@BOTH
@given(one=entries, other=entries)
def test_the_order_does_not_matter(
    recipe: Recipe, one: dict[int, tuple[float, float]], other: dict[int, tuple[float, float]]
) -> None:
    """To the bit."""
    tables = [table_of(recipe, one), table_of(recipe, other)]

    assert merged(recipe, tables).digest() == merged(recipe, tables[::-1]).digest()


@BOTH
@given(one=entries)
def test_a_table_that_has_learned_nothing_changes_nothing(recipe: Recipe, one: dict[int, tuple[float, float]]) -> None:
    """To the bit."""
    table = table_of(recipe, one)

    assert merged(recipe, [table, recipe.table()]).digest() == merged(recipe, [table]).digest() == table.digest()


@given(one=entries, other=entries)
def test_what_one_shard_alone_has_seen_stays_as_it_was(
    one: dict[int, tuple[float, float]], other: dict[int, tuple[float, float]]
) -> None:
    """To the bit; of what both have, n is the sum."""
    first, second = table_of(PLAIN, one), table_of(PLAIN, other)
    table = merged(PLAIN, [first, second])
    for key in one.keys() | other.keys():
        known = [each for each in (first.get(key), second.get(key)) if each is not None]
        found = table.get(key)
        assert found is not None
        assert found == known[0] if len(known) == 1 else found[1] == pytest.approx(known[0][1] + known[1][1], rel=1e-6)


@given(one=st.tuples(st.floats(-1e3, 1e3), st.floats(1e5, 1e6)), times=st.integers(2, 9))
def test_shards_that_know_a_feature_well_and_agree_lead_to_what_they_agree_on(
    one: tuple[float, float], times: int
) -> None:
    """Not to more of it: the prior weighs nothing beside what they have seen."""
    key, ones = np.array([7], dtype=np.uint64), np.ones(1)
    shard = table_of(PLAIN, {7: one})
    alone = PLAIN.score(shard.words, key, ones, 1)
    together = merged(PLAIN, [shard] * times)

    assert PLAIN.score(together.words, key, ones, 1) == pytest.approx(alone, rel=1e-3)


@settings(max_examples=50)
@given(parts=st.lists(entries, min_size=3, max_size=3))
def test_groups_matter_only_by_rounding(parts: list[dict[int, tuple[float, float]]]) -> None:
    """(a + b) + c is a + (b + c)."""
    a, b, c = (table_of(PLAIN, part) for part in parts)
    left, right = merged(PLAIN, [merged(PLAIN, [a, b]), c]), merged(PLAIN, [a, merged(PLAIN, [b, c])])
    for key in left.entries()[0].tolist():
        one, other = left.get(key), right.get(key)
        assert one is not None
        assert other == pytest.approx(one, rel=1e-5, abs=1e-3)


@BOTH
def test_a_base_that_all_began_with_is_counted_once(recipe: Recipe) -> None:
    """Shards that learned nothing since are the base again, but for rounding."""
    base = learned(recipe, 0, 500)
    again = merged(recipe, [base, base, base], base)

    assert len(again) == len(base)
    for key in base.entries()[0][:200].tolist():
        known, found = base.get(key), again.get(key)
        assert known is not None
        assert found == pytest.approx(known, rel=1e-5, abs=1e-6)


@BOTH
def test_merged_shards_are_nearly_as_good_as_one_pass_over_all(recipe: Recipe) -> None:
    """And better than each of them."""
    shards = [learned(recipe, start, start + 2_000) for start in (0, 2_000, 4_000, 6_000)]
    whole = learned(recipe, 0, 8_000)
    alone = min(loss_on(recipe, shard, 8_000, 10_000) for shard in shards)
    together = loss_on(recipe, merged(recipe, shards), 8_000, 10_000)

    assert together < alone
    assert together < loss_on(recipe, whole, 8_000, 10_000) * 1.03


def test_tables_of_other_learners_are_refused() -> None:
    """Their rows mean something else."""
    with pytest.raises(MergeRefused, match="different learners"):
        merged(LANED, [LANED.table(), PLAIN.table()])
    with pytest.raises(MergeRefused, match="no tables were given"):
        merged(LANED, [])


def test_factors_of_shards_that_agree_stay_what_they_agree_on() -> None:
    """And those that none has learned still begin where they do."""
    shard = learned(PAIRED, 0, 2_000)
    table = merged(PAIRED, [shard, shard, shard])
    keys = shard.entries()[0]
    assert PAIRED.factors is not None
    one, together = np.empty((len(keys), 4)), np.empty((len(keys), 4))
    factors_of(shard.words, PAIRED.lanes, PAIRED.factors, keys, one)
    factors_of(table.words, PAIRED.lanes, PAIRED.factors, keys, together)

    # More evidence moves them further from 0, on the same side, and never beyond thrice as far.
    begun = (np.abs(np.abs(one) - PAIRED.factors.scale) > 1e-6) & (np.abs(one) > 1e-4)
    assert begun.sum() > 100
    assert (together[begun] / one[begun] >= 1.0 - 1e-3).all()
    assert (together[begun] / one[begun] <= 3.0 + 1e-3).all()
    assert (together[one == 0.0] == 0.0).all()


@pytest.mark.parametrize("cut", [1, 700, 1_999])
def test_the_order_of_two_shards_with_factors_does_not_matter(cut: int) -> None:
    """To the bit, also where one has hardly learned anything."""
    one, other = learned(PAIRED, 0, cut), learned(PAIRED, cut, 2_000)

    assert merged(PAIRED, [one, other]).digest() == merged(PAIRED, [other, one]).digest()
