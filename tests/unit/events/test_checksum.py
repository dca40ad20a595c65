"""The checksum of a live segment's rows: what it finds, in a list and in a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flyball.events import segment
from flyball.events.checksum import checked, checked_full, summed
from flyball.events.log import LogDamaged
from flyball.events.reader import open_reader
from flyball.events.store import SqliteLog
from tests.unit.events.log_records import filled, outcomes, seqs

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path("a.sqlite")
ROW = next(summed(segment.rows(outcomes(1, 1), 0, None)))


def spoilt(path: Path, sql: str) -> None:
    """A statement carried out on the first segment behind the log's back."""
    with closing(sqlite3.connect(path / f"{1:020d}.sqlite")) as connection:
        connection.executescript(sql)


def test_rows_come_back_without_their_checksum() -> None:
    """Those that are read, and those that are sealed."""
    seq, _, event_ts, ingest_ts, _, body, checksum = ROW

    assert checked([(seq, event_ts, ingest_ts, body, checksum)], FILE) == [(seq, event_ts, ingest_ts, body)]
    assert list(checked_full([ROW], FILE)) == [ROW[:6]]


@pytest.mark.parametrize("place", [0, 2, 3, 5, 6])
@pytest.mark.parametrize("bit", [0, 5, 31])
def test_a_bit_that_has_turned_is_found(place: int, bit: int) -> None:
    """In whichever value."""
    row: list[Any] = list(ROW)
    value = row[place]
    if isinstance(value, bytes):
        row[place] = bytes([value[0] ^ 1 << bit % 8, *value[1:]])
    else:
        row[place] = value ^ 1 << bit

    with pytest.raises(LogDamaged, match=rf"record {row[0]} in 'a.sqlite' is not what was written there; restore it"):
        list(checked_full([tuple(row)], FILE))


@pytest.mark.parametrize(
    ("place", "value"), [(0, None), (1, None), (2, 1.0), (3, "x"), (4, b"r1"), (5, None), (5, "x"), (3, 2**63)]
)
def test_a_value_of_another_type_is_found(place: int, value: object) -> None:
    """Damage in a row's header changes types."""
    row: list[Any] = list(ROW)
    row[place] = value

    with pytest.raises(LogDamaged, match="is not what was written there"):
        list(checked_full([tuple(row)], FILE))


def test_a_changed_row_is_found_when_it_is_read_and_when_it_is_sealed(tmp_path: Path) -> None:
    """It would be another record, and no error."""
    filled(tmp_path).close()
    spoilt(tmp_path, "UPDATE record SET event_ts = event_ts + 1 WHERE seq = 7")
    with SqliteLog(tmp_path, durable=False) as log:
        assert seqs(log.get([6, 8])) == [6, 8]
        reads: list[Callable[[], object]] = [lambda: log.get([7]), lambda: list(log.read()), log.seal_ready]
        for read in reads:
            with pytest.raises(LogDamaged, match=r"record 7 in .*1.sqlite' is not what was written there; restore it"):
                read()
        assert not list(tmp_path.glob("*.parquet*"))


def test_a_changed_last_row_is_found_when_the_log_is_opened(tmp_path: Path) -> None:
    """Its time is the one that the next record is compared with."""
    filled(tmp_path, rows=5).close()
    spoilt(tmp_path, "UPDATE record SET ingest_ts = ingest_ts + 1 WHERE seq = 5")

    with pytest.raises(LogDamaged, match=r"record 5 in .* is not what was written there"):
        SqliteLog(tmp_path)
    with open_reader(tmp_path) as reader, pytest.raises(LogDamaged, match=r"record 5 in .* is not what was written"):
        reader.read()
