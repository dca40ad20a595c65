"""A disk that forgets: which writes and names survive when the power goes at a given operation."""

from __future__ import annotations

import struct
from collections.abc import Mapping
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
class _File:
    """A file: what was there at first, and the writes since; those before `synced` are safe, but for the `failed`."""

    base: bytes = b""
    writes: list[Operation] = field(default_factory=list)
    synced: int = 0
    failed: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Folder:
    """A directory: its entries at first, and as the running process sees them."""

    first: dict[str, _Node] = field(default_factory=dict)
    now: dict[str, _Node] = field(default_factory=dict)


_Node: TypeAlias = _File | _Folder
_Place: TypeAlias = tuple[_Folder, str]
Snapshot: TypeAlias = Mapping[str, tuple[int, bytes | None]]
"""Paths with their inode, and their content; `None` for a directory."""


@dataclass(slots=True)
class _Change:
    """One change of names: `node` appears at `to` and disappears from `gone`; safe once the directory was synced."""

    node: _Node
    to: _Place | None
    gone: _Place | None
    synced: bool = False


class Disk:
    """What a directory went through, operation by operation.

    Args:
        before: The directory at first, everything in it synced.
        operations: What happened since.

    >>> disk = Disk({}, [Operation("C", 5, 0, b"a", b""), Operation("W", 5, 0, b"hello", b"")])
    >>> disk.files("lost"), disk.files("kept"), disk.files("data")
    ({}, {'a': b'hello'}, {'a': b''})
    """

    def __init__(self, before: Snapshot, operations: Iterable[Operation] = ()) -> None:
        self._root = _Folder()
        self._objects: dict[int, _Node] = {}
        self._changes: list[_Change] = []
        self._unsynced: list[_Change] = []
        for path, (number, content) in sorted(before.items()):
            folder, name = self._place(path)
            node: _Node = _Folder() if content is None else _File(base=content)
            folder.first[name] = folder.now[name] = self._objects[number] = node
        for operation in operations:
            self.apply(operation)

    def apply(self, operation: Operation) -> None:
        """Take one more operation into account."""
        kind = operation.kind
        if kind in "WOT":
            node = self._objects.get(operation.object)
            if isinstance(node, _File):
                node.writes.append(operation)
        elif kind in "SE":
            node = self._objects.get(operation.object)
            if isinstance(node, _File):
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

    def files(self, mode: Mode, rng: Random | None = None) -> dict[str, bytes | None]:
        """What is found after the loss of power: paths, with content, `None` for a directory.

        Args:
            mode: What becomes of what was not synced.
            rng: Decides what is lost; only the mode `torn` needs it.

        Raises:
            ValueError: There is none and it is needed.
        """
        torn = rng if mode == "torn" else None
        if torn is None and mode == "torn":
            raise ValueError("mode 'torn' loses at random; pass the random.Random that decides")
        keep_name = _chance(mode in {"data", "kept"}, torn)
        keep_data = _chance(mode in {"names", "kept"}, torn)
        state: dict[int, dict[str, _Node]] = {}

        def entries(folder: _Folder) -> dict[str, _Node]:
            return state.setdefault(id(folder), dict(folder.first))

        for change in self._changes:
            if change.synced or keep_name():
                _change(change, entries)
        found: dict[str, bytes | None] = {}
        folders = [("", self._root)]
        while folders:
            prefix, folder = folders.pop()
            for name, node in sorted(entries(folder).items()):
                if isinstance(node, _File):
                    found[prefix + name] = _content(node, keep_data, torn)
                else:
                    found[prefix + name] = None
                    folders.append((f"{prefix}{name}/", node))
        return found

    def _rename(self, operation: Operation) -> None:
        kind, path = operation.kind, operation.a.decode()
        to: _Place | None
        gone: _Place | None
        if kind in "CM":
            node: _Node = _File() if kind == "C" else _Folder()
            self._objects[operation.object] = node
            to, gone = self._place(path), None
        else:
            node = self._at(path)
            to = self._place(operation.b.decode()) if kind in "RL" else None
            gone = None if kind == "L" else self._place(path)
        change = _Change(node, to, gone)
        self._changes.append(change)
        self._unsynced.append(change)
        _change(change, lambda folder: folder.now)

    def _place(self, path: str) -> _Place:
        parent, _, name = path.rpartition("/")
        folder = self._at(parent)
        if isinstance(folder, _File):
            raise NotADirectoryError(parent)
        return folder, name

    def _at(self, path: str) -> _Node:
        node: _Node = self._root
        for name in path.split("/") if path else ():
            if isinstance(node, _File):
                raise NotADirectoryError(path)
            node = node.now[name]
        return node


def _change(change: _Change, entries: Callable[[_Folder], dict[str, _Node]]) -> None:
    if change.gone is not None:
        folder, name = change.gone
        if entries(folder).get(name) is not change.node:
            return  # what would be renamed or unlinked never got there
        del entries(folder)[name]
    if change.to is not None:
        folder, name = change.to
        entries(folder)[name] = change.node


def _chance(always: bool, torn: Random | None) -> Callable[[], bool]:  # noqa: FBT001  # what is kept where none is torn
    if torn is None:
        return lambda: always
    return lambda: torn.random() < 0.5


def _content(file: _File, keep: Callable[[], bool], torn: Random | None) -> bytes:
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
