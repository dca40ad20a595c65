"""z and n as float32, rounded at random: unbiased, and never stuck."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.ftrl import noise_of
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.table import Table
from flyball.learn.word import uint64
from tests.unit.learn.ads_rows import Hyper, keys_of, learned

SINGLE = st.floats(-(2.0**99), 2.0**99, width=32)


def noises(count: int) -> list[int]:
    """The random words of this many places in the log."""
    made = np.empty(count, dtype=np.uint64)
    noise_of(np.arange(count), np.zeros(count, dtype=np.int64), made)
    return [uint64(word) for word in made]


@given(SINGLE, st.floats(0, 2.0**99, width=32), st.integers(0, 2**64 - 1))
def test_what_a_single_holds_is_kept_whatever_the_noise(z: float, n: float, noise: int) -> None:
    """Rounding has nothing to do."""
    pair = uint64(pack(z, n, uint64(noise)))

    assert (z_of(pair), n_of(pair)) == (z, n)


@given(st.floats(1e-30, 1e30), st.integers(0, 2**64 - 1))
def test_a_number_becomes_one_of_the_two_singles_around_it(number: float, noise: int) -> None:
    """On both sides of zero."""
    pair = uint64(pack(-number, number, uint64(noise)))
    near = np.float32(number)
    around = {float(near), float(np.nextafter(near, np.float32(0))), float(np.nextafter(near, np.float32(np.inf)))}

    assert -z_of(pair) in around
    assert n_of(pair) in around
    assert abs(z_of(pair)) <= number * (1 + 2**-23)
    assert n_of(pair) >= number * (1 - 2**-23)


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.9])
def test_rounding_is_unbiased(share: float) -> None:
    """Up in exactly the share of cases that makes the mean right: 40,000 places in the log, both halves."""
    low, gap = 3.0, 2.0**-22
    number = low + share * gap
    count = 40_000
    pairs = [uint64(pack(-number, number, noise)) for noise in noises(count)]
    for halves in ([-z_of(pair) for pair in pairs], [n_of(pair) for pair in pairs]):
        ups = sum(half > low for half in halves)

        assert set(halves) == {low, low + gap}
        assert abs(ups / count - share) < 4 * (share * (1 - share) / count) ** 0.5


def test_z_and_n_are_rounded_by_different_noise() -> None:
    """Else their errors would go together."""
    pairs = [uint64(pack(3.0 + 2.0**-23, 3.0 + 2.0**-23, noise)) for noise in noises(4_000)]
    together = sum((z_of(pair) > 3.0) == (n_of(pair) > 3.0) for pair in pairs)

    assert 0.45 < together / 4_000 < 0.55


@given(st.floats(0, 2.0**99, width=32), st.floats(0, 1e3), st.integers(0, 2**64 - 1))
def test_n_never_falls(n: float, grown: float, noise: int) -> None:
    """A rate never rises: a sum of squares rounded down is still at least what it was."""
    assert n_of(uint64(pack(0.0, n + grown, uint64(noise)))) >= n


def test_rounding_to_nearest_would_stall_where_random_rounding_goes_on() -> None:
    """20 million is 2^24 and a bit: steps of 0.25 are below half a unit there, and vanish one by one."""
    nearest, random = np.float32(2.0**24), 2.0**24
    for noise in noises(4_000):
        nearest = np.float32(np.float64(nearest) + 0.25)
        random = n_of(uint64(pack(0.0, random + 0.25, noise)))

    assert nearest == 2.0**24
    assert random - 2.0**24 == pytest.approx(1_000, rel=0.1)


def test_coefficients_of_frequent_features_keep_moving() -> None:
    """The same in learning: after 2^27 squares of gradients, each step of at most 1/4 is far below half a unit."""
    table, ids = Table(), np.zeros((30_000, 1), dtype=np.int64)
    keys = keys_of(ids[:1]).ravel()
    table.put(keys, z=np.zeros(2), n=np.full(2, 2.0**27))
    learned(table, ids, np.tile([1.0, 0.0], 15_000), Hyper())
    states = [table.get(key) for key in keys.tolist()]

    assert [n - 2.0**27 for _, n in filter(None, states)] == pytest.approx([7_500, 7_500], rel=0.2)


@given(st.integers(1, 2**40), st.integers(0, 20))
def test_noise_is_a_hash_of_the_place_and_the_revision(seq: int, revision: int) -> None:
    """The same again for replay; another for the next example and the next revision."""
    made = np.empty(4, dtype=np.uint64)
    noise_of(np.array([seq, seq, seq + 1, seq]), np.array([revision, revision, revision, revision + 1]), made)

    assert made[0] == made[1]
    assert len(set(made.tolist())) == 3
