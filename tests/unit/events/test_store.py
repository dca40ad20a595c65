"""The log on SQLite: segments, sealing, the lock, and what it refuses to open."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from flyball.events import segment
from flyball.events.directory import full_disk
from flyball.events.log import LogBusy, LogDamaged, LogFull, LogRefused
from flyball.events.reader import open_reader
from flyball.events.store import MAX_UNSEALED, SqliteLog
from tests.unit.events.log_records import NOON, filled, names, outcomes, seqs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flyball.events.archive import FullRow
    from flyball.events.record import Record


def without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if pyarrow were not installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_a_segment_is_full_by_rows_and_the_next_begins_with_the_next_append(tmp_path: Path) -> None:
    """Each is named by its first record."""
    with filled(tmp_path) as log:
        assert names(tmp_path) == ["1.sqlite", "11.sqlite", "21.sqlite"]
        assert seqs(list(log.read())) == list(range(1, 31))


def test_a_segment_is_full_by_bytes(tmp_path: Path) -> None:
    """Which counts pages, wherever they stand."""
    with SqliteLog(tmp_path, segment_bytes=40_000, durable=False) as log:
        for first in range(1, 2001, 100):
            log.append(outcomes(first, 100))
        assert len(names(tmp_path)) > 2
        assert all(entry.stat().st_size < 60_000 for entry in tmp_path.glob("*.sqlite"))


def test_the_log_of_single_appends_is_checkpointed_before_it_outgrows_its_segment(tmp_path: Path) -> None:
    """Each append writes a page: without it the write-ahead log would grow to many times the data."""
    with SqliteLog(tmp_path, segment_bytes=100_000, durable=False) as log:
        sizes = []
        for seq in range(1, 301):
            log.append(outcomes(seq, 1))
            sizes.append(sum(entry.stat().st_size for entry in tmp_path.glob("*-wal")))
    assert names(tmp_path) == ["1.sqlite"]
    assert 150_000 < max(sizes) < 220_000


def test_a_reader_in_the_middle_of_a_read_only_delays_the_checkpoint(tmp_path: Path) -> None:
    """Appending never waits for it."""
    with SqliteLog(tmp_path, segment_bytes=50_000, durable=False) as log:
        log.append(outcomes(1, 10))
        path = next(tmp_path.glob("*.sqlite"))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM record").fetchone() == (10,)
        for seq in range(11, 100):
            log.append(outcomes(seq, 1))
        assert other.execute("SELECT count(*) FROM record").fetchone() == (10,)
        other.close()
        for seq in range(100, 200):
            log.append(outcomes(seq, 1))
        assert seqs(list(log.read())) == list(range(1, 200))
        assert sum(entry.stat().st_size for entry in tmp_path.glob("*-wal")) < 150_000


def test_full_segments_are_sealed_and_read_the_same(tmp_path: Path) -> None:
    """All but the one that is written."""
    with filled(tmp_path) as log:
        before = list(log.read())
        assert log.seal_ready() == [1, 11]
        assert names(tmp_path) == ["1.parquet", "11.parquet", "21.sqlite"]
        assert not list(tmp_path.glob("0*1.sqlite-*")) or {entry.name[:20] for entry in tmp_path.glob("*-wal")} == {
            f"{21:020d}"
        }
        assert list(log.read()) == before
        assert log.seal_ready() == []
        log.append(outcomes(31, 3))
        assert seqs(log.get([5, 33, 15])) == [5, 33, 15]
    with filled(tmp_path, rows=30) as log:
        assert seqs(list(log.read())) == list(range(1, 34))


def test_a_limit_spreads_sealing_over_calls(tmp_path: Path) -> None:
    """The oldest goes first."""
    with filled(tmp_path) as log:
        assert [log.seal_ready(limit=1), log.seal_ready(limit=1), log.seal_ready(limit=1)] == [[1], [11], []]


def test_segments_left_full_by_an_earlier_process_are_sealed_too(tmp_path: Path) -> None:
    """Sealing needs no connection that was kept."""
    filled(tmp_path).close()
    with SqliteLog(tmp_path, durable=True) as log:
        assert log.seal_ready() == [1, 11]


def test_a_segment_that_somebody_reads_is_sealed_later(tmp_path: Path) -> None:
    """Nothing is lost by waiting."""
    with filled(tmp_path, rows=15) as log:
        other = sqlite3.connect(tmp_path / f"{1:020d}.sqlite", isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM record").fetchone()
        assert log.seal_ready() == []
        other.close()
        assert log.seal_ready() == [1]


def test_without_pyarrow_full_segments_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are checkpointed and closed all the same."""
    without_pyarrow(monkeypatch)
    with filled(tmp_path) as log:
        assert log.seal_ready() == []
        assert log.seal_ready() == []
        assert names(tmp_path) == ["1.sqlite", "11.sqlite", "21.sqlite"]
        assert [entry.name[:20] for entry in tmp_path.glob("*-wal")] == [f"{21:020d}"]
        assert seqs(list(log.read())) == list(range(1, 31))


