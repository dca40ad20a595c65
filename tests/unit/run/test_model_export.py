"""Exports of models of state directories, and predictions from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.export_file import ExportForeign
from flyball.run.exported_model import ExportedModel
from flyball.run.file_replay import read_recording, replay_file
from flyball.run.inference.infer import infer
from flyball.run.learned_model import ModelUnknown
from flyball.run.model_export import export_model
from flyball.run.state import State, StateRefused
from flyball.serve.predictor import Predictor
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.load import load_system
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

pytestmark = pytest.mark.unit

ROWS = [{"hour": hour, "place": place} for hour in (*range(24), None) for place in ("A", "D", "Z", None)]


def system_of(learner: FTRL, kind: type) -> System:
    """Flights that are late, or by how much."""
    outcome = Outcome("late") if kind is bool else Outcome("late", float, scale=0.5)
    signals = [Input("hour", int), Input("place", str)]
    return System("flights", models=[Model("delay", signals=signals, outcome=outcome, learner=learner)])


def served_by(state: State, model: str, rows: Sequence[Mapping[str, object]]) -> Floats:
    """What the running system would answer."""
    assert state.engine.system is not None
    predictor = Predictor(state.engine.system, model, 1, state.engine.models[model].table.words)
    return np.array([predictor.score(predictor.evaluate(predictor.intake.take(dict(row)).values)) for row in rows])


@pytest.mark.parametrize("learner", [FTRL(), FTRL(alpha=0.2, l1=0.1)], ids=["default", "one lane"])
@pytest.mark.parametrize("kind", [bool, float])
def test_an_export_answers_as_the_state_that_it_is_of(
    learner: FTRL, kind: type, world: Mapping[str, Sequence[object]], as_csv: Callable[..., str], tmp_path: Path
) -> None:
    """For inputs that were learned from, and others."""
    (tmp_path / "a.csv").write_text(as_csv(world), encoding="utf-8")
    system, state = system_of(learner, kind), tmp_path / "state"
    replay_file(system, tmp_path / "a.csv", state=state)
    header = export_model(state, "delay", tmp_path / "m")
    exported = ExportedModel.open(tmp_path / "m", definition=system.digest)
    given = np.array([exported.predict(row) for row in ROWS])
    with State.open(state) as opened:
        expected, seq = served_by(opened, "delay", ROWS), opened.engine.seq

    assert (header.model, header.version, header.definition) == ("delay", 1, system.digest)
    assert (header.loss, header.learned_through) == ("logistic" if kind is bool else "squared", seq)
    assert np.abs(given - expected).max() < 0.002
    assert np.ptp(given) > 0.2, "something was learned"


def test_what_came_after_the_last_checkpoint_is_in_the_export(
    world: Mapping[str, Sequence[object]], as_csv: Callable[..., str], tmp_path: Path
) -> None:
    """While somebody has the state open; nothing in it changes."""
    (tmp_path / "a.csv").write_text(as_csv(world), encoding="utf-8")
    system, state = system_of(FTRL(), bool), tmp_path / "state"
    replay_file(system, tmp_path / "a.csv", state=state)
    for path in (state / "checkpoint").iterdir():
        path.unlink()
    with State.open(state) as opened:
        before = sorted(str(path) for path in state.rglob("*"))
        done: list[tuple[int, int]] = []
        header = export_model(state, "delay", tmp_path / "m", progress=lambda *told: done.append(told))
        expected = served_by(opened, "delay", ROWS)
        assert sorted(str(path) for path in state.rglob("*")) == before
    exported = ExportedModel.open(tmp_path / "m")

    assert done[-1] == (header.learned_through, header.learned_through)
    assert np.abs([exported.predict(row) for row in ROWS] - expected).max() < 0.002


def test_exporting_real_rows_costs_less_than_a_ten_thousandth_of_the_loss(
    real: Callable[[str], str], tmp_path: Path
) -> None:
    """Adults' incomes: learned from the file, then asked about the first 3,000 rows again."""
    path = real("adult/adult_train.csv.gz")
    draft = infer(path, label="income")
    (tmp_path / "adult.py").write_text(draft.text, encoding="utf-8")
    system, state = load_system(tmp_path / "adult.py"), tmp_path / "state"
    replay_file(system, path, state=state)
    [name] = [model.name for model in system.models]
    header = export_model(state, name, tmp_path / "m")
    rows = read_recording(system, path).rows
    inputs = [{key: column.leaves(i, i + 1)[0] for key, column in rows.columns.items()} for i in range(3000)]
    labels = rows.label[:3000] > 0.5
    exported = ExportedModel.open(tmp_path / "m")
    given = np.array([exported.predict(row) for row in inputs])
    with State.open(state) as opened:
        expected = served_by(opened, name, inputs)

    def loss(scores: Floats) -> float:
        return float(-np.log(np.where(labels, scores, 1.0 - scores)).mean())

    assert header.features > 100
    assert loss(given) == pytest.approx(loss(expected), rel=1e-4)
    assert loss(given) < 0.4, "it was learned"


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    """A folder without a state, a model that there is not, a file of another definition."""
    system = system_of(FTRL(), bool)
    State.open(tmp_path / "state", system).close()
    with pytest.raises(StateRefused, match="holds no state; give one that `flyball up`"):
        export_model(tmp_path, "delay", tmp_path / "m")
    with pytest.raises(ModelUnknown, match="no model is named 'dely'; accepted: 'delay'; did you mean 'delay'"):
        export_model(tmp_path / "state", "dely", tmp_path / "m")
    export_model(tmp_path / "state", "delay", tmp_path / "m")
    with pytest.raises(ExportForeign, match="is wanted; export the model again"):
        ExportedModel.open(tmp_path / "m", definition=system_of(FTRL(), float).digest)
