"""The log as tables: what was asked, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.events.record import Outcome, Pause, Prediction, Rewind
from flyball.run.tables import Layouts, examples, predictions
from flyball.system.input import Input
from flyball.system.outcome import Outcome as Declared
from tests.unit.run.flights import CARRIER, HOUR, LATE, Recorded, flights, model, replay_of, rows
from tests.unit.run.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flyball.events.log import LogReader
    from flyball.events.record import Record


class Shortened:
    """A log whose first records are gone."""

    def __init__(self, log: LogReader, first_seq: int) -> None:
        self._log = log
        self.first_seq = first_seq

    @property
    def last_seq(self) -> int:
        """As before."""
        return self._log.last_seq

    @property
    def last_ingest_ts(self) -> int | None:
        """As before."""
        return self._log.last_ingest_ts

    def read(self, after: int = 0) -> Iterator[Record]:
        """What remains."""
        assert after + 1 >= self.first_seq
        return self._log.read(after)

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """What remains."""
        assert min(seqs) >= self.first_seq
        return self._log.get(seqs)

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def lived() -> Recorded:
    """The usual rows, replayed."""
    target = Recorded(flights())
    replay_of(rows()).run(target)
    return target


def test_predictions_are_those_of_the_log(lived: Recorded) -> None:
    """In order, with inputs and answers."""
    table = predictions(lived.log).to_pylist()
    asked = [record for record in lived.log.read() if isinstance(record.body, Prediction)]

    assert [row["seq"] for row in table] == [record.seq for record in asked]
    assert [row["score"] for row in table] == [record.body.score for record in asked]  # type: ignore[union-attr]  # they are predictions
    assert [row["input:hour"] for row in table] == rows().columns["hour"].leaves(0, rows().n)
    assert {row["model"] for row in table} == {"late_model"}


def test_examples_are_what_the_engine_scored_and_learned(lived: Recorded) -> None:
    """As many as the board holds; each with the answer that was served."""
    table = examples(lived.log).to_pylist()
    board = lived.engine.models["late_model"].board.total()

    assert len(table) == board.examples
    assert sum(row["value"] for row in table) / len(table) == pytest.approx(board.mean_outcome)
    assert all(row["joined_ts"] >= row["event_ts"] for row in table)


def test_a_revised_example_stands_twice() -> None:
    """First as silent, then as what it was."""
    talk = Talk(flights(model(of=[CARRIER], outcome=Declared("late", window="1h", if_silent=0, learn="revise"))))
    talk.ask("r1", at=0, carrier="A")
    talk.answer("r1", 1.0, at=5)

    assert [(row["revision"], row["value"]) for row in examples(talk.target.log).to_pylist()] == [(0, 0.0), (1, 1.0)]


def test_a_signal_whose_type_changed_is_shown_in_its_newest_type() -> None:
    """And left out where it had another that does not fit."""
    talk = Talk(flights(model(of=[Input("hour", str)], slice_by=[])))
    talk.ask("r1", hour="eight")
    talk.plan(flights(model(of=[HOUR, CARRIER], slice_by=[])), {"late_model": 2})
    talk.ask("r2", hour=9, carrier="A")

    rows_of = predictions(talk.target.log).to_pylist()
    assert [(row["input:hour"], row["input:carrier"], row["version"]) for row in rows_of] == [
        (None, None, 1),
        (9, "A", 2),
    ]


def test_an_empty_log_has_tables_without_rows(lived: Recorded) -> None:
    """With the columns that every table has."""
    none = Recorded(flights()).log

    assert predictions(none).num_rows == examples(none).num_rows == 0
    assert set(predictions(none).column_names) > {"seq", "id", "score", "input:carrier"}


@pytest.mark.parametrize("first", [2, 3, 57, 100])
def test_a_log_whose_definition_was_dropped_is_read_with_the_ones_that_are_known(lived: Recorded, first: int) -> None:
    """Retention takes the record of the definition first; every prediction that remains is shown."""
    shortened, definitions = Shortened(lived.log, first), lived.engine.definitions
    whole = predictions(lived.log).to_pylist()
    kept = predictions(shortened, definitions).to_pylist()
    joined = examples(shortened, definitions).to_pylist()

    assert kept == [row for row in whole if row["seq"] >= first]
    assert joined == [row for row in examples(lived.log).to_pylist() if row["seq"] >= first]
    assert len(joined) > 10


def test_what_a_freeze_kept_from_learning_is_not_taken_for_what_comes_after_a_rewind() -> None:
    """Both have the same number, as what was learned of it was taken back."""
    revised = Declared("late", window="1h", if_silent=0, learn="revise")
    talk = Talk(flights(model(of=[CARRIER], slice_by=[], outcome=revised)))
    began = talk.target.now
    talk.ask("r1", carrier="A")
    talk.tell(Pause(model="late_model", mode="freeze"))
    talk.answer("r1", 1.0)
    talk.tell(Rewind(model="late_model", to_ts=began))
    talk.tell(Pause(model="late_model", mode="resume"))
    talk.answer("r1", 0.0)
    rows = [(row["value"], row["learned"]) for row in examples(talk.target.log).to_pylist()]

    assert rows[1:] == [(1.0, False), (0.0, True)]


def test_layouts_name_the_inputs_of_every_definition() -> None:
    """By the definition's hash."""
    system = flights(model(of=[HOUR, CARRIER], outcome=LATE))
    layouts = Layouts([system.to_json()])
    body = Prediction(id="r", model="late_model", version=1, definition=system.digest[:16], inputs=[7, "A"], score=0.5)

    assert layouts.values(body) == {"hour": 7, "carrier": "A"}
    assert list(layouts.columns) == ["hour", "carrier"]


def test_outcomes_alone_make_no_table() -> None:
    """Orphans are counted, not shown."""
    talk = Talk(flights())
    talk.tell(Outcome(id="x", outcome="late", value=1.0))

    assert examples(talk.target.log).num_rows == 0


def test_what_a_pause_held_back_is_one_row_that_is_learned_when_it_ends() -> None:
    """Scored when it came, learned when the pause ended; after a rewind too, and where the log was cut."""
    talk = Talk(flights(model(of=[CARRIER], slice_by=[])))
    talk.tell(Pause(model="late_model", mode="pause"))
    talk.learn("r1", 1.0, carrier="A")
    before = examples(talk.target.log).select(["revision", "value", "learned"]).to_pylist()
    talk.tell(Pause(model="late_model", mode="resume"))
    talk.tell(Rewind(model="late_model", to_ts=talk.target.now))
    talk.answer("r1", 0.0)
    rows = examples(talk.target.log).select(["revision", "value", "learned"]).to_pylist()

    assert before == [{"revision": 0, "value": 1.0, "learned": False}]
    assert rows == [
        {"revision": 0, "value": 1.0, "learned": True},
        {"revision": 1, "value": 0.0, "learned": True},
    ]
    assert examples(Shortened(talk.target.log, 2), talk.engine.definitions).num_rows == 2
