"""Sealed segments: what stands in them, what is held of them, and what is refused."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball.events import footer
from flyball.events.log import LogDamaged, LogForeign
from flyball.events.sealed import ParquetArchive
from flyball.events.segment import rows
from tests.unit.events.log_records import NOON, outcomes

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.events.archive import FullRow
    from flyball.events.sealed import ParquetSegment


def sealed(path: Path, archive: ParquetArchive, first: int = 1, count: int = 100) -> Path:
    """A sealed segment with outcomes."""
    with path.open("w+b") as file:
        assert archive.write(file, rows(outcomes(first, count), first - 1, None)) == count
    return path


def test_a_sealed_segment_is_plain_parquet_for_everybody(tmp_path: Path) -> None:
    """With columns that can be asked for, and statistics to skip by."""
    path = sealed(tmp_path / "a.parquet", ParquetArchive(group_rows=30))

    table = pq.read_table(path)
    metadata = pq.read_metadata(path)

    assert table.column_names == ["seq", "kind", "event_ts", "ingest_ts", "id", "body"]
    assert table.slice(1, 1).drop_columns("body").to_pylist() == [
        {"seq": 2, "kind": "outcome", "event_ts": NOON - 3, "ingest_ts": NOON + 2, "id": "r2"}
    ]
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [30, 30, 30, 10]
    statistics = metadata.row_group(1).column(0).statistics
    assert statistics is not None
    assert (statistics.min, statistics.max) == (31, 60)
    assert metadata.row_group(0).column(5).compression == "ZSTD"


def test_row_groups_are_bounded_by_bytes_too(tmp_path: Path) -> None:
    """Bodies may be large; one that is larger than a group has one to itself."""
    archive = ParquetArchive(group_rows=100, group_bytes=100)
    made: list[FullRow] = [(seq, "x", 0, 0, None, b"b" * size) for seq, size in ((1, 60), (2, 40), (3, 500), (4, 1))]
    with (tmp_path / "a.parquet").open("w+b") as file:
        archive.write(file, made)

    metadata = pq.read_metadata(tmp_path / "a.parquet")
    segment = archive.open(tmp_path / "a.parquet")

    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [2, 1, 1]
    assert [row[0] for row in segment.rows(0)] == [1, 2]
    assert [row[0] for row in segment.rows(1)] == [2]
    assert [row[0] for row in segment.pick([4, 1])] == [4, 1]
    assert segment.rows(4) == []


def test_the_same_rows_make_the_same_bytes() -> None:
    """Nothing of the time or the place of writing goes in."""
    one, two = io.BytesIO(), io.BytesIO()
    for target in (one, two):
        ParquetArchive().write(target, rows(outcomes(1, 50), 0, None))
    assert one.getvalue() == two.getvalue()


def test_what_is_held_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least recently used goes first, and one group is always held."""
    archive = ParquetArchive(group_rows=10, cache_bytes=1_500)
    segment = archive.open(sealed(tmp_path / "a.parquet", archive))
    loads: list[int] = []
    load = segment.load

    def counted(index: int) -> pa.Table:
        loads.append(index)
        return load(index)

    monkeypatch.setattr(segment, "load", counted)

    for seq in (1, 11, 2, 21, 3, 12):
        assert [row[0] for row in segment.pick([seq])] == [seq]

    assert loads == [0, 1, 2, 1]
    assert 0 < archive.held_bytes <= 1_500
    archive.close()
    assert archive.held_bytes == 0


@pytest.mark.parametrize("keep", [0, 3, 100, 1000, -1], ids=str)
def test_a_truncated_segment_is_refused(tmp_path: Path, keep: int) -> None:
    """Its footer stands at the end."""
    archive = ParquetArchive()
    path = sealed(tmp_path / "a.parquet", archive)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(LogDamaged, match=r"a.parquet' is no whole segment .*; restore it from a copy"):
        archive.open(path)


