"""A backup made a state directory again.

The files are copied into a folder within the target (it may be the root of a volume, which nothing can be renamed to)
and then moved, the log first: it alone gives the same state, or is refused where its first records are gone.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flyball.events.directory import sync_directory
from flyball.run.backup import verify
from flyball.run.manifest import BackupRefused, Manifest, read_manifest
from flyball.run.transfer import Transfer, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable

BESIDE: Final = "restoring.tmp"
"""The folder, within the target, that is copied into; an interrupted restore leaves it, the next one removes it."""
_FOLDERS = ("log", "checkpoint")
_IGNORED = {"lost+found"}
"""What the root of a file system holds of itself."""


def restore(backup: str | Path, state: str | Path, progress: Callable[[int, int], None] | None = None) -> Manifest:
    """Makes a state directory of a backup, which stays as it is.

    Args:
        backup: what `back_up` made.
        state: where the state is to be: nothing, or an empty folder.
        progress: called with the bytes copied and how many there are.

    Returns:
        What the backup says of itself.

    Raises:
        BackupRefused: it is no backup, or not whole; or the target is not empty.

    >>> restore("nowhere", "state")
    Traceback (most recent call last):
        ...
    flyball.run.manifest.BackupRefused: ...nowhere holds no backup.json, so it is no backup; ...
    """
    source, target = Path(backup).absolute(), Path(state).absolute()
    manifest = read_manifest(source)
    _refuse_occupied(target)
    target.mkdir(parents=True, exist_ok=True)
    beside = target / BESIDE
    shutil.rmtree(beside, ignore_errors=True)
    make_folder(beside)
    try:
        transfer = Transfer(manifest.size, progress)
        for folder in _FOLDERS:
            make_folder(beside / folder)
        for name in manifest.files:
            transfer.copy(source / name, beside / name)
        verify(beside)
        for folder in (*_FOLDERS, "."):
            sync_directory(beside / folder)
    except BaseException:  # whatever it was, Ctrl-C too, nothing half-restored stays
        shutil.rmtree(beside, ignore_errors=True)
        raise
    for part in (*_FOLDERS, *(name for name in manifest.files if "/" not in name)):
        (beside / part).rename(target / part)
        sync_directory(target)
    beside.rmdir()
    sync_directory(target)
    return manifest


def _refuse_occupied(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise BackupRefused(f"{target} is a file; give a folder that is empty, or a name that is free")
    held = sorted(path.name for path in target.iterdir()) if target.exists() else []
    others = [name for name in held if name not in {BESIDE, *_IGNORED}]
    if others:
        raise BackupRefused(
            f"{target} holds {others[0]!r}; a backup is restored into an empty folder: give another one, or move what "
            "is there away"
        )