def test_without_pyarrow_sealed_segments_cannot_be_read_and_the_rest_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install."""
    with filled(tmp_path) as log:
        log.seal_ready()
    without_pyarrow(monkeypatch)
    with SqliteLog(tmp_path, durable=False) as log:
        assert seqs(list(log.read(after=20))) == list(range(21, 31))
        with pytest.raises(LogRefused, match=r"is a sealed segment, and pyarrow is not installed"):
            log.get([1])
    (tmp_path / f"{21:020d}.sqlite").unlink()
    with pytest.raises(LogRefused, match=r"the last segment .* is sealed, and pyarrow is not installed"):
        SqliteLog(tmp_path)


def test_pyarrow_is_loaded_with_the_first_sealed_segment(tmp_path: Path) -> None:
    """Whoever only appends and reads pays nothing for it."""
    code = f"""
import sys
from flyball.events.store import SqliteLog
from flyball.events.record import Record, Tick
with SqliteLog({str(tmp_path / "log")!r}, durable=False, segment_rows=1) as log:
    for seq in (1, 2):
        log.append([Record(seq=seq, event_ts=0, ingest_ts=0, body=Tick())])
    log.seal_ready(limit=0)
    print("pyarrow" in sys.modules, len(list(log.read())), log.seal_ready(), "pyarrow" in sys.modules)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split("\n")[0] == "False 2 [1] True"


def test_sealing_can_be_switched_off(tmp_path: Path) -> None:
    """For logs that are thrown away."""
    with SqliteLog(tmp_path, seal=False, durable=False, segment_rows=1) as log:
        for seq in range(1, 4):
            log.append(outcomes(seq, 1))
        assert log.seal_ready() == []
        assert names(tmp_path) == ["1.sqlite", "2.sqlite", "3.sqlite"]


def test_the_log_goes_on_where_the_last_segment_is_sealed(tmp_path: Path) -> None:
    """As in a copy made for an archive."""
    with filled(tmp_path) as log:
        log.seal_ready()
    (tmp_path / f"{21:020d}.sqlite").unlink()
    with SqliteLog(tmp_path, durable=False) as log:
        assert (log.last_seq, log.last_ingest_ts) == (20, NOON + 20)
        assert open_reader(tmp_path).last_seq == 20
        log.append(outcomes(21, 2))
        assert seqs(list(log.read(after=18))) == [19, 20, 21, 22]


def test_connections_of_full_segments_are_bounded(tmp_path: Path) -> None:
    """Even if the chore never comes."""
    with filled(tmp_path, rows=40, segment_rows=2, batch=2) as log:
        assert len(log._full) == MAX_UNSEALED
        assert len(log.seal_ready()) == 19


def test_a_time_that_falls_is_noticed_across_segments_and_opening(tmp_path: Path) -> None:
    """An empty segment remembers the time before it."""
    with filled(tmp_path, rows=10):
        segment.create(tmp_path, 11, NOON + 10, durable=False)
    with SqliteLog(tmp_path, durable=False) as log:
        assert (log.last_seq, log.last_ingest_ts) == (10, NOON + 10)
        with pytest.raises(LogRefused, match=f"record 11 has ingest_ts {NOON + 9}, before {NOON + 10}"):
            log.append([record_at(11, NOON + 9)])
        log.append([record_at(11, NOON + 10)])


def record_at(seq: int, time: int) -> Record:
    """One record at a place and a time."""
    record = outcomes(seq, 1)[0]
    return type(record)(seq=seq, event_ts=0, ingest_ts=time, body=record.body)


