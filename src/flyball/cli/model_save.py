"""`flyball model save`: what a model has learned in one file, whole or what changed since.

>>> save(SaveOptions(model="ctr", state=Path("nowhere"), out=Path("ctr.model")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the state directory 'nowhere' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flyball.cli.command import FileKept, JsonFlag, StateOption, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.run.saved_model import saved_model
from flyball.system.size import format_size


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveOptions:
    """What `flyball model save` is told.

    >>> SaveOptions(model="ctr", state=Path("state"), out=Path("ctr.model")).since
    0
    """

    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
    state: StateOption
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")]
    since: Annotated[
        int,
        typer.Option(metavar="RECORD", help="Only what changed after this record of the log; 0: everything.", min=0),
    ] = 0
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False
    json: JsonFlag = False


def save(options: SaveOptions) -> ExitCode:
    """Write all that is needed to go on with a model to one file: coefficients, counts, settings, place in the log.

    With --since only the features that changed after a record: apply such files in their order, without a gap
    (`flyball.learn.model_file`). Works on a running system and on a stopped one, and changes neither.

    Example:  flyball model save ctr --state state/ --out ctr.model
    """
    console = Console(json=options.json)
    existing(options.state, "state directory")
    if not options.out.parent.is_dir():
        raise UsageWrong(f"the folder {str(options.out.parent)!r} does not exist; make it, or give another with --out")
    if options.out.exists() and not options.force:
        raise FileKept(
            f"{str(options.out)!r} is there already; give another name with --out, or --force to overwrite it"
        )
    compile_once(console)
    with console.progress("learning what came since the last checkpoint") as progress:
        found = saved_model(options.state, options.model, since=options.since, progress=progress)
        found.write(options.out)
    about, size = found.about, options.out.stat().st_size
    what = (
        f"what changed from record {found.after} to {found.seq}" if found.after else f"all, through record {found.seq}"
    )
    console.show(
        f"{about.model}@v{about.version}, {what}, is in {options.out}",
        f"{len(found.keys):,} features, {format_size(size)}",
    )
    console.result(
        {
            "model": about.model,
            "version": about.version,
            "definition": about.definition,
            "out": str(options.out),
            "bytes": size,
            "features": len(found.keys),
            "after": found.after,
            "learned_through": found.seq,
        }
    )
    return ExitCode.DONE
