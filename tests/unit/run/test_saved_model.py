"""A model's file: it goes on bit for bit, changes apply in their order, and what is of another model is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

import flyball as fb
from flyball.learn.checkpoint_file import CheckpointDamaged, CheckpointForeign
from flyball.learn.model_file import ModelForeign, read_model_file
from flyball.run.learned_model import learned
from flyball.run.saved_model import about_form, saved_model

if TYPE_CHECKING:
    from pathlib import Path

LATE = fb.Model("late", signals=[fb.Input("to", str), fb.Input("hour", int)], outcome=fb.Outcome("delayed"))
SYSTEM = fb.System("flights", owner="team:sky", models=[LATE])


def told(path: Path, start: int, end: int) -> int:
    """Lets the state learn some flights, and writes a checkpoint; the last record."""
    with fb.open(SYSTEM, path) as fly:
        for i in range(start, end):
            fly.predict("late", {"to": f"t{i % 37}", "hour": i % 5}, id=f"r{i}")
            fly.outcome(f"r{i}", i % 3 == 0)
        return fly.state.engine.seq


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A base of two hundred flights."""
    told(tmp_path / "state", 0, 200)
    return tmp_path / "state"


def digest(path: Path) -> int:
    """Of the table that a state has learned."""
    with learned(path, "late") as found:
        return found.model.table.digest()


def test_a_file_holds_all_that_is_needed_to_go_on(state: Path, tmp_path: Path) -> None:
    """Written, read and applied to an empty table: the same bits."""
    saved_model(state, "late").write(tmp_path / "late.model")
    again = read_model_file(tmp_path / "late.model")
    with learned(state, "late") as found:
        form, table = found.model.form, found.model.form.table()
        seq = again.apply(table, about=about_form(form), at=0)
        assert (seq, table.digest()) == (found.seq, found.model.table.digest())


def test_what_changed_brings_a_table_to_where_the_model_is(state: Path) -> None:
    """And holds less than everything."""
    before = saved_model(state, "late")
    last = told(state, 200, 204)
    change = saved_model(state, "late", since=before.seq)
    with learned(state, "late") as found:
        form, table = found.model.form, found.model.form.table()
        seq = before.apply(table, about=about_form(form), at=0)
        assert change.apply(table, about=about_form(form), at=seq) == found.seq >= last
        assert table.digest() == found.model.table.digest()
    assert 0 < len(change.keys) < len(before.keys)
    assert change.after <= before.seq


def test_changes_out_of_their_order_are_refused(state: Path) -> None:
    """The table stays as it was."""
    first = saved_model(state, "late").seq
    told(state, 200, 204)
    change = saved_model(state, "late", since=first)
    with learned(state, "late") as found:
        form, table = found.model.form, found.model.form.table()
        empty = table.digest()
        with pytest.raises(ModelForeign, match="in their order, without a gap"):
            change.apply(table, about=about_form(form), at=0)
        assert table.digest() == empty


def test_a_file_of_another_definition_is_refused(state: Path) -> None:
    """With what differs."""
    found = saved_model(state, "late")
    other = msgspec.structs.replace(found.about, loss="squared")
    with learned(state, "late") as model, pytest.raises(ModelForeign, match=r"\{'loss': 'logistic'\}"):
        found.apply(model.model.form.table(), about=other, at=0)


def test_a_record_before_the_oldest_checkpoint_gives_everything(state: Path) -> None:
    """As if nothing had been asked for."""
    assert saved_model(state, "late", since=1).after == 0


def test_a_damaged_file_or_one_of_a_newer_version_is_refused(state: Path, tmp_path: Path) -> None:
    """Nothing is taken of it."""
    path = tmp_path / "late.model"
    saved_model(state, "late").write(path)
    data = path.read_bytes()
    for content in (data[:-1], data[:-9] + b"x" + data[-8:], data[:200]):
        path.write_bytes(content)
        with pytest.raises(CheckpointDamaged, match="is damaged"):
            read_model_file(path)
    path.write_bytes(b"something else")
    with pytest.raises(CheckpointForeign, match="is not a checkpoint of flyball"):
        read_model_file(path)


def test_common_words_are_taken_too(state: Path) -> None:
    """The mixture is what serves."""
    found = saved_model(state, "late")
    with learned(state, "late") as model:
        table = model.model.form.table()
        replace(found, common=found.common).apply(table, about=found.about, at=0)
        assert table.common.tolist() == model.model.table.common.tolist()
