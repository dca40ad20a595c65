"""A copy of a state directory that can be opened, taken while another process writes it.

The checkpoints are copied first, the log after them: so the log's copy reaches at least as far, and opening the copy
folds what the checkpoints have not seen. Sealed segments and checkpoints never change and are copied as files; live
segments are copied through SQLite, as they are at one moment. What is removed meanwhile, because it was sealed, merged
or is no longer needed, makes the copy begin again.

The copy is made under another name beside its place, opened, made durable, and then renamed.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from flyball.events.archive import SEALED_SUFFIX, default_archive
from flyball.events.directory import MARKER, list_places, segment_path, sync_directory
from flyball.events.log import LogBusy, LogDamaged, LogDropped, LogFull
from flyball.events.recovery import recover
from flyball.learn.checkpoint import CheckpointStore
from flyball.run.audit_log import NAME as AUDIT_LOG
from flyball.run.manifest import FORMAT, NAME, BackupRefused, Manifest
from flyball.run.state import StateRefused, read_label
from flyball.run.state_view import view_state
from flyball.run.transfer import Transfer, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.system.clock import Clock

UNFINISHED: Final = ".unfinished"
"""The ending of the folder in which a copy is being made; it holds no state that could be opened."""
_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A backup that was made.

    Args:
        path: where it is.
        manifest: what it says of itself.
        linked_bytes: bytes that it shares with the state directory, since both are on one disk.

    >>> Taken(path=Path("b"), manifest=msgspec.convert({"format": 1, "system": "ads", "taken_us": 0, "first_seq": 1,
    ...     "last_seq": 9, "checkpoint_seq": 5, "files": {}}, Manifest), linked_bytes=0).manifest.last_seq
    9
    """

    path: Path
    manifest: Manifest
    linked_bytes: int


