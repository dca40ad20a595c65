"""The directory of a log: its marker, its lock, and the names of its segments."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from flyball.events.archive import SEALED_SUFFIX
from flyball.events.log import LogBusy, LogForeign, LogFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = "flyball log"
VERSION = 1
"""The format of the directory, its segments and their rows; raised when an older flyball could not read it."""

MARKER = "log.json"
LOCK = "lock"
LIVE_SUFFIX = ".sqlite"
TEMPORARY = ".tmp"
_NAME = re.compile(rf"(\d{{20}})({re.escape(LIVE_SUFFIX)}|{re.escape(SEALED_SUFFIX)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a segment stands.

    >>> from pathlib import Path
    >>> Place(first_seq=1, sealed=False, path=Path("00000000000000000001.sqlite")).sealed
    False
    """

    first_seq: int
    sealed: bool
    path: Path


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What `log.json` says of the directory.

    >>> msgspec.json.encode(Marker(format=FORMAT, version=1))
    b'{"format":"flyball log","version":1}'
    """

    format: str
    version: int


def segment_path(directory: Path, first_seq: int, suffix: str = LIVE_SUFFIX) -> Path:
    """The file of the segment that begins with this seq.

    >>> from pathlib import Path
    >>> segment_path(Path("log"), 12).name
    '00000000000000000012.sqlite'
    """
    return directory / f"{first_seq:020d}{suffix}"


def list_places(directory: Path) -> list[Place]:
    """The segments, by first seq; where one is there both sealed and not, both, the sealed one last.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     segment_path(pathlib.Path(name), 7).touch()
    ...     [place.first_seq for place in list_places(pathlib.Path(name))]
    [7]
    """
    places = []
    for name in os.listdir(directory):  # noqa: PTH208  # iterdir makes a path of every entry: this runs at every refresh
        match = _NAME.fullmatch(name)
        if match is not None:
            sealed = match[2] == SEALED_SUFFIX
            places.append(Place(first_seq=int(match[1]), sealed=sealed, path=directory / name))
    return sorted(places, key=lambda place: (place.first_seq, place.sealed))


def prepare(directory: Path, *, durable: bool) -> None:
    """Make the directory of a log if it is not there; nothing is put into it before it is claimed.

    Raises:
        LogForeign: It is a file, holds something else, or is of a newer format.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     prepare(pathlib.Path(name) / "log", durable=False)
    ...     (pathlib.Path(name) / "log").is_dir()
    True
    """
    if directory.exists() and not directory.is_dir():
        raise LogForeign(f"{str(directory)!r} is a file; a log is a directory: give the path of one, or of none yet")
    for missing in reversed([path for path in (directory, *directory.parents) if not path.exists()]):
        missing.mkdir(exist_ok=True)
        if durable:
            sync_directory(missing.parent)
    others = sorted(
        entry.name for entry in directory.iterdir() if entry.name != LOCK and not entry.name.endswith(TEMPORARY)
    )
    if (directory / MARKER).exists():  # looked for last: another process may be making this log
        check(directory)
    elif others:
        raise LogForeign(
            f"{str(directory)!r} holds {others[0]!r} and no {MARKER!r}, so it is no log of flyball's; give an empty "
            "directory, or the path of one that does not exist yet"
        )


def mark(directory: Path, *, durable: bool) -> None:
    """Say of a directory that was claimed that it is a log, where that is not said yet.

    Raises:
        LogForeign: It says something else.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     mark(pathlib.Path(name), durable=False)
    ...     check(pathlib.Path(name))
    """
    if (directory / MARKER).exists():
        check(directory)
        return
    with replacing(directory / MARKER, durable=durable) as temporary:
        temporary.write_bytes(msgspec.json.encode(Marker(format=FORMAT, version=VERSION)))


def check(directory: Path) -> None:
    """Refuse what is not the directory of a log that this flyball can open.

    Raises:
        LogForeign: With the difference.

    >>> from pathlib import Path
    >>> check(Path("/proc/self"))
    Traceback (most recent call last):
        ...
    flyball.events.log.LogForeign: '/proc/self' has no 'log.json', so it is no log of flyball's; give the directory of
    one
    """
    path = directory / MARKER
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise LogForeign(
            f"{str(directory)!r} has no {MARKER!r}, so it is no log of flyball's; give the directory of one"
        ) from None
    try:
        marker = msgspec.json.decode(data, type=Marker)
    except msgspec.DecodeError as error:
        raise LogForeign(
            f"{str(path)!r} holds {data[:80]!r}, which is not what flyball writes there ({error}); restore the file or "
            "give another directory"
        ) from error
    if marker.format != FORMAT:
        raise LogForeign(f"{str(path)!r} names the format {marker.format!r}; this flyball opens {FORMAT!r}")
    if marker.version > VERSION or marker.version < 1:
        raise LogForeign(
            f"{str(directory)!r} is a log of format {marker.version}; this flyball opens formats 1 to {VERSION}: "
            "install the flyball that wrote it, or a newer one"
        )


def claim(directory: Path) -> int:
    """Take the writer's lock; it is held as long as the descriptor is open, by whoever holds it.

    Returns:
        The descriptor.

    Raises:
        LogBusy: Somebody has it.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     os.close(claim(pathlib.Path(name)))
    """
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise LogBusy(
            f"{str(directory)!r} is being written by process {holder or 'unknown'}; stop that one, or open this log "
            "for reading"
        ) from None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sync_directory(directory: Path) -> None:
    """Make what was created, renamed and unlinked in it durable.

    >>> from pathlib import Path
    >>> sync_directory(Path.cwd())
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the file's content durable. Not for an SQLite file that is open: closing would drop SQLite's locks.

    >>> import pathlib, tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     sync_file(pathlib.Path(file.name))
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path, *, durable: bool) -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place, durably and at once, when the block ends well.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     with replacing(pathlib.Path(name) / "a", durable=False) as temporary:
    ...         _ = temporary.write_text("x")
    ...     (pathlib.Path(name) / "a").read_text()
    'x'
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        yield temporary
        if durable:
            sync_file(temporary)
        temporary.replace(path)
        if durable:
            sync_directory(path.parent)
    except BaseException:  # whatever it was, Ctrl-C too, nothing half-written stays
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def full_disk(doing: str) -> Iterator[None]:
    """Turn the operating system's 'no room' into an error that says what to do.

    Args:
        doing: What was being done, such as `"sealing '…'"`.

    Raises:
        LogFull: Instead of an `OSError` of a full or failing disk.

    >>> with full_disk("sealing 'a'"):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
        ...
    flyball.events.log.LogFull: the disk refused while sealing 'a': No space left on device; nothing that was
    acknowledged is lost: free some space, or mend the disk, and try again
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}:
            raise
        raise no_room(doing, os.strerror(error.errno)) from error


def no_room(doing: str, reason: str) -> LogFull:
    """The error of a disk that takes no more.

    >>> raise no_room("appending", "disk full")
    Traceback (most recent call last):
        ...
    flyball.events.log.LogFull: the disk refused while appending: disk full; nothing that was acknowledged is lost: free
    some space, or mend the disk, and try again
    """
    return LogFull(
        f"the disk refused while {doing}: {reason}; nothing that was acknowledged is lost: free some space, or mend "
        "the disk, and try again"
    )
