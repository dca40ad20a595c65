"""The file of an export: all that serving needs of one model, checked whole, read by mapping it.

    MAGIC | length of the header, 8 bytes | its XXH64, 8 bytes | header, MessagePack | zeros to a multiple of 64 |
    lines (`flyball.learn.export_lines`) | keys that are kept whole, 8 bytes each | their coefficients, float32

The header holds the XXH64 of what follows it, so that a change of any byte is found.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import xxhash

from flyball.learn.checkpoint_file import mapped, sync_directory
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAGIC = b"flyball export\n"
FORMAT = 1
HASH = "xxh64-1"
"""How keys are made (`flyball.learn.hash64`): an export is worthless to whoever makes others."""
LINE = 64

_PREFIX = len(MAGIC) + 16


class ExportDamaged(FlyballError):
    """The file of an export does not hold what was written."""


class ExportForeign(FlyballError):
    """A file is no export, or one that this flyball cannot serve from."""


class ExportFull(FlyballError):
    """The disk is full; the file that was there before is untouched."""


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What an export says of itself.

    Attributes:
        format: of the file.
        hash: how its keys were made.
        system: the system's name.
        model: the model's name.
        version: the model's version.
        definition: the hash of the system's definition.
        document: that definition, as canonical JSON.
        loss: `logistic`, `squared` or `poisson`.
        scale: what predictions are multiplied by.
        hyper: for each lane alpha, beta, l1 and l2.
        mixture: the words that say how lanes are mixed; empty for one lane.
        learned_through: the last record of the log that was learned from.
        seed: of the rounding.
        features: exported coefficients' keys.
        zeros: keys that were left out since all their coefficients were 0.
        vanished: keys that were left out since all their coefficients were rounded to 0.
        lines: how many there are.
        wide: how many keys are kept whole.
        digest: the XXH64 of what follows the header.

    >>> Header(FORMAT, HASH, "ads", "ctr", 1, "", "", "logistic", 1.0, [[0.1, 1.0, 0.0, 0.0]]).lanes
    1
    """

    format: int
    hash: str
    system: str
    model: str
    version: int
    definition: str
    document: str
    loss: str
    scale: float
    hyper: list[list[float]]
    mixture: bytes = b""
    learned_through: int = 0
    seed: int = 0
    features: int = 0
    zeros: int = 0
    vanished: int = 0
    lines: int = 0
    wide: int = 0
    digest: int = 0

    @property
    def lanes(self) -> int:
        """How many coefficients a key has."""
        return len(self.hyper)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """The bytes of the lines, of the keys that are kept whole, and of their coefficients."""
        return LINE * self.lines, 8 * self.wide, 4 * self.wide * self.lanes


def write_file(path: Path, header: Header, pieces: Sequence[memoryview]) -> None:
    """Writes an export, whole or not at all; returns when it is durable.

    Raises:
        ExportFull: there is no space.

    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp(), "ctr.export")
    >>> write_file(place, Header(FORMAT, HASH, "ads", "ctr", 1, "", "", "logistic", 1.0, [[0.1, 1.0, 0.0, 0.0]]), [])
    >>> read_file(place)[0].model
    'ctr'
    """
    whole = xxhash.xxh64()
    for piece in pieces:
        whole.update(piece)
    text = msgspec.msgpack.encode(msgspec.structs.replace(header, digest=whole.intdigest()))
    start = MAGIC + len(text).to_bytes(8, "little") + xxhash.xxh64_digest(text) + text
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(start + bytes(-len(start) % LINE))
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        msg = f"the export {path} could not be written: {error.strerror}; make space, or choose another place"
        raise ExportFull(msg) from error
    sync_directory(path.parent)


def read_file(path: Path, *, check: bool = True) -> tuple[Header, list[memoryview]]:
    """The header of an export and its three parts, which are read from the disk when they are looked at.

    Args:
        path: the file.
        check: whether all of it is read, to see that nothing has changed.

    Raises:
        ExportDamaged: it does not hold what was written.
        ExportForeign: it is no export, of a newer format, or of other keys.

    >>> from pathlib import Path
    >>> read_file(Path(__file__))
    Traceback (most recent call last):
        ...
    flyball.learn.export_file.ExportForeign: ... is no export of a model; give a file that `flyball model export` wrote
    """
    data = mapped(path)
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise ExportForeign(f"{path} is no export of a model; give a file that `flyball model export` wrote")
    if len(data) < _PREFIX:
        raise damaged(path, "it ends within its header")
    size = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
    if size > len(data) - _PREFIX:
        raise damaged(path, "it ends within its header")
    text = data[_PREFIX : _PREFIX + size]
    if xxhash.xxh64_digest(text) != data[len(MAGIC) + 8 : _PREFIX]:
        raise damaged(path, "its header does not match its checksum")
    header = _header_of(path, text)
    at = -(-(_PREFIX + size) // LINE) * LINE
    if len(data) != at + sum(header.sizes):
        raise damaged(path, f"it has {len(data):,} bytes, and should have {at + sum(header.sizes):,}")
    if check and (any(data[_PREFIX + size : at]) or xxhash.xxh64_intdigest(data[at:]) != header.digest):
        raise damaged(path, "its contents do not match their checksum")
    parts = []
    for part in header.sizes:
        parts.append(data[at : at + part])
        at += part
    return header, parts


def _header_of(path: Path, text: memoryview) -> Header:
    raw = msgspec.msgpack.decode(text)
    if raw[0] > FORMAT:
        msg = f"{path} has format {raw[0]}, this flyball reads up to {FORMAT}; install a newer flyball, or export again"
        raise ExportForeign(msg)
    header = msgspec.convert(raw, Header)
    if header.hash != HASH:
        msg = f"{path} has keys made by {header.hash!r}, this flyball makes them by {HASH!r}; export the model again"
        raise ExportForeign(msg)
    return header


def damaged(path: Path, what: str) -> ExportDamaged:
    """The error that says what is wrong with a file.

    >>> import pathlib
    >>> print(damaged(pathlib.Path("ctr.export"), "it is empty"))
    ctr.export is damaged: it is empty; copy it again, or export the model again
    """
    return ExportDamaged(f"{path} is damaged: {what}; copy it again, or export the model again")
