"""The checksum that stands beside each row of a live segment: SQLite would not notice a bit that has turned.

It is XXH32 of the row's seq and times, as 64-bit integers with the little end first, and its body; part of the format.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

import xxhash

from flyball.events.log import LogDamaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flyball.events.archive import FullRow, Row

SummedRow: TypeAlias = "tuple[int, str, int, int, str | None, bytes, int]"
"""`(seq, kind, event_ts, ingest_ts, id, body, checksum)`: a row as it stands in a live segment."""

_pack = struct.Struct("<qqq").pack
_digest = xxhash.xxh32_intdigest
_MISTYPED = (struct.error, TypeError)
"""What comes of numbers that are none or take more than 64 bits, and of a body that is not bytes."""


def summed(rows: Iterable[FullRow]) -> Iterator[SummedRow]:
    """The rows, each with its checksum; raises `struct.error` or `TypeError` for values of other types.

    >>> [row[-1] for row in summed([(1, "tick", 2, 3, None, b"x"), (1, "tick", 2, 4, None, b"x")])]
    [3379859158, 3409137862]
    """
    for row in rows:
        yield (*row, _digest(_pack(row[0], row[2], row[3]) + row[5]))


def checked(found: Iterable[tuple[int, int, int, bytes, int]], path: Path) -> list[Row]:
    """The rows found in the file `path`, each compared with its checksum, which is left out.

    Raises:
        LogDamaged: One is not what was written.

    >>> from pathlib import Path
    >>> checked([(1, 2, 3, b"x", 3379859158)], Path("x.sqlite"))
    [(1, 2, 3, b'x')]
    >>> checked([(1, 2, 7, b"x", 3379859158)], Path("x.sqlite"))
    Traceback (most recent call last):
        ...
    flyball.events.log.LogDamaged: record 1 in 'x.sqlite' is not what was written there; restore it from a copy of the
    log
    """
    rows: list[Row] = []
    seq = 0
    try:
        for seq, event_ts, ingest_ts, body, checksum in found:
            if _digest(_pack(seq, event_ts, ingest_ts) + body) != checksum:
                raise _spoilt(seq, path)
            rows.append((seq, event_ts, ingest_ts, body))
    except _MISTYPED as error:
        raise _spoilt(seq, path) from error
    return rows


def checked_full(found: Iterable[SummedRow], path: Path) -> Iterator[FullRow]:
    """As `checked`, for whole rows, one after the other; of kind and id, which the body says too, only the type.

    >>> from pathlib import Path
    >>> list(checked_full([(1, "tick", 2, 3, None, b"x", 3379859158)], Path("x.sqlite")))
    [(1, 'tick', 2, 3, None, b'x')]
    """
    for row in found:
        seq, kind, event_ts, ingest_ts, id, body, checksum = row
        checked([(seq, event_ts, ingest_ts, body, checksum)], path)
        if type(kind) is not str or type(id) not in {str, type(None)}:
            raise _spoilt(seq, path)
        yield row[:6]


def _spoilt(seq: int, path: Path) -> LogDamaged:
    return LogDamaged(f"record {seq} in {str(path)!r} is not what was written there; restore it from a copy of the log")
