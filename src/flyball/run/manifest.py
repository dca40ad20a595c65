"""What a backup says of itself, and how it is told from a state directory."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import msgspec

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1
NAME: Final = "backup.json"


class BackupRefused(FlyballError):
    """A backup cannot be made there, or is none; the message says what to do, and nothing was changed."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The file `backup.json`, which is written last.

    Args:
        format: the number of this layout.
        system: the system's name.
        taken_us: when the backup was begun, microseconds UTC.
        first_seq: the first record of its log.
        last_seq: the last one; what came later is not in it.
        checkpoint_seq: what its newest checkpoint has learned; 0 without one.
        files: every other file and its size in bytes, by its path in the backup.

    >>> Manifest(format=1, system="ads", taken_us=0, first_seq=1, last_seq=9, checkpoint_seq=5, files={"a": 7}).size
    7
    """

    format: int
    system: str
    taken_us: int
    first_seq: int
    last_seq: int
    checkpoint_seq: int
    files: dict[str, int]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(self.files.values())


def read_manifest(backup: Path) -> Manifest:
    """What a backup says of itself; each of its files is there and as long as it says.

    Raises:
        BackupRefused: it is no backup, or not whole.

    >>> from pathlib import Path
    >>> read_manifest(Path("nowhere"))
    Traceback (most recent call last):
        ...
    flyball.run.manifest.BackupRefused: nowhere holds no backup.json, so it is no backup; give a folder that ...
    """
    try:
        manifest = msgspec.json.decode((backup / NAME).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        msg = f"{backup} holds no {NAME}, so it is no backup; give a folder that `flyball backup` made"
        raise BackupRefused(msg) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupRefused(f"{backup / NAME} cannot be read ({error}); take another backup") from error
    if manifest.format > FORMAT:
        msg = f"{backup} has format {manifest.format}, of a newer flyball; this one restores formats up to {FORMAT}"
        raise BackupRefused(f"{msg}: upgrade it")
    for name, size in manifest.files.items():
        path = backup / name
        if ".." in name.split("/") or PurePosixPath(name).is_absolute():
            raise BackupRefused(f"{backup / NAME} names {name!r}, which is not in the backup; take another backup")
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            what = "is missing" if found is None else f"has {found} bytes and not {size}"
            raise BackupRefused(f"{path} {what}; take another backup, or copy this one again")
    return manifest
