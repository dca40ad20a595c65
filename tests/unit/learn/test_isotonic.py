"""Isotonic regression against scikit-learn's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from flyball.learn.isotonic import isotonic

VALUES = st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(VALUES, st.floats(1e-3, 1e3)), min_size=1, max_size=40)


def pooled(values: list[float], weights: list[float]) -> list[float]:
    """What our kernel makes of them."""
    made = np.array(values)
    isotonic(made, np.array(weights), np.zeros(len(values), dtype=np.int64))
    result: list[float] = made.tolist()
    return result


@given(PAIRS)
def test_it_equals_scikit_learns(pairs: list[tuple[float, float]]) -> None:
    """The minimum is unique."""
    values, weights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    theirs = IsotonicRegression().fit_transform(np.arange(len(values)), values, sample_weight=weights)

    assert np.allclose(pooled(values, weights), theirs, rtol=1e-9, atol=1e-6)


@given(PAIRS)
def test_the_result_never_falls_and_stays_within_what_was_given(pairs: list[tuple[float, float]]) -> None:
    """To the bit: a curve must not fall because of rounding."""
    values, weights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    made = pooled(values, weights)

    assert made == sorted(made)
    assert min(values) <= made[0] <= made[-1] <= max(values)


@given(st.lists(VALUES, min_size=1, max_size=40, unique=True))
def test_what_rises_already_is_left_as_it_is(values: list[float]) -> None:
    """Nothing is rounded where nothing is pooled."""
    rising = sorted(values)

    assert pooled(rising, [1.0] * len(rising)) == rising
