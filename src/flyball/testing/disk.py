"""A disk that forgets: which writes and names survive when the power goes at a given operation."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

Mode: TypeAlias = Literal["lost", "data", "names", "torn", "kept"]
"""What becomes of what was not yet synced: all is lost; the names stay and the data is lost; the data stays and the
names are lost; of both some is lost at random, writes also in part; all is kept (as when the process is killed)."""

SECTOR = 512
"""A write of this many bytes is never torn."""

_HEAD = struct.Struct("<cQqII")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the journal; `faults.c` says what each kind means.

    >>> Operation("U", 0, 0, b"a", b"").kind
    'U'
    """

    kind: str
    object: int
    offset: int
    a: bytes
    b: bytes


def parse(journal: bytes) -> Iterator[Operation]:
    """The operations of a journal; one cut short by the death of its writer is left out.

    >>> list(parse(_HEAD.pack(b"M", 7, 0, 1, 0) + b"d" + b"W"))
    [Operation(kind='M', object=7, offset=0, a=b'd', b=b'')]
    """
    at = 0
    while at + _HEAD.size <= len(journal):
        kind, number, offset, a, b = _HEAD.unpack_from(journal, at)
        at += _HEAD.size
        if at + a + b > len(journal):
            return
        yield Operation(kind.decode(), number, offset, journal[at : at + a], journal[at + a : at + a + b])
        at += a + b


@dataclass(slots=True)
class File:
    """A file: what was there at first, and the writes since; those before `synced` are safe, but for the `failed`."""

    base: bytes = b""
    writes: list[Operation] = field(default_factory=list)
    synced: int = 0
    failed: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Folder:
    """A directory: its entries at first, and as the running process sees them."""

    first: dict[str, Node] = field(default_factory=dict)
    now: dict[str, Node] = field(default_factory=dict)


Node: TypeAlias = File | Folder
Place: TypeAlias = tuple[Folder, str]
Snapshot: TypeAlias = "dict[str, tuple[int, bytes | None]]"
"""Paths with their inode, and their content; `None` for a directory."""


@dataclass(slots=True)
class Change:
    """One change of names: `node` appears at `to` and disappears from `gone`; safe once the directory was synced."""

    node: Node
    to: Place | None
    gone: Place | None
    synced: bool = False


class Disk:
    """What a directory went through, operation by operation.

    Args:
        before: The directory at first, everything in it synced.
        operations: What happened since.

    >>> from random import Random
    >>> disk = Disk({}, [Operation("C", 5, 0, b"a", b""), Operation("W", 5, 0, b"hello", b"")])
    >>> disk.files("lost", Random(0)), disk.files("kept", Random(0)), disk.files("data", Random(0))
    ({}, {'a': b'hello'}, {'a': b''})
    """

    def __init__(self, before: Snapshot, operations: Iterable[Operation] = ()) -> None:
        self._root = Folder()
        self._objects: dict[int, Node] = {}
        self._changes: list[Change] = []
        self._unsynced: list[Change] = []
        for path, (number, content) in sorted(before.items()):
            folder, name = self._place(path)
            node: Node = Folder() if content is None else File(base=content)
            folder.first[name] = folder.now[name] = self._objects[number] = node
        for operation in operations:
            self.apply(operation)

    def apply(self, operation: Operation) -> None:
        """Take one more operation into account."""
        kind = operation.kind
        if kind in "WOT":
            node = self._objects.get(operation.object)
            if isinstance(node, File):
                node.writes.append(operation)
        elif kind in "SE":
            node = self._objects.get(operation.object)
            if isinstance(node, File):
                if kind == "E":
                    node.failed.update(range(node.synced, len(node.writes)))
                node.synced = len(node.writes)
        elif kind == "D":
            folder = self._at(operation.a.decode())
            for change in self._unsynced:
                change.synced = folder is (change.to or change.gone or (None,))[0]
            self._unsynced = [change for change in self._unsynced if not change.synced]
        elif kind in "CMRLUX":
            self._rename(operation)

    def files(self, mode: Mode, rng: Random) -> dict[str, bytes | None]:
        """What is found after the loss of power: paths, with content, `None` for a directory.

        Args:
            mode: What becomes of what was not synced.
            rng: Decides, where something is lost at random.
        """
        keep_name = _chance(mode in {"data", "kept"}, mode == "torn", rng)
        keep_data = _chance(mode in {"names", "kept"}, mode == "torn", rng)
        state: dict[int, dict[str, Node]] = {}

        def entries(folder: Folder) -> dict[str, Node]:
            return state.setdefault(id(folder), dict(folder.first))

        for change in self._changes:
            if change.synced or keep_name():
                _change(change, entries)
        found: dict[str, bytes | None] = {}
        folders = [("", self._root)]
        while folders:
            prefix, folder = folders.pop()
            for name, node in sorted(entries(folder).items()):
                if isinstance(node, File):
                    found[prefix + name] = _content(node, keep_data, rng if mode == "torn" else None)
                else:
                    found[prefix + name] = None
                    folders.append((f"{prefix}{name}/", node))
        return found

    def _rename(self, operation: Operation) -> None:
        kind, path = operation.kind, operation.a.decode()
        to: Place | None
        gone: Place | None
        if kind in "CM":
            node: Node = File() if kind == "C" else Folder()
            self._objects[operation.object] = node
            to, gone = self._place(path), None
        else:
            node = self._at(path)
            to = self._place(operation.b.decode()) if kind in "RL" else None
            gone = None if kind == "L" else self._place(path)
        change = Change(node, to, gone)
        self._changes.append(change)
        self._unsynced.append(change)
        _change(change, lambda folder: folder.now)

    def _place(self, path: str) -> Place:
        parent, _, name = path.rpartition("/")
        folder = self._at(parent)
        if isinstance(folder, File):
            raise NotADirectoryError(parent)
        return folder, name

    def _at(self, path: str) -> Node:
        node: Node = self._root
        for name in path.split("/") if path else ():
            if isinstance(node, File):
                raise NotADirectoryError(path)
            node = node.now[name]
        return node


def _change(change: Change, entries: Callable[[Folder], dict[str, Node]]) -> None:
    if change.gone is not None:
        folder, name = change.gone
        if entries(folder).get(name) is not change.node:
            return  # what would be renamed or unlinked never got there
        del entries(folder)[name]
    if change.to is not None:
        folder, name = change.to
        entries(folder)[name] = change.node


def _chance(always: bool, sometimes: bool, rng: Random) -> Callable[[], bool]:  # noqa: FBT001  # two sides of one choice
    if sometimes:
        return lambda: rng.random() < 0.5
    return lambda: always


def _content(file: File, keep: Callable[[], bool], torn: Random | None) -> bytes:
    data = bytearray(file.base)
    for index, operation in enumerate(file.writes):
        safe = index < file.synced and index not in file.failed
        if safe or keep():
            _write(data, operation, None if safe else torn)
    return bytes(data)


def _write(data: bytearray, operation: Operation, torn: Random | None) -> None:
    if operation.kind != "W":
        size = operation.offset
        del data[size:]
        data.extend(bytes(size - len(data)))
        return
    end = operation.offset + len(operation.a)
    data.extend(bytes(max(end - len(data), 0)))
    if torn is None or torn.random() < 0.5:
        data[operation.offset : end] = operation.a
        return
    for start in range(0, len(operation.a), SECTOR):
        if torn.random() < 0.5:
            part = operation.a[start : start + SECTOR]
            data[operation.offset + start : operation.offset + start + len(part)] = part
