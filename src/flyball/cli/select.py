r"""`flyball select`: which signals a model could do without, by three opinions, and a proposal that was really tried.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "late.py").write_text(
...     "import flyball as fb\n"
...     "late = fb.Model('late', signals=[fb.Input('hour', int)], outcome=fb.Outcome('delayed'))\n"
...     "flights = fb.System('flights', owner='team:sky', models=[late])\n"
... )
>>> _ = (folder / "rows.csv").write_text("hour,delayed\n" + "7,1\n8,0\n" * 100)
>>> int(select(SelectOptions(system=folder / "late.py", file=folder / "rows.csv", json=True)))
{"system":"flights","model":"late",...}
0
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flyball.cli.columns import (
    LabelColumn,
    OutcomeName,
    OutcomeTimeColumn,
    TimeColumn,
    Unit,
    WeightColumn,
    Zone,
    file_options,
)
from flyball.cli.command import JsonFlag, SystemFile, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.cli.select_output import selection_json, show_selection
from flyball.run.file_options import OptionRefused
from flyball.run.selection import select as choose
from flyball.run.variant import AblationRefused
from flyball.system.load import load_system


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectOptions:
    """What `flyball select` is told.

    >>> SelectOptions(system=Path("ads.py"), file=Path("clicks.csv")).budget
    '0.1%'
    """

    system: SystemFile
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or its like, gzipped or not; JSON lines; Parquet.")]
    budget: Annotated[
        str,
        typer.Option(metavar="SHARE", help="By how much of it the loss may be higher: 0.1%, or 0.001."),
    ] = "0.1%"
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Which model, where there are several.")] = None
    time: TimeColumn = None
    outcome_time: OutcomeTimeColumn = None
    tz: Zone = None
    unit: Unit = None
    label: LabelColumn = None
    weight: WeightColumn = None
    outcome: OutcomeName = None
    json: JsonFlag = False


def share_of(text: str) -> float:
    """A share as people type it: a number, or a number of percent.

    Raises:
        UsageWrong: it is neither.

    >>> share_of("0.1%"), share_of("0.5")
    (0.001, 0.5)
    """
    number, percent, rest = text.strip().partition("%")
    try:
        if rest:
            raise ValueError(rest)
        return float(number) / (100.0 if percent else 1.0)
    except ValueError as error:
        raise UsageWrong(
            f"--budget {text!r} is no share; accepted: a number of percent such as 0.1%, or 0.001"
        ) from error


def select(options: SelectOptions) -> ExitCode:
    """Ask which signals could go: three opinions on every signal, and a proposal that was really tried.

    An ablation says what the loss would be without each signal; a path of l1 penalties, which signals the model gives
    up first; decision trees (with the extra lightgbm), which they ask for. Proposed is to drop as many as can go
    together for less than --budget, and a model is trained without them to see. Exit code 3 if no row has an outcome.

    Example:  flyball select ads.py clicks.csv --budget 0.2%
    """
    console, budget = Console(json=options.json), share_of(options.budget)
    path, system = existing(options.file, "file"), load_system(existing(options.system, "system file"))
    given = file_options(options)
    try:
        given.source(system.source)
        compile_once(console)
        found = choose(system, path, given, model=options.model, budget=budget, stage=console.progress)
    except (AblationRefused, OptionRefused) as error:
        raise UsageWrong(str(error)) from error
    show_selection(found, console)
    console.result(selection_json(found))
    return ExitCode.DONE if found.ablation.examples else ExitCode.INCOMPLETE
