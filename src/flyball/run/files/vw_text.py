"""Vowpal Wabbit's text: `[label] [importance] [base] ['tag]|namespace[:scale] feature[:value] ...`.

As Vowpal Wabbit reads it, with these exceptions: what it takes with a warning (a value that is no number, NaN, `a:1:2`,
a line without a bar) is a fault here; a tab is a blank everywhere; values that are words (`a:b`) and values without a
name (`:0.5`) are faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.kernel import inlined, inner, kernel
from flyball.run.files.number_text import LONG, READ, read_number
from flyball.run.files.sparse_sheet import (
    BASES,
    BLANK,
    FEATURES,
    LABELS,
    LONGS,
    MANY_NUMBERS,
    NO_BAR,
    NO_NAME,
    NO_VALUE,
    SCALES,
    Sheet,
    begin_line,
    end_line,
    group_of,
    put_feature,
    put_long,
    put_number,
    put_value,
    refuse,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_BLANK, _COLON, _BAR, _OTHER = 1, 2, 4, 0
_QUOTE = 39


def _classes() -> NDArray[np.uint8]:
    """What each byte is."""
    classes = np.full(256, _OTHER, dtype=np.uint8)
    classes[[9, 13, 32]] = _BLANK
    classes[ord(":")] = _COLON
    classes[ord("|")] = _BAR
    return classes


_CLASS = _classes()


@inner
def _skip(data: Bytes, at: int, end: int) -> int:
    """The place of the next byte that is no blank."""
    while at < end and _CLASS[data[at]] == _BLANK:
        at += 1
    return at


@inner
def _until(data: Bytes, at: int, end: int, classes: int) -> int:
    """The place of the next byte of one of these classes."""
    while at < end and _CLASS[data[at]] & classes == 0:
        at += 1
    return at


@inner
def _head(data: Bytes, at: int, bar: int, line: int, sheet: Sheet) -> bool:
    """What stands before the first bar; whether it is in order."""
    which = LABELS
    while True:
        at = _skip(data, at, bar)
        if at == bar:
            return True
        end = _until(data, at, bar, _BLANK)
        if end == bar or (data[at] == _QUOTE and _skip(data, end, bar) == bar):
            sheet.tag_starts[line] = at + 1 if data[at] == _QUOTE else at
            sheet.tag_ends[line] = end
            return True
        if which > BASES:
            return refuse(sheet, line, MANY_NUMBERS, at, end)
        if not put_number(data, sheet, line, which, at, end):
            return False
        which += 1
        at = end


@inner
def _namespace(data: Bytes, at: int, end: int, line: int, sheet: Sheet) -> int:
    """One namespace from behind its bar on; the place of the next bar or the line's end, -1 for a fault."""
    start = at
    at = _until(data, at, end, _BLANK | _COLON | _BAR)
    group = group_of(data, sheet, start, at)
    scale, long_at, long_end = 1.0, -1, -1
    if at < end and _CLASS[data[at]] == _COLON:
        long_at = at + 1
        long_end = at = _until(data, long_at, end, _BLANK | _BAR)
        scale, found = read_number(data, long_at, long_end)
        if found not in (READ, LONG):
            refuse(sheet, line, NO_VALUE, start, long_end)
            return -1
        if found == READ:
            long_at = -1
        else:
            scale = 1.0
    first, longs = sheet.counts[FEATURES], sheet.counts[LONGS]
    while True:
        at = _skip(data, at, end)
        if at == end or _CLASS[data[at]] == _BAR:
            break
        at = _feature(data, at, end, line, group, sheet)
        if at < 0:
            return -1
    if scale != 1.0:
        for i in range(first, sheet.counts[FEATURES]):
            sheet.values[i] *= scale
        for i in range(longs, sheet.counts[LONGS]):
            sheet.long_factors[i] = scale
    if long_at >= 0:
        put_long(sheet, SCALES, first, sheet.counts[FEATURES], long_at, long_end, 1.0)
    return at


@inlined
def _feature(data: Bytes, at: int, end: int, line: int, group: int, sheet: Sheet) -> int:
    """One feature; the place behind it, -1 for a fault."""
    start = at
    at = _until(data, at, end, _BLANK | _COLON | _BAR)
    stop = at
    if at == end or _CLASS[data[at]] != _COLON:
        put_feature(sheet, group, start, stop, 1.0)
        return at
    at = _until(data, at + 1, end, _BLANK | _BAR)
    if stop == start:
        refuse(sheet, line, NO_NAME, start, at)
        return -1
    return at if put_value(data, sheet, line, group, (start, stop), (stop + 1, at)) else -1


@inner
def _line(data: Bytes, at: int, end: int, sheet: Sheet) -> bool:
    """One line; false where it has more namespaces than are taken."""
    features, longs = sheet.counts[FEATURES], sheet.counts[LONGS]
    line = begin_line(sheet)
    start = _skip(data, at, end)
    bar = _until(data, start, end, _BAR)
    if start == end:
        sheet.faults[line] = BLANK
    elif bar == end:
        refuse(sheet, line, NO_BAR, start, end)
    elif _head(data, start, bar, line, sheet):
        at = bar
        while 0 <= at < end:
            at = _namespace(data, at + 1, end, line, sheet)
    end_line(sheet, line, features, longs)
    least = 0
    for i in range(features, sheet.counts[FEATURES]):
        least = min(least, sheet.groups[i])
    return least == 0


@kernel
def parse_vw(data: Bytes, sheet: Sheet) -> bool:
    r"""Fills a sheet with the lines of a block; false where there are more namespaces than are taken.

    >>> from flyball.run.files.sparse_sheet import sheet_for
    >>> data = np.frombuffer(b"-1 2 'id7|f a:0.5 b\n", np.uint8)
    >>> sheet = sheet_for(data)
    >>> parse_vw(data, sheet), sheet.labels[:1].tolist(), sheet.values[: sheet.ends[0]].tolist()
    (True, [-1.0], [0.5, 1.0])
    """
    at = 0
    while at < len(data):
        end = at
        while end < len(data) and data[end] != 10:
            end += 1
        if not _line(data, at, end, sheet):
            return False
        at = end + 1
    return True
