"""What a Parquet file's footer says of its columns: as pyarrow reads it, and nothing where it is damaged."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from flyball.run.files.parquet_footer import (
    CHUNK_FIELDS,
    CODEC,
    DATA_PLACE,
    DICTIONARY_PLACE,
    SIZE,
    VALUES,
    column_chunks,
)
from flyball.run.files.parquet_page import ABSENT

CODECS = {"UNCOMPRESSED": 0, "SNAPPY": 1, "GZIP": 2, "BROTLI": 4, "ZSTD": 6}


def written(**options: Any) -> bytes:  # noqa: ANN401  # handed on to pyarrow
    """A file of three row groups of columns of many types, nested ones too."""
    table = pa.table(
        {
            "to": [f"t{n % 7}" for n in range(100)],
            "when": pa.array(range(100), pa.timestamp("ms", "UTC")),
            "tags": [["a", "b"]] * 100,
            "at": [{"x": 1.5, "y": None}] * 100,
            "price": pa.array([None, 2] * 50, pa.decimal128(9, 2)),
        }
    )
    sink = io.BytesIO()
    parquet.write_table(table, sink, row_group_size=40, **options)
    return sink.getvalue()


def footer_of(data: bytes) -> bytes:
    """The metadata, without its length and what follows."""
    return data[-8 - int.from_bytes(data[-8:-4], "little") : -8]


def told(footer: bytes, groups: int = 3, columns: int = 6) -> list[Any] | None:
    """All fields of all columns, or None where the footer is damaged."""
    chunks = np.zeros((groups, columns, CHUNK_FIELDS), dtype=np.int64)
    return chunks.tolist() if column_chunks(np.frombuffer(footer, dtype=np.uint8), chunks) else None


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "NONE", "use_dictionary": False, "write_page_index": True},
        {"compression": {"to": "GZIP", "when": "BROTLI", "price": "ZSTD"}, "store_schema": False},
        {"write_statistics": False, "sorting_columns": [parquet.SortingColumn(0)], "version": "1.0"},
    ],
    ids=["defaults", "plain", "a codec for each", "sorted"],
)
def test_a_footer_says_what_pyarrow_reads_in_it(options: dict[str, Any]) -> None:
    """Of every column of every row group, whatever else stands there."""
    data = written(**options)
    meta: Any = parquet.ParquetFile(io.BytesIO(data)).metadata
    chunks = told(footer_of(data))
    assert chunks is not None

    for group in range(3):
        for place in range(6):
            theirs, ours = meta.row_group(group).column(place), chunks[group][place]
            assert ours[CODEC] == CODECS[theirs.compression]
            assert ours[VALUES] == theirs.num_values
            assert ours[SIZE] == theirs.total_compressed_size
            assert ours[DATA_PLACE] == theirs.data_page_offset
            assert ours[DICTIONARY_PLACE] == (theirs.dictionary_page_offset or ABSENT)


FOOTER = footer_of(written())


def test_columns_that_a_footer_lacks_are_absent() -> None:
    """And more than were asked for are damage."""
    chunks = told(FOOTER, groups=4)
    assert chunks is not None
    assert chunks[3] == [[ABSENT] * CHUNK_FIELDS] * 6
    assert told(FOOTER, groups=2) is None
    assert told(FOOTER, columns=5) is None


@given(st.integers(0, len(FOOTER) - 1))
def test_a_footer_that_is_cut_is_damaged(end: int) -> None:
    """Wherever it ends."""
    assert told(FOOTER[:end]) is None


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(FOOTER) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_change_of_a_footer_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    """Without an access beyond its end, and without an end to the process."""
    data = bytearray(FOOTER)
    for at, byte in damage:
        data[at] = byte
    chunks = told(bytes(data))
    assert chunks is None or len(chunks) == 3


def test_a_field_whose_number_is_cut_off_ends_the_footer() -> None:
    """It was once read on from the beginning, again and again."""
    assert told(b"\x08" + b"\x80" * 10 + b"\x00") is None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_footer_or_none(data: bytes) -> None:
    """Without an access beyond their end."""
    chunks = told(data)
    assert chunks is None or chunks == [[[ABSENT] * CHUNK_FIELDS] * 6] * 3 or len(data) > 10
