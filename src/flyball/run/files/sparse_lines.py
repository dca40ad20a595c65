"""Examples of sparse text, a block of lines at a time: parsed, faults told apart, repeated features added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from flyball.learn.hash64 import hash_bytes
from flyball.learn.kernel import kernel
from flyball.learn.word import uint64
from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.line_blocks import BLOCK, line_blocks
from flyball.run.files.pair_text import parse_pairs
from flyball.run.files.read_ahead import ReadAhead
from flyball.run.files.sparse_form import SparseForm
from flyball.run.files.sparse_sheet import (
    BLANK,
    FEATURES,
    GROUPS,
    LINES,
    MOST_GROUPS,
    TAKEN,
    VALUE_NOT_FINITE,
    Sheet,
    settle,
    sheet_for,
)
from flyball.run.files.vw_text import parse_vw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

    from flyball.run.files.line_blocks import LineBlock

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int32]
    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Keys = NDArray[Any]

_SHOWN = 200
"""How much of what is wrong is kept."""


class Keyed(Protocol):
    """Gives each feature of a block the key by which repeats of it are known within a line."""

    def __call__(self, data: Bytes, sheet: Sheet, groups: tuple[bytes, ...], /) -> Keys:
        """The keys, shape (features,).

        Args:
            data: the block's bytes.
            sheet: what was found in it.
            groups: the names of its groups.
        """
        ...


class Fault(NamedTuple):
    """Lines of a block with the same fault: how many, the number of the first, and what stands there.

    >>> Fault(code=2, lines=1, first=7, text="x").first
    7
    """

    code: int
    lines: int
    first: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseLines:
    r"""The n examples of a block of lines, with m features; places are those of bytes in `data`.

    Args:
        data: the block.
        line: shape (n,), the number of each example's line in the file.
        labels: shape (n,), NaN where there is none.
        weights: shape (n,), 1 where none is given.
        bases: shape (n,), 0 where none is given.
        tags: shapes (n,), where the tags begin and end.
        starts: shape (n + 1,), the features of example i are `starts[i]:starts[i + 1]`; none of them repeats and none
            has the value 0.
        keys: shape (m,), as `Keyed` gave them.
        names: shapes (m,), where the features' names begin and end.
        of_group: shape (m,), the place of each feature's group in `groups`.
        values: shape (m,), finite.
        groups: the names of the namespaces or fields.
        faults: the lines that are no examples, and why.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.vw"
    >>> _ = path.write_text("1 |f a b a\nno\n")
    >>> (lines,) = sparse_lines(path, SparseForm.VW)
    >>> lines.rows, lines.values.tolist(), lines.groups, lines.faults[0].first
    (1, [2.0, 1.0], (b'f',), 2)
    """

    data: Bytes
    line: Integers
    labels: Floats
    weights: Floats
    bases: Floats
    tags: tuple[Places, Places]
    starts: Integers
    keys: Keys
    names: tuple[Places, Places]
    of_group: Places
    values: Floats
    groups: tuple[bytes, ...]
    faults: tuple[Fault, ...]

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return len(self.line)


@kernel
def _name_keys(data: Bytes, starts: Places, ends: Places, groups: Places, keys: Keys) -> None:
    for i in range(len(keys)):
        keys[i] = hash_bytes(data, starts[i], ends[i], uint64(groups[i]))


@kernel
def _merged(ends: Integers, keys: Keys, values: Floats, starts: Integers, kept: Integers) -> int:
    """Adds the values of a line's repeats to the first, and lists the features that are left; how many these are."""
    longest, begin = 1, 0
    for i in range(len(ends)):
        longest = max(longest, ends[i] - begin)
        begin = ends[i]
    size = 2
    while size < 2 * longest:
        size *= 2
    line_of, first_of = np.full(size, -1, dtype=np.int64), np.empty(size, dtype=np.int64)
    begin, count = 0, 0
    for i in range(len(ends)):
        starts[i] = count
        for j in range(begin, ends[i]):
            place = np.int64((keys[j] * uint64(0x9E3779B97F4A7C15)) >> uint64(32)) & (size - 1)
            while line_of[place] == i and keys[first_of[place]] != keys[j]:
                place = (place + 1) & (size - 1)
            if line_of[place] == i:
                values[first_of[place]] += values[j]
            else:
                line_of[place], first_of[place] = i, j
                kept[count] = j
                count += 1
        left = starts[i]
        for j in range(starts[i], count):
            if values[kept[j]] != 0.0:
                kept[left] = kept[j]
                left += 1
        count, begin = left, ends[i]
    starts[len(ends)] = count
    return count


