"""The table of losses on real data, with a set that is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import data, quality, vw
from benchmarks.data import DataSet

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 400


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """Late on route B, mostly; three rows in four are."""
    (tmp_path / "toy").mkdir()
    rng = np.random.default_rng(4)
    route = rng.choice(["A", "B"], COUNT, p=[0.2, 0.8])
    late = rng.random(COUNT) < np.where(route == "B", 0.9, 0.1)
    rows = [f"{place},{i % 24},{int(told)}" for i, (place, told) in enumerate(zip(route, late, strict=True))]
    (tmp_path / "toy" / "toy.csv").write_text("route,hour,late\n" + "\n".join(rows) + "\n", encoding="utf-8")
    for module in (data, quality):
        monkeypatch.setattr(module, "DATA", tmp_path)
    return DataSet(name="toy", file="toy.csv", label="late")


def test_a_set_is_drafted_without_the_mean_of_the_whole_file(toy: DataSet, tmp_path: Path) -> None:
    """It would be a model's first answer."""
    system = toy.system(tmp_path)

    assert "fallback=0.7" in (tmp_path / "toy.py").read_text(encoding="utf-8"), "what init proposes"
    assert [model.fallback for model in system.models] == [None]
    assert system.models[0].learner.tuned


@pytest.mark.slow
def test_all_parties_are_scored_on_the_same_rows(toy: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the best of VW is none that ended without a number."""
    monkeypatch.setattr(quality, "SETS", (toy,) * 5)
    whole, halves = quality.tables(quick=True)

    for table in (whole, halves):
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert whole.rows[0][:2] == ["toy", "400"]
    assert halves.rows[0][:2] == ["toy", "200"]
    ours = float(whole.rows[0][2].strip("*"))
    assert 0.3 < ours < 0.6, "the least that can be had is 0.325"
    assert float(whole.rows[0][7]) == pytest.approx(ours / 0.586, rel=0.1), "normalised by the entropy of the labels"


def test_a_setting_that_ends_without_a_number_is_never_the_best() -> None:
    """It diverged."""
    labels = np.array([1.0, 0.0])
    good, bad = (quality.loss_of_margins(np.array(margins), labels) for margins in ([0.1, 0.1], [np.nan, -9.0]))
    card = quality.Compared("toy", labels, good, None, [bad, good], good[1:], 1)  # type: ignore[arg-type]  # no report is asked for

    assert card.best == 1
    assert card.change == 0.0


def test_vw_has_thirty_different_settings() -> None:
    """As the table says."""
    assert len(set(vw.GRID)) == len(vw.GRID) == 30
