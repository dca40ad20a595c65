"""Turns a full segment into a sealed one, so that a crash at any step loses nothing.

>>> import pathlib, tempfile
>>> from flyball.events.archive import default_archive
>>> from flyball.events.record import Record, Tick
>>> archive = default_archive()
>>> with tempfile.TemporaryDirectory() as name:
...     live = segment.create(pathlib.Path(name), 1, None, durable=False)
...     connection = segment.connect(live, write=True, durable=False)
...     record = Record(seq=1, event_ts=0, ingest_ts=5, body=Tick())
...     segment.insert(connection, live, segment.rows([record], 0, None))
...     if archive is not None:
...         _ = write_sealed(connection, live, archive, durable=False)
...     connection.close()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events import segment
from flyball.events.archive import SEALED_SUFFIX
from flyball.events.directory import full_disk, replacing, segment_path
from flyball.events.log import LogDamaged

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from flyball.events.archive import Archive


def write_sealed(connection: sqlite3.Connection, live: Path, archive: Archive, *, durable: bool) -> Path:
    """Write a segment's sealed file beside it: a temporary file, checked, made durable, then renamed.

    The caller has checkpointed the segment and unlinks it afterwards; until then both are there and say the same.

    Args:
        connection: To the segment.
        live: Its file.
        archive: What writes the sealed one.
        durable: Whether to wait for the disk.

    Raises:
        LogFull: No room; the segment stays as it is.
        LogDamaged: The segment does not hold what it says.
    """
    first, last, _ = segment.bounds(connection, live)
    target = segment_path(live.parent, first, SEALED_SUFFIX)
    with full_disk(f"sealing {str(live)!r}"), replacing(target, durable=durable) as temporary:
        with temporary.open("w+b") as file:
            count = archive.write(file, segment.whole_rows(connection, live))
        sealed = archive.open(temporary)
        if (sealed.first_seq, sealed.last_seq, count) != (first, last, last - first + 1):
            raise LogDamaged(
                f"{str(live)!r} should hold records {first} to {last} and gave {count}, from {sealed.first_seq} to "
                f"{sealed.last_seq}; it is left as it is: restore it from a copy of the log"
            )
    return target
