"""How far a model is from the truth."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.cli.distance import GOAL, Period, goal_of, periods_of
from flyball.run.report import ModelReport
from flyball.watch.board import DAY_US, Board

START_US = 20_000 * DAY_US


def model(days: int, per_day: int = 400) -> ModelReport:
    """A model that answers one half on the first day and the truth later."""
    draw = np.random.default_rng(4)
    times = START_US + np.sort(draw.integers(0, days * DAY_US, days * per_day))
    truth = draw.uniform(0.02, 0.3, len(times))
    values = (draw.random(len(times)) < truth).astype(float)
    guess = np.where(times < START_US + DAY_US, 0.5, truth)
    mine, best = Board([], "binary"), Board([], "binary")
    for board, scores in ((mine, guess), (best, truth)):
        board.add(scores, values, np.ones(len(times)), np.ones(len(times)), times, [])
    return ModelReport.of(mine, name="ctr", version=1, tally={}, baselines={"truth": best})


def test_the_first_day_stands_before_all_days_in_five_periods() -> None:
    """Together the five hold every example."""
    found = periods_of(model(10), 10)

    assert [period.name for period in found] == [
        "day 1",
        "days 1 to 2",
        "days 3 to 4",
        "days 5 to 6",
        "days 7 to 8",
        "days 9 to 10",
    ]
    assert sum(period.examples for period in found[1:]) == 4_000


def test_a_model_that_answers_the_truth_is_at_no_distance() -> None:
    """And one that answers one half is far away."""
    found = periods_of(model(10), 10)

    assert found[0].distance > 0.1
    assert found[0].excess == found[0].distance / found[0].truth
    assert found[0].learned is not None
    assert found[0].learned < 0.0
    assert found[-1].distance == pytest.approx(0.0, abs=1e-12)
    assert found[-1].learned == pytest.approx(1.0)


@pytest.mark.parametrize(("days", "names"), [(1, ["day 1"]), (2, ["day 1", "day 2"]), (3, ["day 1", "day 2", "day 3"])])
def test_few_days_are_not_cut_further(days: int, names: list[str]) -> None:
    """No period is empty and none is shown twice."""
    assert [period.name for period in periods_of(model(days), days)] == names


def test_a_model_without_examples_has_no_periods() -> None:
    """There is nothing to show."""
    empty = ModelReport.of(
        Board([], "binary"), name="ctr", version=1, tally={}, baselines={"truth": Board([], "binary")}
    )

    assert periods_of(empty, 30) == []


def test_less_than_a_month_promises_nothing() -> None:
    """The goal is stated for the demo as it comes."""
    assert (goal_of(300_000, 30), goal_of(300_000, 29), goal_of(10_000, 30)) == (GOAL, None, None)


def test_where_the_truth_is_no_better_than_a_constant_nothing_can_be_learned() -> None:
    """No division by nothing."""
    assert Period(name="", examples=1, model=0.2, truth=0.1, base=0.1).learned is None
    assert Period(name="", examples=1, model=0.2, truth=0.0, base=0.1).excess == 0.0
