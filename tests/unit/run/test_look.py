"""Looking: what the guard sees of one row and of many is the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.column import Column
from flyball.run.look import Looker
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import compile_program
from flyball.watch.looks import in_order

INPUTS = [
    Input("hour", int),
    Input("price", float),
    Input("to", str),
    Input("new", bool),
    Input("tags", list[str]),
    Input("sizes", dict[str, float]),
]
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ROW = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | NUMBERS,
    st.none() | st.text(max_size=5),
    st.none() | st.booleans(),
    st.none() | st.lists(st.text(max_size=3), max_size=3),
    st.none() | st.dictionaries(st.text(max_size=3), NUMBERS, max_size=3),
)


@given(st.lists(ROW, min_size=1, max_size=8))
def test_one_row_and_many_look_alike(rows: list[tuple[object, ...]]) -> None:
    """To the bit, whatever is missing; truths and lists are not looked at."""
    program = compile_program(INPUTS)
    names = [program.nodes[place].name for place in program.leaves]
    order = [[each.name for each in INPUTS].index(name) for name in names]
    kinds = [program.nodes[place].kind for place in program.leaves]
    leaves = [[row[i] for i in order] for row in rows]
    columns = [Column.of(kind, [row[i] for row in leaves]) for i, kind in enumerate(kinds)]  # type: ignore[misc]  # values of many types
    looker = Looker(program)
    many = looker.many(columns, len(rows))
    ones = [looker.one(row) for row in leaves]  # type: ignore[arg-type]  # values of many types, too

    assert set(many.keyed) == {"hour", "price", "to"}
    assert set(many.counted) == {"hour", "price", "sizes"}
    assert np.array_equal(many.keys, np.concatenate([each.keys for each in ones], axis=1))
    numbers = np.concatenate([each.numbers for each in ones], axis=1)
    assert np.array_equal(many.numbers, numbers, equal_nan=True)


def test_equal_values_have_equal_keys_whatever_the_dictionary() -> None:
    """A chunk of a file has codes of its own."""
    looker = Looker(compile_program([Input("to", str)]))
    one = looker.many([Column.of(Kind.STR, ["SFO", "LAX", None])], 3)
    other = looker.many([Column.of(Kind.STR, ["LAX", "SFO", ""])], 3)
    assert one.keys[0, :2].tolist() == other.keys[0, 1::-1].tolist()
    assert one.keys[0, 2] == 0 != other.keys[0, 2], "an empty text is not a missing one"


def test_nothing_is_looked_at_where_there_is_nothing() -> None:
    """Batches of no rows, and no batch at all."""
    assert in_order([np.empty(0, np.int64), np.empty(0, np.int64)]) == in_order([np.empty(0, np.int64)]) == []
    [(batch, rows)] = in_order([np.empty(0, np.int64), np.array([4])])
    assert (batch, rows.tolist()) == (1, [0])
