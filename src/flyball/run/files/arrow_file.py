"""Reads Arrow's own files: IPC files, which Feather is another name of, and IPC streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import ipc

from flyball.run.files.arrow_table import check_schema, tabular_of
from flyball.run.files.byte_stream import FileUnreadable

if TYPE_CHECKING:
    from flyball.run.files.tabular import Tabular

FILE, STREAM = b"ARROW1", b"\xff\xff\xff\xff"
"""The first bytes of a file and of a stream."""


def is_arrow(head: bytes) -> bool:
    """Whether a file with these first bytes is one of Arrow's.

    >>> is_arrow(b"ARROW1"), is_arrow(b"PAR1")
    (True, False)
    """
    return head.startswith((FILE, STREAM))


def read_arrow(path: str, *, limit_columns: int = 10_000) -> Tabular:
    """A file or stream of Arrow's as columns; the types that are taken are those of `read_parquet`.

    What is read is checked before it is used: Arrow believes offsets and codes that a damaged file holds.

    Args:
        path: the file.
        limit_columns: a file with more columns is refused before it is read.

    Raises:
        FileUnreadable: it is damaged, has no rows, too many columns, two of one name, or a column of another type.

    >>> import tempfile, pathlib
    >>> from pyarrow import feather
    >>> path = str(pathlib.Path(tempfile.mkdtemp()) / "a.feather")
    >>> feather.write_feather(pa.table({"hour": [7, None]}), path)
    >>> read_arrow(path).columns["hour"].to_pylist()
    [7, None]
    """
    try:
        with pa.OSFile(path, "rb") as file:
            is_file = file.read(len(FILE)) == FILE
            file.seek(0)
            with ipc.open_file(file) if is_file else ipc.open_stream(file) as reader:
                check_schema(path, reader.schema, limit_columns)
                table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        fault = f"is no whole Arrow file ({error})"
        raise FileUnreadable(path, fault, "copy or write it again") from error
    return tabular_of(path, "arrow", table)
