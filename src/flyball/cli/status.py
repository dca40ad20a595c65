"""`flyball status`: what a state directory holds, and who runs it.

>>> import tempfile
>>> from pathlib import Path
>>> status(StatusOptions(state=Path(tempfile.mkdtemp())))
Traceback (most recent call last):
    ...
flyball.run.state.StateRefused: ... holds no state; give one that `flyball replay --state` made
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import asdict
from rich.table import Table
from rich.text import Text

from flyball.cli.command import JsonFlag, StateOption, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.report.wording import short, whole
from flyball.cli.running import view_running
from flyball.events.tally import Tally
from flyball.run.report import ENDINGS, ODDITIES
from flyball.run.state import StateRefused
from flyball.run.state_view import view_state
from flyball.system.clock import SystemClock
from flyball.system.duration import format_duration
from flyball.system.moment import format_moment
from flyball.system.size import format_size

if TYPE_CHECKING:
    from flyball.run.report import JSON
    from flyball.run.state_view import StateView

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOptions:
    """What `flyball status` is told.

    >>> from pathlib import Path
    >>> StatusOptions(state=Path("state")).json
    False
    """

    state: StateOption
    json: JsonFlag = False


def status(options: StatusOptions) -> ExitCode:
    """Show what a state directory holds: what became of every prediction, and how far each model has learned.

    Needs no system file, changes nothing, and works while a system runs: then it shows that too, its processes and its
    alerts. If the system asks for tokens, FLYBALL_TOKEN holds one with the scope `read`. Exit code 1 where the count of
    predictions does not add up.

    Example:  flyball status --state state/
    """
    console = Console(json=options.json)
    running = view_running(existing(options.state, "state directory"))
    if running is not None:
        console.show(*running.shown())
    view = view_state(options.state)
    if view is None:
        raise StateRefused(f"{options.state} holds no state; give one that `flyball replay --state` made")
    age_us = max(SystemClock().now() - view.changed_us, 0)
    console.show(*_facts(view, age_us), _counts(view))
    unbalanced = [name for name in view.versions if not _total(view, name).balanced]
    for name in unbalanced:
        console.error(f"the predictions of {name} do not add up; keep this directory, and report it")
    console.result(_as_json(view, age_us) | {"running": None if running is None else running.as_json()})
    return ExitCode.FINDINGS if unbalanced else ExitCode.DONE


def _total(view: StateView, model: str) -> Tally:
    """What became of the predictions of all versions of a model."""
    total = Tally()
    for tally in view.tallies(model).values():
        total = total.plus(tally)
    return total


def _facts(view: StateView, age_us: int) -> list[Text]:
    age = format_duration(age_us // SECOND_US * SECOND_US)
    time = "no record yet" if view.last_ingest_ts is None else format_moment(view.last_ingest_ts)
    return [
        Text.assemble((view.system.name, "bold"), f" in {view.path}, definition {view.system.digest[:16]}"),
        Text(
            f"log: records {whole(view.first_seq)} to {whole(view.last_seq)}, {format_size(view.log_bytes)}; its time "
            f"is {time}"
        ),
        Text(
            f"checkpoint: at record {whole(view.checkpoint_seq)}, {format_size(view.checkpoint_bytes)}; last written "
            f"{age} ago"
        ),
    ]


def _counts(view: StateView) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    totals = {name: _total(view, name) for name in view.versions}
    shown = ["predictions", *ENDINGS, *(name for name in ODDITIES if any(getattr(t, name) for t in totals.values()))]
    table.add_column("model")
    for heading in (*shown, "features"):
        table.add_column(heading, justify="right")
    for name, total in totals.items():
        numbers = [whole(getattr(total, each)) for each in shown]
        table.add_row(Text(f"{name}@v{view.versions[name]}", style="bold"), *numbers, short(view.features.get(name, 0)))
    return table


def _as_json(view: StateView, age_us: int) -> dict[str, JSON]:
    return {
        "system": view.system.name,
        "digest": view.system.digest,
        "state": str(view.path),
        "first_seq": view.first_seq,
        "last_seq": view.last_seq,
        "time": None if view.last_ingest_ts is None else format_moment(view.last_ingest_ts),
        "checkpoint_seq": view.checkpoint_seq,
        "log_bytes": view.log_bytes,
        "checkpoint_bytes": view.checkpoint_bytes,
        "age_seconds": age_us / SECOND_US,
        "unknown_outcomes": view.joiner.unknown_outcomes,
        "unused_outcomes": view.joiner.unused_outcomes,
        "models": {name: _model(view, name) for name in view.versions},
    }


def _model(view: StateView, name: str) -> dict[str, JSON]:
    total = _total(view, name)
    versions: dict[str, JSON] = {str(version): asdict(tally) for version, tally in view.tallies(name).items()}
    return {
        "version": view.versions[name],
        "learned_through": view.learned_through,
        "features": view.features.get(name, 0),
        "learning": view.joiner.mode(name),
        "held_back": view.joiner.held_back(name),
        **asdict(total),
        "balanced": total.balanced,
        "versions": versions,
    }
