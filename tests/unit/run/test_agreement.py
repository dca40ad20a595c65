"""How far rankings agree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, rankdata

from flyball.run.agreement import kendall, standings

NUMBERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=12)


@given(NUMBERS)
def test_it_is_kendalls_tau_with_ties(pairs: list[tuple[int, int]]) -> None:
    """As SciPy has it."""
    one = {str(i): float(a) for i, (a, _) in enumerate(pairs)}
    other = {str(i): float(b) for i, (_, b) in enumerate(pairs)}

    found, expected = kendall(one, other), float(kendalltau(list(one.values()), list(other.values())).statistic)

    if math.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected)


@given(NUMBERS)
def test_standings_are_mean_ranks_between_0_and_1(pairs: list[tuple[int, int]]) -> None:
    """Likewise."""
    values = [float(a) for a, _ in pairs]

    found = standings({str(i): value for i, value in enumerate(values)})

    assert list(found.values()) == pytest.approx(((rankdata(values) - 1.0) / (len(values) - 1)).tolist())


def test_what_never_ends_is_the_largest() -> None:
    """Infinity is a place like any other."""
    assert kendall({"a": math.inf, "b": 1.0, "c": math.inf}, {"a": 3.0, "b": 1.0, "c": 3.0}) == pytest.approx(1.0)
    assert standings({"a": math.inf, "b": 1.0}) == {"a": 1.0, "b": 0.0}
    assert standings({"a": math.inf}) == {"a": 0.5}
