"""A live segment of the log: one SQLite file in WAL mode.

>>> import pathlib, tempfile
>>> from flyball.events.record import Record, Tick
>>> with tempfile.TemporaryDirectory() as name:
...     path = create(pathlib.Path(name), 1, None, durable=False)
...     connection = connect(path, write=True, durable=False)
...     insert(connection, path, rows([Record(seq=1, event_ts=0, ingest_ts=5, body=Tick())], 0, None))
...     bounds(connection, path), checkpoint(connection, path)
...     connection.close()
((1, 1, 5), True)
"""

from __future__ import annotations

import errno
import sqlite3
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flyball.events.checksum import checked, checked_full, summed
from flyball.events.directory import VERSION, no_room, replacing, segment_path
from flyball.events.log import LogBusy, LogDamaged, LogForeign, LogFull, LogRefused, follow
from flyball.events.record import Event, Outcome, Prediction, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flyball.events.archive import FullRow
    from flyball.events.record import Record

APPLICATION_ID = 0x666C7962
"""'flyb', in the header of every segment, so that `file` and SQLite tell it from others."""

PAGE_BYTES = 4096

BUSY_MS = 2000
"""How long to wait for another program that locks a segment, such as one that looks into it with SQLite's shell."""

_SCHEMA = """
CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    event_ts INTEGER NOT NULL,
    ingest_ts INTEGER NOT NULL,
    id TEXT,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE segment (first_seq INTEGER NOT NULL, after_ingest_ts INTEGER) STRICT;
"""
INSERT = "INSERT INTO record (seq, kind, event_ts, ingest_ts, id, body, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)"
SELECT_NEXT = "SELECT seq, event_ts, ingest_ts, body, checksum FROM record WHERE seq > ? ORDER BY seq LIMIT ?"
SELECT_THESE = (
    "SELECT seq, event_ts, ingest_ts, body, checksum FROM record WHERE seq IN (SELECT value FROM json_each(?))"
)
_SELECT_LAST = "SELECT seq, event_ts, ingest_ts, body, checksum FROM record ORDER BY seq DESC LIMIT 1"
_SELECT_ALL = "SELECT seq, kind, event_ts, ingest_ts, id, body, checksum FROM record ORDER BY seq"

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_SHUT = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


