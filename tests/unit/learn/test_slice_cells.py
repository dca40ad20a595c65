"""The cells by which rows are calibrated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.leaf import value_of
from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.encoder import Encoder
from flyball.learn.slice_cells import WHOLE, SliceCells
from flyball.system.derivation import bucket
from flyball.system.input import Input
from flyball.system.program import compile_program

COUNTRY, HOUR, PAID = Input("country", str), Input("hour", int), Input("paid", bool)
PRICE = bucket(Input("price", float), [1, 10], name="class")
PROGRAM = compile_program([COUNTRY, HOUR, PAID, PRICE])
DIMENSIONS = [tuple(PROGRAM.place(name) for name in names) for names in (["country"], ["hour", "paid"], ["class"])]
ROWS = st.lists(
    st.tuples(
        st.none() | st.text(max_size=3),
        st.none() | st.integers(-5, 5),
        st.none() | st.booleans(),
        st.none() | st.floats(0, 20),
    )
)


@given(ROWS)
def test_rows_and_bulk_have_the_same_cells(
    rows: list[tuple[str | None, int | None, bool | None, float | None]],
) -> None:
    """What is served is what is learned."""
    cells, encoder = SliceCells(PROGRAM, DIMENSIONS), Encoder(PROGRAM)
    kinds = [PROGRAM.nodes[place].kind for place in PROGRAM.leaves]
    columns = [Column.of(kind, [row[i] for row in rows]) for i, kind in enumerate(kinds)]

    by_row = [cells.one(encoder.evaluate([value_of(leaf) for leaf in row])).tolist() for row in rows]
    in_bulk = cells.many(BulkEncoder(PROGRAM).evaluate(columns, [], len(rows)), len(rows))

    assert in_bulk.tolist() == by_row


def cell(program_of: Input, value: object) -> int:
    """The cell of one value in the dimension of one signal."""
    program = compile_program([program_of])
    one = SliceCells(program, [(0,)]).one([value])  # type: ignore[list-item]  # values of the kinds above
    assert one[0] == WHOLE
    return int(one[1])


def test_cells_are_those_of_the_value_and_of_what_its_signal_means() -> None:
    """Not of its name alone, and not of where it stands."""
    assert cell(COUNTRY, "DE") == cell(Input("country", str, owner="team:ads"), "DE")
    assert cell(COUNTRY, "DE") == cell(Input("land", str, was="country"), "DE")
    assert len({cell(COUNTRY, "DE"), cell(COUNTRY, "FR"), cell(Input("from", str), "DE"), cell(HOUR, 7)}) == 4


@pytest.mark.parametrize("dimensions", [[], [(0,)], [(0,), (0, 1)]])
def test_every_row_is_in_the_cell_of_all_rows_first(dimensions: list[tuple[int, ...]]) -> None:
    """Whatever it is sliced by."""
    one = SliceCells(PROGRAM, dimensions).one(["DE", 7, True, 1.0, 1])

    assert (one[0], len(one)) == (WHOLE, 1 + len(dimensions))