def name_keys(data: Bytes, sheet: Sheet, _groups: tuple[bytes, ...], /) -> Keys:
    """Keys that are equal for the same name in the same group, shape (features,).

    >>> data = np.frombuffer(b"a", np.uint8)
    >>> len(name_keys(data, sheet_for(data), ()))
    0
    """
    count = int(sheet.counts[FEATURES])
    keys = np.empty(count, dtype=np.uint64)
    _name_keys(data, sheet.starts[:count], sheet.stops[:count], sheet.groups[:count], keys)
    return keys


def sparse_lines(
    path: str | PathLike[str], form: SparseForm, *, keyed: Keyed = name_keys, block: int = BLOCK
) -> Iterator[SparseLines]:
    r"""The examples of a file, about a megabyte of lines at a time; the file is read in a thread of its own.

    Args:
        path: the file, plain or gzipped.
        form: what it is written in.
        keyed: how repeats within a line are known.
        block: how many bytes are read at once.

    Raises:
        FileUnreadable: it cannot be read, or has more than 10,000 namespaces or fields.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("+1 3:0.5 7:2\n-1 3:1\n")
    >>> [lines.starts.tolist() for lines in sparse_lines(path, SparseForm.LIBSVM)]
    [[0, 2, 3]]
    """
    sheet = None
    with ReadAhead(line_blocks(path, block=block)) as blocks:
        for each in blocks:
            data = np.frombuffer(each.data, dtype=np.uint8)
            # What is yielded holds copies: memory that is new costs more than parsing into it.
            sheet = sheet_for(data, sheet)
            yield _examples(str(path), each, data, sheet, form, keyed)


def _examples(path: str, block: LineBlock, data: Bytes, sheet: Sheet, form: SparseForm, keyed: Keyed) -> SparseLines:
    is_ffm = 1 if form is SparseForm.LIBFFM else 0
    if not (parse_vw(data, sheet) if form is SparseForm.VW else parse_pairs(data, is_ffm, sheet)):
        fault = f"has more than {MOST_GROUPS:,} namespaces or fields"
        raise FileUnreadable(path, fault, "put what belongs together into one")
    settle(data, sheet)
    lines, features = int(sheet.counts[LINES]), int(sheet.counts[FEATURES])
    spans = zip(sheet.group_starts.tolist(), sheet.group_stops[: sheet.counts[GROUPS]].tolist(), strict=False)
    groups = tuple(block.data[start:stop] for start, stop in spans)
    keys = keyed(data, sheet, groups)
    starts, kept = np.empty(lines + 1, dtype=np.int64), np.empty(features, dtype=np.int64)
    kept = kept[: _merged(sheet.ends[:lines], keys, sheet.values, starts, kept)]
    of: slice | Integers = slice(0, features) if len(kept) == features else kept
    values = np.copy(sheet.values[of])
    faults = sheet.faults[:lines]
    if not np.isfinite(values).all():
        starts, kept, values = _without_infinite(sheet, starts, kept, values)
        of = kept
    taken = np.flatnonzero(faults == TAKEN)
    # What is no example has no features, so the starts of the others follow each other.
    return SparseLines(
        data=data,
        line=taken + block.first,
        labels=sheet.labels[taken],
        weights=sheet.weights[taken],
        bases=sheet.bases[taken],
        tags=(sheet.tag_starts[taken], sheet.tag_ends[taken]),
        starts=np.append(starts[taken], len(kept)),
        keys=keys[of],
        names=(np.copy(sheet.starts[of]), np.copy(sheet.stops[of])),
        of_group=np.copy(sheet.groups[of]),
        values=values,
        groups=groups,
        faults=_faults(block, sheet, faults),
    )


def _without_infinite(
    sheet: Sheet, starts: Integers, kept: Integers, values: Floats
) -> tuple[Integers, Integers, Floats]:
    """The features without those of lines in which a product or sum is too large for a float; these have a fault."""
    line_of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    infinite = ~np.isfinite(values)
    bad, first = np.unique(line_of[infinite], return_index=True)
    at = kept[infinite][first]
    sheet.faults[bad] = VALUE_NOT_FINITE
    sheet.fault_starts[bad], sheet.fault_ends[bad] = sheet.starts[at], sheet.stops[at]
    left = ~np.isin(line_of, bad)
    counts = np.bincount(line_of[left], minlength=len(starts) - 1)
    return np.concatenate([[0], np.cumsum(counts)]), kept[left], values[left]


def _faults(block: LineBlock, sheet: Sheet, faults: Places) -> tuple[Fault, ...]:
    if faults.max(initial=0) <= BLANK:
        return ()
    codes, first, counts = np.unique(faults, return_index=True, return_counts=True)
    return tuple(
        Fault(
            code=int(code),
            lines=int(count),
            first=block.first + int(at),
            text=block.data[sheet.fault_starts[at] : sheet.fault_ends[at]][:_SHOWN].decode(errors="replace"),
        )
        for code, at, count in zip(codes, first, counts, strict=True)
        if code > BLANK
    )
