"""What the log on SQLite refuses to open, and how it says so."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from flyball.events.directory import claim
from flyball.events.log import LogBusy, LogDamaged, LogForeign
from flyball.events.reader import open_reader
from flyball.events.store import SqliteLog
from tests.unit.events.log_records import filled

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_writer_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    """Readers are welcome, and closing gives the lock back."""
    log = filled(tmp_path)
    with pytest.raises(LogBusy, match=f"is being written by process {os.getpid()}; stop that one, or open this log"):
        SqliteLog(tmp_path)
    with open_reader(tmp_path) as reader:
        assert reader.last_seq == 30
    log.close()
    SqliteLog(tmp_path).close()


def test_a_log_that_somebody_is_making_is_busy_and_left_to_them(tmp_path: Path) -> None:
    """They hold the lock and have written nothing else yet."""
    descriptor = claim(tmp_path)
    with pytest.raises(LogBusy, match=f"is being written by process {os.getpid()}"):
        SqliteLog(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["lock"]
    os.close(descriptor)
    SqliteLog(tmp_path).close()


def test_of_several_who_make_a_log_at_once_one_writes_it_and_the_others_are_told(tmp_path: Path) -> None:
    """None of them falls over what another has just made."""
    said: list[str] = []

    def make(path: Path, together: threading.Barrier, logs: list[SqliteLog]) -> None:
        together.wait()
        try:
            logs.append(SqliteLog(path, durable=False))
        except LogBusy as error:
            said.append(str(error))

    for number in range(20):
        logs: list[SqliteLog] = []
        given = (tmp_path / str(number) / "log", threading.Barrier(4), logs)
        threads = [threading.Thread(target=make, args=given) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(logs) == 1
        logs[0].close()

    assert len(said) == 60


def test_a_log_that_cannot_be_opened_gives_its_lock_back(tmp_path: Path) -> None:
    """So that it can be repaired and opened by the same process."""
    filled(tmp_path).close()
    moved = (tmp_path / f"{11:020d}.sqlite").rename(tmp_path.parent / "aside")
    for _ in range(2):
        with pytest.raises(
            LogDamaged, match=r"'0+1.sqlite' ends with record 10 and the next segment is '0+21.sqlite'; restore what"
        ):
            SqliteLog(tmp_path)
    moved.rename(tmp_path / f"{11:020d}.sqlite")
    with SqliteLog(tmp_path) as log:
        assert log.last_seq == 30


def test_a_directory_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Not even a lock is put there."""
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(LogForeign, match=r"holds 'letters.txt' and no 'log.json', so it is no log of flyball's"):
        SqliteLog(tmp_path)
    with pytest.raises(LogForeign, match=r"has no 'log.json', so it is no log"):
        open_reader(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letters.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A log is a directory."""
    path = tmp_path / "log"
    path.write_text("x")
    with pytest.raises(LogForeign, match="is a file; a log is a directory"):
        SqliteLog(path)
    with pytest.raises(LogForeign, match=r"has no 'log.json'"):
        open_reader(path)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (b"", "holds b'', which is not what flyball writes there"),
        (b'{"format": "flyball lo', "which is not what flyball writes there"),
        (b'{"format": "tiles", "version": 1}', "names the format 'tiles'; this flyball opens 'flyball log'"),
        (
            b'{"format": "flyball log", "version": 2}',
            "is a log of format 2; this flyball opens formats 1 to 1: install",
        ),
        (b'{"format": "flyball log", "version": 0}', "is a log of format 0; this flyball opens formats 1 to 1"),
    ],
    ids=["empty", "truncated", "foreign", "newer", "zero"],
)
def test_a_marker_that_is_not_ours_is_refused_with_the_difference(tmp_path: Path, marker: bytes, message: str) -> None:
    """Before anything in the directory is touched."""
    (tmp_path / "log.json").write_bytes(marker)
    with pytest.raises(LogForeign, match=message):
        SqliteLog(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.json"]


def test_the_marker_says_what_the_directory_is(tmp_path: Path) -> None:
    """To people too."""
    SqliteLog(tmp_path / "a" / "b").close()
    assert json.loads((tmp_path / "a" / "b" / "log.json").read_bytes()) == {"format": "flyball log", "version": 1}


@pytest.fixture
def broken(tmp_path: Path) -> None:
    """The directory of a closed log with one segment, about to be spoilt."""
    filled(tmp_path, rows=400, segment_rows=1000, batch=100).close()


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("keep", [0.0, 0.02, 0.4, 0.9])
def test_a_truncated_segment_is_refused_with_its_name(tmp_path: Path, keep: float) -> None:
    """Wherever it was cut."""
    path = tmp_path / f"{1:020d}.sqlite"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises((LogDamaged, LogForeign), match=f"{path.name}' .*(restore it from|take it out)"):
        SqliteLog(tmp_path)


@pytest.mark.usefixtures("broken")
def test_a_segment_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """By writer and reader."""
    path = tmp_path / f"{1:020d}.sqlite"
    path.write_bytes(b"seq,kind\n" * 1000)
    with pytest.raises(LogDamaged, match="cannot be read while opening it: file is not a database; restore it"):
        SqliteLog(tmp_path)
    with pytest.raises(LogDamaged, match="cannot be read while opening it: file is not a database"):
        open_reader(tmp_path).read()


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "PRAGMA application_id = 7",
            r"is an SQLite file of another program \(application id 0x7, ours is 0x666c7962\)",
        ),
        ("PRAGMA user_version = 2", "is a segment of format 2; this flyball opens formats 1 to 1"),
        ("DROP TABLE segment", "no such table: segment"),
        ("DELETE FROM segment", "begins with record 1, not with None"),
        ("DELETE FROM record WHERE seq = 1", "begins with record 2, not with"),
        ("DELETE FROM record WHERE seq = 1; UPDATE segment SET first_seq = 2", "not with 1 as its name says"),
    ],
    ids=["foreign", "newer", "no table", "no row", "first record gone", "renamed"],
)
def test_a_segment_that_is_not_what_it_should_be_is_refused(tmp_path: Path, sql: str, message: str) -> None:
    """With the difference."""
    path = tmp_path / f"{1:020d}.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.close()
    with pytest.raises((LogDamaged, LogForeign), match=message):
        SqliteLog(tmp_path)


@pytest.mark.usefixtures("broken")
def test_damage_in_the_middle_is_found_when_it_is_read(tmp_path: Path) -> None:
    """A gap or a foreign body is never passed over."""
    connection = sqlite3.connect(tmp_path / f"{1:020d}.sqlite")
    connection.execute("UPDATE record SET body = x'91a3666f6f' WHERE seq = 7")
    connection.execute("DELETE FROM record WHERE seq = 9")
    connection.commit()
    connection.close()
    with SqliteLog(tmp_path, durable=False) as log:
        with pytest.raises(LogDamaged, match=r"record 7 in .*1.sqlite' is not what was written there; restore"):
            log.get([7])
        with pytest.raises(LogDamaged, match="records after 7 have gaps"):
            list(log.read(after=7))
        with pytest.raises(LogDamaged, match=r"record 9 is missing from .*; restore its segments"):
            log.get([8, 9])
