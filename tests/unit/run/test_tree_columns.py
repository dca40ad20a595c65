"""Signals as columns of numbers."""

from __future__ import annotations

import numpy as np

from flyball.learn.column import Column
from flyball.run.tree_columns import BUCKETS, FREQUENT, tree_columns
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import compile_program


def test_numbers_stay_what_they_are_and_names_become_places_by_frequency() -> None:
    """A value that is missing is missing."""
    nodes = compile_program([Input("price", float), Input("to", str), Input("yes", bool)]).nodes
    columns = [
        Column.of(Kind.FLOAT, [1.5, None, -2.0, 0.0]),
        Column.of(Kind.STR, ["b", "a", "b", None]),
        Column.of(Kind.BOOL, [True, True, False, None]),
    ]

    made = tree_columns(nodes, columns, 4)

    expected = np.array([[1.5, 0, 0], [np.nan, 1, 0], [-2.0, 0, 1], [0.0, np.nan, np.nan]], dtype=np.float32)
    assert np.array_equal(made.matrix, expected, equal_nan=True), made.matrix
    assert (made.names, made.signal_of.tolist()) == ([1, 2], [0, 1, 2])


def test_what_is_rare_or_new_is_one_category() -> None:
    """Frequency is counted in the first part."""
    texts = [str(i // 2) for i in range(600)] + ["new", "0"]
    column = Column.of(Kind.STR, [str(text) for text in texts])

    made = tree_columns(compile_program([Input("to", str)]).nodes, [column], 600).matrix[:, 0]

    assert made[-2] == FREQUENT
    assert made[-1] == 0.0
    assert sorted(set(made.tolist())) == list(range(FREQUENT + 1))


def test_the_items_of_a_list_or_map_fall_into_buckets() -> None:
    """Counted, or the sum of their numbers; the same item always into the same."""
    nodes = compile_program([Input("tags", list[str]), Input("bag", dict[str, float])]).nodes
    columns = [
        Column.of(Kind.LIST, [["a", "b"], None, [], ["a"]]),
        Column.of(Kind.MAP, [{"a": 2.5}, {"b": 1.0}, None, {}]),
    ]

    made = tree_columns(nodes, columns, 4)
    tags, bag = made.matrix[:, :BUCKETS], made.matrix[:, BUCKETS:]

    assert made.signal_of.tolist() == [0] * BUCKETS + [1] * BUCKETS
    assert (tags[0].sum(), tags[2].sum(), tags[3].sum()) == (2.0, 0.0, 1.0)
    assert np.isnan(tags[1]).all()
    assert np.isnan(bag[2]).all()
    assert np.flatnonzero(tags[3]).tolist() == np.flatnonzero(bag[0]).tolist()
    assert bag[0].max() == 2.5


def test_a_part_of_a_column_has_its_own_items() -> None:
    """Its offsets do not begin at 0."""
    nodes = compile_program([Input("tags", list[str])]).nodes
    whole = Column.of(Kind.LIST, [["a"], ["b", "c"], ["a", "c"]])

    part, all_rows = (tree_columns(nodes, [column], 2).matrix for column in (whole.part(1, 3), whole))

    assert np.array_equal(part, all_rows[1:])
