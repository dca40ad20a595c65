"""Readers whose segments are sealed, dropped or taken away under them."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from flyball.events import segment, store
from flyball.events.directory import claim, list_places, segment_path
from flyball.events.live import LiveSegment
from flyball.events.log import LogDamaged, LogFull, LogRefused
from flyball.events.reader import MAX_OPEN, SqliteReader, open_reader
from flyball.events.record import Outcome, encode
from flyball.events.sealed import ParquetArchive, ParquetSegment
from flyball.events.store import SqliteLog
from tests.unit.events.log_records import filled, outcomes, seqs

if TYPE_CHECKING:
    from pathlib import Path


class Vanishing(ParquetArchive):
    """An archive whose segments are gone the first times that they are opened."""

    def __init__(self, times: int) -> None:
        """Gone so many times."""
        super().__init__()
        self.times = times

    def open(self, path: Path) -> ParquetSegment:
        """Open it, if it is there by now."""
        self.times -= 1
        if self.times >= 0:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(path))
        return super().open(path)


def all_sealed(path: Path) -> Path:
    """A log of which only sealed segments are left."""
    with filled(path) as log:
        log.seal_ready()
    list_places(path)[-1].path.unlink()
    return path


def test_a_reader_goes_on_while_what_it_reads_is_sealed(tmp_path: Path) -> None:
    """In the middle of a segment, and in one that it has not opened yet."""
    with filled(tmp_path) as log, open_reader(tmp_path) as reader:
        reading = reader.read()
        assert next(reading).seq == 1
        assert seqs(reader.get([3])) == [3]
        log.seal_ready()
        assert seqs(list(reading)) == list(range(2, 31))
        assert seqs(reader.get([25, 3, 14])) == [25, 3, 14]


def test_a_reader_sees_segments_that_were_begun_since(tmp_path: Path) -> None:
    """Without being told."""
    with filled(tmp_path, rows=10) as log, open_reader(tmp_path) as reader:
        assert reader.last_seq == 10
        for first in range(11, 51, 5):
            log.append(outcomes(first, 5))
        assert reader.last_ingest_ts == log.last_ingest_ts
        assert seqs(reader.get([50, 1])) == [50, 1]


def test_files_held_open_are_bounded(tmp_path: Path) -> None:
    """However many segments there are."""
    with filled(tmp_path, rows=80, segment_rows=2, batch=2), open_reader(tmp_path) as reader:
        assert seqs(list(reader.read())) == list(range(1, 81))
        assert len(reader._open) == MAX_OPEN


def test_a_segment_that_is_gone_for_a_moment_is_looked_for_again(tmp_path: Path) -> None:
    """It was being sealed."""
    all_sealed(tmp_path)
    with SqliteReader(tmp_path, Vanishing(2)) as reader:
        assert reader.last_seq == 20
    with SqliteReader(tmp_path, Vanishing(2)) as reader:
        assert seqs(reader.pick([1])) == [1]
    with SqliteReader(tmp_path, Vanishing(2)) as reader:
        assert seqs(list(reader.stream(0, 20))) == list(range(1, 21))


def test_a_segment_that_is_gone_for_good_is_missed(tmp_path: Path) -> None:
    """Whichever way it is asked for."""
    all_sealed(tmp_path)
    with SqliteReader(tmp_path, Vanishing(9)) as reader:
        with pytest.raises(
            LogDamaged, match=r"the segments of .* vanish while they are opened; let nothing but flyball"
        ):
            reader.read()
        with pytest.raises(LogDamaged, match=r"record 1 is missing from .*; restore its segments from a copy"):
            reader.pick([1])
        with pytest.raises(LogDamaged, match=r"record 1 is missing from .*; restore its segments from a copy"):
            list(reader.stream(0, 20))
    with SqliteReader(tmp_path, ParquetArchive()) as reader, pytest.raises(LogDamaged, match="record 21 is missing"):
        list(reader.stream(20, 25))


def test_a_live_segment_that_is_gone_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    """At opening, and while it is read."""
    with pytest.raises(FileNotFoundError, match="No such segment"):
        LiveSegment(tmp_path / "none.sqlite")
    path = segment.create(tmp_path, 1, None, durable=False)
    live = LiveSegment(path)
    live._connection.close()
    path.unlink()
    with pytest.raises(FileNotFoundError, match="No such segment"):
        segment.connect(path, write=True)
    path.write_bytes(b"spoilt" * 1000)
    with pytest.raises(LogDamaged, match="file is not a database"):
        LiveSegment(path)


def test_a_file_that_may_not_be_opened_is_no_vanished_one(tmp_path: Path) -> None:
    """A directory in its place, for one."""
    (tmp_path / "a.sqlite").mkdir()
    with pytest.raises(LogFull, match=r"opening .*a\.sqlite'.*unable to open database file"):
        segment.connect(tmp_path / "a.sqlite", write=True)


def test_a_lock_that_cannot_be_written_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing stays open."""

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(LogFull, match=r"the disk refused while opening .*: No space left on device"):
            SqliteLog(tmp_path)
    SqliteLog(tmp_path).close()
    with pytest.raises(FileNotFoundError, match="lock"):
        claim(tmp_path / "none")


