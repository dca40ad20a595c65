"""`flyball init`: a system file from data.

>>> init(InitOptions(file=Path("nowhere.csv"), label="clicked"))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the file 'nowhere.csv' does not exist; check its name and the folder
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from flyball.cli.command import FileKept, JsonFlag, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.run.inference.infer import infer
from flyball.system.error import FlyballError
from flyball.system.load import load_system
from flyball.system.mistake import SystemInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.inference.draft import Draft, DraftedColumn
    from flyball.run.report import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """What `flyball init` is told.

    >>> InitOptions(file=Path("clicks.csv"), label="clicked").force
    False
    """

    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A table: CSV and its like, JSON lines, Parquet, Arrow, VW, libsvm, libffm."
        ),
    ]
    label: Annotated[str, typer.Option(metavar="COLUMN", help="What is to be predicted.")]
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="When each prediction would have been asked for.")
    ] = None
    tz: Annotated[
        str | None, typer.Option(metavar="ZONE", help="The zone of times without an offset, such as UTC.")
    ] = None
    id: Annotated[str | None, typer.Option(metavar="COLUMN", help="The predictions' ids.")] = None
    outcome_time: Annotated[str | None, typer.Option(metavar="COLUMN", help="When each label was known.")] = None
    entity: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column that names things, whatever it looks like. May be given again."),
    ] = None
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column to leave out. May be given again.")
    ] = None
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A text that stands for a missing value. May be given again."),
    ] = None
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where the system file goes; by default named after FILE.")
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrites the file that is there.")] = False
    json: JsonFlag = False


def init(options: InitOptions) -> ExitCode:
    """Write a system file from data: types, time, and which columns cannot be used.

    Columns that are constant, repeat another, or look as if they were known only after the outcome stay in the file as
    comments, with the evidence: read them, and change what you know better.

    Example:  flyball init clicks.csv --label clicked --time ts --tz UTC
    """
    console = Console(json=options.json)
    path = existing(options.file, "file")
    if options.out is not None:
        if options.out.suffix != ".py":
            raise UsageWrong(f"--out {str(options.out)!r} is no file of Python; give a name that ends in .py")
        existing(options.out.parent, "folder of --out")
    draft = infer(
        path,
        label=options.label,
        time=options.time,
        tz=options.tz,
        id=options.id,
        outcome_time=options.outcome_time,
        entity=options.entity or (),
        exclude=options.exclude or (),
        missing=options.missing,
    )
    out = options.out if options.out is not None else Path(f"{draft.name}.py")
    if out.exists() and not options.force:
        raise FileKept(f"{str(out)!r} is there already; give another name with --out, or --force to overwrite it")
    _write(draft, out)
    _show(console, draft, out, path)
    console.result(_as_json(draft, out, path))
    return ExitCode.DONE if draft.has_signals else ExitCode.INCOMPLETE


def _write(draft: Draft, out: Path) -> None:
    """Writes the draft; it is in its place once it has been loaded."""
    place = out.with_name(f".{out.stem}.draft.py")
    try:
        place.write_text(draft.text, encoding="utf-8")
        if draft.has_signals:
            _load(place)
        place.replace(out)
    finally:
        place.unlink(missing_ok=True)


def _load(place: Path) -> None:
    try:
        load_system(place)
    except SystemInvalid as invalid:
        message = (
            f"what was drafted does not load, so nothing is written; please report it, with your command: {invalid}"
        )
        raise FlyballError(message) from invalid


def _show(console: Console, draft: Draft, out: Path, path: Path) -> None:
    seen = "all of them" if draft.looked_at == draft.rows else f"{draft.looked_at:,} of them"
    console.show(f"{path}: {draft.rows:,} rows, looked at {seen}")
    label = draft.label
    console.show(Text.assemble("predicts ", (label.name, "bold"), f": {label.evidence}"))
    if draft.delay is not None:
        console.show(f"outcomes: {draft.delay.evidence}; they are waited for {draft.delay.window}")
    kept = [column for column in draft.columns if column.suspicion is None]
    console.show(Text(_count(len(kept), "signal"), style="bold"), _signals(kept))
    left_out = draft.suspicions
    if left_out:
        console.show(Text(f"{_count(len(left_out), 'column')} left out, as comments in the file", style="bold yellow"))
    for suspicion in left_out:
        console.show(Text.assemble("  ", (suspicion.column, "yellow"), f" {suspicion.evidence}"))
    for note in draft.notes:
        console.warn(note)
    console.show(Text(f"written: {out}", style="bold green"))
    name, data = shlex.quote(str(out)), shlex.quote(str(path))
    if not draft.has_signals:
        told = f"no column is left to predict from: see in {out} why, and uncomment what is known when predicting"
        console.warn(f"{told}, or give a file with more columns")
        return
    console.show("next:", f"  flyball check {name}", f"  flyball replay {name} {data}")


def _signals(columns: Sequence[DraftedColumn]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        told = "; ".join(each for each in (column.role.evidence, column.remark) if each)
        part = column.role.part if column.role.part != "input" else ""
        table.add_row(
            Text(f"  {column.name}"), Text(str(column.role.kind), style="dim"), Text(part, style="cyan"), Text(told)
        )
    return table


def _as_json(draft: Draft, out: Path, path: Path) -> dict[str, JSON]:
    return {
        "file": str(path),
        "out": str(out),
        "system": draft.name,
        "rows": draft.rows,
        "looked_at": draft.looked_at,
        "label": {"name": draft.label.name, "binary": draft.label.binary, "evidence": draft.label.evidence},
        "window": None if draft.delay is None else draft.delay.window,
        "columns": [_column(column) for column in draft.columns],
        "slice_by": list(draft.slice_by),
        "notes": list(draft.notes),
    }


def _column(column: DraftedColumn) -> dict[str, JSON]:
    left_out = column.suspicion
    return {
        "name": column.name,
        "part": column.role.part,
        "kind": str(column.role.kind),
        "left_out": None if left_out is None else left_out.kind,
        "leak": left_out is not None and left_out.is_leak,
        "evidence": column.role.evidence if left_out is None else left_out.evidence,
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
