"""`flyball plan`: what a changed system file does to what was learned.

>>> from pathlib import Path
>>> plan(PlanOptions(system=Path("nowhere.py"), state=Path("state")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the system file 'nowhere.py' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from flyball.cli.command import JsonFlag, StateOption, SystemFile, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.run.live.looked import note_looked
from flyball.run.state_view import view_state
from flyball.system.change import Effect
from flyball.system.load import load_system
from flyball.system.plan import plan as plan_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.report import JSON
    from flyball.system.change import Change
    from flyball.system.plan import Plan, Start

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
            metavar="MODEL[=now|log]",
            help="Let this model begin as a new one where its change is refused: with nothing (now, the default), or "
            "from the retained log. May be given again.",
        ),
    ] = None
    json: JsonFlag = False


def plan(options: PlanOptions) -> ExitCode:
    """Show what a changed system file does to what was learned, before it does it.

    Compares the file with the definition that holds in the state directory. Nothing is changed but a note that the
    change was looked at, without which `flyball up` refuses it; another process may have the state open. Exit code 1
    where a change is refused.

    Example:  flyball plan ads.py --state state/
    """
    console = Console(json=options.json)
    system = load_system(existing(options.system, "system file"))
    if options.state.is_file():
        raise UsageWrong(f"--state {str(options.state)!r} is a file; give the folder that holds the state")
    view = view_state(options.state)
    before, versions = (None, {}) if view is None else (view.system.to_json(), dict(view.versions))
    found = plan_changes(before, versions, system, fork=forks_of(options.fork or ()))
    if view is not None and found.changes and not found.refused and not found.forks:
        note_looked(options.state, before=view.system, after=system)
    if view is None:
        console.show(f"{options.state} holds no state yet: everything starts with nothing learned")
    if found.changes:
        console.show(_table(found.changes))
    for name, version in found.versions.items():
        was = versions.get(name)
        console.show(f"{name}: v{version}" + ("" if was in {None, version} else f", was v{was}"))
    console.show(_verdict(found, options))
    console.result(_as_json(found, options))
    return ExitCode.FINDINGS if found.refused else ExitCode.DONE


def forks_of(given: Sequence[str]) -> dict[str, Start]:
    """The models to fork, and where each begins.

    Raises:
        UsageWrong: something else than `now` or `log` stands behind the `=`.

    >>> forks_of(["ctr", "cvr=log"])
    {'ctr': 'now', 'cvr': 'log'}
    """
    forks: dict[str, Start] = {}
    for text in given:
        name, _, start = text.partition("=")
        if start not in {"", "now", "log"}:
            raise UsageWrong(f"--fork {text!r} cannot begin at {start!r}; give MODEL, MODEL=now or MODEL=log")
        forks[name] = cast("Start", start or "now")
    return forks


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
        return Text("refused: what was learned would mean something else; nothing is changed", style="bold red")
    if not found.changes:
        return Text("no change", style="bold green")
    if found.forks:
        told = "accepted with the fork; a state directory of its own begins it:"
        return Text(f"{told} flyball replay {options.system} FILE --state OTHER_DIR", style="bold yellow")
    told = f"accepted; it takes effect with: flyball up {options.system} --state {options.state} (or `flyball replay`)"
    return Text(told, style="bold green")


def _as_json(found: Plan, options: PlanOptions) -> dict[str, JSON]:
    changes: list[JSON] = [{**asdict(change), "effect": change.effect.value} for change in found.changes]
    return {
        "state": str(options.state),
        "refused": found.refused,
        "changes": changes,
        "versions": dict(found.versions),
        "forks": dict(found.forks),
        "digest": found.digest,
    }
