"""The tables of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import factors
from flyball.learn.features import pick
from flyball.system.learner import FM, FTRL

if TYPE_CHECKING:
    from pathlib import Path


def test_tastes_are_foretold_by_a_machine_alone() -> None:
    """Hardly a pair comes twice, so a cross of all pairs knows next to nothing."""
    problem = factors.tastes(150_000)
    linear = factors.learned(problem, problem.plain, FTRL(), times=1).loss
    crossed = factors.learned(problem, problem.crossed, FTRL(), times=1).loss
    machine = factors.learned(problem, problem.plain, FM(factors=16), times=1).loss

    assert min(linear, crossed) > 0.68
    assert machine < 0.6


def test_rivers_machine_is_asked_before_it_learns() -> None:
    """Labels that hang on nothing cannot be foretold by either."""
    problem = factors.tastes(300)
    part = pick(problem.plain, np.arange(300))

    assert factors.rivers(problem, part).loss > 0.65
    assert factors.learned(problem, part, FM(alpha=0.1), times=1).loss > 0.65


@pytest.mark.slow
def test_both_tables_are_made_without_the_real_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted tastes need no file."""
    monkeypatch.setattr(factors, "DATA", tmp_path / "nowhere")
    made = factors.tables(quick=True)

    assert [table.name for table in made] == ["factors", "factors_peer"]
    assert [row[0] for table in made for row in table.rows] == ["planted tastes"] * 2
    assert all(len(row) == len(table.columns) for table in made for row in table.rows)
