"""Forms: one prediction and many are encoded, named and scored alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.leaf import leaf_of, value_of
from flyball.events.record import Prediction
from flyball.learn.column import Column
from flyball.run.form import Form, slice_text
from flyball.system.derivation import bucket
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.learner import FTRL
from flyball.system.missing import MISSING
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.watch.board import Board
from tests.unit.run.flights import CARRIER, HOUR, LATE, WIND, flights, model, rows, signals

if TYPE_CHECKING:
    from flyball.events.record import Leaf

TRUTH = Input("truth", bool)
LEAVES: st.SearchStrategy[list[Leaf]] = st.tuples(
    st.none() | st.sampled_from(["A", "B", "", "(missing)", "A & B"]),
    st.none() | st.integers(-2, 3),
    st.none() | st.floats(-3, 3),
    st.none() | st.booleans(),
).map(list)


def form_of(**settings: object) -> Form:
    """The form of a model."""
    return Form(flights(model(**settings)), "late_model", 3)  # type: ignore[arg-type]  # given by their names


@given(st.lists(LEAVES, max_size=8))
def test_many_predictions_are_made_as_one_by_one(cases: list[list[Leaf]]) -> None:
    """Features to the bit, and slices of the same names, also of pairs and of derived signals."""
    form = form_of(
        of=[CARRIER, HOUR, WIND, TRUTH],
        slice_by=[CARRIER, HOUR, TRUTH, (CARRIER, HOUR, TRUTH), bucket(WIND, [0], name="b")],
    )
    columns = [Column.of(kind, [case[i] for case in cases]) for i, kind in enumerate(form.kinds)]
    at_once, in_turn = Board(form.dimensions, "binary"), Board(form.dimensions, "binary")
    many = form.many(np.arange(len(cases)), np.arange(len(cases)), columns, []).numbered(at_once)
    one = [
        form.one(i, i, form.encoder.evaluate([value_of(leaf) for leaf in case])).numbered(in_turn)
        for i, case in enumerate(cases)
    ]

    assert [many.slices[i].tolist() for i in range(len(cases))] == [batch.slices[0].tolist() for batch in one]
    assert at_once.digest() == in_turn.digest()
    assert [many.features.keys.tolist()] == [[key for batch in one for key in batch.features.keys.tolist()]]


def test_the_log_gives_the_same_batch_answers_included() -> None:
    """With the logged results of users' functions."""
    form, given_rows = form_of(), rows(20)
    board = Board(form.dimensions, "binary")
    leaves = [given_rows.columns[name] for name in form.names]
    derived = form.derive(leaves, 20)
    lived = form.many(np.arange(20), given_rows.event_ts, leaves, derived).numbered(board)
    bodies = [
        Prediction(
            id=str(i), model="late_model", version=3, definition=form.definition,
            inputs=[column.leaves(i, i + 1)[0] for column in leaves],
            score=i / 20,
            derived=[column.leaves(i, i + 1)[0] for column in derived],
        )
        for i in range(20)
    ]  # fmt: skip  # one record of a log
    again = form.of_log(list(range(20)), given_rows.event_ts.tolist(), bodies).numbered(board)

    assert again.features.keys.tolist() == lived.features.keys.tolist()
    assert again.slices.tolist() == lived.slices.tolist()
    assert again.scores.tolist() == [i / 20 for i in range(20)]
    assert np.isnan(lived.scores).all()


def test_a_board_is_named_by_the_version_and_what_the_dimensions_mean() -> None:
    """Other dimensions, or others of the same name: another board."""
    early, late = (form_of(slice_by=[bucket(HOUR, [edge], name="part")]).board for edge in (6, 12))

    assert early != late
    assert early.split("#")[0] == late.split("#")[0] == "v3|part"
    assert form_of(slice_by=[]).board == "v3"


def test_a_form_says_what_its_model_reads() -> None:
    """In the order in which it is logged."""
    form = form_of(of=[HOUR, *(signal for signal in signals() if signal is not HOUR)])

    assert form.names == ("hour", "carrier", "wind", "plane", "remarks")
    assert form.kinds == (Kind.INT, Kind.STR, Kind.FLOAT, Kind.INT, Kind.STR)


@pytest.mark.parametrize(
    ("outcome", "squared", "scale"),
    [
        (Outcome("late"), False, 1.0),
        (Outcome("late", float, scale=60.0), True, 60.0),
        (Outcome("late", int), True, 1.0),
    ],
)
def test_the_loss_follows_the_outcomes_type(outcome: Outcome, squared: bool, scale: float) -> None:
    """A scale is one of numbers only."""
    form = form_of(outcome=outcome)

    assert (form.numeric, form.scale) == (squared, scale)


def test_the_settings_of_the_learner_are_those_declared() -> None:
    """In the order in which the kernels take them."""
    learner = FTRL(alpha=0.3, beta=0.5, l1=0.25, l2=0.125)
    system = flights(Model("late_model", signals=[HOUR], outcome=LATE, learner=learner))

    assert Form(system, "late_model", 1).recipe.hyper.tolist() == [[0.3, 0.5, 0.25, 0.125]]


@pytest.mark.parametrize(
    ("leaf", "text"), [(None, None), (True, "true"), (0, "0"), (-0.0, "0.0"), (2.5, "2.5"), ("", ""), ("true", "true")]
)
def test_a_slice_is_called_by_its_value(leaf: Leaf, text: str | None) -> None:
    """And missing is no text."""
    assert slice_text(leaf) == text


@pytest.mark.parametrize("leaf", [None, True, 3, 2.5, "x", ["a", "b"], [], {"a": 1.5}])
def test_a_logged_value_comes_back_as_it_was(leaf: Leaf) -> None:
    """Lists are tuples where they are computed with."""
    assert leaf_of(value_of(leaf)) == leaf
    assert (value_of(leaf) is MISSING) == (leaf is None)
