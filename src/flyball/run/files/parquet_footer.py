"""The footer of a Parquet file: where each column of each row group lies, and how it is compressed.

pyarrow tells this too, but ends the process where a damaged footer names a codec that does not exist: its exception
passes through code that may throw none. Here damage is told. Thrift's compact protocol, as far as footers need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.kernel import inner, kernel
from flyball.learn.word import int64
from flyball.run.files.parquet_page import ABSENT, BINARY, DAMAGED, FALSE, INT16, INT32, INT64, STRUCT, TRUE, varint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Data = NDArray[np.uint8]
    Fields = NDArray[np.int64]

BYTE, DOUBLE, LIST, SET = 3, 7, 9, 10
"""More of Thrift's types."""
TYPE, CODEC, VALUES, SIZE, DATA_PLACE, DICTIONARY_PLACE = 1, 4, 5, 7, 9, 11
"""Fields of a column of a row group (parquet.thrift, ColumnMetaData)."""
CHUNK_FIELDS = 12
DEEPEST = 16
"""Structs and lists in each other; footers have nine."""
GROUPS, COLUMNS, COLUMN = 4, 1, 3
"""The fields that lead there: FileMetaData.row_groups, RowGroup.columns, ColumnChunk.meta_data."""


@inner
def opened(data: Data, at: int, kind: int, frame: Fields) -> int:
    """Begins a struct or a list: (the field it has come to, elements left or ABSENT, their type); where it goes on."""
    frame[:] = ABSENT
    frame[0] = 0
    if kind == STRUCT:
        return at
    if at >= len(data):
        return DAMAGED
    count, frame[2] = int64(data[at] >> 4), int64(data[at]) & 15
    at += 1
    if count == 15:
        count, at = varint(data, at)
    frame[1] = count
    return at if 0 <= count <= len(data) and (frame[2] != 0 or count == 0) else DAMAGED


@inner
def next_kind(data: Data, at: int, frame: Fields) -> tuple[int, int]:
    """The type of the next value of a struct or a list, 0 at its end, and where it begins or DAMAGED."""
    if frame[1] != ABSENT:
        frame[1] -= 1
        return (frame[2], at) if frame[1] >= 0 else (int64(0), at)
    if at >= len(data):
        return int64(0), DAMAGED
    byte = int64(data[at])
    at += 1
    if byte != 0 and byte >> 4 == 0:
        number, at = varint(data, at)
        frame[0] = (number >> 1) ^ -(number & 1)
    else:
        frame[0] += byte >> 4
    return byte & 15, at if byte == 0 or byte & 15 != 0 else DAMAGED


@inner
def passed(data: Data, at: int, kind: int, in_list: bool) -> int:
    """Where a value that is no number, struct or list ends, or DAMAGED."""
    if kind == BINARY:
        size, at = varint(data, at)
        return at + size if at >= 0 and 0 <= size <= len(data) else DAMAGED
    if kind == DOUBLE:
        return at + 8
    if kind == BYTE:
        return at + 1
    if kind in (TRUE, FALSE):
        return at + 1 if in_list else at
    return DAMAGED


@inner
def walk(data: Data, frames: Fields, chunks: Fields) -> bool:
    """`column_chunks`, given the room that it needs."""
    at, depth, group, column = opened(data, 0, STRUCT, frames[0]), 0, -1, -1
    while 0 <= at <= len(data):
        kind, at = next_kind(data, at, frames[depth])
        if at < 0:
            return False
        if kind == 0:
            if depth == 0:
                return True
            depth -= 1
        elif kind in (STRUCT, LIST, SET):
            depth += 1
            if depth == DEEPEST:
                return False
            at = opened(data, at, kind, frames[depth])
            if frames[0, 0] == GROUPS and depth == 2:
                group, column = group + 1, -1
            elif frames[0, 0] == GROUPS and depth == 4 and frames[2, 0] == COLUMNS:
                column += 1
                if group >= chunks.shape[0] or column >= chunks.shape[1]:
                    return False
        elif kind in (INT16, INT32, INT64):
            number, at = varint(data, at)
            here = depth == 5 and frames[0, 0] == GROUPS and frames[2, 0] == COLUMNS and frames[4, 0] == COLUMN
            if here and column >= 0 and 0 <= frames[5, 0] < CHUNK_FIELDS:
                chunks[group, column, frames[5, 0]] = (number >> 1) ^ -(number & 1)
        else:
            at = passed(data, at, kind, frames[depth, 1] != ABSENT)
    return False


@kernel
def column_chunks(footer: Data, chunks: Fields) -> bool:
    """The whole numbers that the footer has on each column of each row group; False if it is damaged.

    Args:
        footer: the file's metadata as it is stored.
        chunks: shape (groups, columns, CHUNK_FIELDS), gets field f at f, ABSENT where there is none.
    """
    chunks[:] = ABSENT
    return walk(footer, np.zeros((DEEPEST, 3), dtype=np.int64), chunks)
