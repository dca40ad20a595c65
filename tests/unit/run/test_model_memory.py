"""Models that admit features late and forget them, as they are kept: in states, files, exports and explanations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.learn.checkpoint import CheckpointStore
from flyball.learn.correction import Correction
from flyball.learn.expiry import SPAN
from flyball.learn.explanation import coefficients
from flyball.learn.export import weights_of
from flyball.learn.ftrl import noise_of
from flyball.learn.gate import Gate
from flyball.learn.merging import merged
from flyball.learn.model_file import read_model_file
from flyball.learn.recipe import recipe_of
from flyball.run import replay
from flyball.run.engine import Engine
from flyball.run.finishing import finish_checkpoint
from flyball.run.form import Form
from flyball.run.learned_model import learned
from flyball.run.parquet_learning import LearningRefused, learn_parquet
from flyball.run.saved_model import about_form, saved_model
from flyball.run.state import State
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from tests.unit.run.flights import flights, model, part, replay_of, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

MEMORIES = [{"expiry": "1h"}, {"admission": 1, "admission_keys": 100, "expiry": "90m"}, {"admission": 0.3}]


def lived(state: State, start: int, end: int, meanwhile: Callable[[int, int], None] | None = None) -> None:
    """Some rows come, ten seconds apart."""
    replay_of(part(rows(600, delayed=False), start, end), fingerprint=str(start)).run(state, meanwhile)


def a_little(state: State) -> None:
    """A few more entries of the checkpoint in the making."""
    state.checkpointing.step(3)


@pytest.mark.parametrize("memory", MEMORIES, ids=str)
def test_a_checkpoint_in_steps_holds_what_was_known_when_it_began(
    memory: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features come, are refused, and expire meanwhile; so they do after the process died."""
    monkeypatch.setattr(replay, "CHUNK", 10)
    with State.open(tmp_path / "state", flights(replace(model(), **memory)), durable=False) as state:
        lived(state, 0, 200)
        for start in (200, 300, 400):
            began = state.engine.digest()
            assert state.checkpointing.begin(state.engine)
            lived(state, start, start + 100, lambda _done, _total: a_little(state))
            while not state.checkpointing.step(3):
                pass
            finish_checkpoint(state.path)
            assert state.checkpointing.settle()
            checkpoint = CheckpointStore(state.path / "checkpoint").load()
            assert checkpoint is not None
            engine = Engine(state.log)
            engine.restore(checkpoint)
            assert engine.digest() == began
        last = state.engine.digest()
        state.leave()
    with State.open(tmp_path / "state", durable=False) as again:
        assert again.engine.digest() == last
        table = again.engine.models["late_model"].table
        assert (table.gate.refused > 0) == ("admission" in memory)
        assert table.expires == ("expiry" in memory)


@pytest.mark.parametrize("memory", MEMORIES, ids=str)
def test_a_models_file_holds_all_that_is_needed_to_go_on(memory: dict[str, Any], tmp_path: Path) -> None:
    """What the gate remembers, and what time it is, too."""
    path = tmp_path / "state"
    with State.open(path, flights(replace(model(), **memory)), durable=False) as state:
        lived(state, 0, 400)
    saved_model(path, "late_model").write(tmp_path / "late.model")
    again = read_model_file(tmp_path / "late.model")
    with learned(path, "late_model") as found:
        form, table = found.model.form, found.model.form.table()
        again.apply(table, about=about_form(form), at=0)
        assert (table.digest(), table.held) == (found.model.table.digest(), found.model.table.held)


def test_what_has_expired_is_neither_explained_nor_exported_nor_merged() -> None:
    """And what has not is without its stamp."""
    recipe, keys, ones = recipe_of(FTRL(alpha=0.1), "logistic"), np.array([7, 8], np.uint64), np.ones(2)
    table, plain = recipe.table(), recipe.table()
    for each in (table, plain):
        each.put(keys, z=-4.0 * ones, n=9.0 * ones)
    table.expire_from(5)
    table.age(5 + SPAN)
    stamped = table.entries()
    late = recipe.table()
    late.expire_from(5 + SPAN)
    late.put(keys[:1], z=-4.0 * ones[:1], n=9.0 * ones[:1])
    late.expire_from(5 + SPAN)

    assert [found.tolist() for found in coefficients(recipe, table, [7, 8])[:3]] == [
        found.tolist() for found in coefficients(recipe, plain, [7, 8])[:3]
    ]
    assert weights_of(table.learned()[1].reshape(-1, 1), recipe.hyper).tolist() == [[0.1], [0.1]]
    assert merged(recipe, [table, late]).get(7) == merged(recipe, [plain, late]).get(7)
    table.age(5 + SPAN + 1)
    assert coefficients(recipe, table, [7, 8])[3] == [False, False]
    assert len(table.learned()[0]) == len(merged(recipe, [table])) == 0
    table.load(*stamped)
    assert table.held == 0, "they were used too long ago"


