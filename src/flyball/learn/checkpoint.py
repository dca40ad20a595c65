"""Checkpoints: what was learned up to one place in the log, as a base and the changes since.

Each checkpoint is one file, written beside its place, synced and renamed, so that after a crash it is there whole or
not at all. A base holds everything; a delta holds the coefficients touched since the checkpoint before it, and
everything that is small. Loading takes the newest base and the deltas that follow it.

    MAGIC | length of the header, 8 bytes | its XXH64, 8 bytes | header, MessagePack | sections, one after the other

The header holds the XXH64 of the sections, so that a change of any byte is found.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import xxhash

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Entries = tuple[NDArray[np.uint64], NDArray[np.uint64]]

MAGIC = b"flyball checkpoint\n"
FORMAT = 1

_PREFIX = len(MAGIC) + 16
_NAME = re.compile(r"(?:base-(\d{20})|delta-(\d{20})-\d{20})(?:\.new)?")


class CheckpointDamaged(FlyballError):
    """A checkpoint's file does not hold what was written."""


class CheckpointForeign(FlyballError):
    """A file among the checkpoints is none, or is of a newer version."""


class CheckpointFull(FlyballError):
    """The disk is full; the checkpoint before this one is untouched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What was known after record `seq`.

    `tables` holds, by name, keys and packed pairs (both uint64, shape (n,)); `parts` holds everything else as bytes.

    >>> Checkpoint(seq=7, parts={"joiner": b""}).tables
    {}
    """

    seq: int
    tables: Mapping[str, Entries] = field(default_factory=dict)
    parts: Mapping[str, bytes] = field(default_factory=dict)


class Section(msgspec.Struct, frozen=True, array_like=True):
    """One stretch of a checkpoint's file: a table's keys, its pairs, or a part.

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


def _path(directory: Path, seq: int, after: int) -> Path:
    return directory / (f"base-{seq:020d}" if after == 0 else f"delta-{seq:020d}-{after:020d}")


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


def _write(path: Path, header: bytes, payloads: Iterable[memoryview]) -> None:
    beside = path.with_suffix(".new")
    try:
        with beside.open("wb") as file:
            file.write(MAGIC + len(header).to_bytes(8, "little") + xxhash.xxh64_digest(header) + header)
            for payload in payloads:
                file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        msg = f"the checkpoint {path.name} could not be written: {error.strerror}; make space, then run the same again"
        raise CheckpointFull(msg) from error


def _damaged(path: Path, what: str) -> CheckpointDamaged:
    return CheckpointDamaged(f"{path} is damaged: {what}; restore it from a backup, or replay the log")


def _read_header(path: Path) -> tuple[Header, int]:
    """The header and where the sections begin."""
    with path.open("rb") as file:
        start = file.read(_PREFIX)
        if not start.startswith(MAGIC) or len(start) < _PREFIX:
            msg = f"{path} is not a checkpoint of flyball; move it away, or give the state directory that flyball made"
            raise CheckpointForeign(msg)
        size = int.from_bytes(start[len(MAGIC) : len(MAGIC) + 8], "little")
        if size > os.fstat(file.fileno()).st_size - _PREFIX:
            raise _damaged(path, "it ends within its header")
        text = file.read(size)
    if xxhash.xxh64_digest(text) != start[len(MAGIC) + 8 :]:
        raise _damaged(path, "its header does not match its checksum")
    raw = msgspec.msgpack.decode(text)
    if raw[0] > FORMAT:
        msg = f"{path} has format {raw[0]}, this flyball reads up to {FORMAT}; install a newer flyball"
        raise CheckpointForeign(msg)
    return msgspec.convert(raw, Header), _PREFIX + size


class CheckpointStore:
    """The checkpoints of one state directory.

    Args:
        directory: where the files are; made if it is not there.

    >>> import tempfile, pathlib
    >>> store = CheckpointStore(pathlib.Path(tempfile.mkdtemp()))
    >>> store.save(Checkpoint(seq=3, parts={"note": b"hello"}), after=0)
    >>> store.load().parts["note"]
    b'hello'
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        if not directory.exists():
            directory.mkdir(parents=True)
            sync_directory(directory.parent)

    def save(self, checkpoint: Checkpoint, *, after: int) -> None:
        """Writes a base (`after=0`) or the changes since the checkpoint at seq `after`; returns when it is durable.

        Raises:
            CheckpointFull: there is no space; nothing that was there before is lost.
        """
        sections: list[Section] = []
        payloads: list[memoryview] = []
        for name, (keys, pairs) in checkpoint.tables.items():
            for kind, array in (("keys", keys), ("pairs", pairs)):
                payloads.append(np.ascontiguousarray(array).view(np.uint8).data)
                sections.append(Section(kind, name, payloads[-1].nbytes))
        for name, data in checkpoint.parts.items():
            payloads.append(memoryview(data))
            sections.append(Section("part", name, len(data)))
        digest = xxhash.xxh64()
        for payload in payloads:
            digest.update(payload)
        header = Header(FORMAT, checkpoint.seq, after, digest.intdigest(), sections)
        _write(_path(self.directory, checkpoint.seq, after), msgspec.msgpack.encode(header), payloads)
        if after == 0:
            self._drop_before(checkpoint.seq)

    def _names(self) -> list[tuple[Path, int]]:
        """The checkpoints' files and their seqs, in order: bases, then deltas; half-written ones too, others not."""
        found = ((path, _NAME.fullmatch(path.name)) for path in self.directory.iterdir())
        return sorted((path, int(match[1] or match[2])) for path, match in found if match is not None)

    def _drop_before(self, seq: int) -> None:
        for path, its in self._names():
            if path.suffix == ".new" or its < seq:
                path.unlink()
        sync_directory(self.directory)

    def chain(self) -> list[Path]:
        """The files that make up the newest state: the newest base and the deltas that follow it without a gap."""
        found = [(path, seq) for path, seq in self._names() if path.suffix != ".new"]
        bases = [(path, seq) for path, seq in found if path.name.startswith("base-")]
        if not bases:
            return []
        base, seq = bases[-1]
        chain = [base]
        for path, its in found:
            if path.name == f"delta-{its:020d}-{seq:020d}":
                chain.append(path)
                seq = its
        return chain

    def sizes(self) -> tuple[int, int]:
        """The bytes of the newest base, and of the deltas after it."""
        chain = [path.stat().st_size for path in self.chain()]
        return (chain[0], sum(chain[1:])) if chain else (0, 0)

    def load(self) -> Checkpoint | None:
        """The newest state, or `None` where there is none.

        Raises:
            CheckpointDamaged: a file does not hold what was written.
            CheckpointForeign: a file is none of ours, or of a newer version.
        """
        state: Checkpoint | None = None
        for path in self.chain():
            state = _merge(state, _read(path))
        return state


