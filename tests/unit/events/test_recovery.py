"""What opening makes of a directory that a crash left behind."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from flyball.events import segment, store
from flyball.events.archive import default_archive
from flyball.events.directory import segment_path
from flyball.events.log import LogDamaged, LogFull
from flyball.events.recovery import recover
from flyball.events.sealed import ParquetArchive
from flyball.events.store import SqliteLog
from tests.unit.events.log_records import filled, names, outcomes, seqs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import BinaryIO

    from flyball.events.archive import FullRow


def reopened(path: Path) -> list[int]:
    """The records that are found when the log is opened again."""
    with SqliteLog(path, durable=False) as log:
        return seqs(list(log.read()))


def sealed_beside(path: Path, rows: Iterable[FullRow], first: int = 1) -> Path:
    """A sealed segment beside the SQLite one."""
    target = segment_path(path, first, ".parquet")
    with target.open("w+b") as file:
        ParquetArchive().write(file, rows)
    return target


def test_temporary_files_are_removed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A crash in the middle of creating or sealing leaves them."""
    filled(tmp_path).close()
    for name in ("0.sqlite.tmp", "0.sqlite.tmp-wal", "0.sqlite.tmp-journal", "1.parquet.tmp"):
        (tmp_path / name.zfill(len(name) + 19)).write_bytes(b"half")
    (tmp_path / "log.json.tmp").write_bytes(b"{")
    (tmp_path / "notes.tmp").write_bytes(b"mine")

    assert reopened(tmp_path) == list(range(1, 31))
    assert [entry.name for entry in tmp_path.glob("*.tmp*")] == ["notes.tmp"]


def test_a_segment_sealed_but_not_yet_unlinked_loses_its_sqlite_file(tmp_path: Path) -> None:
    """The sealed one is whole: it was made durable before it got its name."""
    filled(tmp_path).close()
    sealed_beside(tmp_path, segment.rows(outcomes(1, 10), 0, None))

    assert reopened(tmp_path) == list(range(1, 31))
    assert names(tmp_path) == ["1.parquet", "11.sqlite", "21.sqlite"]


def test_a_sealed_file_that_is_not_whole_goes_and_the_sqlite_file_stays(tmp_path: Path) -> None:
    """As on a disk that reorders what it was told to keep in order."""
    filled(tmp_path).close()
    whole = sealed_beside(tmp_path, segment.rows(outcomes(1, 10), 0, None))
    whole.write_bytes(whole.read_bytes()[:-20])

    assert reopened(tmp_path) == list(range(1, 31))
    assert names(tmp_path) == ["1.sqlite", "11.sqlite", "21.sqlite"]


def test_a_sealed_file_that_holds_less_goes(tmp_path: Path) -> None:
    """Whoever wrote it."""
    filled(tmp_path).close()
    sealed_beside(tmp_path, segment.rows(outcomes(1, 4), 0, None))

    assert reopened(tmp_path) == list(range(1, 31))
    assert names(tmp_path)[0] == "1.sqlite"


def test_a_spoilt_sqlite_file_goes_where_the_sealed_one_is_whole(tmp_path: Path) -> None:
    """One whole copy is enough."""
    filled(tmp_path).close()
    sealed_beside(tmp_path, segment.rows(outcomes(1, 10), 0, None))
    segment_path(tmp_path, 1).write_bytes(b"spoilt" * 1000)

    assert reopened(tmp_path) == list(range(1, 31))
    assert names(tmp_path)[0] == "1.parquet"


