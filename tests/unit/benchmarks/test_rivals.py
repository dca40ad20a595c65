"""What peers are given: the same rows as flyball, in their own form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.batch import Batch
from benchmarks.fields import rows_of
from benchmarks.rivals import River, ScikitLearn, blocks, learn_from
from benchmarks.vw import line_of
from flyball import Input, Model, Outcome, System
from flyball.run.file_replay import read_recording
from flyball.run.form import Form

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rivals import Rival

COUNT = 2_500


@pytest.fixture
def system() -> System:
    """Late or not, by a route, a number that is missing now and then, and a bag."""
    signals = [Input("route", str), Input("hour", float), Input("bag", dict[str, float])]
    return System("flights", models=[Model("late", signals=signals, outcome=Outcome("late"))])


@pytest.fixture
def form(system: System) -> Form:
    """Its model, encoded."""
    return Form(system, "late", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Rows that are late on route B, mostly."""
    rng = np.random.default_rng(3)
    route = rng.choice(["A", "B"], COUNT)
    hour = [None if i % 10 == 3 else float(i % 24) for i in range(COUNT)]
    late = (rng.random(COUNT) < np.where(route == "B", 0.9, 0.1)).astype(np.int64)
    bag = pa.array([[("x y", 2.0)] if i % 2 else [] for i in range(COUNT)], pa.map_(pa.string(), pa.float64()))
    table = pa.table({"late": late, "route": route, "hour": hour, "bag": bag})
    parquet.write_table(table, tmp_path / "flights.parquet")
    return tmp_path / "flights.parquet"


def test_a_block_has_names_numbers_and_what_is_in_bags(path: Path, form: Form) -> None:
    """Nothing where a value is missing, and no more rows than were asked for."""
    made = list(blocks(path, form, limit=1_200, missing=("",)))

    assert [len(block.labels) for block in made] == [1_000, 200]
    assert made[0].names == ["hour"]
    assert np.isnan(made[0].numbers[3, 0])
    assert made[0].tokens[1][1:] == [("x y", 2.0)]
    assert made[0].tokens[0] in ([("route=A", 1.0)], [("route=B", 1.0)])


@pytest.mark.parametrize("rival", [River(0.1), ScikitLearn(0.1, 12)], ids=["River", "scikit-learn"])
def test_peers_learn(rival: Rival, path: Path, form: Form) -> None:
    """Labels hang on the route only: 0.325 is the least loss that can be had."""
    done = learn_from(rival, path, form, limit=COUNT, scored=COUNT, missing=("",))

    assert done.rows == COUNT
    assert 0.3 < done.loss < 0.58, "one of two and a half blocks of scikit-learn is answered before it has learned"


def test_vw_reads_the_same_row(path: Path, system: System, form: Form) -> None:
    """Blanks of names are no separators."""
    rows = read_recording(system, path).rows
    lines = [line_of(features, label=label) for label, features in rows_of(rows, form)]

    assert len(lines) == COUNT
    assert lines[1].endswith("hour x_y:2")
    assert "hour" not in lines[3]


def test_trees_learn_the_first_half(path: Path, system: System, form: Form) -> None:
    """And answer for the second."""
    batch = Batch.of(read_recording(system, path).rows, form)
    answers, trees = batch.second_half(rounds=20)
    loss = -np.log(np.where(batch.labels[batch.half :] > 0.5, answers, 1.0 - answers)).mean()

    assert 1 <= trees <= 20
    assert len(answers) == COUNT - batch.half
    assert loss < 0.5
