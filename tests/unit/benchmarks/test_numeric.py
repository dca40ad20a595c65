"""The table of ways to give numbers to the learner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks import numeric
from benchmarks.encodings import ENCODINGS
from benchmarks.numeric import Numbers
from flyball.learn.features import Features
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROWS = 400


def some() -> Numbers:
    """Rows whose label hangs on whether a number is above 0."""
    numbers = np.random.default_rng(3).normal(size=ROWS)
    nothing = Features(np.zeros(ROWS + 1, dtype=np.int64), np.empty(0, dtype=np.uint64), np.empty(0))
    return Numbers(
        "some", "logistic", (numbers > 0.0).astype(np.float64), nothing, [(7, numbers, np.zeros(ROWS, dtype=np.bool_))]
    )


def test_the_loss_is_that_of_predictions_made_before_learning() -> None:
    """Labels that hang on nothing cannot be foretold; those that hang on the number can."""
    numbers = some()
    features = numbers.features(ENCODINGS[0])
    coins = np.random.default_rng(4).integers(0, 2, ROWS).astype(np.float64)

    assert numeric.learned(features, coins, FTRL(alpha=0.2), "logistic")[0] > 0.65
    assert numeric.learned(features, numbers.labels, FTRL(alpha=1.0), "logistic")[0] < 0.45


def test_a_row_compares_each_way_with_the_first() -> None:
    """By the ratio of their losses, for both learners."""
    table, ratios = numeric.table_of(some(), ENCODINGS[:3])

    assert ratios.shape == (3, 2)
    assert ratios[0].tolist() == [1.0, 1.0]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert [row[3] for row in table.rows] == [f"{ratio - 1.0:+.2%}" for ratio in ratios[:, 0]]


def test_a_summary_gives_the_geometric_mean_and_the_worst_set() -> None:
    """A half and a double are nothing on the whole."""
    made = numeric.summary(ENCODINGS[:1], np.array([[[0.5, 1.0]], [[2.0, 1.1]]]), ["one", "other"])

    assert made.rows[0][2:] == ["+0.00%", "+100.00%", "+4.88%", "+10.00%"]


def test_it_says_where_its_data_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's clone has none."""
    monkeypatch.setattr(numeric, "DATA", tmp_path / "nowhere")
    (made,) = numeric.tables(quick=True)

    assert not made.rows
    assert "not beside this checkout" in made.notes[0]
