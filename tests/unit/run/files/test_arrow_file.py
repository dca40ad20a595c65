"""Arrow's own files are read as Parquet is, and what is damaged is refused before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather, ipc

from flyball.run.files.arrow_file import read_arrow
from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = pa.table(
    {
        "city": pa.array(["Bonn", None, "Rome"]).dictionary_encode(),
        "hour": pa.array([7, 8, None]),
        "words": pa.array([["a", "b"], [], None]),
        "sizes": pa.array([[("a", 0.5)], None, []], pa.map_(pa.string(), pa.float64())),
        "at": pa.array([0, 1, None], pa.timestamp("us", "UTC")),
        "late": [True, False, True],
    }
)


def _file(path: Path, table: pa.Table) -> None:
    with ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def _stream(path: Path, table: pa.Table) -> None:
    with ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def _feather(path: Path, table: pa.Table) -> None:
    feather.write_feather(table, str(path), compression="zstd")


@pytest.mark.parametrize("write", [_file, _stream, _feather])
def test_files_streams_and_feather_are_read_by_their_first_bytes(
    tmp_path: Path, write: Callable[[Path, pa.Table], None]
) -> None:
    """Whatever they are called; dictionaries are undone."""
    path = tmp_path / "table.bin"
    write(path, TABLE)

    table = read_table(path)

    cells = {name: column if isinstance(column, list) else column.to_pylist() for name, column in table.columns.items()}
    assert cells == TABLE.to_pydict()
    assert (table.form, table.row.tolist(), table.rejections) == ("arrow", [1, 2, 3], ())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.select(["hour"]).slice(0, 0), "has no rows"),
        (pa.table({"x": [b"1"]}), r"types that are not taken: 'x' \(binary\); accepted: bool, int"),
        (pa.table([[1], [2]], names=["a", " a"]), "more than one column named 'a'"),
        (TABLE, "has 6 columns; at most 5 are read"),
    ],
    ids=["empty", "binary", "twice", "many"],
)
def test_what_is_no_table_of_values_is_refused(tmp_path: Path, table: pa.Table, message: str) -> None:
    """As it is in Parquet."""
    path = tmp_path / "a.arrow"
    _file(path, table)

    with pytest.raises(FileUnreadable, match=message):
        read_table(path, limit_columns=5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is damaged again and again."""
    return tmp_path_factory.mktemp("arrow") / "a.arrow"


@given(data=st.data(), write=st.sampled_from([_file, _stream, _feather]))
def test_damaged_files_are_tables_or_are_refused(
    whole: Path, data: st.DataObject, write: Callable[[Path, pa.Table], None]
) -> None:
    """Some bytes changed, or the end cut off: no crash, and what is read can be used."""
    write(whole, TABLE)
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    whole.write_bytes(content[: data.draw(st.integers(8, len(content)))])
    try:
        table = read_arrow(str(whole))
    except FileUnreadable:
        return

    assert [len(column) for column in table.columns.values()] == [table.rows] * len(table.columns)
    for column in table.columns.values():
        assert not isinstance(column, list)
        column.validate(full=True)
