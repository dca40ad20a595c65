"""`flyball restore`: a state directory of a backup.

>>> from pathlib import Path
>>> restore(RestoreOptions(backup=Path("nowhere"), state=Path("state")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the backup 'nowhere' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flyball.cli.backup import as_json, described
from flyball.cli.command import JsonFlag, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.run.restore import restore as restored


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOptions:
    """What `flyball restore` is told.

    >>> RestoreOptions(backup=Path("copy"), state=Path("state")).json
    False
    """

    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `flyball backup` made.")]
    state: Annotated[
        Path, typer.Argument(metavar="STATE_DIR", help="Where the state is to be: nothing, or an empty folder.")
    ]
    json: JsonFlag = False


def restore(options: RestoreOptions) -> ExitCode:
    """Make a state directory of a backup.

    The backup stays as it is. Nothing is overwritten: the target may not be there, or must be empty. What is restored
    is opened before it is in its place.

    Example:  flyball restore backups/monday state/
    """
    console = Console(json=options.json)
    backup = existing(options.backup, "backup")
    with console.progress("restoring") as progress:
        manifest = restored(backup, options.state, progress)
    console.show(described(manifest, f"{options.state} holds"))
    console.result({"state": str(options.state), **as_json(manifest, backup)})
    return ExitCode.DONE
