"""Rounding to 16 bits: right in the mean, which rounding to the nearest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flyball.learn.fixed_point import MOST, STEP, WIDE, fixed_of, noise_for, round_all
from flyball.learn.kernel import kernel
from tests.unit.learn.gate_rows import some_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

pytestmark = pytest.mark.unit

RULES = pytest.mark.parametrize(("rule", "holds"), [("at random", True), ("to the nearest", False)])
COUNT = 40_000


@kernel
def _each(weights: Floats, noises: Words, fixed: NDArray[np.int64]) -> None:
    for i in range(len(weights)):
        fixed[i] = fixed_of(weights[i], noises[i])


@kernel
def _stream(steps: Floats, noises: Words) -> int:
    held = 0
    for i in range(len(steps)):
        held = fixed_of(held * STEP + steps[i], noises[i])
    return held


def noises_of(rule: str, count: int = COUNT) -> Words:
    """64 bits for each rounding; half of their range rounds to the nearest."""
    return some_keys(count) if rule == "at random" else np.full(count, 2**63, dtype=np.uint64)


def each(weights: Floats, noises: Words) -> NDArray[np.int64]:
    """Every weight in steps."""
    fixed = np.empty(len(weights), dtype=np.int64)
    _each(weights, noises, fixed)
    return fixed


@RULES
@pytest.mark.parametrize("part", [0.3, -0.3, 0.45, -0.2])
def test_many_small_coefficients_together_stay_what_they_were(rule: str, holds: bool, part: float) -> None:
    """Within five standard deviations; to the nearest, all of them vanish."""
    fixed = each(np.full(COUNT, part * STEP), noises_of(rule))
    away = abs(fixed.sum() - part * COUNT)

    assert (away < 5.0 * (COUNT * abs(part) * (1.0 - abs(part))) ** 0.5) == holds, f"{away} steps away"


@RULES
@pytest.mark.parametrize("part", [0.07, -0.4])
def test_a_coefficient_grows_by_steps_that_are_too_small_to_be_held(rule: str, holds: bool, part: float) -> None:
    """A stream in which every update is less than half of what 16 bits can tell."""
    count = 20_000
    held = _stream(np.full(count, part * STEP), noises_of(rule, count))
    away = abs(held - part * count)

    assert (away < 5.0 * (count * abs(part) * (1.0 - abs(part))) ** 0.5) == holds, f"{away} steps away"


def test_the_error_of_any_coefficient_is_zero_in_the_mean_and_less_than_a_step() -> None:
    """Over the whole range, of both signs."""
    weights = np.random.default_rng(3).uniform(-3.9, 3.9, COUNT)
    errors = each(weights, noises_of("at random")) - weights / STEP

    assert np.abs(errors).max() < 1.0
    assert abs(errors.mean()) < 5.0 * 0.41 / COUNT**0.5


def test_what_16_bits_hold_exactly_is_not_changed_by_any_noise() -> None:
    """Whole steps, from end to end."""
    whole = np.arange(-MOST, MOST + 1, dtype=np.float64)
    for noise in (0, 2**64 - 1, 2**63):
        assert np.array_equal(each(whole * STEP, np.full(len(whole), noise, dtype=np.uint64)), whole)


@pytest.mark.parametrize("weight", [4.0, -4.0, 3.99999, -1e30, 1e30, float("nan"), float("inf"), -(MOST + 1) * STEP])
def test_what_16_bits_do_not_hold_is_marked(weight: float) -> None:
    """It is neither cut nor wrapped around."""
    assert each(np.array([weight]), np.array([2**64 - 1], dtype=np.uint64)).tolist() == [WIDE]


def test_the_same_seed_rounds_in_the_same_way_and_lanes_differ() -> None:
    """So that an export can be made again, byte for byte."""
    keys, weights = some_keys(1000), np.full((1000, 2), 0.5 * STEP)
    first, again, other = (np.empty((1000, 2), dtype=np.int16) for _ in range(3))
    round_all(keys, weights, np.uint64(7), first)  # type: ignore[arg-type]  # numpy's scalar in a kernel
    round_all(keys, weights, np.uint64(7), again)  # type: ignore[arg-type]  # numpy's scalar in a kernel
    round_all(keys, weights, np.uint64(8), other)  # type: ignore[arg-type]  # numpy's scalar in a kernel

    assert np.array_equal(first, again)
    assert 0.4 < (first != other).mean() < 0.6, "another seed, other roundings"
    assert 0.4 < (first[:, 0] != first[:, 1]).mean() < 0.6, "lanes are rounded apart"
    assert int(noise_for(np.uint64(1), np.uint64(2), 0)) != int(noise_for(np.uint64(2), np.uint64(1), 0))  # type: ignore[arg-type]  # numpy's scalars in a kernel


def test_a_row_with_one_wide_coefficient_is_wide() -> None:
    """Its key is kept whole, with all lanes."""
    fixed = np.empty((2, 2), dtype=np.int16)
    weights = np.array([[0.25, -9.0], [0.25, 0.5]])
    round_all(np.array([5, 6], dtype=np.uint64), weights, np.uint64(0), fixed)  # type: ignore[arg-type]  # numpy's scalar in a kernel

    assert fixed.tolist() == [[WIDE, WIDE], [2048, 4096]]
