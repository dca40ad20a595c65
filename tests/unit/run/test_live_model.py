"""Live models: what is to be done, in order."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from flyball.events.example import Example
from flyball.learn.ftrl import LEARN, PREDICT
from flyball.learn.table import Table, TableFull
from flyball.run.form import Form
from flyball.run.live_model import LiveModel, Steps
from tests.unit.run.flights import CARRIER, HOUR, flights, model


def example(seq: int, value: float = 1.0, **more: object) -> Example:
    """An example to be learned from and scored."""
    plain = Example(seq=seq, model="late_model", version=1, revision=0, value=value, weight=1.0, learn=True, score=True)
    return replace(plain, **more)


def live_model() -> LiveModel:
    """A model that has been asked one thing, at place 4 of the log."""
    form = Form(flights(model(of=[CARRIER, HOUR], slice_by=[CARRIER])), "late_model", 1)
    live = LiveModel(form, lambda seqs: [])
    live.keep(form.one(4, 0, form.encoder.evaluate(["A", 8])))
    return live


def test_an_answer_and_its_example_right_after_it_are_one_step() -> None:
    """Nothing was learned in between: one look at the table serves both."""
    steps = Steps()
    steps.predict(4)
    steps.example(example(4))
    steps.predict(6)

    assert (steps.seqs, steps.todo) == ([4, 6], [PREDICT | LEARN, PREDICT])
    assert steps.labels == [(1.0, 1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)]


def test_an_example_after_another_step_is_a_step_of_its_own() -> None:
    """Its margin is that of the moment."""
    steps = Steps()
    steps.predict(4)
    steps.example(example(2))
    steps.example(example(4))

    assert (steps.seqs, steps.todo) == ([4, 2, 4], [PREDICT, LEARN, LEARN])


def test_a_second_example_of_one_prediction_is_a_step_of_its_own() -> None:
    """A revision: what was learned is taken back, with its own noise."""
    steps = Steps()
    steps.predict(4)
    steps.example(example(4, 0.0))
    steps.example(example(4, 1.0, revision=1, previous=0.0, previous_weight=2.0))

    assert (steps.todo, steps.revisions) == ([PREDICT | LEARN, LEARN], [0, 1])
    assert steps.labels[1] == (1.0, 1.0, 0.0, 2.0)


def test_what_is_only_scored_is_no_step() -> None:
    """While learning is paused."""
    steps = Steps()
    steps.example(example(4, learn=False))

    assert len(steps) == 0
    assert [each.seq for each in steps.scored] == [4]


def test_steps_that_are_merged_and_not_merged_learn_the_same() -> None:
    """So a chunk's end between an answer and its outcome changes nothing."""
    merged, apart = live_model(), live_model()
    both = Steps()
    both.predict(4)
    both.example(example(4))
    merged.take(both)
    asked, told = Steps(), Steps()
    asked.predict(4)
    apart.take(asked)
    told.example(example(4))
    apart.take(told)

    assert merged.table.digest() == apart.table.digest()
    assert merged.board.digest() == apart.board.digest()
    assert merged.recent.find(np.array([4])).scores().tolist() == [0.5]


def test_a_revised_score_replaces_the_one_before() -> None:
    """The board holds each prediction once."""
    live, first, second = live_model(), Steps(), Steps()
    first.predict(4)
    first.example(example(4, 0.0, learn=False))
    live.take(first)
    second.example(example(4, 1.0, learn=False, revision=1, scored=0.0, scored_weight=1.0))
    live.take(second)
    card = live.board.total()

    assert (card.examples, card.mean_outcome) == (1, 1.0)


def test_observers_see_what_is_scored() -> None:
    """Places, values, weights, signs and times."""
    live, steps = live_model(), Steps()
    seen: list[list[list[float]]] = []
    live.observers.append(lambda *told: seen.append([each.tolist() for each in told]))
    steps.predict(4)
    steps.example(example(4, 1.0, scored=0.0, scored_weight=0.5))
    live.take(steps)

    assert seen == [[[4, 4], [0.0, 1.0], [0.5, 1.0], [-1, 1], [0, 0]]]


def test_a_table_without_room_is_an_error_that_says_so() -> None:
    """New features cannot be learned; the state must be opened again with more room."""
    live, steps = live_model(), Steps()
    live.table = Table(slot_bits=6, width_bits=2, max_segments=1)
    live.table.put(np.arange(1, 52, dtype=np.uint64) * np.uint64(2**57), z=np.ones(51), n=np.ones(51))
    steps.predict(4)
    steps.example(example(4))
    with pytest.raises(TableFull, match=r"the table is full: 5\d features in 1 segments"):
        live.take(steps)


def test_nothing_to_do_does_nothing() -> None:
    """A chunk without records of this model."""
    live = live_model()
    live.take(Steps())

    assert len(live.table) == 0
    assert live.version == 1
