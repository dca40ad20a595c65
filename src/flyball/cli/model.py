"""`flyball model`: stops, goes on with, takes back, explains, saves, or exports what a model learns.

>>> pause(TurnOptions(model="ctr", state=Path("nowhere")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the state directory 'nowhere' does not exist; check its name and the folder
>>> import tempfile
>>> from flyball.run.state import StateRefused
>>> empty = Path(tempfile.mkdtemp())
>>> for command in (freeze, resume):
...     try:
...         command(TurnOptions(model="ctr", state=empty))
...     except StateRefused:
...         print("no state")
no state
no state
>>> rewind(RewindOptions(model="ctr", state=empty, to="2h"))
Traceback (most recent call last):
    ...
flyball.run.state.StateRefused: ... holds no state; give one that `flyball up` or `flyball replay --state` made
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flyball.cli.command import JsonFlag, StateOption, as_command, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.cli.model_explain import explain
from flyball.cli.model_export import export
from flyball.cli.model_save import save
from flyball.cli.stretch import parse_stretch, parse_when
from flyball.cli.target import RunningTarget, StoppedTarget, target_of
from flyball.events.record import Pause, Rewind
from flyball.system.moment import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from flyball.run.report import JSON

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOptions:
    """What `flyball model pause`, `freeze` and `resume` are told.

    >>> TurnOptions(model="ctr", state=Path("state")).json
    False
    """

    model: ModelName
    state: StateOption
    json: JsonFlag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RewindOptions:
    """What `flyball model rewind` is told.

    >>> RewindOptions(model="ctr", state=Path("state"), to="2h").exclude is None
    True
    """

    model: ModelName
    state: StateOption
    to: Annotated[
        str,
        typer.Option(metavar="TIME", help="RFC 3339 with an offset, or so long ago: 2h, 30m. Nothing before changes."),
    ]
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="from=TIME,to=TIME",
            help="Predictions made in this stretch are not learned from; may be given again.",
        ),
    ] = None
    json: JsonFlag = False


def pause(options: TurnOptions) -> ExitCode:
    """Stop learning for a while: what arrives is kept, and learned at `resume`.

    Predictions are answered, joined and scored all the while. Works on a running system and on a stopped one.

    Example:  flyball model pause ctr --state state/
    """
    return _turn(options, "pause", "learning is paused; `flyball model resume` learns what arrives until then")


def freeze(options: TurnOptions) -> ExitCode:
    """Stop learning: what arrives is scored, and never learned.

    For when what arrives is not to be trusted. Works on a running system and on a stopped one.

    Example:  flyball model freeze ctr --state state/
    """
    return _turn(options, "freeze", "learning is frozen; what arrives until `flyball model resume` is never learned")


def resume(options: TurnOptions) -> ExitCode:
    """Go on learning, after `pause` or `freeze`.

    What a pause has kept is learned first, in order. Works on a running system and on a stopped one.

    Example:  flyball model resume ctr --state state/
    """
    return _turn(options, "resume", "learning goes on")


def rewind(options: RewindOptions) -> ExitCode:
    """Take back what a model has learned, from a time on, or from stretches of it.

    Without --exclude it knows what it had learned before --to, and nothing that came since. With --exclude it is as if
    the predictions made in these stretches had never been learned from: a poisoned hour goes, the rest stays. Of these,
    those that still wait for their outcome become discarded. An outcome that still comes for any of them is
    acknowledged, counted as late, and neither scored nor learned from. All other counts, the scores and the log stay as
    they are. All of the log must still be there.

    Example:  flyball model rewind ctr --state state/ --to 2026-03-01T08:00:00Z --exclude
    from=2026-03-01T08:00:00Z,to=2026-03-01T09:00:00Z
    """
    console = Console(json=options.json)
    target = _target(options.state, console)
    to_us = parse_when(options.to, now_us=target.now_us)
    stretches = [parse_stretch(text, now_us=target.now_us) for text in options.exclude or ()]
    target.act(Rewind(model=options.model, to_ts=to_us, exclude=stretches))
    if stretches:
        told = f"what was predicted {_listed(stretches)} is no longer learned from; the rest is learned again"
    else:
        told = f"back to what was learned before {format_moment(to_us)}"
    if isinstance(target, RunningTarget):
        told += "; the dashboard shows how far that is"
    console.show(f"{options.model}: {told}")
    found: dict[str, JSON] = {
        "to": format_moment(to_us),
        "exclude": [{"from": format_moment(start), "to": format_moment(end)} for start, end in stretches],
    }
    console.result(_result(options.model, "rewind", target) | found)
    return ExitCode.DONE


def _turn(options: TurnOptions, mode: Literal["pause", "freeze", "resume"], told: str) -> ExitCode:
    console = Console(json=options.json)
    target = _target(options.state, console)
    target.act(Pause(model=options.model, mode=mode))
    console.show(f"{options.model}: {told}")
    console.result(_result(options.model, mode, target))
    return ExitCode.DONE


def _target(state: Path, console: Console) -> RunningTarget | StoppedTarget:
    directory = existing(state, "state directory")
    target = target_of(directory)
    if isinstance(target, StoppedTarget):
        compile_once(console)
    return target


def _result(model: str, action: str, target: RunningTarget | StoppedTarget) -> dict[str, JSON]:
    return {"model": model, "action": action, "running": isinstance(target, RunningTarget), "state": str(target.state)}


def _listed(stretches: Iterable[tuple[int, int]]) -> str:
    return " and ".join(f"from {format_moment(start)} to {format_moment(end)}" for start, end in stretches)


model_app = typer.Typer(
    name="model",
    help="Stop, go on with, take back, explain, save, or export what a model learns.",
    no_args_is_help=True,
    add_completion=False,
)
for run in (pause, freeze, resume, rewind, explain, save, export):
    model_app.command()(as_command(run))
