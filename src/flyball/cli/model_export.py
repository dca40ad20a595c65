"""`flyball model export`: one model's coefficients, rounded to 16 bits, for serving elsewhere.

>>> export(ExportOptions(model="ctr", state=Path("nowhere"), out=Path("ctr.export")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the state directory 'nowhere' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flyball.cli.command import FileKept, JsonFlag, StateOption, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.cli.report.wording import whole
from flyball.run.model_export import export_model
from flyball.system.size import format_size

if TYPE_CHECKING:
    from flyball.learn.export_file import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What `flyball model export` is told.

    >>> ExportOptions(model="ctr", state=Path("state"), out=Path("ctr.export")).force
    False
    """

    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
    state: StateOption
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")]
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False
    json: JsonFlag = False


def export(options: ExportOptions) -> ExitCode:
    """Write what a model has learned to one file, for serving only: a fifth of the memory, nothing to learn from.

    Coefficients are rounded to 16 bits, at random so that they stay right in the mean; those that are 0 are left out.
    The file holds the definition too, and is mapped where it is served, so that processes share its memory. Works on a
    running system and on a stopped one, and changes neither.

    Example:  flyball model export ctr --state state/ --out ctr.export
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
        header = export_model(options.state, options.model, options.out, progress=progress)
    size = options.out.stat().st_size
    console.show(*_told(header, options.out, size))
    console.result(
        {
            "model": header.model,
            "version": header.version,
            "definition": header.definition,
            "out": str(options.out),
            "bytes": size,
            "learned_through": header.learned_through,
            "features": header.features,
            "zeros": header.zeros,
            "rounded_to_zero": header.vanished,
            "kept_whole": header.wide,
            "lanes": header.lanes,
        }
    )
    return ExitCode.DONE


def _told(header: Header, out: Path, size: int) -> list[str]:
    each = f", {size / header.features:.1f} bytes each" if header.features > 0 else ""
    where = f"{header.model}@v{header.version}, learned through record {whole(header.learned_through)}, is in {out}"
    left = f"{whole(header.zeros)} that are 0, {whole(header.vanished)} rounded to 0"
    held = f"{whole(header.features)} features in {format_size(size)}{each}"
    return [where, f"{held}; left out: {left}; kept whole: {whole(header.wide)}"]
