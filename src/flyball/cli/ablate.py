r"""`flyball ablate`: what every signal is worth, from one pass.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "late.py").write_text(
...     "import flyball as fb\n"
...     "late = fb.Model('late', signals=[fb.Input('hour', int)], outcome=fb.Outcome('delayed'))\n"
...     "flights = fb.System('flights', owner='team:sky', models=[late])\n"
... )
>>> _ = (folder / "rows.csv").write_text("hour,delayed\n" + "7,1\n8,0\n" * 100)
>>> int(ablate(AblateOptions(system=folder / "late.py", file=folder / "rows.csv", json=True)))
{"system":"flights","model":"late",...}
0
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flyball.cli.ablate_output import show_ablation
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
from flyball.cli.command import JsonFlag, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.run.ablation import PROBES, Wanted, ablate_log
from flyball.run.ablation import ablate as measure
from flyball.run.ablation_document import ablation_json
from flyball.run.file_options import OptionRefused
from flyball.run.variant import AblationRefused
from flyball.system.load import load_system
from flyball.watch.worth import EPSILON

if TYPE_CHECKING:
    from flyball.run.ablation import Ablation

WHAT = "What is left out, and how it is judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class AblateOptions:
    """What `flyball ablate` is told.

    >>> AblateOptions(state=Path("state")).pairs
    False
    """

    system: Annotated[Path | None, typer.Argument(metavar="SYSTEM", help="The system file.")] = None
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="CSV or its like, gzipped or not; JSON lines; Parquet.")
    ] = None
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Instead of a file, the log of this state directory; it may be running."),
    ] = None
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Which model, where there are several.")] = None
    groups: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B,...",
            rich_help_panel=WHAT,
            help="Signals that are left out together, besides each alone; may be given again.",
        ),
    ] = None
    pairs: Annotated[
        bool,
        typer.Option("--pairs", rich_help_panel=WHAT, help="Leaves out pairs of signals that are alike, too."),
    ] = False
    slices: Annotated[
        bool,
        typer.Option("--slices", rich_help_panel=WHAT, help="Tells where a signal is worth more or less than overall."),
    ] = False
    least: Annotated[
        float,
        typer.Option(
            metavar="SHARE", rich_help_panel=WHAT, help="A change of the loss by less than this is not worth a signal."
        ),
    ] = EPSILON
    probes: Annotated[
        int,
        typer.Option(
            metavar="N", rich_help_panel=WHAT, help="How many signals of pure noise are put in, as a check of the rest."
        ),
    ] = PROBES
    time: TimeColumn = None
    outcome_time: OutcomeTimeColumn = None
    tz: Zone = None
    unit: Unit = None
    label: LabelColumn = None
    weight: WeightColumn = None
    outcome: OutcomeName = None
    json: JsonFlag = False


def ablate(options: AblateOptions) -> ExitCode:
    """Measure what every signal is worth: how much higher the loss is without it, from one pass over the data.

    The model learns beside variants of itself, each without one signal. Intervals hold however often you look. Signals
    that cost more than they bring, that were useful once, or that another one can stand in for are named as such.
    Exit code 3 if no row has an outcome.

    Example:  flyball ablate ads.py clicks.csv --pairs --groups hour,day
    """
    console = Console(json=options.json)
    try:
        found = _from_state(options, console) if options.state is not None else _from_file(options, console)
    except (AblationRefused, OptionRefused) as error:
        raise UsageWrong(str(error)) from error
    show_ablation(found, console, pairs=options.pairs)
    console.result(ablation_json(found))
    return ExitCode.DONE if found.examples else ExitCode.INCOMPLETE


def _wanted(options: AblateOptions) -> Wanted:
    groups = [[name.strip() for name in group.split(",")] for group in options.groups or ()]
    return Wanted(groups=groups, pairs=options.pairs, slices=options.slices, probes=options.probes, least=options.least)


def _from_state(options: AblateOptions, console: Console) -> Ablation:
    assert options.state is not None  # noqa: S101  # whoever calls has looked
    if options.system is not None or options.file is not None:
        raise UsageWrong("--state measures by the log of a state directory; leave out SYSTEM and FILE")
    path, wanted = existing(options.state, "state directory"), _wanted(options)
    compile_once(console)
    with console.progress("leaving out each signal") as progress:
        return ablate_log(path, model=options.model, wanted=wanted, progress=progress)


def _from_file(options: AblateOptions, console: Console) -> Ablation:
    if options.system is None or options.file is None:
        raise UsageWrong("give a system file and a file of rows: flyball ablate SYSTEM FILE; or --state DIR")
    path, system = existing(options.file, "file"), load_system(existing(options.system, "system file"))
    given = file_options(options)
    given.source(system.source)
    wanted = _wanted(options)
    compile_once(console)
    with console.progress("leaving out each signal") as progress:
        return measure(system, path, given, model=options.model, wanted=wanted, progress=progress)
