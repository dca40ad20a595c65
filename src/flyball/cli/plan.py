"""`flyball plan`: what a changed system file does to what was learned.

>>> from pathlib import Path
>>> plan(PlanOptions(system=Path("nowhere.py"), state=Path("state")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the system file 'nowhere.py' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from flyball.cli.command import JsonFlag, StateOption, SystemFile, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.way_out import beginning, ways_out
from flyball.run.live.looked import note_looked
from flyball.run.state_view import view_state
from flyball.system.change import Effect
from flyball.system.load import load_system
from flyball.system.plan import plan as plan_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.report import JSON
    from flyball.system.change import Change
    from flyball.system.plan import Plan

COLOURS = {Effect.SAME: "dim", Effect.REFUSED: "bold red", Effect.FORKED: "yellow", Effect.ANEW: "yellow"}
"""How effects are shown; those not named are shown plainly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What `flyball plan` is told.

    >>> from pathlib import Path
    >>> PlanOptions(system=Path("ads.py"), state=Path("state")).fork is None
    True
    """

    system: SystemFile
    state: StateOption
    fork: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="Show the plan as if a new model took this name where its change is refused. No command does that "
            "here: it begins in a state directory of its own, with nothing learned. May be given again.",
        ),
    ] = None
    json: JsonFlag = False


def plan(options: PlanOptions) -> ExitCode:
    """Show what a changed system file does to what was learned, before it does it.

    Compares the file with the definition that holds in the state directory. Nothing is changed but a note that the
    change was looked at, without which `flyball up` refuses it; another process may have the state open. Where a change
    is refused, it says what can be done instead, and the exit code is 1.

    Example:  flyball plan ads.py --state state/
    """
    console = Console(json=options.json)
    system = load_system(existing(options.system, "system file"))
    if options.state.is_file():
        raise UsageWrong(f"--state {str(options.state)!r} is a file; give the folder that holds the state")
    view = view_state(options.state)
    before, versions = (None, {}) if view is None else (view.system.to_json(), dict(view.versions))
    found = plan_changes(before, versions, system, fork=dict.fromkeys(options.fork or (), "now"))
    if view is not None and found.changes and not found.refused and not found.forks:
        note_looked(options.state, before=view.system, after=system)
    if view is None:
        console.show(f"{options.state} holds no state yet: everything starts with nothing learned")
    if found.changes:
        console.show(_table(found.changes))
    for name, version in _afterwards(found).items():
        was = versions.get(name)
        console.show(f"{name}: v{version}" + ("" if was in {None, version} else f", was v{was}"))
    ways = ways_out(found.changes, options.system, options.state)
    console.show(_verdict(found, options), *(f"- {way}" for way in ways))
    console.result(_as_json(found, options) | {"ways": list(ways)})
    return ExitCode.FINDINGS if found.refused else ExitCode.DONE


def _afterwards(found: Plan) -> dict[str, int]:
    """Each model's version: a fork begins in a state directory of its own, and so does all else of the system."""
    if found.forks and not found.refused:
        return dict.fromkeys(found.versions, 1)
    return dict(found.versions)


def _table(changes: Sequence[Change]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("model", "what", "effect", "what it means"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        effect = Text(change.effect.value, style=COLOURS.get(change.effect, ""))
        table.add_row(Text(change.model or "(system)"), Text(change.subject), effect, Text(change.sentence))
    return table


def _verdict(found: Plan, options: PlanOptions) -> Text:
    if found.refused:
        told = "refused: what was learned would mean something else; nothing is changed. What can be done:"
        return Text(told, style="bold red")
    if not found.changes:
        return Text("no change", style="bold green")
    if found.forks:
        told = (
            f"accepted with the fork, but not in {str(options.state)!r}: begin a state directory of its own, where "
            f"every model of the file starts with nothing learned: {beginning(options.system)}"
        )
        return Text(told, style="bold yellow")
    told = f"accepted; it takes effect with: flyball up {options.system} --state {options.state} (or `flyball replay`)"
    return Text(told, style="bold green")


def _as_json(found: Plan, options: PlanOptions) -> dict[str, JSON]:
    changes: list[JSON] = [{**asdict(change), "effect": change.effect.value} for change in found.changes]
    return {
        "state": str(options.state),
        "refused": found.refused,
        "changes": changes,
        "versions": {**_afterwards(found)},
        "forks": dict(found.forks),
        "digest": found.digest,
    }
