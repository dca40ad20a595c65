"""What kernels find in lines of sparse text: one line an example, with named features in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flyball.learn.kernel import inlined, inner, kernel
from flyball.learn.word import uint64
from flyball.run.files.number_text import LONG, READ, long_numbers, read_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int32]
    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

TAKEN, BLANK = 0, 1
"""Of a line: it is an example, or nothing stands there. What is greater is a fault."""
NO_BAR, NO_LABEL, LABEL_NOT_FINITE, MANY_NUMBERS, NO_NAME, NO_VALUE, VALUE_NOT_FINITE, NO_PAIR, NO_INDEX = range(2, 11)
"""What is wrong with a line."""

VALUES, LABELS, WEIGHTS, BASES, SCALES = range(5)
"""Which number a long number is."""

LINES, FEATURES, GROUPS, LONGS = range(4)
"""Places in `Sheet.counts`."""

MOST_GROUPS = 10_000
"""A file with more namespaces or fields is refused: each is a column."""
_TABLE = 1 << 15
_FINE = 2


class Sheet(NamedTuple):
    """Arrays with room for what a block of lines may hold; places are those of bytes in the block.

    `counts` has how many lines, features, groups and long numbers there are. Of line i: `faults[i]`, and where it lies;
    its label (NaN without one), weight and base, the place of its tag, and `ends[i]`, the number of features up to its
    end. Of each feature: the place of its name, its group, its value. Of each group: where its name is seen first, and
    `table`, which finds it by its hash. Of each long number, which is read later: which one it is and what its value is
    multiplied by.

    >>> sheet_for(np.empty(0, np.uint8)).counts.tolist()
    [0, 0, 0, 0]
    """

    counts: Integers
    faults: Places
    fault_starts: Places
    fault_ends: Places
    labels: Floats
    weights: Floats
    bases: Floats
    tag_starts: Places
    tag_ends: Places
    ends: Integers
    groups: Places
    starts: Places
    stops: Places
    values: Floats
    group_starts: Places
    group_stops: Places
    table: Places
    long_of: Places
    long_first: Integers
    long_last: Integers
    long_starts: Places
    long_stops: Places
    long_factors: Floats


@kernel
def _bounds(data: Bytes) -> tuple[int, int]:
    """How many lines and how many words there are at most."""
    lines, words = 1, 1
    for at in range(len(data)):
        lines += data[at] == 10
        words += data[at] <= 32 or data[at] == 124
    return lines, words


def sheet_for(data: Bytes, used: Sheet | None = None) -> Sheet:
    r"""An empty sheet with room for a block of bytes.

    Args:
        data: the block.
        used: a sheet that nobody needs any more; it is taken again if it has the room.

    >>> len(sheet_for(np.frombuffer(b"1 | a\n-1 | b\n", np.uint8)).labels)
    3
    """
    lines, words = _bounds(data)
    longs = words + lines
    if used is not None and lines <= len(used.labels) and words <= len(used.values) and longs <= len(used.long_of):
        used.counts[:] = 0
        used.table[:] = -1
        return used

    def places(room: int) -> Places:
        return np.empty(room, dtype=np.int32)

    return Sheet(
        counts=np.zeros(4, dtype=np.int64),
        faults=places(lines),
        fault_starts=places(lines),
        fault_ends=places(lines),
        labels=np.empty(lines),
        weights=np.empty(lines),
        bases=np.empty(lines),
        tag_starts=places(lines),
        tag_ends=places(lines),
        ends=np.empty(lines, dtype=np.int64),
        groups=places(words),
        starts=places(words),
        stops=places(words),
        values=np.empty(words),
        group_starts=places(MOST_GROUPS),
        group_stops=places(MOST_GROUPS),
        table=np.full(_TABLE, -1, dtype=np.int32),
        long_of=places(longs),
        long_first=np.empty(longs, dtype=np.int64),
        long_last=np.empty(longs, dtype=np.int64),
        long_starts=places(longs),
        long_stops=places(longs),
        long_factors=np.empty(longs),
    )


@inlined
def begin_line(sheet: Sheet) -> int:
    """Makes the next line an example without a label, a tag or features; its number in the block."""
    line = sheet.counts[LINES]
    sheet.counts[LINES] = line + 1
    sheet.faults[line] = TAKEN
    sheet.labels[line], sheet.weights[line], sheet.bases[line] = np.nan, 1.0, 0.0
    sheet.tag_starts[line], sheet.tag_ends[line] = 0, 0
    sheet.ends[line] = sheet.counts[FEATURES]
    return int(line)


@inlined
def end_line(sheet: Sheet, line: int, features: int, longs: int) -> None:
    """Takes the line's features, or, if it has a fault, gives back all since these counts of before it."""
    if sheet.faults[line] != TAKEN:
        sheet.counts[FEATURES], sheet.counts[LONGS] = features, longs
    sheet.ends[line] = sheet.counts[FEATURES]


