"""Dictionary columns read as they are stored: what pyarrow reads, or a word that they are stored otherwise."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from flyball.run.files.parquet_chunk import StoredOtherwise, read_chunk


def written(column: pa.Array[Any], **options: Any) -> bytes:  # noqa: ANN401  # handed on to pyarrow
    """A file of one column."""
    field = pa.field("to", column.type, nullable=options.pop("nullable", True))
    sink = io.BytesIO()
    parquet.write_table(pa.table([column], schema=pa.schema([field])), sink, **options)
    return sink.getvalue()


def read(data: bytes, group: int = 0) -> tuple[list[str | None], bool, list[int]]:
    """Each row's text, whether any is missing, and which of the dictionary's texts are used."""
    meta = parquet.ParquetFile(io.BytesIO(data)).metadata
    nullable = meta.schema.column(0).max_definition_level == 1
    column = meta.row_group(group).column(0)
    codes = np.full(meta.row_group(group).num_rows, -9, dtype=np.int32)
    known, room = np.zeros(len(codes), np.uint8), bytearray(column.total_compressed_size)
    chunk = read_chunk(io.BytesIO(data), column, codes, known, room, nullable=nullable)
    raw, texts, at = chunk.texts.tobytes(), [], 0
    for _ in chunk.used:
        size = int.from_bytes(raw[at : at + 4], "little")
        texts.append(raw[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return [None if code < 0 else texts[code] for code in codes.tolist()], chunk.missing > 0, chunk.used.tolist()


def skewed(rows: int, *, missing: float = 0.0, seed: int = 1) -> list[str | None]:
    """Texts of which some are frequent."""
    random = np.random.default_rng(seed)
    gone = random.random(rows) < missing
    return [None if lost else f"v{n}" for n, lost in zip(random.zipf(1.3, rows) % 5_000, gone, strict=True)]


@pytest.mark.parametrize("compression", ["NONE", "SNAPPY", "GZIP", "BROTLI", "ZSTD"])
@pytest.mark.parametrize("missing", [0.0, 0.2, 1.0])
def test_rows_are_those_that_were_written(compression: str, missing: float) -> None:
    """In pages of all sizes, compressed or not, with missing values or without."""
    rows = skewed(50_000, missing=missing)
    texts, lacks, used = read(written(pa.array(rows, pa.string()), compression=compression, data_page_size=9_000))

    assert texts == rows
    assert lacks == (None in rows)
    assert len(used) == sum(used) == len({*rows} - {None})


def test_a_column_that_may_not_be_missing_has_no_levels() -> None:
    """Its pages begin with the codes."""
    rows = skewed(5_000)
    assert read(written(pa.array(rows), nullable=False))[0] == rows


def test_every_row_group_has_a_dictionary_of_its_own() -> None:
    """And is read by itself."""
    rows = skewed(5_000)
    data = written(pa.array(rows), row_group_size=2_000)

    assert [read(data, group)[0] for group in range(3)] == [rows[:2_000], rows[2_000:4_000], rows[4_000:]]


def test_texts_of_a_dictionary_that_no_row_has_are_not_used() -> None:
    """A dictionary array is written with everything it holds."""
    column = pa.DictionaryArray.from_arrays(pa.array([2, 0, 2], pa.int32()), pa.array(["a", "b", "c"]))
    assert read(written(column)) == (["c", "a", "c"], False, [1, 0, 1])


@pytest.mark.parametrize(
    ("column", "options"),
    [
        (pa.array(skewed(100)), {"use_dictionary": False}),
        (pa.array([f"a long text number {n}" for n in range(5_000)]), {"dictionary_pagesize_limit": 1_000}),
        (pa.array(skewed(100)), {"data_page_version": "2.0"}),
        (pa.array(skewed(100)), {"compression": "LZ4"}),
        (pa.array([1, 2, 3]), {}),
    ],
    ids=["plain", "fallen back to plain", "pages of version 2", "lz4", "numbers"],
)
def test_what_is_stored_otherwise_is_left_to_pyarrow(column: pa.Array[Any], options: dict[str, Any]) -> None:
    """With a word on what it is."""
    with pytest.raises(StoredOtherwise, match=r"the column is|a page is"):
        read(written(column, **options))


def test_a_file_that_ends_early_is_not_read() -> None:
    """Though its metadata, read before, says more."""
    data = written(pa.array(skewed(1_000)), compression="NONE")
    column = parquet.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0)
    codes, room = np.empty(1_000, np.int32), bytearray(column.total_compressed_size)

    with pytest.raises(StoredOtherwise, match="ends within the column"):
        read_chunk(io.BytesIO(data[:500]), column, codes, np.zeros(1_000, np.uint8), room, nullable=True)


DAMAGEABLE = {
    name: written(pa.array(skewed(300, missing=0.1)), compression=name) for name in ("NONE", "SNAPPY", "ZSTD")
}


@settings(max_examples=300)
@given(
    st.sampled_from([*DAMAGEABLE]),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damage_is_told_and_never_followed(compression: str, damage: list[tuple[int, int]]) -> None:
    """Whatever bytes are changed: either codes within the dictionary come out, or a word that it is damaged."""
    data = bytearray(DAMAGEABLE[compression])
    column = parquet.ParquetFile(io.BytesIO(DAMAGEABLE[compression])).metadata.row_group(0).column(0)
    for at, byte in damage:
        data[4 + at % column.total_compressed_size] = byte
    codes, room = np.empty(300, np.int32), bytearray(column.total_compressed_size)
    try:
        chunk = read_chunk(io.BytesIO(bytes(data)), column, codes, np.zeros(300, np.uint8), room, nullable=True)
    except StoredOtherwise:
        return
    assert codes.max() < len(chunk.used)