def test_an_append_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    """Whatever the moment, and however SQLite took it."""
    with SqliteLog(tmp_path, durable=False) as log:
        log.append(outcomes(1, 2))

        class Cut(list[object]):
            """A batch in the middle of which the user presses Ctrl-C."""

            def __iter__(self) -> Iterator[object]:
                yield from outcomes(3, 2)
                raise KeyboardInterrupt("pressed")

        with pytest.raises(KeyboardInterrupt, match="pressed"):
            log.append(Cut([None]))  # type: ignore[arg-type]  # only its iterator is used
        assert seqs(list(log.read())) == [1, 2]
        log.append(outcomes(3, 1))
        assert seqs(list(log.read())) == [1, 2, 3]


def test_a_commit_that_was_reported_as_failed_is_taken_back(tmp_path: Path) -> None:
    """SQLite may have written it before the error came: the caller was told that it was not kept."""
    with SqliteLog(tmp_path, durable=False) as log:
        log.append(outcomes(1, 2))
        live = log._live
        assert live is not None
        segment.insert(live, tmp_path, segment.rows(outcomes(3, 2), 2, None))
        log._suspect = True
        log.append(outcomes(3, 1))
        assert seqs(list(log.read())) == [1, 2, 3]

        live.execute("DELETE FROM record WHERE seq = 3")
        log._suspect = True
        with pytest.raises(LogDamaged, match="ends with record 2, and 3 was acknowledged; open the log again"):
            log.append(outcomes(4, 1))
        with pytest.raises(LogDamaged, match="ends with record 2, and 3 was acknowledged; open the log again"):
            log.close()


def test_a_commit_that_was_reported_as_failed_is_taken_back_at_closing_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No append may follow that would have done it."""
    insert = segment.insert

    def pressed(connection: sqlite3.Connection, path: Path, new: Iterable[FullRow]) -> None:
        insert(connection, path, new)
        raise KeyboardInterrupt("pressed")

    with SqliteLog(tmp_path, durable=False) as log:
        log.append(outcomes(1, 2))
        with monkeypatch.context() as patched:
            patched.setattr(segment, "insert", pressed)
            with pytest.raises(KeyboardInterrupt, match="pressed"):
                log.append(outcomes(3, 2))

    with SqliteLog(tmp_path, durable=False) as log:
        assert (log.last_seq, seqs(list(log.read()))) == (2, [1, 2])


def test_a_log_that_cannot_take_a_commit_back_is_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes it is told, and its lock is free."""

    def failing(*given: object) -> None:
        raise LogFull("the disk refused")

    log = SqliteLog(tmp_path, durable=False)
    log.append(outcomes(1, 2))
    with monkeypatch.context() as patched:
        patched.setattr(segment, "insert", failing)
        patched.setattr(segment, "bounds", failing)
        with pytest.raises(LogFull, match="the disk refused"):
            log.append(outcomes(3, 2))
        with pytest.raises(LogFull, match="the disk refused"):
            log.close()
    log.close()

    with SqliteLog(tmp_path, durable=False) as log:
        assert log.last_seq == 2


def test_a_log_locked_by_another_program_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds a write transaction in SQLite's shell."""
    monkeypatch.setattr(segment, "BUSY_MS", 1)
    with SqliteLog(tmp_path, durable=False) as log:
        log.append(outcomes(1, 1))
    with SqliteLog(tmp_path, durable=False) as log:
        other = sqlite3.connect(tmp_path / f"{1:020d}.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogBusy, match="is locked by another program"):
            log.append(outcomes(2, 1))
        other.close()
        log.append(outcomes(2, 1))


def test_readers_follow_while_the_writer_writes_and_seals(tmp_path: Path) -> None:
    """Each sees a growing prefix without a gap."""
    filled(tmp_path, rows=5).close()
    ends: list[int] = []

    def follow() -> None:
        with open_reader(tmp_path) as reader:
            after = 0
            while after < 1000:
                for record in reader.read(after):
                    assert record.seq == after + 1
                    after = record.seq
                assert reader.get([after, 1])[0].seq == after
        ends.append(after)

    readers = [threading.Thread(target=follow) for _ in range(2)]
    for reader in readers:
        reader.start()
    with SqliteLog(tmp_path, durable=False, segment_rows=20) as log:
        for first in range(6, 1001, 5):
            log.append(outcomes(first, 5))
            log.seal_ready()
        for reader in readers:
            reader.join()
    assert ends == [1000, 1000]


def test_errors_of_the_disk_that_say_nothing_of_room_pass_through() -> None:
    """They are not ours to explain."""
    with pytest.raises(PermissionError, match="no"), full_disk("x"):
        raise PermissionError(13, "no")
