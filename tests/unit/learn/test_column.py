"""Columns of typed values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.column import Column, Words
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from flyball.events.record import Leaf

TEXT = st.text(max_size=8)
LEAF: dict[Kind, st.SearchStrategy[Leaf]] = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Kind.STR: TEXT,
    Kind.LIST: st.lists(TEXT, max_size=4),
    Kind.TIMESTAMP: st.integers(-(2**62), 2**62),
    Kind.MAP: st.dictionaries(TEXT, st.floats(-1e9, 1e9), max_size=4),
}
ROWS = st.sampled_from(list(Kind)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(st.none() | LEAF[kind], max_size=12))
)


@given(ROWS)
def test_leaves_are_what_a_column_was_made_of(case: tuple[Kind, list[Leaf]]) -> None:
    """Every kind, missing anywhere, all missing and none."""
    kind, leaves = case
    column = Column.of(kind, leaves)

    assert column.rows == len(leaves)
    assert column.leaves(0, len(leaves)) == leaves
    assert [type(leaf) for leaf in column.leaves(0, len(leaves))] == [type(leaf) for leaf in leaves]


@given(ROWS, st.data())
def test_a_part_is_those_rows_and_copies_nothing(case: tuple[Kind, list[Leaf]], data: st.DataObject) -> None:
    """A part of a part as well."""
    kind, leaves = case
    start = data.draw(st.integers(0, len(leaves)))
    end = data.draw(st.integers(start, len(leaves)))
    column = Column.of(kind, leaves)
    part = column.part(start, end)

    assert part.leaves(0, end - start) == leaves[start:end]
    assert part.part(0, end - start).leaves(0, end - start) == leaves[start:end]
    assert part.values.base is column.values or part.values is column.values


@given(ROWS, st.data())
def test_take_gives_rows_in_any_order_and_more_than_once(case: tuple[Kind, list[Leaf]], data: st.DataObject) -> None:
    """Also from a part, whose offsets do not begin at 0."""
    kind, leaves = case
    start = data.draw(st.integers(0, len(leaves)))
    kept = leaves[start:]
    rows = data.draw(st.lists(st.integers(0, len(kept) - 1), max_size=8)) if kept else []
    taken = Column.of(kind, leaves).part(start, len(leaves)).take(np.array(rows, dtype=np.int64))

    assert taken.leaves(0, len(rows)) == [kept[row] for row in rows]


@given(st.lists(TEXT))
def test_words_hold_texts_of_any_length_and_script(texts: list[str]) -> None:
    """One buffer of UTF-8."""
    words = Words.of(texts)

    assert len(words) == len(texts)
    assert words.texts() == texts
    assert [words[i] for i in range(len(words))] == texts


def test_where_a_value_is_missing_it_is_zero() -> None:
    """What lies there takes no part in anything, and does not differ from run to run."""
    assert Column.of(Kind.INT, [5, None]).values.tolist() == [5, 0]
    lists = Column.of(Kind.LIST, [["a"], None])
    assert lists.offsets is not None
    assert lists.offsets.tolist() == [0, 1, 1]


def test_a_text_stands_once_in_the_dictionary() -> None:
    """Its key is made once, however many rows have it."""
    column = Column.of(Kind.STR, ["b", "a", "b", None])

    assert column.words is not None
    assert column.words.texts() == ["b", "a"]
    assert column.values.tolist() == [0, 1, 0, 0]


def test_a_value_beyond_int64_is_a_fault_of_the_caller() -> None:
    """Values are typed before they get here."""
    with pytest.raises(OverflowError, match=r"too large|too big"):
        Column.of(Kind.INT, [2**63])
