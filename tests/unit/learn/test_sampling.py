"""Negatives that were sampled upstream."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.sampling import in_the_sample, in_the_world, weights_in_the_world

SHARE = st.floats(1e-6, 1.0)
PROBABILITY = st.floats(1e-9, 1.0 - 1e-9)


def test_the_published_check_comes_out() -> None:
    """He et al.: one click in a thousand, w = 0.01: trained at about 10 %, served at 0.1 % again."""
    trained = in_the_sample(0.001, 0.01)

    assert trained == pytest.approx(0.091, abs=0.0005)
    assert in_the_world(trained, 0.01) == pytest.approx(0.001, rel=1e-14)


@given(PROBABILITY, SHARE)
def test_it_is_the_formula_within_rounding(p: float, kept: float) -> None:
    """q = p / (p + (1 - p) / w), in fractions."""
    exact = Fraction(p) / (Fraction(p) + (1 - Fraction(p)) / Fraction(kept))

    assert in_the_world(p, kept) == pytest.approx(float(exact), rel=1e-15 * 8)


@given(PROBABILITY, SHARE)
def test_there_and_back_again_is_where_it_began(q: float, kept: float) -> None:
    """In odds: near 1 a float64 holds few digits of what is missing to 1."""
    again = in_the_world(in_the_sample(q, kept), kept)

    assert again == pytest.approx(q, rel=1e-9)


@given(PROBABILITY)
def test_all_kept_changes_nothing_but_by_rounding(p: float) -> None:
    """Both ways."""
    assert in_the_world(p, 1.0) == pytest.approx(p, rel=1e-15)
    assert in_the_sample(p, 1.0) == pytest.approx(p, rel=1e-15)


def test_counts_of_a_sampled_world_lead_back_to_its_rate() -> None:
    """30 positives among 10,000; one in 20 of the others was kept."""
    in_sample = 30 / (30 + 9_970 / 20)

    assert in_the_world(in_sample, 1 / 20) == pytest.approx(0.003, rel=1e-14)


def test_answers_are_scored_with_the_weights_of_the_world() -> None:
    """A no stands for those that were left out too; a yes for itself."""
    values, weights = np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, 3.0])

    assert weights_in_the_world(values, weights, 0.25).tolist() == [4.0, 2.0, 12.0]
    assert weights_in_the_world(values, weights, 1.0) is weights
