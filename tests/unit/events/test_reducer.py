"""How several outcomes become one value."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.fact import Fact
from flyball.events.reducer import LARGEST, reduce
from flyball.events.rule import Reducer

REDUCERS = get_args(Reducer)


def outcomes(*pairs: tuple[float, float]) -> list[Fact]:
    """Outcomes with these values and weights, in this order."""
    return [Fact(seq, "r", "y", False, str(seq), value, weight, 0, 0) for seq, (value, weight) in enumerate(pairs)]


@pytest.mark.parametrize("reducer", REDUCERS)
def test_one_outcome_stands_for_itself(reducer: Reducer) -> None:
    """By every rule."""
    assert reduce(reducer, outcomes((0.1, 0.7))) == (0.1, 0.7)


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [
        ("first", (2.0, 1.0)),
        ("last", (1.0, 5.0)),
        ("min", (1.0, 2.0)),
        ("max", (3.0, 3.0)),
        ("sum", (10.0, 3.0)),
        ("mean", (2.0, 3.0)),
    ],
)
def test_each_rule_has_its_value_and_its_weight(reducer: Reducer, expected: tuple[float, float]) -> None:
    """Of equal extremes the first decides, and its weight with it."""
    assert expected == reduce(reducer, outcomes((2.0, 1.0), (1.0, 2.0), (3.0, 3.0), (3.0, 4.0), (1.0, 5.0)))


@given(st.permutations([1e16, 1.0, -1e16, 0.1, 3e-5, 1e16, -1e16]))
def test_a_sum_does_not_depend_on_the_order(values: list[float]) -> None:
    """Exactly rounded: nothing is lost to large terms that cancel."""
    facts = outcomes(*((value, 1.0) for value in values))

    assert reduce("sum", facts) == (1.10003, 1.0)
    assert reduce("mean", facts) == (1.10003 / 7, 1.0)


@pytest.mark.parametrize("reducer", REDUCERS)
def test_the_largest_values_stay_finite(reducer: Reducer) -> None:
    """A thousand of the largest that are accepted."""
    value, weight = reduce(reducer, outcomes(*[(LARGEST, LARGEST)] * 1_000))

    assert math.isfinite(value)
    assert math.isfinite(weight)
