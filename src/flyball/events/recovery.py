"""Finishes or undoes, at opening, what a crash interrupted; and looks for what is missing.

>>> import pathlib, tempfile
>>> with tempfile.TemporaryDirectory() as name:
...     path = segment.create(pathlib.Path(name), 7, 50, durable=False)
...     [last_of(place, None) for place in recover(pathlib.Path(name), None)]
...     discard(path)
...     recover(pathlib.Path(name), None)
[(6, 50)]
[]
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from flyball.events import segment
from flyball.events.archive import SEALED_SUFFIX
from flyball.events.directory import LIVE_SUFFIX, MARKER, TEMPORARY, Place, list_places, segment_path
from flyball.events.log import LogDamaged

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.events.archive import Archive

_TEMPORARY = re.compile(rf"(\d{{20}}\.\w+|{re.escape(MARKER)}){re.escape(TEMPORARY)}(-wal|-shm|-journal)?")
_COMPANION = re.compile(rf"(\d{{20}}){re.escape(LIVE_SUFFIX)}-(wal|shm|journal)")


def recover(directory: Path, archive: Archive | None) -> list[Place]:
    """Bring the directory into a state that the writer may go on from.

    Temporary files are removed. A segment that is there both sealed and as SQLite was being sealed: where the sealed
    one is whole, the other goes, else the sealed one, if the other is whole. Then every segment must begin where the
    one before it ends.

    Args:
        directory: Of the log; the caller holds its lock.
        archive: What opens sealed segments, `None` where there is none: then they are not looked into.

    Returns:
        The segments, in order.

    Raises:
        LogDamaged: Records are missing between two segments, or one cannot be opened.
        OSError: A sealed segment cannot be read at present; nothing of it was removed.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     (pathlib.Path(name) / "00000000000000000001.parquet.tmp").touch()
    ...     recover(pathlib.Path(name), None), list(pathlib.Path(name).iterdir())
    ([], [])
    """
    for path in list(directory.iterdir()):
        if _TEMPORARY.fullmatch(path.name):
            path.unlink()
    for first_seq in _twice(directory):
        _settle(directory, first_seq, archive)
    for path in list(directory.iterdir()):
        match = _COMPANION.fullmatch(path.name)
        if match and not segment_path(directory, int(match[1])).exists():
            path.unlink()
    places = list_places(directory)
    known = {place.first_seq: place for place in reversed(places)}
    places = [known[first] for first in sorted(known)]
    _check_gaps(places, archive)
    return places


def last_of(place: Place, archive: Archive | None) -> tuple[int, int | None] | None:
    """`(last_seq, last_ingest_ts)` of a segment; `None` if it is sealed and nothing is there to open it with."""
    if place.sealed:
        if archive is None:
            return None
        sealed = archive.open(place.path)
        if sealed.first_seq != place.first_seq:
            raise LogDamaged(
                f"{str(place.path)!r} begins with record {sealed.first_seq}, not with {place.first_seq} as its name "
                "says; restore it from a copy of the log"
            )
        return sealed.last_seq, sealed.last_ingest_ts
    connection = segment.connect(place.path, write=False)
    try:
        first, last, time = segment.bounds(connection, place.path)
    finally:
        connection.close()
    if first != place.first_seq:
        raise LogDamaged(
            f"{str(place.path)!r} begins with record {first}, not with {place.first_seq} as its name says; restore it "
            "from a copy of the log"
        )
    return last, time


def _twice(directory: Path) -> list[int]:
    seen = [place.first_seq for place in list_places(directory)]
    return sorted({first for first in seen if seen.count(first) == 2})


def _settle(directory: Path, first_seq: int, archive: Archive | None) -> None:
    if archive is None:
        return
    live, sealed = segment_path(directory, first_seq), segment_path(directory, first_seq, SEALED_SUFFIX)
    whole = _last_or_zero(Place(first_seq=first_seq, sealed=True, path=sealed), archive)
    held = _last_or_zero(Place(first_seq=first_seq, sealed=False, path=live), archive)
    if whole > 0 and whole >= held:
        discard(live)
    else:
        _check_whole(live)
        sealed.unlink()


def _last_or_zero(place: Place, archive: Archive) -> int:
    try:
        found = last_of(place, archive)
    except LogDamaged:
        return 0
    return 0 if found is None else found[0]


def _check_whole(live: Path) -> None:
    """Refuse a segment that does not hold each record that it should."""
    connection = segment.connect(live, write=False)
    try:
        first, last, _ = segment.bounds(connection, live)
        count = sum(1 for _ in segment.whole_rows(connection, live))
    finally:
        connection.close()
    if count != last - first + 1:
        raise LogDamaged(
            f"{str(live)!r} holds {count} records where {first} to {last} should be; restore it from a copy of the log"
        )


def discard(path: Path) -> None:
    """Unlink a segment, with what SQLite keeps beside it; the caller makes that durable."""
    path.unlink(missing_ok=True)
    if path.suffix == LIVE_SUFFIX:
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def _check_gaps(places: list[Place], archive: Archive | None) -> None:
    for place, following in pairwise(places):
        found = last_of(place, archive)
        if found is not None and found[0] != following.first_seq - 1:
            raise LogDamaged(
                f"{place.path.name!r} ends with record {found[0]} and the next segment is {following.path.name!r}; "
                f"restore what is missing in {str(place.path.parent)!r} from a copy of the log"
            )