@inner
def refuse(sheet: Sheet, line: int, fault: int, start: int, end: int) -> bool:
    """Notes what is wrong with a line, and where; false."""
    sheet.faults[line], sheet.fault_starts[line], sheet.fault_ends[line] = fault, start, end
    return False


@inner
def put_long(sheet: Sheet, which: int, first: int, last: int, start: int, end: int, factor: float) -> None:
    """Leaves the number of `data[start:end]`, which belongs to first..last of an array, to be read later."""
    at = sheet.counts[LONGS]
    sheet.counts[LONGS] = at + 1
    sheet.long_of[at], sheet.long_first[at], sheet.long_last[at] = which, first, last
    sheet.long_starts[at], sheet.long_stops[at], sheet.long_factors[at] = start, end, factor


@inner
def put_number(data: Bytes, sheet: Sheet, line: int, which: int, start: int, end: int) -> bool:
    """The label, weight or base of a line; whether it is a number."""
    number, found = read_number(data, start, end)
    if found == LONG:
        put_long(sheet, which, line, line + 1, start, end, 1.0)
    elif found != READ:
        return refuse(sheet, line, NO_LABEL if found == _FINE else LABEL_NOT_FINITE, start, end)
    if which == LABELS:
        sheet.labels[line] = number
    elif which == WEIGHTS:
        sheet.weights[line] = number
    else:
        sheet.bases[line] = number
    return True


@inlined
def put_feature(sheet: Sheet, group: int, start: int, end: int, value: float) -> int:
    """One more feature; its place."""
    at = sheet.counts[FEATURES]
    sheet.counts[FEATURES] = at + 1
    sheet.groups[at], sheet.starts[at], sheet.stops[at], sheet.values[at] = group, start, end, value
    return int(at)


@inlined
def put_value(data: Bytes, sheet: Sheet, line: int, group: int, name: tuple[int, int], value: tuple[int, int]) -> bool:
    """One more feature with a value that stands at a place; whether it is a number."""
    number, found = read_number(data, value[0], value[1])
    if found not in (READ, LONG):
        fault = NO_VALUE if found == _FINE else VALUE_NOT_FINITE
        return refuse(sheet, line, fault, name[0], max(value[1], name[1] + 1))
    at = put_feature(sheet, group, name[0], name[1], number)
    if found == LONG:
        put_long(sheet, VALUES, at, at + 1, value[0], value[1], 1.0)
    return True


@inner
def group_of(data: Bytes, sheet: Sheet, start: int, end: int) -> int:
    """The number of the group with this name; -1 where there are too many."""
    mixed = uint64(end - start)
    for at in range(start, end):
        mixed = (mixed ^ uint64(data[at])) * uint64(0x9E3779B97F4A7C15)
    place = np.int64((mixed >> uint64(40)) & uint64(_TABLE - 1))
    while True:
        group = sheet.table[place]
        if group < 0:
            break
        first, size = sheet.group_starts[group], sheet.group_stops[group] - sheet.group_starts[group]
        same = size == end - start
        for i in range(size if same else 0):
            same = same and data[first + i] == data[start + i]
        if same:
            return int(group)
        place = (place + 1) & (_TABLE - 1)
    group = sheet.counts[GROUPS]
    if group == len(sheet.group_starts):
        return -1
    sheet.counts[GROUPS] = group + 1
    sheet.table[place], sheet.group_starts[group], sheet.group_stops[group] = group, start, end
    return int(group)


def settle(data: Bytes, sheet: Sheet) -> None:
    """Reads the long numbers of a sheet, and puts them in their places.

    >>> settle(np.empty(0, np.uint8), sheet_for(np.empty(0, np.uint8)))
    """
    count = int(sheet.counts[LONGS])
    if count == 0:
        return
    numbers = long_numbers(data, sheet.long_starts[:count], sheet.long_stops[:count])
    which, first = sheet.long_of[:count], sheet.long_first[:count]
    targets = ((LABELS, sheet.labels), (WEIGHTS, sheet.weights), (BASES, sheet.bases), (VALUES, sheet.values))
    with np.errstate(over="ignore"):  # what is too large for a float is a fault, which is found by its value
        for code, target in targets:
            mine = which == code
            target[first[mine]] = numbers[mine] * sheet.long_factors[:count][mine]
        for at in np.flatnonzero(which == SCALES).tolist():
            sheet.values[first[at] : sheet.long_last[at]] *= numbers[at]
