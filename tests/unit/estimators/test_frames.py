"""Data frames of several libraries as features."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from flyball.estimators.frames import frame_features, is_frame, is_plain, opened
from flyball.estimators.refusal import InputRefused
from flyball.estimators.rows import RowEncoder
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import side_by_side
from flyball.learn.matrix import column_keys

COLUMNS: dict[str, list[Any]] = {
    "country": ["DE", None, "FR", "DE"],
    "hour": [7, 0, 23, 5],
    "price": [0.5, 1e6, -2.0, 0.0],
    "old": [True, False, True, False],
    "tags": [["x", "y"], [], None, ["x", "x"]],
}
ROWS = [dict(zip(COLUMNS, values, strict=True)) for values in zip(*COLUMNS.values(), strict=True)]

FRAMES = {
    "pandas": pd.DataFrame(COLUMNS),
    "objects": pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in COLUMNS.items()}),
    "categories": pd.DataFrame(COLUMNS).astype({"country": "category"}),
    "nullable": pd.DataFrame(COLUMNS).astype({"hour": "Int64", "price": "Float64", "old": "boolean"}),
    "arrow in pandas": pd.DataFrame(COLUMNS).astype({"country": "string[pyarrow]", "hour": "int64[pyarrow]"}),
    "arrow": pa.table(COLUMNS),
    "arrow in pieces": pa.concat_tables([pa.table(COLUMNS).slice(0, 1), pa.table(COLUMNS).slice(1)]),
    "arrow dictionary": pa.table({**COLUMNS, "country": pa.array(COLUMNS["country"]).dictionary_encode()}),
}


def features_of(encoder: RowEncoder, row: dict[str, Any]) -> dict[int, float]:
    """The features of a row as a dictionary."""
    keys, values = encoder.encode(row)
    return dict(zip(keys.tolist(), values.tolist(), strict=True))


def rows_of(table: object, *, grid: bool) -> list[dict[int, float]]:
    """The features of each row."""
    frame = opened(table)
    found = side_by_side(frame_features(frame, column_keys(frame.columns), grid=grid), BIAS_KEY)
    ends = zip(found.starts[:-1].tolist(), found.starts[1:].tolist(), strict=True)
    return [dict(zip(found.keys[a:b].tolist(), found.values[a:b].tolist(), strict=True)) for a, b in ends]


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_gives_the_features_of_its_rows_as_dictionaries(name: str, *, grid: bool) -> None:
    """Whatever library, and whatever way to store a column."""
    encoder = RowEncoder(grid=grid)
    expected = [features_of(encoder, row) for row in ROWS]

    assert rows_of(FRAMES[name], grid=grid) == expected


def test_a_missing_number_is_a_feature_where_the_type_knows_it() -> None:
    """As None is in a dictionary."""
    frame = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "yes": pd.array([None, True], dtype="boolean")})
    table = pa.table({"n": [1, None], "yes": [None, True]})
    rows: list[dict[str, Any]] = [{"n": 1, "yes": None}, {"n": None, "yes": 1}]
    expected = [features_of(RowEncoder(grid=False), row) for row in rows]

    assert rows_of(frame, grid=False) == rows_of(table, grid=False) == expected


def test_maps_are_bags_with_numbers() -> None:
    """Dictionaries in a column of objects."""
    row = {"bag": {"x": 2.0, "y": -1.0}}

    assert rows_of(pd.DataFrame([row]), grid=False) == [features_of(RowEncoder(grid=False), row)]


def test_a_category_is_its_name() -> None:
    """Numbers as categories are the texts that they are written as."""
    frame = pd.DataFrame({"zone": pd.Categorical([3, 5])})

    assert rows_of(frame, grid=False) == rows_of(pd.DataFrame({"zone": ["3", "5"]}), grid=False)


@pytest.mark.parametrize(
    ("column", "match"),
    [
        ([datetime(2020, 1, 1, tzinfo=UTC)], "is of type Datetime"),
        ([1.0, float("nan"), "x"], "types float, str"),
        ([object()], "types object"),
        ([1.0, float("nan")], "contains NaN"),
        ([float("inf")], "infinity"),
        (pd.array([1.0, np.inf], dtype="Float64"), "infinity"),
        ([["x"], [1]], "holds"),
        ([{"x": "y"}], "holds the weight"),
        (["\ud800"], "no UTF-8"),
        ([["\ud800"]], "no UTF-8"),
    ],
)
def test_a_column_that_cannot_be_learned_from_is_refused_by_its_name(column: Any, match: str) -> None:  # noqa: ANN401  # columns of any type
    """With what it is, and what to do."""
    dtype = None if not isinstance(column, list) or (isinstance(column[0], float) and len(column) < 3) else object
    dtype = None if isinstance(column, list) and isinstance(column[0], datetime) else dtype
    with pytest.raises(InputRefused, match=match) as caught:
        rows_of(pd.DataFrame({"it": pd.Series(column, dtype=dtype)}), grid=False)
    assert "'it'" in str(caught.value)


def test_only_frames_of_plain_numbers_are_left_to_scikit_learn() -> None:
    """It knows no texts, and would take a missing number for a NaN."""
    assert is_plain(pd.DataFrame({"a": [1], "b": [True]}))
    assert is_plain(pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])}))
    assert not is_plain(FRAMES["nullable"][["hour"]])
    assert not is_plain(pa.table({"a": [1]}))
    assert not is_frame(np.ones((1, 1)))
