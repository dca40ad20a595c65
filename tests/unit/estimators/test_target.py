"""The scale of a number, found while it is learned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.estimators.target import Target

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


def parts(target: Target, numbers: list[float], weights: list[float] | None = None) -> tuple[list[float], Target]:
    """The scale of each number, and what is known in the end."""
    scales: list[float] = []
    last = target
    given_weights = np.ones(len(numbers)) if weights is None else np.array(weights)
    for start, end, last in target.parts(np.array(numbers), given_weights):
        scales += [last.scale] * (end - start)
    return scales, last


@given(NUMBERS, st.integers(1, 9))
def test_scales_do_not_depend_on_how_numbers_are_divided_among_calls(numbers: list[float], size: int) -> None:
    """One by one, in blocks and all at once: the same to the bit."""
    whole, known = parts(Target(), numbers)
    scales, now = [], Target()
    for start in range(0, len(numbers), size):
        some, now = parts(now, numbers[start : start + size])
        scales += some

    assert scales == whole
    assert now == known


@given(NUMBERS)
def test_numbers_come_back_as_they_were(numbers: list[float]) -> None:
    """Shrunk and stretched again."""
    _, target = parts(Target(), numbers)
    back = target.stretched(target.shrunk(np.array(numbers)))

    assert np.allclose(back, numbers, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("size", [1e-9, 1.0, 3e12])
def test_the_scale_is_that_of_the_differences(size: float) -> None:
    """Whatever the numbers have in common."""
    numbers = (1000.0 + np.random.default_rng(3).normal(size=500)) * size
    _, met = parts(Target(), numbers.tolist())
    known = Target.of(numbers, np.ones(500))

    assert 0.25 * size <= met.scale <= 4.0 * size
    assert 0.5 * size <= known.scale <= 2.0 * size
    assert known.centre == pytest.approx(1000.0 * size, rel=1e-3)


def test_equal_numbers_have_no_scale_yet() -> None:
    """And are answered exactly."""
    scales, target = parts(Target(), [7.5] * 4)

    assert scales == [0.0] * 4
    assert target.stretched(np.zeros(1)).tolist() == [7.5]
    assert Target.of(np.full(3, 7.5), np.ones(3)).scale == 0.0


def test_weights_of_zero_count_for_nothing() -> None:
    """A number without weight gives no scale."""
    scales, _ = parts(Target(), [1.0, 100.0, 3.0], [1.0, 0.0, 1.0])

    assert scales[:2] == [0.0, 0.0]
    assert scales[2] == parts(Target(), [1.0, 3.0])[0][1]


def test_a_scale_that_is_given_stays() -> None:
    """And nothing is taken off."""
    scales, target = parts(Target(fixed=True, scale=10.0), [1e5, -1e5, 3.0])

    assert scales == [10.0] * 3
    assert target.shrunk(np.array([5.0])).tolist() == [0.5]
