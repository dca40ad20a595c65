"""Reads a table from a file, whatever its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.files.arrow_file import is_arrow, read_arrow
from flyball.run.files.byte_stream import ByteStream, FileUnreadable, refuse_foreign
from flyball.run.files.delimited import read_delimited
from flyball.run.files.json_lines import read_json_lines
from flyball.run.files.parquet_file import read_parquet
from flyball.run.files.sparse_file import read_sparse
from flyball.run.files.sparse_form import sparse_form

if TYPE_CHECKING:
    from os import PathLike

    from flyball.run.files.tabular import Tabular

_PARQUET = b"PAR1"
_HEAD = 65_536
_BOM = b"\xef\xbb\xbf"


def read_table(
    path: str | PathLike[str],
    *,
    delimiter: str | None = None,
    quoted: bool | None = None,
    limit_columns: int = 10_000,
) -> Tabular:
    r"""The table in a file: text (plain or gzipped), Parquet or Arrow.

    Text is CSV, TSV and their like, JSON lines, or the sparse text of Vowpal Wabbit, libsvm or libffm. The form is told
    by the first bytes, never by the name. Rows that have no place in the table (too few or too many fields, no JSON, a
    value that is no number) are counted and shown in `rejections`. The whole table is held in memory, in about twice
    the size of the unpacked text.

    Args:
        path: the file.
        delimiter: what stands between fields; by default the one of `, ; tab |` that explains the file best. What is
            given one is never taken for sparse text.
        quoted: whether quotation marks quote (True) or are ordinary characters (False); by default what fits.
        limit_columns: a file with more columns is refused before it is read.

    Raises:
        FileUnreadable: the message says what the file is and what to do.

    >>> import gzip, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "clicks.csv"
    >>> _ = path.write_bytes(gzip.compress(b"hour;click\n7;1\n"))
    >>> read_table(path).columns["click"].to_pylist()
    ['1']
    >>> read_table("nowhere.csv")
    Traceback (most recent call last):
        ...
    flyball.run.files.byte_stream.FileUnreadable: 'nowhere.csv' does not exist; check the name and the folder
    """
    if delimiter is not None and (len(delimiter.encode()) != 1 or delimiter in '\n\r"'):
        raise FileUnreadable(str(path), f"cannot be split at {delimiter!r}", "give one character, such as ',' or '\\t'")
    with ByteStream(path) as stream:
        head = stream.head(_HEAD).removeprefix(_BOM)
        gzipped = stream.gzipped
    name = str(path)
    if head.startswith(_PARQUET):
        if gzipped:
            raise FileUnreadable(name, "is a gzipped Parquet file", "unpack it with gunzip")
        return read_parquet(name, limit_columns=limit_columns)
    if is_arrow(head):
        if gzipped:
            raise FileUnreadable(name, "is a gzipped Arrow file", "unpack it with gunzip")
        return read_arrow(name, limit_columns=limit_columns)
    if not head:
        raise FileUnreadable(name, "is empty", "give a file with a header and rows")
    refuse_foreign(name, head)
    if head.lstrip()[:1] in {b"{", b"["}:
        return read_json_lines(name, limit_columns=limit_columns)
    if delimiter is None:
        sparse = sparse_form(name, _whole_lines(head))
        if sparse is not None:
            return read_sparse(name, sparse, limit_columns=limit_columns)
    return read_delimited(name, delimiter=delimiter, quoted=quoted, limit_columns=limit_columns)


def _whole_lines(head: bytes) -> str:
    """The first lines as text, or the whole words of a first line that is longer; what is not UTF-8 is seen later."""
    end = head.rfind(b"\n") + 1
    if end == 0:
        end = len(head) if len(head) < _HEAD - len(_BOM) else head.rfind(b" ")
    return head[:end].decode(errors="replace")
