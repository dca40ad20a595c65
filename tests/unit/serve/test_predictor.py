"""Predictors: one model, ready to answer."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.table import Table
from flyball.serve.predictor import ROOM, Predictor
from flyball.system.derivation import derive, words
from flyball.system.function import FunctionUnknown
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

HOUR, TEXT = Input("hour", int), Input("text", str)


def predictor(*signals: object, outcome: Outcome | None = None, table: Table | None = None) -> Predictor:
    """One of a model of these signals."""
    model = Model("late", signals=signals, outcome=outcome or Outcome("late"))  # type: ignore[arg-type]  # signals of any kind
    system = System("flights", models=[model], import_functions=False)
    return Predictor(system, "late", 1, (Table(width_bits=2) if table is None else table).words)


def test_an_answer_follows_what_is_learned_in_the_table() -> None:
    """Through a table that is attached and read only."""
    table = Table(width_bits=2, shared=True)
    assert table.descriptor is not None
    asked = predictor(HOUR, table=Table.attach(table.descriptor))
    values = asked.evaluate([7])
    before = asked.score(values)
    keys, _ = asked._encoder.pairs(values)
    table.put(np.array(keys, dtype=np.uint64), z=np.full(len(keys), -50.0), n=np.ones(len(keys)))

    assert before == 0.5
    assert asked.score(values) > 0.7


def test_numbers_are_answered_in_their_own_scale() -> None:
    """A coefficient counts in units of the outcome's scale."""
    table = Table(width_bits=2)
    small = predictor(HOUR, outcome=Outcome("delay", float, scale=1.0), table=table)
    large = predictor(HOUR, outcome=Outcome("delay", float, scale=10.0), table=table)
    values = small.evaluate([7])
    keys, _ = small._encoder.pairs(values)
    table.put(np.array(keys, dtype=np.uint64), z=np.full(len(keys), -50.0), n=np.ones(len(keys)))

    assert small.score(values) > 0.0
    assert large.score(values) == small.score(values) * 10.0


def test_a_long_text_has_room() -> None:
    """More features than there was room for at first."""
    asked = predictor(words(TEXT))
    text = " ".join(f"w{i}" for i in range(ROOM * 3))

    assert asked.score(asked.evaluate([text])) == 0.5


def test_a_function_that_is_not_there_is_found_when_the_model_is_loaded() -> None:
    """Not at the first request."""
    with pytest.raises(FunctionUnknown, match="nowhere"):
        predictor(derive("nowhere:half", [HOUR], float, version=1, name="half"))


def test_results_of_functions_are_told_apart() -> None:
    """They are logged, since nobody else can compute them again."""
    asked = predictor(derive("math:sqrt", [HOUR], float, version=1, name="root"), HOUR)

    assert asked.derived(asked.evaluate([9])) == [3.0]
