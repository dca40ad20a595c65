"""Tables of Arrow's as columns of raw values: which types are taken, and the encodings that are undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.tabular import Tabular, column_names, row_numbers

if TYPE_CHECKING:
    from flyball.run.files.arrow_array import ArrowArray


def check_schema(path: str, schema: pa.Schema, limit_columns: int) -> None:
    """Refuses a schema that is no table of values: truths, numbers, texts, moments, lists of texts, maps to numbers.

    Args:
        path: the file's name, for the message.
        schema: its columns.
        limit_columns: how many they may be.

    Raises:
        FileUnreadable: there are too many columns, two of one name, or one of another type.

    >>> check_schema("a.parquet", pa.schema([("x", pa.binary())]), 10)
    Traceback (most recent call last):
        ...
    flyball.run.files.byte_stream.FileUnreadable: 'a.parquet' has columns of types that are not taken: 'x' (binary); ...
    """
    if len(schema) > limit_columns:
        fault = f"has {len(schema):,} columns; at most {limit_columns:,} are read"
        raise FileUnreadable(path, fault, "leave out what is not needed")
    names = column_names(schema.names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        shown = ", ".join(repr(name) for name in twice[:5])
        raise FileUnreadable(path, f"has more than one column named {shown}", "give each column a name of its own")
    strange = [f"{field.name!r} ({field.type})" for field in schema if not _taken(field.type)]
    if strange:
        shown = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
        accepted = "bool, int, float, decimal, text, timestamp, date, list of text, map of text to number"
        raise FileUnreadable(path, f"has columns of types that are not taken: {shown}", f"accepted: {accepted}")


def tabular_of(path: str, form: str, table: pa.Table) -> Tabular:
    """A table whose schema was checked.

    Args:
        path: the file it was read from.
        form: what the file is.
        table: as read.

    Raises:
        FileUnreadable: it has no rows.

    >>> tabular_of("a.arrow", "arrow", pa.table({"a": ["x", "x"]}).combine_chunks()).columns["a"].to_pylist()
    ['x', 'x']
    """
    if table.num_rows == 0:
        raise FileUnreadable(path, "has no rows", "give a file with rows")
    names = column_names(table.schema.names)
    return Tabular(
        path=path,
        form=form,
        columns={name: _plain(table.column(place)) for place, name in enumerate(names)},
        row=row_numbers(table.num_rows, ()),
    )


def _taken(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return _taken(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_text(kind.value_type)
    if types.is_map(kind):
        return _is_text(kind.key_type) and (types.is_floating(kind.item_type) or types.is_integer(kind.item_type))
    if types.is_timestamp(kind):
        return bool(kind.tz != "")  # a zone that is not UTF-8 is found out here, where damage is told of
    plain = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_date)
    return _is_text(kind) or types.is_null(kind) or any(check(kind) for check in plain)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: ArrowArray) -> pa.ChunkedArray[Any]:
    """Without the encodings that hold the same values in another shape."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_large_string(kind) or pa.types.is_null(kind):
        column = column.cast(pa.string())
    plain: pa.ChunkedArray[Any] = column
    return plain