def _read(path: Path) -> Checkpoint:
    header, start = _read_header(path)
    if path.suffix == ".new" or path != _path(path.parent, header.seq, header.after):
        raise _damaged(path, f"it holds what was known at record {header.seq}, after {header.after}")
    data: NDArray[Any] = np.fromfile(path, dtype=np.uint8, offset=start)
    if xxhash.xxh64_intdigest(data.data) != header.digest:
        raise _damaged(path, "its contents do not match their checksum")
    arrays: dict[tuple[str, str], NDArray[np.uint64]] = {}
    parts: dict[str, bytes] = {}
    at = 0
    for section in header.sections:
        piece = data[at : at + section.size]
        at += section.size
        if section.kind == "part":
            parts[section.name] = piece.tobytes()
        else:
            arrays[section.kind, section.name] = np.frombuffer(piece.tobytes(), dtype=np.uint64)
    names = [name for kind, name in arrays if kind == "keys"]
    return Checkpoint(
        seq=header.seq, tables={name: (arrays["keys", name], arrays["pairs", name]) for name in names}, parts=parts
    )


def _merge(state: Checkpoint | None, change: Checkpoint) -> Checkpoint:
    """The state after a change: the change's entries come later, so they win when all are written in order."""
    if state is None:
        return change
    tables = dict(state.tables)
    for name, (keys, pairs) in change.tables.items():
        old_keys, old_pairs = tables.get(name, (keys[:0], pairs[:0]))
        tables[name] = (np.concatenate([old_keys, keys]), np.concatenate([old_pairs, pairs]))
    return Checkpoint(seq=change.seq, tables=tables, parts=change.parts)
