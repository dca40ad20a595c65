"""Losses of many margins beside those of one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.ablation_loss import FARTHEST, judge, log_one_more, wide_exp
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED, answer, loss
from flyball.learn.maths import exp

NUMBERS = st.floats(-1e6, 1e6)
WEIGHTS = st.floats(0.0, 100.0)


@given(st.floats(-708.0, 708.0))
def test_exp_is_that_of_the_other_kernels(x: float) -> None:
    """Within a few units in the last place."""
    assert wide_exp(x) == pytest.approx(exp(x), rel=1e-15)


@given(st.floats(0.0, 1.0))
def test_the_logarithm_of_one_more_is_right(e: float) -> None:
    """To 12 digits."""
    assert log_one_more(e) == pytest.approx(np.log1p(e), abs=1e-12)


@given(
    st.sampled_from([LOGISTIC, SQUARED, POISSON]),
    st.lists(NUMBERS, min_size=1, max_size=20),
    NUMBERS,
    WEIGHTS,
    NUMBERS,
    WEIGHTS,
)
def test_every_loss_and_slope_is_that_of_one_margin(
    kind: int, margins: list[float], value: float, weight: float, before: float, weight_before: float
) -> None:
    """Whatever the margins, with weights and what is taken back."""
    told = [value, before]
    if kind != SQUARED:
        told = [abs(each) for each in told]
    if kind == LOGISTIC:
        told = [float(each > 5e5) for each in told]
    slopes, losses = np.empty(len(margins)), np.empty(len(margins))

    judge(kind, np.array(margins), np.array([told[0], weight, told[1], weight_before]), slopes, losses)

    for margin, slope, lost in zip(margins, slopes.tolist(), losses.tolist(), strict=True):
        p = answer(margin, kind)
        pull = weight * (p - told[0]) - weight_before * (p - told[1])
        cost = weight * cost_of(margin, told[0], kind) - weight_before * cost_of(margin, told[1], kind)
        steep = weight * (p + abs(told[0])) + weight_before * (p + abs(told[1]))
        assert slope == pytest.approx(pull, rel=1e-9, abs=1e-12 * abs(steep) + 1e-12)
        # What is taken back may be nearly all, and a count's loss is a difference of numbers larger than itself.
        large = weight * cost_of(margin, told[0], kind) + weight_before * cost_of(margin, told[1], kind)
        large += 40.0 * steep if kind == POISSON else 0.0
        assert lost == pytest.approx(cost, rel=1e-9, abs=1e-9 * large + 1e-12)


def cost_of(margin: float, y: float, kind: int) -> float:
    """The loss of a margin; log losses directly, since one minus a probability near 1 has few digits."""
    if kind == LOGISTIC:
        m = min(max(margin, -FARTHEST), FARTHEST)
        return float(np.logaddexp(0.0, m)) - y * m
    return loss(answer(margin, kind), y, kind)


@pytest.mark.parametrize("margin", [-40.0, -34.6, 34.6, 1e3])
def test_a_log_loss_is_cut_where_that_of_a_probability_is(margin: float) -> None:
    """At 1e-15."""
    slopes, losses = np.empty(1), np.empty(1)

    judge(LOGISTIC, np.array([margin]), np.array([float(margin < 0.0), 1.0, 0.0, 0.0]), slopes, losses)

    assert losses[0] == pytest.approx(-np.log(1e-15), rel=1e-9)
