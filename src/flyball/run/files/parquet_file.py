"""Reads Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from flyball.run.files.arrow_table import check_schema, tabular_of
from flyball.run.files.byte_stream import FileUnreadable

if TYPE_CHECKING:
    from flyball.run.files.tabular import Tabular


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
            check_schema(path, file.schema_arrow, limit_columns)
            table = file.read()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        fault = f"is no whole Parquet file ({error})"
        raise FileUnreadable(path, fault, "copy or write it again") from error
    return tabular_of(path, "parquet", table)