def test_a_sealed_file_that_cannot_be_opened_for_now_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason passes, and the file may be the better of the two."""
    filled(tmp_path).close()
    sealed_beside(tmp_path, segment.rows(outcomes(1, 10), 0, None))

    def failing(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(pq, "ParquetFile", failing)
        with pytest.raises(OSError, match="Too many open files"):
            SqliteLog(tmp_path)

    assert names(tmp_path)[:2] == ["1.parquet", "1.sqlite"]
    assert reopened(tmp_path) == list(range(1, 31))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE record SET body = x'00' WHERE seq = 4", r"record 4 in .*1.sqlite' is not what was written there"),
        ("DELETE FROM record WHERE seq = 4", r"1.sqlite' holds 9 records where 1 to 10 should be; restore it"),
        ("DROP TABLE record", "no such table: record; restore it"),
    ],
    ids=["changed", "gap", "no table"],
)
def test_where_neither_of_the_two_is_whole_both_stay(tmp_path: Path, sql: str, message: str) -> None:
    """Somebody may still read something out of them."""
    filled(tmp_path).close()
    half = sealed_beside(tmp_path, segment.rows(outcomes(1, 10), 0, None))
    half.write_bytes(half.read_bytes()[:-20])
    with closing(sqlite3.connect(segment_path(tmp_path, 1))) as connection:
        connection.executescript(sql)

    with pytest.raises(LogDamaged, match=message):
        SqliteLog(tmp_path)
    assert names(tmp_path)[:2] == ["1.parquet", "1.sqlite"]


def test_without_an_archive_both_stay_and_the_sqlite_file_is_read(tmp_path: Path) -> None:
    """Nothing can be said about the sealed one."""
    filled(tmp_path).close()
    sealed_beside(tmp_path, segment.rows(outcomes(1, 10), 0, None))

    assert [place.sealed for place in recover(tmp_path, None)] == [False, False, False]
    assert len(names(tmp_path)) == 4


def test_what_sqlite_left_beside_an_unlinked_segment_is_removed(tmp_path: Path) -> None:
    """A reader may make such files in the moment of sealing."""
    with filled(tmp_path) as log:
        log.seal_ready()
    (tmp_path / f"{1:020d}.sqlite-wal").touch()
    (tmp_path / f"{1:020d}.sqlite-shm").touch()

    assert reopened(tmp_path) == list(range(1, 31))
    assert not list(tmp_path.glob(f"{1:020d}.sqlite*"))


def test_a_sealed_segment_under_another_name_is_refused(tmp_path: Path) -> None:
    """Its records would be taken for others."""
    filled(tmp_path).close()
    segment_path(tmp_path, 1).unlink()
    sealed_beside(tmp_path, segment.rows(outcomes(2, 9), 1, None))

    with pytest.raises(LogDamaged, match="begins with record 2, not with 1 as its name says"):
        recover(tmp_path, default_archive())


class Failing(ParquetArchive):
    """An archive that the disk, or somebody, gets in the way of."""

    def __init__(self, error: OSError | None) -> None:
        """Fails in the middle of a segment, or with `None` leaves a row out."""
        super().__init__()
        self.error = error

    def write(self, target: BinaryIO, rows: Iterable[FullRow]) -> int:
        """Half a segment."""
        some = list(rows)
        if self.error is None:
            return super().write(target, some[:-1])
        target.write(b"half of it")
        raise self.error


def test_a_disk_full_while_sealing_leaves_the_segment_as_it_was(tmp_path: Path) -> None:
    """And the next call seals it."""
    with filled(tmp_path) as log:
        log._archive = Failing(OSError(28, "No space left on device"))
        with pytest.raises(
            LogFull, match=r"the disk refused while sealing .*1\.sqlite': No space left on device; nothing that was"
        ):
            log.seal_ready()
        assert names(tmp_path) == ["1.sqlite", "11.sqlite", "21.sqlite"]
        assert not list(tmp_path.glob("*.tmp"))
        log._archive = default_archive()
        assert log.seal_ready() == [1, 11]
        assert seqs(list(log.read())) == list(range(1, 31))


def test_a_sealed_file_is_looked_at_before_the_segment_goes(tmp_path: Path) -> None:
    """An archive that loses a row is not believed."""
    with filled(tmp_path) as log:
        log._archive = Failing(None)
        with pytest.raises(
            LogDamaged, match="should hold records 1 to 10 and gave 9, from 1 to 9; it is left as it is"
        ):
            log.seal_ready()
        assert names(tmp_path) == ["1.sqlite", "11.sqlite", "21.sqlite"]


def test_a_segment_sealed_whose_unlinking_failed_is_dropped_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both files count, and both go."""
    with filled(tmp_path) as log:
        with monkeypatch.context() as patched:
            patched.setattr(store, "discard", lambda path: None)
            assert log.seal_ready() == [1, 11]
        assert len(names(tmp_path)) == 5
        plan = log.retain(max_disk_bytes=log.disk_bytes() - 1, keep_from_seq=30)
        assert plan.drop == (1,)
        assert log.disk_bytes() == plan.size_bytes
        assert names(tmp_path) == ["11.parquet", "11.sqlite", "21.sqlite"]
        assert seqs(list(log.read(after=10))) == list(range(11, 31))


def test_a_disk_that_fails_while_a_sealed_segment_is_unlinked_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segment is sealed by then, and the log goes on."""

    def failing(path: Path) -> None:
        raise OSError(5, "Input/output error")

    filled(tmp_path).close()
    with SqliteLog(tmp_path) as log:
        with monkeypatch.context() as patched:
            patched.setattr(store, "sync_directory", failing)
            with pytest.raises(
                LogFull, match=r"the disk refused while removing .*1\.sqlite': Input/output error; nothing that"
            ):
                log.seal_ready()
        assert names(tmp_path) == ["1.parquet", "11.sqlite", "21.sqlite"]
        assert log.seal_ready() == [11]
        assert seqs(list(log.read())) == list(range(1, 31))
