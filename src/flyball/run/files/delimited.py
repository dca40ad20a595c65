"""Reads CSV, TSV and their like into columns of text."""

from __future__ import annotations

import codecs
import csv
from array import array
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
from pyarrow import csv as arrow_csv

from flyball.run.files.byte_stream import ByteStream, FileUnreadable
from flyball.run.files.dialect import DELIMITERS, Dialect, sniff_dialect
from flyball.run.files.not_utf8 import not_utf8
from flyball.run.files.rejection import Rejection
from flyball.run.files.tabular import Tabular, column_names, row_numbers
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAMPLE = 1 << 20
_LONGEST_LINE = 64 << 20
_BLOCKS = (4 << 20, _LONGEST_LINE // 2)  # Arrow reads a line that lies in at most two blocks
_BOM = codecs.BOM_UTF8


def read_delimited(
    path: str, *, delimiter: str | None = None, quoted: bool | None = None, limit_columns: int = 10_000
) -> Tabular:
    r"""A delimited text file as columns of text; blank lines are passed over.

    Args:
        path: the file.
        delimiter: one character; by default the one of `, ; tab |` that explains the file best.
        quoted: whether quotation marks quote; by default what explains the file best.
        limit_columns: a file with more columns is refused before it is read.

    Raises:
        FileUnreadable: it has no rows, is not UTF-8, has too many columns, two of one name or a line beyond 64 MiB.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.tsv"
    >>> _ = path.write_text("hour\tlate\n7\t1\n8\n")
    >>> table = read_delimited(str(path))
    >>> table.delimiter, table.columns["hour"].to_pylist(), [rejection.reason for rejection in table.rejections]
    ('\t', ['7'], ['too_few_fields'])
    """
    with ByteStream(path) as stream:
        text = _sample(stream, limit_columns)
    dialect = sniff_dialect(text, delimiter=delimiter, quoted=quoted)
    names = _header(path, text, dialect, limit_columns)
    table, quotes, refused = _table(path, names, dialect)
    _check_header(path, table, names)
    table = table.slice(1)
    if table.num_rows == 0:
        raise _no_rows(path, refused, dialect)
    if dialect.quoted and quotes % 2:
        _refuse_open_quote(path, table)
    return Tabular(
        path=path,
        form="delimited",
        delimiter=dialect.delimiter,
        quoted=dialect.quoted,
        columns={name: table.column(place) for place, name in enumerate(names)},
        row=row_numbers(table.num_rows, refused.rows),
        rejections=refused.rejections(),
    )


class _Refused:
    """Rows with too few or too many fields, as they are met."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows = array("q")
        self._first: dict[str, tuple[int, str]] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, row: arrow_csv.InvalidRow) -> Literal["skip"]:
        reason = "too_few_fields" if row.actual_columns < self.width else "too_many_fields"
        number = (row.number or 0) - 1  # Arrow counts the header
        self.rows.append(number)
        self._counts[reason] = self._counts.get(reason, 0) + 1
        if reason not in self._first:
            example = f"{row.actual_columns} fields where the header has {self.width}: {excerpt(row.text)}"
            self._first[reason] = (number, example)
        return "skip"

    def rejections(self) -> tuple[Rejection, ...]:
        return tuple(
            Rejection(reason=reason, count=self._counts[reason], first_row=number, example=example)
            for reason, (number, example) in self._first.items()
        )


def _sample(stream: ByteStream, limit_columns: int) -> str:
    """Whole lines from the start, decoded; looks no further than it must to know that a first line is too long."""
    size = _SAMPLE
    while True:
        head = stream.head(size)
        line = head.split(b"\n", 1)[0]
        fields = 1 + max(line.count(delimiter.encode()) for delimiter in DELIMITERS)
        if fields > 2 * limit_columns:
            raise _too_many_columns(stream.path, f"more than {fields - 1:,}", limit_columns)
        if len(line) < len(head) or len(head) < size:
            break
        if size >= _LONGEST_LINE:
            raise _line_too_long(stream.path)
        size *= 4
    whole = head if len(head) < size else head[: head.rindex(b"\n") + 1]
    try:
        return whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(stream.path) from error


def _header(path: str, text: str, dialect: Dialect, limit_columns: int) -> list[str]:
    try:
        names = column_names(dialect.fields(text.lstrip("\r\n")))
    except csv.Error as error:
        fault = "has a heading of more than 128 KiB, or a quotation mark in it that is never closed"
        raise FileUnreadable(path, fault, "give a file whose first line names its columns") from error
    if not names:
        raise FileUnreadable(path, "holds nothing but blank lines", "give a file with a header and rows")
    if len(names) > limit_columns:
        raise _too_many_columns(path, f"{len(names):,}", limit_columns)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        shown = ", ".join(repr(name) for name in twice[:5])
        raise FileUnreadable(path, f"has more than one column named {shown}", "give each column a name of its own")
    return names


def _table(path: str, names: Sequence[str], dialect: Dialect) -> tuple[pa.Table, int, _Refused]:
    """The table with the header as its first row, how many quotation marks were read, and what was refused."""
    for block in _BLOCKS:
        refused = _Refused(len(names))
        with ByteStream(path) as stream:
            try:
                return _parsed(stream, names, dialect, refused, block), stream.quotes, refused
            except pa.ArrowInvalid as error:
                if "straddling" not in str(error):
                    raise _explained(path, str(error)) from error
    raise _line_too_long(path)


def _parsed(stream: ByteStream, names: Sequence[str], dialect: Dialect, refused: _Refused, block: int) -> pa.Table:
    # With one thread Arrow tells the number of each refused row.
    read = arrow_csv.ReadOptions(use_threads=False, block_size=block, column_names=list(names))
    parse = arrow_csv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char='"' if dialect.quoted else False,
        newlines_in_values=dialect.quoted,
        invalid_row_handler=refused,
    )
    convert = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    source = pa.PythonFile(stream, mode="r")  # type: ignore[arg-type]  # Arrow asks for no more than read and close
    table: pa.Table = arrow_csv.read_csv(
        source,  # type: ignore[arg-type]  # the stubs leave out what the documentation promises
        read_options=read,
        parse_options=parse,
        convert_options=convert,
    )
    return table


def _check_header(path: str, table: pa.Table, names: Sequence[str]) -> None:
    first = [] if table.num_rows == 0 else column_names(column[0].as_py() for column in table.columns)
    if list(first) != list(names):
        fault = f"has a header that reads in two ways, {excerpt(str(first))} and {excerpt(str(names))}"
        raise FileUnreadable(path, fault, "write the names without quotation marks and line breaks")


def _refuse_open_quote(path: str, table: pa.Table) -> None:
    """An odd number of marks and a last row that spans lines: a mark was opened and never closed."""
    last = [column[-1].as_py() for column in table.columns]
    if any("\n" in text for text in last):
        fault = f"has a quotation mark in its row {table.num_rows:,} that is never closed"
        raise FileUnreadable(path, fault, "close it, or read the marks as ordinary characters with quoted=False")


def _no_rows(path: str, refused: _Refused, dialect: Dialect) -> FileUnreadable:
    if refused.rows:
        fault = f"has no row with as many fields as its header ({refused.rejections()[0].example})"
        return FileUnreadable(path, fault, f"check the delimiter, read as {dialect.delimiter!r}")
    return FileUnreadable(path, "has a header and no rows", "give a file with rows")


def _too_many_columns(path: str, found: str, limit: int) -> FileUnreadable:
    return FileUnreadable(path, f"has {found} columns; at most {limit:,} are read", "leave out what is not needed")


def _line_too_long(path: str) -> FileUnreadable:
    fault = "has a line of more than 64 MiB, or a quotation mark that is never closed"
    return FileUnreadable(path, fault, "check the line breaks; if marks are ordinary characters, use quoted=False")


def _explained(path: str, message: str) -> FileUnreadable:
    if "invalid UTF8" in message:
        return not_utf8(path)
    return FileUnreadable(path, f"cannot be read as delimited text ({message})", "check how it was written")
