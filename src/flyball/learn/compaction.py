"""One base made of a base and the deltas after it, from their files alone and in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flyball.learn.checkpoint import EXPIRY, GATE, CheckpointStore, checkpoint_path, still_held
from flyball.learn.checkpoint_file import Content, check_sections, mapped, no_room, read_sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

AT_ONCE = 1 << 22
"""How many entries are merged at once: 64 MiB, and as much again while they are put in order."""
PREFIX_BITS = 12
"""Entries are divided by so many leading bits of their keys, which are hashes: into 4,096 even lots."""
CHUNK = 1 << 20
"""How many keys are looked through at once."""


class Column(NamedTuple):
    """The entries of one table in one file: keys, and rows one after the other, without their keys.

    Attributes:
        then: where rows expire, when it is for the file (`flyball.learn.checkpoint.EXPIRY`).
        now: when it is for the last file: what has expired by then is left out.

    >>> Column(np.array([1], np.uint64), np.array([2], np.uint64)).keys.tolist()
    [1]
    """

    keys: Words
    rows: Words
    then: bytes | None = None
    now: bytes | None = None


def compact(directory: Path, *, at_once: int = AT_ONCE) -> int | None:
    """Puts one base in the place of a base and its deltas, durably; what was there before holds until it is.

    Memory is bounded: the entries are taken in lots of about `at_once` by the leading bits of their keys. Room for a
    second base and as much again for what is merged is needed on the disk.

    Args:
        directory: of the checkpoints.
        at_once: how many entries are merged at once.

    Returns:
        The base's seq; `None` where there are no deltas.

    Raises:
        CheckpointDamaged: a file does not hold what was written.
        CheckpointFull: there is no space; nothing is lost.
        CheckpointSuperseded: another base has come to be there meanwhile.

    >>> import tempfile, pathlib
    >>> from flyball.learn.checkpoint import Checkpoint
    >>> store = CheckpointStore(pathlib.Path(tempfile.mkdtemp()))
    >>> one, two = np.array([1], np.uint64), np.array([2], np.uint64)
    >>> store.save(Checkpoint(seq=3, tables={"ctr": (one, one)}), after=0)
    >>> store.save(Checkpoint(seq=5, tables={"ctr": (one, two)}), after=3)
    >>> compact(store.directory), store.load().tables["ctr"][1].tolist(), len(store.chain())
    (5, [2], 1)
    """
    store = CheckpointStore(directory)
    chain = store.chain()
    if len(chain[1:]) == 0:
        return None
    tables: dict[str, list[Column]] = {}
    parts: list[Content] = []
    seq = 0
    for path in chain:
        header, sections = read_sections(path)
        check_sections(path, header, sections)
        held = {(section.kind, section.name): data for section, data in sections}
        # A gate that the file has no more was another one's predecessor.
        tables = {name: found for name, found in tables.items() if not name.startswith(GATE) or ("keys", name) in held}
        for kind, name in held:
            if kind == "keys":
                keys, rows = (np.frombuffer(held[each, name], dtype=np.uint64) for each in ("keys", "rows"))
                when = held.get(("part", EXPIRY + name))
                tables.setdefault(name, []).append(Column(keys, rows, None if when is None else bytes(when)))
        parts = [Content("part", name, [data]) for (kind, name), data in held.items() if kind == "part"]
        seq = header.seq
    last = {name: bytes(data) for kind, name, data in ((*key, held[key]) for key in held) if kind == "part"}
    tables = {
        name: [column._replace(now=last.get(EXPIRY + name)) for column in found] for name, found in tables.items()
    }
    beside = [directory / f"merged-{kind}.new" for kind in ("keys", "rows")]
    try:
        with no_room(checkpoint_path(directory, seq, 0), beside[0]):
            contents = _merged(tables, beside, at_once)
        store.write(seq, [*contents, *parts], after=0, wanted=lambda: store.chain()[: len(chain)] == chain)
    finally:
        for path in beside:
            path.unlink(missing_ok=True)
    return seq


def _merged(tables: dict[str, list[Column]], beside: Sequence[Path], at_once: int) -> list[Content]:
    """The merged tables, which lie in two files."""
    sizes: list[tuple[str, int, int]] = []
    with beside[0].open("wb") as keys_file, beside[1].open("wb") as rows_file:
        for name, columns in tables.items():
            before = keys_file.tell(), rows_file.tell()
            for lot in lots(columns, at_once):
                _write(lot, keys_file, rows_file)
            sizes.append((name, keys_file.tell() - before[0], rows_file.tell() - before[1]))
    keys, rows = (mapped(path) for path in beside)
    contents = []
    for name, keys_size, rows_size in sizes:
        contents.append(Content("keys", name, [keys[:keys_size]]))
        contents.append(Content("rows", name, [rows[:rows_size]]))
        keys, rows = keys[keys_size:], rows[rows_size:]
    return contents


def _write(lot: Column, keys_file: BinaryIO, rows_file: BinaryIO) -> None:
    keys_file.write(lot.keys.view(np.uint8).data)
    rows_file.write(lot.rows.view(np.uint8).data)


def lots(columns: Sequence[Column], at_once: int) -> Iterator[Column]:
    """The entries of several columns as one, lot by lot: by their keys, each once; of several the last column's holds.

    >>> early = Column(np.array([5, 7], np.uint64), np.array([1, 1], np.uint64))
    >>> late = Column(np.array([7, 2**63], np.uint64), np.array([2, 2], np.uint64))
    >>> [(lot.keys.tolist(), lot.rows.tolist()) for lot in lots([early, late], 3)]
    [([5, 7], [1, 2]), ([9223372036854775808], [2])]
    """
    shift = np.uint64(64 - PREFIX_BITS)
    counts = np.zeros(1 << PREFIX_BITS, dtype=np.int64)
    for column in columns:
        for start in range(0, len(column.keys), CHUNK):
            prefixes = (column.keys[start : start + CHUNK] >> shift).astype(np.int64)
            counts += np.bincount(prefixes, minlength=len(counts))
    first = 0
    while first < len(counts):
        end = first + max(1, int(np.searchsorted(np.cumsum(counts[first:]), at_once, side="right")))
        lot = _lot(columns, np.uint64(first), np.uint64(end - 1), shift)
        if len(lot.keys) > 0:
            yield lot
        first = end


def _lot(columns: Sequence[Column], first: np.uint64, last: np.uint64, shift: np.uint64) -> Column:
    """The entries whose keys begin with first..last."""
    keys, rows = [], []
    for column in columns:
        held = column.rows.reshape(len(column.keys), -1) if len(column.keys) > 0 else column.rows.reshape(0, 1)
        for start in range(0, len(column.keys), CHUNK):
            part = column.keys[start : start + CHUNK]
            prefixes = part >> shift
            mine = np.flatnonzero((prefixes >= first) & (prefixes <= last))
            alive = still_held(part[mine], held[start : start + CHUNK][mine].ravel(), column.then, column.now)
            mine = mine if alive is None else mine[alive]
            keys.append(part[mine])
            rows.append(held[start : start + CHUNK][mine])
    # Backwards, so that the first of equal keys, which is what `unique` names, is the one that came last.
    every = np.concatenate(keys or [np.empty(0, np.uint64)])[::-1]
    whole = np.concatenate([part for part in rows if len(part) > 0] or [np.empty((0, 1), np.uint64)])[::-1]
    once, places = np.unique(every, return_index=True)
    return Column(once, whole[places].ravel())