def back_up(
    state: str | Path, target: str | Path, clock: Clock, progress: Callable[[int, int], None] | None = None
) -> Taken:
    """Copies a state directory; the process that has it open need not stop, and is not held up.

    Args:
        state: the state directory.
        target: where the copy is to be; nothing may be there.
        clock: tells when it was taken.
        progress: called with the bytes copied and how many there are.

    Raises:
        StateRefused: there is no state, or it cannot be opened.
        BackupRefused: something is at the target, or the state changes faster than it can be copied.

    >>> import tempfile
    >>> from flyball.system.clock import ManualClock
    >>> back_up(tempfile.mkdtemp(), "nowhere", ManualClock())
    Traceback (most recent call last):
        ...
    flyball.run.state.StateRefused: ... holds no state; give one that `flyball up` or `flyball replay --state` made
    """
    source, place = Path(state).absolute(), Path(target).absolute()
    label = read_label(source)
    if label is None or not (source / "log" / MARKER).exists():
        raise StateRefused(f"{source} holds no state; give one that `flyball up` or `flyball replay --state` made")
    if os.path.lexists(place):
        raise BackupRefused(f"{place} is there already; give a name that is free, one for each backup")
    if not place.parent.is_dir():
        raise BackupRefused(f"{place.parent} is no folder; make it, or give a target in another one")
    taken_us = clock.now()
    unfinished = place.with_name(f"{place.name}{UNFINISHED}-{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished)
    try:
        transfer = _attempts(source, unfinished, progress)
        manifest = _finish(source, unfinished, label.system, taken_us)
        if os.path.lexists(place):
            raise BackupRefused(f"{place} has come to be there meanwhile; give a name that is free")
        unfinished.rename(place)
        sync_directory(place.parent)
    except BaseException:  # whatever it was, Ctrl-C too, nothing unfinished stays
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return Taken(path=place, manifest=manifest, linked_bytes=transfer.linked)


def _attempts(source: Path, target: Path, progress: Callable[[int, int], None] | None) -> Transfer:
    for _ in range(_TRIES):
        transfer = Transfer(_size(source), progress)
        # What an older checkpoint needs may be dropped once a newer one is there: then neither is of use.
        first_seq = _first_seq(source)
        try:
            _copy(source, target, transfer)
            if _first_seq(source) == first_seq:
                return transfer
        except FileNotFoundError:
            pass
        for part in ("checkpoint", "log"):
            shutil.rmtree(target / part, ignore_errors=True)
    raise BackupRefused(
        f"{source} drops what is being copied from it, {_TRIES} times now; try again, or raise max_disk"
    )


def _first_seq(source: Path) -> int | None:
    return min((place.first_seq for place in list_places(source / "log")), default=None)


def _size(source: Path) -> int:
    total = 0
    for part in ("checkpoint", "log"):
        for path in (source / part).glob("*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
    return total


def _copy(source: Path, target: Path, transfer: Transfer) -> None:
    make_folder(target / "checkpoint")
    if (source / "checkpoint").is_dir():
        for path in CheckpointStore(source / "checkpoint").chain():
            transfer.link(path, target / "checkpoint" / path.name)
    make_folder(target / "log")
    transfer.copy(source / "log" / MARKER, target / "log" / MARKER)
    for first_seq in sorted({place.first_seq for place in list_places(source / "log")}):
        _copy_segment(source / "log", target / "log", first_seq, transfer)
    for part in ("checkpoint", "log"):
        sync_directory(target / part)


def _copy_segment(source: Path, target: Path, first_seq: int, transfer: Transfer) -> None:
    """Copies the sealed file where it is there and can be read, else the live one, which may be sealed just now."""
    live, copied = segment_path(source, first_seq), segment_path(target, first_seq)
    if default_archive() is not None or not live.exists():
        with suppress(FileNotFoundError):
            ending = SEALED_SUFFIX
            transfer.link(segment_path(source, first_seq, ending), segment_path(target, first_seq, ending))
            return
    try:
        transfer.segment(live, copied)
    except (LogFull, LogDamaged, LogBusy) as error:
        # SQLite has several errors for a file that is unlinked while it is being opened.
        copied.unlink(missing_ok=True)
        if live.exists():
            raise
        raise FileNotFoundError(str(live)) from error


def _finish(source: Path, target: Path, system: str, taken_us: int) -> Manifest:
    """Opens the copy, then writes down what is in it."""
    for path in sorted(source.glob(f"{AUDIT_LOG}*")):
        with suppress(FileNotFoundError):  # it was full just now, and renamed
            Transfer(0).copy(path, target / path.name)
    Transfer(0).copy(source / "state.json", target / "state.json")
    first_seq, last_seq, checkpoint_seq = verify(target)
    manifest = Manifest(
        format=FORMAT,
        system=system,
        taken_us=taken_us,
        first_seq=first_seq,
        last_seq=last_seq,
        checkpoint_seq=checkpoint_seq,
        files={
            path.relative_to(target).as_posix(): path.stat().st_size
            for path in sorted(target.rglob("*"))
            if path.is_file()
        },
    )
    with (target / NAME).open("xb") as file:
        file.write(msgspec.json.encode(manifest))
        file.flush()
        os.fsync(file.fileno())
    sync_directory(target)
    return manifest


def verify(copy: Path) -> tuple[int, int, int]:
    """Opens a copy of a state that nobody else has open: no segment is missing, and the checkpoints fit the log.

    Args:
        copy: its directory.

    Returns:
        The first and the last record of its log, and the record of its newest checkpoint.

    Raises:
        BackupRefused: it holds nothing that could be gone on from.
        LogDamaged: records are missing, or not what was written.

    >>> import tempfile
    >>> from flyball.run.state import State
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> directory = tempfile.mkdtemp()
    >>> State.open(directory, System("flights", models=[late])).close()
    >>> verify(Path(directory))
    (1, 1, 1)
    """
    archive = default_archive()
    recover(copy / "log", archive)
    if archive is not None:
        archive.close()
    try:
        view = view_state(copy)
    except LogDropped as error:
        raise BackupRefused(f"{copy} has no checkpoint that its log goes on from: {error}") from error
    for ending in ("-wal", "-shm"):  # what SQLite makes beside a file that it has only read
        for path in (copy / "log").glob(f"*{ending}"):
            path.unlink()
    if view is None:
        raise BackupRefused(f"{copy} holds no definition yet, so there is nothing to go on from")
    return view.first_seq, view.last_seq, view.checkpoint_seq
