"""Reads JSON lines: one flat object a line."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import msgspec

from flyball.run.files.byte_stream import ByteStream, FileUnreadable
from flyball.run.files.rejection import Rejection
from flyball.run.files.tabular import Tabular, row_numbers
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.run.files.tabular import RawColumn

_PIECE = 1 << 20
_LONGEST_LINE = 64 << 20


def read_json_lines(path: str, *, limit_columns: int = 10_000) -> Tabular:
    r"""One JSON object a line as columns of Python objects; what a line leaves out is None. Blank lines are skipped.

    Args:
        path: the file.
        limit_columns: a file with more names than this is refused.

    Raises:
        FileUnreadable: its first line is no JSON object, it has no rows, too many names or a line beyond 64 MiB.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
    >>> _ = path.write_text('{"hour": 7, "tags": ["a"]}\n{"hour": \n{"late": true}\n')
    >>> table = read_json_lines(str(path))
    >>> table.columns["hour"], table.row.tolist(), table.rejections[0].reason
    ([7, None], [1, 3], 'not_json')
    """
    columns: dict[str, list[object]] = {}
    refused: list[int] = []
    example = ""
    number = taken = 0
    decode = msgspec.json.Decoder(dict[str, object]).decode
    with ByteStream(path) as stream:
        if stream.head(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            stream.read(len(codecs.BOM_UTF8))
        for number, line in enumerate(_lines(stream), start=1):
            try:
                record = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if number == 1:
                    raise _no_object(path, line, str(error)) from error
                example = example or f"{excerpt(line.decode(errors='replace'))} ({error})"
                refused.append(number)
                continue
            _add(columns, record, taken)
            taken += 1
            if len(columns) > limit_columns:
                fault = f"has more than {limit_columns:,} different names"
                raise FileUnreadable(path, fault, "put what belongs together into one list or mapping")
    if taken == 0:
        raise FileUnreadable(path, "has no rows", "give one JSON object a line")
    raw: dict[str, RawColumn] = {name: _filled(values, taken) for name, values in columns.items()}
    return Tabular(
        path=path,
        form="json lines",
        columns=raw,
        row=row_numbers(taken, refused),
        rejections=_rejections(refused, example),
    )


def _add(columns: dict[str, list[object]], record: dict[str, object], taken: int) -> None:
    for name, value in record.items():
        values = columns.get(name)
        if values is None:
            values = columns[name] = []
        if len(values) < taken:
            values.extend([None] * (taken - len(values)))
        values.append(value)


def _filled(values: list[object], rows: int) -> list[object]:
    values.extend([None] * (rows - len(values)))
    return values


def _lines(stream: ByteStream) -> Iterator[bytes]:
    """The lines that are not blank."""
    rest = b""
    while True:
        piece = stream.read(_PIECE)
        lines = (rest + piece).split(b"\n")
        rest = lines.pop() if piece else b""
        if len(rest) > _LONGEST_LINE:
            raise FileUnreadable(stream.path, "has a line of more than 64 MiB", "write one JSON object a line")
        for line in lines:
            if line.strip():
                yield line
        if not piece:
            return


def _no_object(path: str, line: bytes, why: str) -> FileUnreadable:
    shown = excerpt(line.decode(errors="replace"))
    if line.lstrip().startswith(b"["):
        return FileUnreadable(path, "is one JSON array", "write one object a line, for example with: jq -c '.[]'")
    return FileUnreadable(path, f"has no JSON object in its first line {shown} ({why})", "write one object a line")


def _rejections(refused: list[int], example: str) -> tuple[Rejection, ...]:
    if not refused:
        return ()
    return (Rejection(reason="not_json", count=len(refused), first_row=refused[0], example=example),)