def test_curves_of_calibration_stay() -> None:
    """Part of one would be none."""
    table, cells = recipe_of(FTRL(), "logistic").table(), np.full((5_000, 1), 77, np.uint64)
    table.expire_from(0)
    labels = np.zeros((5_000, 4))
    labels[:, 0], labels[:, 1] = np.arange(5_000) % 10 == 0, 1.0
    noises, scores = np.arange(5_000, dtype=np.uint64), np.full(5_000, 0.5)
    correction = Correction()
    done = correction.run(table, cells, todo=np.full(5_000, 3, np.uint8), labels=labels, noises=noises, scores=scores)
    before = correction.score(table.words, cells[0], 0.5)
    table.age(1_000)

    assert done == 5_000
    assert before == pytest.approx(0.1, abs=0.05)
    assert correction.score(table.words, cells[0], 0.5) == before


def of_texts(**memory: Any) -> System:  # noqa: ANN401  # any field of a model
    """One model of two texts."""
    signals = [Input("route", str), Input("plane", str)]
    return System("flights", models=[Model("late_model", signals=signals, outcome=Outcome("late"), **memory)])


@pytest.mark.parametrize("admission", [1, 3, 0.2])
def test_a_file_is_learned_from_as_its_rows_are_with_the_same_gate(admission: float, tmp_path: Path) -> None:
    """Codes of dictionaries are not asked about once for a row group: the rows are learned one by one."""
    random = np.random.default_rng(3)
    given = {
        "route": [f"r{n}" for n in random.zipf(1.4, 3_000) % 800],
        "plane": [f"p{n}" for n in random.zipf(1.2, 3_000)],
    }
    late = random.random(3_000) < 0.3
    parquet.write_table(pa.table(given | {"late": late}), tmp_path / "a.parquet", row_group_size=700)
    found = learn_parquet(of_texts(admission=admission), tmp_path / "a.parquet")
    form = Form(of_texts(admission=admission), "late_model", 1)
    table = form.table()
    for i in range(3_000):
        features = form.encoder.encode([given["route"][i], given["plane"][i]])
        noise = np.empty(1, dtype=np.uint64)
        todo, label = np.full(1, 3, np.uint8), np.array([[float(late[i]), 1.0, 0.0, 0.0]])
        noise_of(np.array([i + 1]), np.zeros(1, np.int64), noise)
        form.recipe.run(table, features, todo=todo, labels=label, noises=noise, scores=np.empty(1))

    assert found.table.digest() == table.digest()
    assert found.coded == 0
    assert 10 < len(found.table) < len(learn_parquet(of_texts(), tmp_path / "a.parquet").table)


def test_a_file_whose_rows_have_no_times_is_refused_where_features_expire(tmp_path: Path) -> None:
    """With what to do."""
    parquet.write_table(pa.table({"route": ["a"], "plane": ["b"], "late": [True]}), tmp_path / "a.parquet")
    with pytest.raises(LearningRefused, match=r"forgets what was not learned from for 30d, .*leave out expiry="):
        learn_parquet(of_texts(expiry="30d"), tmp_path / "a.parquet")


def test_a_gate_is_as_large_as_it_is_declared() -> None:
    """Ten million keys unless it is said otherwise."""
    assert Form(of_texts(admission=1), "late_model", 1).table().gate.memory_bytes == Gate.of(1, 10**7).memory_bytes
    assert Form(of_texts(admission=1, admission_keys=10), "late_model", 1).table().gate.memory_bytes < 1_000
    assert not Form(of_texts(), "late_model", 1).table().gate.closes
