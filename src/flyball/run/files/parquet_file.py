"""Reads Parquet."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyarrow import parquet

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.tabular import Tabular, column_names, row_numbers


def read_parquet(path: str, *, limit_columns: int = 10_000) -> Tabular:
    """A Parquet file as columns of Arrow values.

    Truths, whole numbers, floats, decimals, texts, moments, dates, lists of texts and mappings from texts to numbers
    are taken.

    Args:
        path: the file.
        limit_columns: a file with more columns is refused before it is read.

    Raises:
        FileUnreadable: it is damaged, has no rows, too many columns, two of one name, or a column of another type.

    >>> import tempfile, pathlib
    >>> path = str(pathlib.Path(tempfile.mkdtemp()) / "a.parquet")
    >>> parquet.write_table(pa.table({"hour": [7, None]}), path)
    >>> read_parquet(path).columns["hour"].to_pylist()
    [7, None]
    """
    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check(path, schema, limit_columns)
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        fault = f"is no whole Parquet file ({error})"
        raise FileUnreadable(path, fault, "copy or write it again") from error
    if table.num_rows == 0:
        raise FileUnreadable(path, "has no rows", "give a file with rows")
    names = column_names(schema.names)
    return Tabular(
        path=path,
        form="parquet",
        columns={name: _plain(table.column(place)) for place, name in enumerate(names)},
        row=row_numbers(table.num_rows, ()),
    )


def _check(path: str, schema: pa.Schema, limit_columns: int) -> None:
    if len(schema) > limit_columns:
        fault = f"has {len(schema):,} columns; at most {limit_columns:,} are read"
        raise FileUnreadable(path, fault, "leave out what is not needed")
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        shown = ", ".join(repr(name) for name in twice[:5])
        raise FileUnreadable(path, f"has more than one column named {shown}", "give each column a name of its own")
    strange = [f"{field.name!r} ({field.type})" for field in schema if not _taken(field.type)]
    if strange:
        shown = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
        accepted = "bool, int, float, decimal, text, timestamp, date, list of text, map of text to number"
        raise FileUnreadable(path, f"has columns of types that are not taken: {shown}", f"accepted: {accepted}")


def _taken(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return _taken(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_text(kind.value_type)
    if types.is_map(kind):
        return _is_text(kind.key_type) and (types.is_floating(kind.item_type) or types.is_integer(kind.item_type))
    plain = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_timestamp, types.is_date)
    return _is_text(kind) or types.is_null(kind) or any(check(kind) for check in plain)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """Without the encodings that hold the same values in another shape."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    return column
