"""One file of a checkpoint: written beside its place, synced and renamed, so that it is there whole or not at all.

    MAGIC | length of the header, 8 bytes | its XXH64, 8 bytes | header, MessagePack | sections, one after the other

The header holds the XXH64 of the sections, so that a change of any byte is found.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import xxhash

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MAGIC = b"flyball checkpoint\n"
FORMAT = 1

_PREFIX = len(MAGIC) + 16


class CheckpointDamaged(FlyballError):
    """A checkpoint's file does not hold what was written."""


class CheckpointForeign(FlyballError):
    """A file among the checkpoints is none, or is of a newer version."""


class CheckpointFull(FlyballError):
    """The disk is full; the checkpoint before this one is untouched."""


class CheckpointSuperseded(FlyballError):
    """While a checkpoint was being made, others took its place; nothing is lost, and nothing is to be done."""


class Section(msgspec.Struct, frozen=True, array_like=True):
    """One stretch of a checkpoint's file: a table's keys, its rows, or a part.

    >>> Section("part", "joiner", 7).size
    7
    """

    kind: str
    name: str
    size: int


class Header(msgspec.Struct, frozen=True, array_like=True):
    """The beginning of a checkpoint's file; `after` is the seq of the checkpoint that a delta changes, 0 for a base.

    >>> Header(FORMAT, seq=7, after=0, digest=0, sections=[]).after
    0
    """

    format: int
    seq: int
    after: int
    digest: int
    sections: list[Section]


@dataclass(frozen=True, slots=True)
class Content:
    """What one section is to hold, in pieces that lie anywhere in memory.

    >>> Content("part", "joiner", [memoryview(b"to"), memoryview(b"gether")]).size
    8
    """

    kind: str
    name: str
    pieces: Sequence[memoryview]

    @property
    def size(self) -> int:
        """How many bytes."""
        return sum(piece.nbytes for piece in self.pieces)


def sync_directory(directory: Path) -> None:
    """Makes renames and removals in a directory survive a power loss.

    >>> import tempfile, pathlib
    >>> sync_directory(pathlib.Path(tempfile.mkdtemp()))
    """
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keeps other processes from renaming and removing checkpoints meanwhile; whoever dies lets go.

    >>> import tempfile, pathlib
    >>> with locked(pathlib.Path(tempfile.mkdtemp())):
    ...     pass
    """
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_beside(path: Path, seq: int, after: int, contents: Sequence[Content]) -> Path:
    """Writes a checkpoint's file beside its place; returns where, when it is durable. Two processes do not meet there.

    Raises:
        CheckpointFull: there is no space; what was written is removed.

    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp(), "base")
    >>> write_beside(place, 7, 0, [Content("part", "note", [memoryview(b"hello")])]).suffix
    '.new'
    """
    digest = xxhash.xxh64()
    for content in contents:
        for piece in content.pieces:
            digest.update(piece)
    sections = [Section(content.kind, content.name, content.size) for content in contents]
    header = msgspec.msgpack.encode(Header(FORMAT, seq, after, digest.intdigest(), sections))
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with no_room(path, beside), beside.open("wb") as file:
        file.write(MAGIC + len(header).to_bytes(8, "little") + xxhash.xxh64_digest(header) + header)
        for content in contents:
            for piece in content.pieces:
                file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return beside


@contextmanager
def no_room(path: Path, beside: Path) -> Iterator[None]:
    """Turns the system's error into one that says what to do, and removes the half-written file.

    >>> import pathlib
    >>> with no_room(pathlib.Path("base"), pathlib.Path("base.new")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
        ...
    flyball.learn.checkpoint_file.CheckpointFull: the checkpoint base could not be written: No space left on device;
    make space, then run the same again
    """
    try:
        yield
    except OSError as error:
        beside.unlink(missing_ok=True)
        msg = f"the checkpoint {path.name} could not be written: {error.strerror}; make space, then run the same again"
        raise CheckpointFull(msg) from error


def damaged(path: Path, what: str) -> CheckpointDamaged:
    """The error that says what is wrong with a file.

    >>> import pathlib
    >>> print(damaged(pathlib.Path("base"), "it is empty"))
    base is damaged: it is empty; restore it from a backup, or replay the log
    """
    return CheckpointDamaged(f"{path} is damaged: {what}; restore it from a backup, or replay the log")


def read_header(path: Path) -> tuple[Header, int]:
    """The header of a file, and where its sections begin.

    Raises:
        CheckpointDamaged: it does not hold what was written.
        CheckpointForeign: it is none of ours, or of a newer version.

    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp(), "base")
    >>> read_header(write_beside(place, 7, 0, []))[0].seq
    7
    """
    with path.open("rb") as file:
        start = file.read(_PREFIX)
        if not start.startswith(MAGIC) or len(start) < _PREFIX:
            msg = f"{path} is not a checkpoint of flyball; move it away, or give the state directory that flyball made"
            raise CheckpointForeign(msg)
        size = int.from_bytes(start[len(MAGIC) : len(MAGIC) + 8], "little")
        if size > os.fstat(file.fileno()).st_size - _PREFIX:
            raise damaged(path, "it ends within its header")
        text = file.read(size)
    if xxhash.xxh64_digest(text) != start[len(MAGIC) + 8 :]:
        raise damaged(path, "its header does not match its checksum")
    raw = msgspec.msgpack.decode(text)
    if raw[0] > FORMAT:
        msg = f"{path} has format {raw[0]}, this flyball reads up to {FORMAT}; install a newer flyball"
        raise CheckpointForeign(msg)
    return msgspec.convert(raw, Header), _PREFIX + size


def mapped(path: Path) -> memoryview:
    """A file's bytes without reading them into memory; they stay when it is removed.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "file")
    >>> _ = path.write_bytes(b"hello")
    >>> bytes(mapped(path)[1:3])
    b'el'
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size > 0 else b"")


def read_sections(path: Path) -> tuple[Header, list[tuple[Section, memoryview]]]:
    """The header of a file and its sections, which are read from the disk when they are looked at; nothing is checked.

    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp(), "base")
    >>> beside = write_beside(place, 7, 0, [Content("part", "note", [memoryview(b"hello")])])
    >>> [(section.name, bytes(data)) for section, data in read_sections(beside)[1]]
    [('note', b'hello')]
    """
    header, at = read_header(path)
    data = mapped(path)
    found = []
    for section in header.sections:
        found.append((section, data[at : at + section.size]))
        at += section.size
    return header, found


def check_sections(path: Path, header: Header, sections: Iterable[tuple[Section, memoryview]]) -> None:
    """Refuses sections that are not what was written.

    Raises:
        CheckpointDamaged: they do not match their checksum, or the file is longer or shorter than it was.

    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp(), "base")
    >>> beside = write_beside(place, 7, 0, [Content("part", "note", [memoryview(b"hello")])])
    >>> check_sections(beside, *read_sections(beside))
    """
    digest, size = xxhash.xxh64(), 0
    for section, data in sections:
        digest.update(data)
        size += section.size
    whole = path.stat().st_size == read_header(path)[1] + size
    if not whole or digest.intdigest() != header.digest:
        raise damaged(path, "its contents do not match their checksum")
