r"""`flyball replay`: history in the order of time, predicted and then learned from.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "late.py").write_text(
...     "import flyball as fb\n"
...     "late = fb.Model('late', signals=[fb.Input('hour', int)], outcome=fb.Outcome('delayed'))\n"
...     "flights = fb.System('flights', owner='team:sky', models=[late])\n"
... )
>>> _ = (folder / "rows.csv").write_text("hour,delayed\n7,1\n8,0\n")
>>> int(replay(ReplayOptions(system=folder / "late.py", file=folder / "rows.csv", quiet=True, no_report=True)))
0
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flyball.cli.columns import (
    COLUMNS,
    LabelColumn,
    OutcomeName,
    OutcomeTimeColumn,
    TimeColumn,
    Unit,
    WeightColumn,
    Zone,
    file_options,
)
from flyball.cli.command import JsonFlag, UsageWrong, existing, fault_of, typed
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.cli.replay_output import replayed_json, show_replayed, write_report
from flyball.run.file_options import OptionRefused
from flyball.run.file_replay import replay_file
from flyball.run.log_replay import replay_log
from flyball.system.load import load_system
from flyball.system.size import SizeRefused, parse_size

if TYPE_CHECKING:
    from flyball.run.replayed import Replayed
    from flyball.system.system import System

KEEP = "What is kept and shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What `flyball replay` is told.

    >>> ReplayOptions(log=Path("state")).file is None
    True
    """

    system: Annotated[Path | None, typer.Argument(metavar="SYSTEM", help="The system file.")] = None
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="A table: CSV and its like, JSON lines, Parquet, Arrow, VW, libsvm, libffm."
        ),
    ] = None
    time: TimeColumn = None
    outcome_time: OutcomeTimeColumn = None
    tz: Zone = None
    unit: Unit = None
    id: Annotated[str | None, typer.Option(metavar="COLUMN", rich_help_panel=COLUMNS, help="The predictions' ids.")] = (
        None
    )
    label: LabelColumn = None
    weight: WeightColumn = None
    outcome: OutcomeName = None
    score_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", rich_help_panel=COLUMNS, help="Scores given already, to compare with."),
    ] = None
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            rich_help_panel=KEEP,
            help="Keeps the log and what was learned here; an interrupted replay goes on where it was.",
        ),
    ] = None
    max_disk: Annotated[
        str | None,
        typer.Option(metavar="SIZE", rich_help_panel=KEEP, help="The log's limit in --state, such as 10GB."),
    ] = None
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            rich_help_panel=KEEP,
            help="Instead of a file, replays a recorded log, or that of a state directory, and says whether it gives "
            "the same state.",
        ),
    ] = None
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", rich_help_panel=KEEP, help="Where the report goes; by default SYSTEM-report.html."
        ),
    ] = None
    no_report: Annotated[bool, typer.Option("--no-report", rich_help_panel=KEEP, help="Writes no report.")] = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", rich_help_panel=KEEP, help="Shows nothing but errors and notes.")
    ] = False
    threads: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=64, help="All but one of these encode rows ahead; what comes out is the same."
        ),
    ] = 1
    json: JsonFlag = False


def replay(options: ReplayOptions) -> ExitCode:
    """Replay a file in the order of time: every row is predicted, and learned from when its outcome comes.

    Every score is of a prediction made before its outcome was known. Rows that cannot be read are refused, counted and
    shown; exit code 3 if no row is left with an outcome. A report with pictures is written beside you.

    Example:  flyball replay ads.py clicks.csv --outcome-time clicked_at --state state/
    """
    console = Console(json=options.json, quiet=options.quiet)
    done = _replayed(options, console)
    show_replayed(done, console)
    written, failed = None, False
    try:
        written = write_report(done.report, options.report, wanted=not options.no_report)
    except OSError as error:
        failed = True
        console.warn(f"the report was not written: {fault_of(error)}")
    if written is not None:
        console.show(f"report: {written}")
    console.result(replayed_json(done, written) | {"state": None if options.state is None else str(options.state)})
    if failed or done.matches is False:
        return ExitCode.FINDINGS
    return ExitCode.DONE if done.examples else ExitCode.INCOMPLETE


def _replayed(options: ReplayOptions, console: Console) -> Replayed:
    if options.max_disk is not None and options.state is None:
        raise UsageWrong("--max-disk limits the log of --state; give --state too, or leave it out")
    if options.report is not None and options.no_report:
        raise UsageWrong("--report and --no-report contradict each other; give one of them")
    if options.report is not None:
        existing(options.report.parent, "folder of --report")
        if options.report.is_dir():
            raise UsageWrong(f"--report {str(options.report)!r} is a folder; give the name of a file in it")
    definition = None if options.system is None else existing(options.system, "system file")
    if options.log is not None:
        if options.file is not None or options.state is not None:
            raise UsageWrong("--log replays a recorded log; leave out FILE and --state")
        return _from_log(existing(options.log, "log"), definition, console)
    if definition is None or options.file is None:
        raise UsageWrong("give a system file and a file of rows: flyball replay SYSTEM FILE; or --log DIR")
    return _from_file(existing(options.file, "file"), load_system(definition), options, console)


def _from_file(path: Path, system: System, options: ReplayOptions, console: Console) -> Replayed:
    given = file_options(options, id=options.id, score_column=options.score_column)
    try:
        given.source(system.source)
        given.outcome_of(system)
        limit = None if options.max_disk is None else parse_size(options.max_disk)
    except (OptionRefused, SizeRefused) as error:
        raise UsageWrong(str(error)) from error
    compile_once(console)
    with console.progress("replaying") as progress:
        return replay_file(
            system,
            path,
            given,
            state=options.state,
            max_disk_bytes=limit,
            command=typed(),
            progress=progress,
            threads=options.threads,
        )


def _from_log(path: Path, definition: Path | None, console: Console) -> Replayed:
    system = None if definition is None else load_system(definition)
    compile_once(console)
    with console.progress("replaying the log") as progress:
        return replay_log(path, system=system, command=typed(), progress=progress)