def test_a_segment_whose_name_could_not_be_synced_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first append failed, so nothing of it is there; the second goes on with the segment."""

    def failing(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with SqliteLog(tmp_path) as log:
        with monkeypatch.context() as patched:
            patched.setattr(store, "sync_directory", failing)
            with pytest.raises(LogFull, match=r"the disk refused while appending .*: Input/output error"):
                log.append(outcomes(1, 2))
        assert log.last_seq == 0
        log.append(outcomes(1, 1))
        assert seqs(list(log.read())) == [1]


def test_a_reader_follows_where_a_segment_could_not_be_connected_to_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has opened the new segment by then: the next append writes that one, not another of its name."""

    def failing(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with SqliteLog(tmp_path, segment_bytes=50_000) as log, open_reader(tmp_path) as reader:
        with monkeypatch.context() as patched:
            patched.setattr(store, "sync_directory", failing)
            with pytest.raises(LogFull, match=r"the disk refused while appending .*: Input/output error"):
                log.append(outcomes(1, 1))
        assert reader.last_seq == 0
        for first in range(1, 601, 20):  # long enough for a checkpoint of the write-ahead log
            log.append(outcomes(first, 20))
            assert seqs(list(reader.read())) == list(range(1, first + 20))


def test_a_closed_reader_opens_nothing_more(tmp_path: Path) -> None:
    """An iterator that is left over says so, where it would need a file."""
    with filled(tmp_path) as log:
        own, reader = log.read(), open_reader(tmp_path)
        others = reader.read()
        assert (next(own).seq, next(others).seq) == (1, 1)
        reader.close()
        with pytest.raises(LogRefused, match=r"the log in .* is closed; open it again"):
            list(others)
        with pytest.raises(LogRefused, match=r"the log in .* is closed; open it again"):
            reader.read()
    with pytest.raises(LogRefused, match=r"the log in .* is closed; open it again"):
        list(own)


def test_a_reader_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever directory the program goes to."""
    filled(tmp_path / "log").close()
    monkeypatch.chdir(tmp_path)
    with open_reader("log") as reader, SqliteLog("log", durable=False) as log:
        monkeypatch.chdir("/")
        assert (reader.last_seq, seqs(list(reader.read())), seqs(list(log.read()))) == (
            30,
            [*range(1, 31)],
            [*range(1, 31)],
        )


def test_a_sealed_body_that_is_no_text_is_damage(tmp_path: Path) -> None:
    """MessagePack says it in another way than all the rest."""
    with segment_path(tmp_path, 1, ".parquet").open("w+b") as file:
        body = encode(Outcome(id="abcd", outcome="click", value=1.0)).replace(b"abcd", b"ab\xffd")
        ParquetArchive().write(file, [(1, "outcome", 0, 0, "abcd", body)])
    with (
        SqliteReader(tmp_path, ParquetArchive()) as reader,
        pytest.raises(LogDamaged, match=r"the body of record 1 cannot be read \(.*utf-8"),
    ):
        reader.get([1])
