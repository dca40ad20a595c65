"""The replayed demo: a month of a simulated ad exchange, replayed from a file and compared with the truth.

>>> import tempfile
>>> from pathlib import Path
>>> from flyball.cli.console import Console
>>> folder = Path(tempfile.mkdtemp())
>>> (folder / "ads.py").touch()
>>> run_replayed(ReplayedOptions(folder=folder, days=1, requests=100, seed=0), Console())
Traceback (most recent call last):
    ...
flyball.cli.command.FileKept: '...' is there already, and the demo would overwrite it; give another folder with --out
"""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flyball.cli.command import FileKept, typed
from flyball.cli.demo.program import program
from flyball.cli.distance import Period, goal_of, periods_of
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.cli.replay_output import replayed_json, write_report
from flyball.cli.report.wording import figure, percent, whole
from flyball.cli.table import tables
from flyball.run.file_options import FileOptions
from flyball.run.file_replay import replay_file
from flyball.system.load import load_system
from flyball.testing.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flyball.cli.console import Console
    from flyball.run.replayed import Replayed
    from flyball.run.report import JSON
    from flyball.watch.scorecard import Scorecard

TRUTH = "truth"
"""The column of the true probabilities; no model reads it."""
FILES = ("clicks.csv.gz", "ads.py", "ads-report.html")
"""The traffic, the system file, and the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedOptions:
    """What the replayed demo is told.

    Attributes:
        folder: where the files go.
        days: how long the exchange is watched.
        requests: a day.
        seed: which world.

    >>> from pathlib import Path
    >>> ReplayedOptions(folder=Path("demo"), days=30, requests=10_000, seed=0).days
    30
    """

    folder: Path
    days: int
    requests: int
    seed: int


def run_replayed(options: ReplayedOptions, console: Console) -> ExitCode:
    """Generates traffic, replays it, and shows how close the model comes to the best that anybody could predict.

    Raises:
        FileKept: the folder holds files that the demo has not made.
    """
    folder = options.folder
    clicks, definition, page = (folder / name for name in FILES)
    text = files("flyball.testing.worlds").joinpath("ads.py").read_text("utf-8")
    _keep_others(clicks, definition, page, text=text)
    compile_once(console)
    with console.waiting(f"generating {options.days} days of traffic"):
        world = _written(options, clicks)
    definition.write_text(text, encoding="utf-8")
    console.show(f"{whole(world.rows)} ads shown over {options.days} days, written to {clicks}")
    with console.progress("replaying: predict, join, score, learn") as progress:
        done = replay_file(
            load_system(definition),
            clicks,
            FileOptions(score_column=TRUTH),
            command=typed(),
            progress=progress,
        )
    written = write_report(done.report, page, wanted=True)
    periods = periods_of(done.report.models[-1], options.days)
    goal = goal_of(world.rows, options.days)
    _show(console, done, periods, goal)
    console.show(*_next(folder))
    reached = goal is None or periods[-1].excess <= goal
    found: dict[str, JSON] = {
        "world": {key: value for key, value in asdict(world).items() if key != "rows"},
        "periods": [period.as_json() for period in periods],
        "goal": goal,
        "reached": reached,
        "folder": str(folder),
    }
    console.result(replayed_json(done, written) | found)
    return ExitCode.DONE if reached else ExitCode.FINDINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Truth:
    """What is known of the traffic: how many rows, and log losses in nats."""

    rows: int
    entropy: float
    realised_entropy: float
    base_log_loss: float


def _written(options: ReplayedOptions, path: Path) -> _Truth:
    """Writes the traffic to a file; only a few numbers of it stay in memory."""
    traffic = World(options.seed).month(options.days, options.requests)
    traffic.write(path)
    return _Truth(
        rows=len(traffic),
        entropy=traffic.entropy,
        realised_entropy=traffic.realised_entropy,
        base_log_loss=traffic.base_log_loss,
    )


def _keep_others(clicks: Path, definition: Path, page: Path, *, text: str) -> None:
    """The demo writes over what it has made itself: a folder with its own system file, as it wrote it."""
    if definition.exists() and definition.read_bytes() == text.encode():
        return
    for path in (definition, clicks, page):
        if path.exists():
            fault = f"{str(path)!r} is there already, and the demo would overwrite it"
            raise FileKept(f"{fault}; give another folder with --out")


def _show(console: Console, done: Replayed, periods: Sequence[Period], goal: float | None) -> None:
    model = done.report.models[-1]
    console.show("", tables(done.report), "")
    console.show(Text("How close to the truth? The world knows the probability of every click.", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for i, heading in enumerate(("", "examples", "log loss", "best possible", "distance", "above the best", "learned")):
        table.add_column(heading, justify="right" if i else "left")
    for period in periods:
        numbers = (figure(period.model), figure(period.truth), figure(period.distance, 2), percent(period.excess, 2))
        table.add_row(period.name, whole(period.examples), *numbers, percent(period.learned, 2))
    console.show(table, Text("learned: of the way from always answering the mean to answering the truth", style="dim"))
    last = periods[-1]
    if goal is not None:
        verdict = "as promised" if last.excess <= goal else "NOT as promised: please report it, with the seed"
        told = f"{percent(last.excess, 2)} above the world's own entropy, at most {percent(goal, 2)} promised"
        style = "bold green" if last.excess <= goal else "bold red"
        console.show(Text(f"{last.name}: log loss {told}: {verdict}", style=style))
    young = _young(done)
    if young is not None:
        ratio = f"predicted / actual = {figure(young.calibration, 3)}"
        console.show(
            f"ads younger than an hour: {whole(young.examples)} examples, {ratio} (all ads: "
            f"{figure(model.scorecard.calibration, 3)})"
        )
    console.show("")


def _young(done: Replayed) -> Scorecard | None:
    """The scorecard of ads younger than an hour: the lowest bucket of their age."""
    for cell in done.report.models[-1].slices.get("age", ()):
        if cell.value == "0":
            return cell.scorecard
    return None


def _next(folder: Path) -> list[Text]:
    flyball, where = program(), shlex.quote(str(folder))
    roles = "--label clicked --time event_ts --id id --outcome-time click_ts"
    commands = (
        (f"{flyball} check {where}/ads.py", "what the system file declares"),
        (
            f"{flyball} replay {where}/ads.py {where}/clicks.csv.gz --score-column {TRUTH} --state {where}/state",
            "again, kept",
        ),
        (f"{flyball} status --state {where}/state", "what became of every prediction"),
        (f"{flyball} plan {where}/ads.py --state {where}/state", "after you have changed a signal in ads.py"),
        (f"{flyball} replay --log {where}/state", "the recorded log gives the same state, bit by bit"),
        (
            f"{flyball} init {where}/clicks.csv.gz {roles} --exclude {TRUTH} --out {where}/mine.py",
            "a system file from the data alone; then the same with your own",
        ),
    )
    lines = [Text("What to try next", style="bold"), Text(f"  open {folder / 'ads-report.html'} in a browser")]
    return lines + [Text.assemble((f"  # {meaning}\n", "dim"), f"  {command}") for command, meaning in commands]
