"""A checkpoint in the making: what the process that learns hands over, block by block, for another to finish.

    MAGIC | blocks: length of the head, 8 bytes | head, MessagePack | payload

The process that learns must not wait for the disk, so nothing is synced here: a part is of use only as long as both
processes live. It is written beside its place and takes it when it is whole; each block has a checksum all the same.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import xxhash

from flyball.learn.checkpoint_file import Content, damaged, mapped

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = b"flyball part\n"
_NAME = re.compile(r"part-(\d{20})-(\d{20})")
_LENGTH = 8


class Block(msgspec.Struct, frozen=True, array_like=True):
    """The head of a block: entries of a table (keys, then rows), a part, or the end.

    Attributes:
        keys: how many bytes of a table's entries are keys; the rest are rows.

    >>> Block("part", "engine", 7, 0).size
    7
    """

    kind: str
    name: str
    size: int
    digest: int
    keys: int = 0


def part_path(directory: Path, seq: int, after: int) -> Path:
    """Where the part of the checkpoint at `seq` is, which holds what changed since the one at `after`.

    >>> from pathlib import Path
    >>> part_path(Path("checkpoint"), 7, 5).name
    'part-00000000000000000007-00000000000000000005'
    """
    return directory / f"part-{seq:020d}-{after:020d}"


def whole_part(directory: Path) -> tuple[Path, int, int] | None:
    """The part that waits to be finished, its seq, and the seq that it follows; `None` where there is none.

    >>> import tempfile, pathlib
    >>> whole_part(pathlib.Path(tempfile.mkdtemp())) is None
    True
    """
    found = ((path, _NAME.fullmatch(path.name)) for path in directory.iterdir())
    whole = sorted((path, int(match[1]), int(match[2])) for path, match in found if match is not None)
    return whole[-1] if whole else None


class PartWriter:
    """Writes a part.

    Args:
        path: where it is to be when it is whole.

    >>> import tempfile, pathlib
    >>> path = part_path(pathlib.Path(tempfile.mkdtemp()), 7, 0)
    >>> writer = PartWriter(path)
    >>> writer.entries("ctr", np.array([1, 2], np.uint64), np.array([3, 4], np.uint64))
    >>> writer.part("engine", b"hello")
    >>> writer.close()
    >>> [(content.kind, content.name, content.size) for content in read_part(path)]
    [('keys', 'ctr', 16), ('rows', 'ctr', 16), ('part', 'engine', 5)]
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(path.name + ".new")
        self._file = self._beside.open("wb")
        self._file.write(MAGIC)

    def entries(self, name: str, keys: NDArray[np.uint64], rows: NDArray[np.uint64]) -> None:
        """Adds entries of a table."""
        self._block("entries", name, keys.view(np.uint8).data, rows.view(np.uint8).data)

    def part(self, name: str, data: bytes) -> None:
        """Adds something small."""
        self._block("part", name, memoryview(data))

    def _block(self, kind: str, name: str, *payload: memoryview) -> None:
        size = sum(piece.nbytes for piece in payload)
        keys = payload[0].nbytes if kind == "entries" else 0
        digest = _digest(f"{kind} {size} {keys} {name}", *payload)
        head = msgspec.msgpack.encode(Block(kind, name, size, digest, keys))
        self._file.write(len(head).to_bytes(_LENGTH, "little") + head)
        for piece in payload:
            self._file.write(piece)

    def close(self) -> None:
        """It is whole."""
        self._block("end", "")
        self._file.close()
        self._beside.replace(self._path)

    def abandon(self) -> None:
        """It will never be whole."""
        self._beside.unlink(missing_ok=True)
        with suppress(OSError):  # a full disk, perhaps the reason
            self._file.close()


def read_part(path: Path) -> list[Content]:
    """What a part holds, checked, as a checkpoint is to hold it; read from the disk when it is looked at.

    Raises:
        CheckpointDamaged: it does not hold what was written.

    >>> import pathlib
    >>> read_part(pathlib.Path("/dev/null"))
    Traceback (most recent call last):
        ...
    flyball.learn.checkpoint_file.CheckpointDamaged: /dev/null is damaged: it is not a part; ...
    """
    data = mapped(path)
    if data[: len(MAGIC)] != MAGIC:
        raise damaged(path, "it is not a part")
    tables: dict[str, list[tuple[memoryview, memoryview]]] = {}
    parts: list[Content] = []
    at = len(MAGIC)
    while True:
        head, payload = _block_at(path, data, at)
        if head.kind == "end":
            break
        at += _LENGTH + int.from_bytes(data[at : at + _LENGTH], "little") + head.size
        if head.kind == "entries":
            tables.setdefault(head.name, []).append((payload[: head.keys], payload[head.keys :]))
        else:
            parts.append(Content("part", head.name, [payload]))
    contents = []
    for name, blocks in tables.items():
        contents.append(Content("keys", name, [keys for keys, _ in blocks]))
        contents.append(Content("rows", name, [rows for _, rows in blocks]))
    return contents + parts


def _digest(head: str, *payload: memoryview) -> int:
    digest = xxhash.xxh64(head.encode())
    for piece in payload:
        digest.update(piece)
    return digest.intdigest()


def _block_at(path: Path, data: memoryview, at: int) -> tuple[Block, memoryview]:
    start = at + _LENGTH
    end = start + int.from_bytes(data[at:start], "little")
    if end > len(data):
        raise damaged(path, "it ends before its end")
    try:
        head = msgspec.msgpack.decode(data[start:end], type=Block)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise damaged(path, "it holds what was never written") from error
    payload = data[end : end + head.size]
    said = f"{head.kind} {head.size} {head.keys} {head.name}"
    if payload.nbytes != head.size or _digest(said, payload) != head.digest:
        raise damaged(path, "a block does not match its checksum")
    return head, payload
