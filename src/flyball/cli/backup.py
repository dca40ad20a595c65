"""`flyball backup`: a copy of a state directory, also of a running system.

>>> from pathlib import Path
>>> backup(BackupOptions(state=Path("nowhere"), target=Path("copy")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the state directory 'nowhere' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flyball.cli.command import JsonFlag, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.report.wording import whole
from flyball.run.backup import back_up
from flyball.system.clock import SystemClock
from flyball.system.moment import format_moment
from flyball.system.size import format_size

if TYPE_CHECKING:
    from flyball.run.manifest import Manifest
    from flyball.run.report import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOptions:
    """What `flyball backup` is told.

    >>> BackupOptions(state=Path("state"), target=Path("copy")).json
    False
    """

    state: Annotated[Path, typer.Argument(metavar="STATE_DIR", help="The state directory.")]
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="Where the copy is to be; nothing may be there.")]
    json: JsonFlag = False


def backup(options: BackupOptions) -> ExitCode:
    """Copy a state directory, while the system runs or not.

    The copy holds what was in the log at one moment, and what was learned from it. It is opened before it gets its
    name, so what stands there is whole. On the disk of the state itself, files that never change are shared with it.

    Example:  flyball backup state/ backups/monday
    """
    console = Console(json=options.json)
    state = existing(options.state, "state directory")
    with console.progress("copying") as progress:
        taken = back_up(state, options.target, SystemClock(), progress)
    console.show(described(taken.manifest, f"{options.target} holds"))
    if taken.linked_bytes:
        shared = format_size(taken.linked_bytes)
        console.show(f"{shared} of it are on this disk once, shared with {options.state}: copy it to another disk too")
    console.result({"state": str(state), "linked_bytes": taken.linked_bytes, **as_json(taken.manifest, options.target)})
    return ExitCode.DONE


def described(manifest: Manifest, holds: str) -> str:
    """What a backup holds, in a sentence that begins as given.

    >>> from flyball.run.manifest import Manifest
    >>> nothing = Manifest(format=1, system="ads", taken_us=0, first_seq=1, last_seq=9, checkpoint_seq=5, files={})
    >>> described(nothing, "b")
    'b records 1 to 9 of ads and what was learned up to 5: 0 files, 0 B, taken 1970-01-01T00:00:00Z'
    """
    return (
        f"{holds} records {whole(manifest.first_seq)} to {whole(manifest.last_seq)} of {manifest.system} and what was "
        f"learned up to {whole(manifest.checkpoint_seq)}: {whole(len(manifest.files))} files, "
        f"{format_size(manifest.size)}, taken {format_moment(manifest.taken_us)}"
    )


def as_json(manifest: Manifest, backup: Path) -> dict[str, JSON]:
    """What a backup holds, for programs.

    >>> from flyball.run.manifest import Manifest
    >>> nothing = Manifest(format=1, system="ads", taken_us=0, first_seq=1, last_seq=9, checkpoint_seq=5, files={})
    >>> as_json(nothing, Path("b"))["last_seq"]
    9
    """
    return {
        "backup": str(backup),
        "system": manifest.system,
        "taken": format_moment(manifest.taken_us),
        "first_seq": manifest.first_seq,
        "last_seq": manifest.last_seq,
        "checkpoint_seq": manifest.checkpoint_seq,
        "files": len(manifest.files),
        "bytes": manifest.size,
    }
