"""libsvm's text, `label [qid:n] index:value ...`, and libffm's, `label field:index:value ...`; `#` begins a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.learn.kernel import inner, kernel
from flyball.run.files.sparse_sheet import (
    BLANK,
    FEATURES,
    LABELS,
    LONGS,
    NO_INDEX,
    NO_PAIR,
    TAKEN,
    Sheet,
    begin_line,
    end_line,
    group_of,
    put_number,
    put_value,
    refuse,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_COLON, _HASH, _ZERO, _NINE = 58, 35, 48, 57


@inner
def _is_blank(byte: int) -> bool:
    return byte in (32, 9, 13)


@inner
def _word(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The next word's place."""
    while at < end and _is_blank(data[at]):
        at += 1
    start = at
    while at < end and not _is_blank(data[at]):
        at += 1
    return start, at


@inner
def _colon(data: Bytes, at: int, end: int) -> int:
    while at < end and data[at] != _COLON:
        at += 1
    return at


@inner
def _is_index(data: Bytes, start: int, end: int) -> bool:
    for at in range(start, end):
        if data[at] < _ZERO or data[at] > _NINE:
            return False
    return start < end


@inner
def _pair(data: Bytes, start: int, end: int, line: int, fields: int, sheet: Sheet) -> bool:
    """One `index:value` or `field:index:value`; whether it is one."""
    first = _colon(data, start, end)
    if first == end:
        return refuse(sheet, line, NO_PAIR, start, end)
    if fields == 0:
        if first - start == 3 and data[start] == 113 and data[start + 1] == 105 and data[start + 2] == 100:
            sheet.tag_starts[line], sheet.tag_ends[line] = first + 1, end
            return True if _is_index(data, first + 1, end) else refuse(sheet, line, NO_INDEX, start, end)
        if not _is_index(data, start, first):
            return refuse(sheet, line, NO_INDEX, start, end)
        return put_value(data, sheet, line, group_of(data, sheet, start, start), (start, first), (first + 1, end))
    second = _colon(data, first + 1, end)
    if second == end:
        return refuse(sheet, line, NO_PAIR, start, end)
    if not (_is_index(data, start, first) and _is_index(data, first + 1, second)):
        return refuse(sheet, line, NO_INDEX, start, end)
    group = group_of(data, sheet, start, first)
    return put_value(data, sheet, line, group, (first + 1, second), (second + 1, end))


@inner
def _line(data: Bytes, at: int, end: int, fields: int, sheet: Sheet) -> bool:
    """One line without its comment; false where it has more fields than are taken."""
    features, longs = sheet.counts[FEATURES], sheet.counts[LONGS]
    line = begin_line(sheet)
    start, stop = _word(data, at, end)
    if start == stop:
        sheet.faults[line] = BLANK
    elif put_number(data, sheet, line, LABELS, start, stop):
        start, stop = _word(data, stop, end)
        while start < stop and _pair(data, start, stop, line, fields, sheet):
            start, stop = _word(data, stop, end)
    end_line(sheet, line, features, longs)
    if sheet.faults[line] == TAKEN:
        for i in range(features, sheet.counts[FEATURES]):
            if sheet.groups[i] < 0:
                return False
    return True


@kernel
def parse_pairs(data: Bytes, fields: int, sheet: Sheet) -> bool:
    r"""Fills a sheet with the lines of a block; false where there are more fields than are taken.

    `fields` is 1 where each feature has one (libffm), 0 where none has (libsvm).

    >>> import numpy as np
    >>> from flyball.run.files.sparse_sheet import sheet_for
    >>> data = np.frombuffer(b"1 3:0.5 7:1 # none\n", np.uint8)
    >>> sheet = sheet_for(data)
    >>> parse_pairs(data, 0, sheet), sheet.labels[:1].tolist(), sheet.values[: sheet.ends[0]].tolist()
    (True, [1.0], [0.5, 1.0])
    """
    at = 0
    while at < len(data):
        end = at
        while end < len(data) and data[end] != 10:
            end += 1
        stop = at
        while stop < end and data[stop] != _HASH:
            stop += 1
        if not _line(data, at, stop, fields, sheet):
            return False
        at = end + 1
    return True
