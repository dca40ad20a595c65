"""Stamps in the spare bits of n: what they say, and that n stays right without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.bias import BIAS_KEY
from flyball.learn.expiry import (
    CYCLE,
    EARLY,
    SPAN,
    STAMP_BITS,
    TIMELESS,
    age_of,
    present_at,
    stale,
    stamp_for,
    stamp_of,
    stamped,
    unexpired,
)
from flyball.learn.hash64 import text_key
from flyball.learn.kernel import kernel
from flyball.learn.pair import n_of, pack, z_of
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

pytestmark = pytest.mark.unit
KEY = 12345


def word_of(z: float, n: float, epoch: int, noise: int = 0) -> int:
    """The first word of a row that is used in an epoch."""
    pair = pack(z, n, uint64(noise))
    return int(stamped(uint64(pair), uint64(stamp_for(uint64(KEY), uint64(present_at(epoch)))), uint64(noise)))


@kernel
def _mean_of(n: float, noises: Words) -> float:
    total = 0.0
    for i in range(len(noises)):
        total += n_of(stamped(pack(1.0, n, noises[i]), 0, noises[i]))
    return total / len(noises)


def test_the_bias_is_the_one_that_every_example_has() -> None:
    """Its number follows from its name."""
    assert text_key("bias", 0) == BIAS_KEY


@given(st.integers(0, 10**9), st.integers(0, CYCLE - EARLY - 1))
def test_a_row_expires_after_so_many_epochs_whatever_its_stamp_is(epoch: int, age: int) -> None:
    """As long as it is not older than stamps can tell."""
    word, now = uint64(word_of(-3.0, 2.0, epoch)), uint64(present_at(epoch + age))

    assert 1 <= stamp_of(word) <= CYCLE
    assert age_of(word, now) == age
    assert stale(word, now) == (age > SPAN)
    assert unexpired(np.array([word], dtype=np.uint64), epoch, epoch + age).tolist() == [age <= SPAN]


@given(st.integers(0, 10**9), st.integers(1, EARLY))
def test_a_reader_that_is_a_little_behind_takes_no_row_for_an_old_one(epoch: int, ahead: int) -> None:
    """It looked at the header before the epoch changed."""
    assert not stale(uint64(word_of(1.0, 1.0, epoch + ahead)), uint64(present_at(epoch)))


def test_what_stays_and_tables_without_expiry_know_no_age() -> None:
    """Stamp 0, and a header that says nothing, or that stamps are not looked at."""
    word = uint64(word_of(1.0, 1.0, 7))
    bias = stamp_for(uint64(BIAS_KEY), uint64(present_at(7)))

    assert bias == 0
    assert not stale(word & ~uint64(STAMP_BITS), uint64(present_at(200)))
    assert not stale(word, uint64(0))
    assert not stale(word, uint64(TIMELESS))


@given(st.floats(-1e30, 1e30), st.floats(0.0, 1e30), st.integers(0, 2**64 - 1), st.integers(0, 300))
def test_z_is_as_it_was_and_n_is_near(z: float, n: float, noise: int, epoch: int) -> None:
    """Of n sixteen bits of mantissa are left; 0 stays 0."""
    plain = uint64(pack(z, n, uint64(noise)))
    bare = uint64(word_of(z, n, epoch, noise)) & ~uint64(STAMP_BITS)

    assert z_of(bare) == z_of(plain)
    assert n_of(bare) == pytest.approx(n, rel=2.0**-15, abs=2.0**-125)


@pytest.mark.parametrize("n", [1.0, 1.0 + 2.0**-20, 3.14159, 1234.5678])
def test_n_is_rounded_at_random_so_that_its_mean_is_right(n: float) -> None:
    """To the nearest, all of these steps would be lost."""
    noises = np.random.default_rng(1).integers(0, 2**64 - 1, 400_000, dtype=np.uint64)

    assert _mean_of(n, noises) == pytest.approx(n, rel=5 * 2.0**-16 / np.sqrt(12 * len(noises)) + 1e-12)