@contextmanager
def translating(path: Path, doing: str) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file and what to do.

    Args:
        path: The segment.
        doing: What is being done, as in `"appending to"`.

    >>> from pathlib import Path
    >>> with translating(Path("x.sqlite"), "appending to"):
    ...     sqlite3.connect(":memory:").execute("SELECT 1 FROM missing")
    Traceback (most recent call last):
        ...
    flyball.events.log.LogDamaged: 'x.sqlite' cannot be read while appending to it: no such table: missing; restore it
    from a copy of the log
    """
    try:
        yield
    except sqlite3.ProgrammingError:  # how it was called, not what stands on the disk
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # Python's own, as of text or a message that is no UTF-8, have no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in _FULL:
            raise no_room(f"{doing} {str(path)!r}", str(error)) from error
        if code in _SHUT:
            raise LogFull(
                f"{str(path)!r} could not be opened or written while {doing} it: {error}; look at the room and the "
                "permissions of its directory, then try again"
            ) from error
        if code in _DAMAGED:
            raise LogDamaged(
                f"{str(path)!r} cannot be read while {doing} it: {error}; restore it from a copy of the log"
            ) from error
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise LogBusy(
                f"{str(path)!r} is locked by another program ({error}); let it finish, then try again"
            ) from error
        raise


def connect(path: Path, *, write: bool, durable: bool = True) -> sqlite3.Connection:
    """Open a segment that exists.

    Args:
        path: Its file.
        write: Whether it may be written; a reader never changes a byte of the database.
        durable: Whether a commit waits for the disk.

    Raises:
        LogForeign: It is an SQLite file of something else, or of a newer format.
        LogDamaged: It is no SQLite file, or not whole.
        FileNotFoundError: It is not there (any more).
    """
    mode = "rw" if write else "ro"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, "No such segment", str(path)) from error
        raise no_room(f"opening {str(path)!r}", str(error)) from error
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        _check_header(connection, path)
        if write:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA cache_size = -16384")
        else:
            connection.execute("PRAGMA query_only = 1")
    except BaseException:  # whatever it was, Ctrl-C too, leaves nothing open
        connection.close()
        raise
    return connection


def _check_header(connection: sqlite3.Connection, path: Path) -> None:
    with translating(path, "opening"):
        application = _number(connection, "PRAGMA application_id")
        version = _number(connection, "PRAGMA user_version")
        pages = _number(connection, "PRAGMA page_count")
    if pages == 0:
        raise LogDamaged(f"{str(path)!r} is empty; restore it from a copy of the log")
    if application != APPLICATION_ID:
        raise LogForeign(
            f"{str(path)!r} is an SQLite file of another program (application id {application:#x}, ours is "
            f"{APPLICATION_ID:#x}); take it out of the log's directory"
        )
    if version > VERSION:
        raise LogForeign(
            f"{str(path)!r} is a segment of format {version}; this flyball opens formats 1 to {VERSION}: install the "
            "flyball that wrote it, or a newer one"
        )


def _number(connection: sqlite3.Connection, sql: str) -> int:
    value = connection.execute(sql).fetchone()[0]
    return 0 if value is None else int(value)


def create(directory: Path, first_seq: int, after_ingest_ts: int | None, *, durable: bool) -> Path:
    """Make an empty segment, whole or not at all.

    Args:
        directory: Of the log.
        first_seq: The seq of its first record to be.
        after_ingest_ts: `ingest_ts` of the record before that, in microseconds UTC.
        durable: Whether it survives power loss once this returns.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     path = create(pathlib.Path(name), 5, None, durable=False)
    ...     connection = connect(path, write=False)
    ...     bounds(connection, path)
    ...     connection.close()
    (5, 4, None)
    """
    path = segment_path(directory, first_seq)
    with replacing(path, durable=durable) as temporary, translating(path, "creating"):
        for ending in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + ending).unlink(missing_ok=True)
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")  # `replacing` makes the whole file durable
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO segment VALUES (?, ?)", (first_seq, after_ingest_ts))
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    return path


def size_bytes(connection: sqlite3.Connection) -> int:
    """The bytes of a segment's pages, wherever they stand.

    >>> size_bytes(sqlite3.connect(":memory:"))
    0
    """
    return _number(connection, "PRAGMA page_count") * PAGE_BYTES


def bounds(connection: sqlite3.Connection, path: Path) -> tuple[int, int, int | None]:
    """`(first_seq, last_seq, last_ingest_ts)` of a segment.

    Raises:
        LogDamaged: Its rows do not begin where it says, or the last is not what was written.
    """
    with translating(path, "opening"):
        found = connection.execute("SELECT first_seq, after_ingest_ts FROM segment").fetchone()
        last = checked(connection.execute(_SELECT_LAST), path)
        first = connection.execute("SELECT min(seq) FROM record").fetchone()[0]
    if found is None or (first is not None and first != found[0]):
        raise LogDamaged(
            f"{str(path)!r} begins with record {first}, not with {found}; restore it from a copy of the log"
        )
    if not last:
        return found[0], found[0] - 1, found[1]
    return found[0], last[0][0], last[0][2]


def whole_rows(connection: sqlite3.Connection, path: Path) -> Iterator[FullRow]:
    """All rows of a segment in order, each compared with its checksum.

    Raises:
        LogDamaged: One is not what was written.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     path = create(pathlib.Path(name), 1, None, durable=False)
    ...     connection = connect(path, write=True, durable=False)
    ...     insert(connection, path, [(1, "tick", 2, 3, None, b"x")])
    ...     list(whole_rows(connection, path))
    ...     connection.close()
    [(1, 'tick', 2, 3, None, b'x')]
    """
    with translating(path, "reading"):
        yield from checked_full(connection.execute(_SELECT_ALL), path)


_KINDS: dict[type, str] = {}


def _kind(body: type) -> str:
    kind = _KINDS.get(body)
    if kind is None:
        kind = _KINDS.setdefault(body, str(body.__struct_config__.tag))  # type: ignore[attr-defined]  # every body is a Struct
    return kind


def rows(records: Iterable[Record], last_seq: int, last_ingest_ts: int | None) -> Iterator[FullRow]:
    r"""The rows of records, each checked to follow on the one before it.

    >>> from flyball.events.record import Record, Tick
    >>> list(rows([Record(seq=1, event_ts=2, ingest_ts=3, body=Tick())], 0, None))
    [(1, 'tick', 2, 3, None, b'\x91\xa4tick')]
    """
    for record in follow(records, last_seq, last_ingest_ts):
        body = record.body
        if isinstance(body, (Prediction, Outcome)):
            key: str | None = body.id
        else:
            key = body.event_id if isinstance(body, Event) else None
        yield record.seq, _kind(type(body)), record.event_ts, record.ingest_ts, key, encode(body)


_UNWRITABLE = (
    struct.error,
    TypeError,
    OverflowError,
    UnicodeEncodeError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


def insert(connection: sqlite3.Connection, path: Path, new: Iterable[FullRow]) -> None:
    """Commit these rows, all of them or none.

    Raises:
        LogFull: No room.
        LogRefused: A row that cannot be written.
    """
    try:
        with translating(path, "appending to"):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, summed(new))
            connection.execute("COMMIT")
    except _UNWRITABLE as error:
        raise LogRefused(
            f"a record of the batch cannot be written: {error}; times and seqs are 64-bit integers, ids are Unicode "
            "text"
        ) from error
    finally:
        if connection.in_transaction:
            with translating(path, "undoing an append to"):
                connection.execute("ROLLBACK")


def checkpoint(connection: sqlite3.Connection, path: Path) -> bool:
    """Bring what stands in the WAL into the database file, durably; false if a reader prevents it for now.

    Raises:
        LogFull: No room.
    """
    with translating(path, "checkpointing"):
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            busy = _number(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return busy == 0
