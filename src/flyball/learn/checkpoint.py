"""Checkpoints: what was learned up to one place in the log, as a base and the changes since.

Each checkpoint is one file (`flyball.learn.checkpoint_file`), so that after a crash it is there whole or not at all. A
base holds everything; a delta holds the coefficients touched since the checkpoint before it, and everything that is
small. Loading takes the newest base and the deltas that follow it. Whoever puts a file in its place or removes one
holds the directory's lock meanwhile: the process that learns and its chores are two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.checkpoint_file import (
    CheckpointSuperseded,
    Content,
    check_sections,
    damaged,
    locked,
    no_room,
    read_sections,
    sync_directory,
    write_beside,
)
from flyball.learn.expiry import unexpired

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Entries = tuple[NDArray[np.uint64], NDArray[np.uint64]]

_NAME = re.compile(r"(?:base-(\d{20})|delta-(\d{20})-\d{20})(?:(?:\.\d+)?\.new)?")
EXPIRY = "expiry "
"""With a table's name after it, the part that tells how long its epochs are, in microseconds, and which it is."""
GATE = "gate "
"""So the names of tables begin that hold what gates remember."""


def still_held(
    keys: NDArray[np.uint64], rows: NDArray[np.uint64], then: bytes | None, now: bytes | None
) -> NDArray[np.bool_] | None:
    """Which entries of an older file are still of use beside those of a newer one; `None`: all.

    Those that have expired since are not, and would come to life again when their stamps come round. Where another
    time holds after which they expire, the newer file has everything.

    Args:
        keys: of a table, in the older file.
        rows: theirs.
        then: the older file's part EXPIRY of the table.
        now: the newer file's.

    >>> one = np.array([(1 << 32) + 1], dtype=np.uint64)
    >>> [still_held(one, one, b"225 0", now) for now in (b"225 16", b"225 17", None)]
    [array([ True]), array([False]), array([False])]
    """
    if (then is None and now is None) or len(keys) == 0:
        return None
    if then is None or now is None or then.split()[0] != now.split()[0]:
        return np.zeros(len(keys), dtype=np.bool_)
    return unexpired(rows.reshape(len(keys), -1)[:, 0], int(then.split()[1]), int(now.split()[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What was known after record `seq`.

    `tables` holds, by name, keys (uint64, shape (n,)) and their rows (uint64, one after the other, all of one length);
    `parts` holds everything else as bytes.

    >>> Checkpoint(seq=7, parts={"joiner": b""}).tables
    {}
    """

    seq: int
    tables: Mapping[str, Entries] = field(default_factory=dict)
    parts: Mapping[str, bytes] = field(default_factory=dict)

    def contents(self) -> list[Content]:
        """What its file is to hold.

        >>> [content.kind for content in Checkpoint(seq=7, parts={"joiner": b""}).contents()]
        ['part']
        """
        found = []
        for name, (keys, rows) in self.tables.items():
            for kind, array in (("keys", keys), ("rows", rows)):
                found.append(Content(kind, name, [np.ascontiguousarray(array).view(np.uint8).data]))
        return found + [Content("part", name, [memoryview(data)]) for name, data in self.parts.items()]


def checkpoint_path(directory: Path, seq: int, after: int) -> Path:
    """The file of a base (`after=0`), or of the changes since the checkpoint at seq `after`.

    >>> from pathlib import Path
    >>> checkpoint_path(Path("checkpoint"), 12, 0).name
    'base-00000000000000000012'
    """
    return directory / (f"base-{seq:020d}" if after == 0 else f"delta-{seq:020d}-{after:020d}")


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
        self.write(checkpoint.seq, checkpoint.contents(), after=after)

    def write(
        self, seq: int, contents: Sequence[Content], *, after: int, wanted: Callable[[], bool] = lambda: True
    ) -> None:
        """As `save`, of contents that need not be in memory.

        Args:
            seq: the last record that they have seen.
            contents: tables, as keys and rows of each, and parts.
            after: as for `save`.
            wanted: asked right before the file takes its place, while nobody else may change anything.

        Raises:
            CheckpointFull: there is no space; nothing that was there before is lost.
            CheckpointSuperseded: it is not wanted any more.
        """
        path = checkpoint_path(self.directory, seq, after)
        beside = write_beside(path, seq, after, contents)
        with no_room(path, beside), locked(self.directory):
            if not beside.exists() or not wanted():
                beside.unlink(missing_ok=True)
                raise CheckpointSuperseded(f"the checkpoint {path.name} is not wanted any more")
            beside.replace(path)
            sync_directory(self.directory)
            if after == 0:
                self._drop_through(seq)

    def _names(self) -> list[tuple[Path, int]]:
        """The checkpoints' files and their seqs, in order: bases, then deltas; half-written ones too, others not."""
        found = ((path, _NAME.fullmatch(path.name)) for path in self.directory.iterdir())
        return sorted((path, int(match[1] or match[2])) for path, match in found if match is not None)

    def _drop_through(self, seq: int) -> None:
        """Removes what the base at `seq` replaces."""
        for path, its in self._names():
            if its < seq or (its == seq and path.name.startswith("delta-")):
                path.unlink()
        sync_directory(self.directory)

    def recover(self) -> Checkpoint | None:
        """As `load`, by the process that has taken the state, before it begins: removes what was never finished."""
        with locked(self.directory):
            for path in self.directory.iterdir():
                half = path.suffix == ".new" and (_NAME.fullmatch(path.name) or path.name.startswith("merged-"))
                if half or path.name.startswith("part-"):
                    path.unlink()
            return self.load()

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

    @property
    def seq(self) -> int:
        """The last record that the newest state has seen; 0 where there is none."""
        chain = self.chain()
        return int(chain[-1].name.split("-")[1]) if chain else 0

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
            state = _merge(state, read_checkpoint(path))
        return state

    def part(self, name: str) -> bytes:
        """One part of the newest state, without a look at the rest of its file: for one that was just written.

        Raises:
            KeyError: it has no such part.
        """
        parts = (found for found in read_sections(self.chain()[-1])[1] if found[0].kind == "part")
        return {section.name: data for section, data in parts}[name].tobytes()

    def load_parts(self) -> Checkpoint | None:
        """As `load`, without tables."""
        chain = self.chain()
        return read_checkpoint(chain[-1], tables=False) if chain else None


def read_checkpoint(path: Path, *, tables: bool = True) -> Checkpoint:
    """What one file holds, with or without its tables.

    Raises:
        CheckpointDamaged: it does not hold what was written.
        CheckpointForeign: it is none of ours, or of a newer version.

    >>> import tempfile, pathlib
    >>> store = CheckpointStore(pathlib.Path(tempfile.mkdtemp()))
    >>> store.save(Checkpoint(seq=3, parts={"note": b"hello"}), after=0)
    >>> read_checkpoint(store.chain()[0]).seq
    3
    """
    header, sections = read_sections(path)
    if path != checkpoint_path(path.parent, header.seq, header.after):
        raise damaged(path, f"it holds what was known at record {header.seq}, after {header.after}")
    check_sections(path, header, sections)
    arrays = {
        (section.kind, section.name): np.frombuffer(data.tobytes(), dtype=np.uint64)
        for section, data in sections
        if section.kind != "part" and tables
    }
    return Checkpoint(
        seq=header.seq,
        tables={name: (keys, arrays["rows", name]) for (kind, name), keys in arrays.items() if kind == "keys"},
        parts={section.name: data.tobytes() for section, data in sections if section.kind == "part"},
    )


def _merge(state: Checkpoint | None, change: Checkpoint) -> Checkpoint:
    """The state after a change: the change's entries come later, so they win when all are written in order."""
    if state is None:
        return change
    # A gate that is there no more was another one's predecessor.
    tables = {name: entries for name, entries in state.tables.items() if not name.startswith(GATE)}
    for name, (keys, rows) in change.tables.items():
        old_keys, old_rows = state.tables.get(name, (keys[:0], rows[:0]))
        held = still_held(old_keys, old_rows, state.parts.get(EXPIRY + name), change.parts.get(EXPIRY + name))
        if held is not None:
            old_keys, old_rows = old_keys[held], old_rows.reshape(len(held), -1)[held].ravel()
        tables[name] = (np.concatenate([old_keys, keys]), np.concatenate([old_rows, rows]))
    return Checkpoint(seq=change.seq, tables=tables, parts=change.parts)
