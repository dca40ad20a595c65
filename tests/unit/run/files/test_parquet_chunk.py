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

from flyball.run.files.parquet_chunk import StoredOtherwise, read_chunk, stored_chunks
from flyball.run.files.parquet_footer import CODEC, SIZE, TYPE, VALUES
from flyball.run.files.parquet_page import ABSENT


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
    stored = stored_chunks(io.BytesIO(data), meta.num_row_groups, 1)[group, 0]
    codes = np.full(meta.row_group(group).num_rows, -9, dtype=np.int32)
    known, room = np.zeros(len(codes), np.uint8), bytearray(stored[SIZE])
    chunk = read_chunk(io.BytesIO(data), stored, codes, known, room, nullable=nullable)
    texts = []
    for count, part in chunk.texts:
        raw, at = part.tobytes(), 0
        for _ in range(count):
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


@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    "options",
    [{"use_dictionary": False}, {"dictionary_pagesize_limit": 1_000, "write_batch_size": 100}],
    ids=["no dictionary", "given up"],
)
def test_texts_in_the_pages_lengthen_the_dictionary(options: dict[str, Any], missing: float) -> None:
    """Each with a code of its own; the caller is told that they repeat."""
    rows = skewed(9_000, missing=missing)
    for compression in ("NONE", "GZIP", "ZSTD"):
        column = pa.array(rows, pa.string())
        assert read(written(column, compression=compression, data_page_size=5_000, **options))[0] == rows


@pytest.mark.parametrize(
    ("column", "options"),
    [
        (pa.array(skewed(100)), {"data_page_version": "2.0"}),
        (pa.array(skewed(100)), {"compression": "LZ4"}),
        (pa.array([1, 2, 3]), {}),
    ],
    ids=["pages of version 2", "lz4", "numbers"],
)
def test_what_is_stored_otherwise_is_left_to_pyarrow(column: pa.Array[Any], options: dict[str, Any]) -> None:
    """With a word on what it is."""
    with pytest.raises(StoredOtherwise, match=r"the column is|a page is"):
        read(written(column, **options))


def test_a_file_that_ends_early_is_not_read() -> None:
    """Though its metadata, read before, says more."""
    data = written(pa.array(skewed(1_000)), compression="NONE")
    stored = stored_chunks(io.BytesIO(data), 1, 1)[0, 0]
    codes, room = np.empty(1_000, np.int32), bytearray(stored[SIZE])

    with pytest.raises(StoredOtherwise, match="ends within the column"):
        read_chunk(io.BytesIO(data[:500]), stored, codes, np.zeros(1_000, np.uint8), room, nullable=True)


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
    stored = stored_chunks(io.BytesIO(data), 1, 1)[0, 0]
    for at, byte in damage:
        data[4 + at % int(stored[SIZE])] = byte
    codes, room = np.empty(300, np.int32), bytearray(stored[SIZE])
    try:
        chunk = read_chunk(io.BytesIO(bytes(data)), stored, codes, np.zeros(300, np.uint8), room, nullable=True)
    except StoredOtherwise:
        return
    assert codes.max() < len(chunk.used)


@pytest.mark.parametrize("compression", ["SNAPPY", "GZIP", "BROTLI", "ZSTD", "NONE"])
@pytest.mark.parametrize("more", [-1, 1])
def test_pages_of_another_length_than_they_are_said_to_have_are_damaged(compression: str, more: int) -> None:
    """pyarrow refuses them; the rest would be whatever was in memory."""
    data = bytearray(written(pa.array(["a", "b"] * 9), compression=compression))
    stored = stored_chunks(io.BytesIO(bytes(data)), 1, 1)[0, 0]
    # A header begins with the page's kind (two bytes), then the field that is changed: its length, zigzag, in one byte.
    assert data[4:6] == b"\x15\x04"
    data[7] += 2 * more
    codes, room = np.empty(18, np.int32), bytearray(stored[SIZE])

    with pytest.raises(StoredOtherwise, match="a page"):
        read_chunk(io.BytesIO(bytes(data)), stored, codes, np.zeros(18, np.uint8), room, nullable=True)


@pytest.mark.parametrize("field", [CODEC, VALUES, TYPE])
def test_a_column_of_another_codec_length_or_type_is_left_to_pyarrow(field: int) -> None:
    """Whatever a damaged footer names."""
    data = written(pa.array(["a", "b"]))
    stored = stored_chunks(io.BytesIO(data), 1, 1)[0, 0]
    stored[field] = -18

    with pytest.raises(StoredOtherwise, match=r"the column is .*-18"):
        read_chunk(io.BytesIO(data), stored, np.empty(2, np.int32), np.zeros(2, np.uint8), bytearray(99), nullable=True)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"\xff\xff\xff\xffPAR1", bytes(30) + b"\x09\0\0\0PAR1"])
def test_a_footer_that_is_none_tells_of_no_column(data: bytes) -> None:
    """So that nothing is read."""
    assert (stored_chunks(io.BytesIO(data), 2, 3) == ABSENT).all()


def test_columns_outside_their_file_are_absent() -> None:
    """A damaged size may say 2^60 bytes, for which nobody should make room."""
    data = written(pa.array(["a" * 9_000]), compression="NONE", write_statistics=False)
    footer = 8 + int.from_bytes(data[-8:-4], "little")

    assert stored_chunks(io.BytesIO(data), 1, 1)[0, 0, SIZE] > 9_000
    assert (stored_chunks(io.BytesIO(data[-footer:]), 1, 1) == ABSENT).all()