@pytest.mark.parametrize("column", [0, 2, 3, 5])
def test_a_changed_byte_is_found_when_it_is_read(tmp_path: Path, column: int) -> None:
    """Each page has its checksum."""
    archive = ParquetArchive()
    path = sealed(tmp_path / "a.parquet", archive)
    chunk = pq.read_metadata(path).row_group(0).column(column)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset + chunk.total_compressed_size - 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogDamaged, match=r"a.parquet' cannot be read .*; restore it from a copy of the log"):
        archive.open(path).rows(0)


def test_a_segment_that_vanished_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    """So that a reader can look where it went."""
    archive = ParquetArchive()
    path = sealed(tmp_path / "a.parquet", archive)
    segment = archive.open(path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.parquet"):
        segment.rows(0)
    with pytest.raises(FileNotFoundError, match=r"a\.parquet"):
        archive.open(path)


def written(path: Path, table: pa.Table, *, statistics: bool = True) -> Path:
    """A table as somebody else would write it, who knows of the checksum."""
    pq.write_table(table, path, write_statistics=statistics)
    with path.open("r+b") as file:
        footer.protect(file)
    return path


def test_foreign_newer_and_holey_files_are_refused_with_the_difference(tmp_path: Path) -> None:
    """None of them is taken for a segment."""
    archive = ParquetArchive()
    path = tmp_path / "a.parquet"
    good = pq.read_table(sealed(path, archive))

    with pytest.raises(LogForeign, match=r"has the columns \['x'\]; a segment has \['seq', "):
        archive.open(written(path, pa.table({"x": [1]})))
    with pytest.raises(LogForeign, match="and the number of its format; take it out"):
        archive.open(written(path, good.replace_schema_metadata({})))
    with pytest.raises(LogForeign, match="is a segment of format 2; this flyball opens formats 1 to 1: install"):
        archive.open(written(path, good.replace_schema_metadata({"flyball.log.format": "2"})))
    with pytest.raises(LogForeign, match="has no statistics of its rows"):
        archive.open(written(path, good, statistics=False))
    with pytest.raises(LogDamaged, match="holds no records"):
        archive.open(written(path, good.slice(0, 0)))
    with pytest.raises(LogDamaged, match="holds 99 records where 1 to 100 should be"):
        archive.open(written(path, pa.concat_tables([good.slice(0, 50), good.slice(51)])))


def test_a_damaged_footer_is_refused_before_pyarrow_sees_it(tmp_path: Path) -> None:
    """It may end the process, or raise what nobody expects of it."""
    archive = ParquetArchive()
    path = sealed(tmp_path / "a.parquet", archive)
    data = path.read_bytes()
    at = data.rindex(b"body") - 1
    path.write_bytes(data[:at] + bytes([data[at] ^ 0x80]) + data[at + 1 :])

    with pytest.raises(LogDamaged, match=r"a.parquet' is no whole segment .*; restore it from a copy"):
        archive.open(path)


def whose_reading_fails(path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> ParquetSegment:
    """A segment that was opened, and that pyarrow cannot read any more."""
    archive = ParquetArchive()
    segment = archive.open(sealed(path, archive))

    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(pq, "ParquetFile", failing)
    return segment


@pytest.mark.parametrize(
    "error",
    [pa.ArrowNotImplementedError("65 bits"), UnicodeDecodeError("utf-8", b"x", 0, 1, "odd"), OSError("no number")],
    ids=repr,
)
def test_whatever_pyarrow_says_of_a_file_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It has many ways to say it."""
    segment = whose_reading_fails(tmp_path / "a.parquet", monkeypatch, error)

    with pytest.raises(LogDamaged, match=r"a.parquet' cannot be read .*; restore it from a copy of the log"):
        segment.rows(0)


@pytest.mark.parametrize(
    "error", [OSError(errno.EMFILE, "Too many open files"), pa.ArrowMemoryError("no room")], ids=repr
)
def test_what_the_system_refuses_for_now_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The segment is whole."""
    segment = whose_reading_fails(tmp_path / "a.parquet", monkeypatch, error)

    with pytest.raises(type(error), match=r"Too many open files|no room"):
        segment.rows(0)
