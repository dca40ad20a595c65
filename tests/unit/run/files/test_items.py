"""Lists and maps of Arrow's as columns, many rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from flyball.run.files.items import items_column, items_of, single_texts
from flyball.system.kind import Kind
from flyball.system.value import ITEMS, TEXT_BYTES

if TYPE_CHECKING:
    from flyball.run.files.arrow_array import ArrowArray

MAP: ArrowArray = pa.map_(pa.string(), pa.float64())


def test_a_map_s_items_are_sorted_by_name_and_a_list_s_are_not() -> None:
    """Sums over a map must not depend on the order in which it was written; also beyond the short rows."""
    names = [f"n{place:03}" for place in range(100)][::-1]
    maps = pa.chunked_array([pa.array([[(name, float(place)) for place, name in enumerate(names)]], MAP)])
    lists = pa.chunked_array([pa.array([names], pa.list_(pa.string()))])

    column, sure = items_column(items_of(maps), Kind.MAP)

    assert sure.all()
    assert column.leaves(0, 1) == [{name: float(place) for place, name in reversed([*enumerate(names)])}]
    (leaf,) = column.leaves(0, 1)
    assert isinstance(leaf, dict)
    assert list(leaf) == sorted(names)
    assert items_column(items_of(lists), Kind.LIST)[0].leaves(0, 1) == [names]


def test_slices_and_what_lies_under_null_are_left_out() -> None:
    """Arrow may keep items that belong to no row."""
    offsets, null = pa.array([0, 1, 3, 4], pa.int32()), pa.array([False, True, False])
    hidden = pa.ListArray.from_arrays(offsets, pa.array(["a", "b", "c", "d"]), mask=null)
    whole = pa.array([[("x", 1.0)], [("y", 2.0), ("z", 3.0)], None, [("x", 4.0)]], MAP)

    lists = items_column(items_of(pa.chunked_array([hidden])), Kind.LIST)[0]
    maps = items_column(items_of(pa.chunked_array([whole.slice(1, 2), whole.slice(3)])), Kind.MAP)[0]

    assert lists.leaves(0, 3) == [["a"], None, ["d"]]
    assert maps.leaves(0, 3) == [{"y": 2.0, "z": 3.0}, None, {"x": 4.0}]


@pytest.mark.parametrize(
    "row",
    [
        [("a", 1.0), ("a", 2.0)],
        [("a", float("nan"))],
        [("a", float("inf"))],
        [("a", None)],
        [("a" * (TEXT_BYTES + 1), 1.0)],
        [(f"{place}", 1.0) for place in range(ITEMS + 1)],
        [(f"{place:060000}", 1.0) for place in range(18)],
    ],
)
def test_nothing_is_said_of_a_row_that_is_out_of_the_ordinary(row: list[tuple[str, float | None]]) -> None:
    """Its neighbours are right all the same."""
    items = items_of(pa.chunked_array([pa.array([[("b", 1.0)], row, [("c", 1.0)]], MAP)]))

    column, sure = items_column(items, Kind.MAP)

    assert sure.tolist() == [True, False, True]
    assert column.leaves(0, 3) == [{"b": 1.0}, None, {"c": 1.0}]


def test_columns_without_rows_or_items_have_none() -> None:
    """Nothing of nothing is nothing."""
    empty = items_of(pa.chunked_array([], MAP))
    nulls = items_of(pa.chunked_array([pa.nulls(3, MAP)]))

    assert items_column(empty, Kind.MAP)[0].rows == 0
    assert items_column(nulls, Kind.LIST)[0].leaves(0, 3) == [None, None, None]
    assert single_texts(nulls)[0].to_pylist() == [None, None, None]
    assert np.array_equal(single_texts(nulls)[1], [True, True, True])
