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
from rich.text import Text

from flyball.cli.command import JsonFlag, StateOption, existing
from flyball.cli.console import Console
from flyball.cli.counts import counts
from flyball.cli.exit_code import ExitCode
from flyball.cli.report.wording import seconds, whole
from flyball.cli.running import view_running
from flyball.events.tally import summed
from flyball.learn.footprint import footprint
from flyball.learn.gate import Gate
from flyball.learn.recipe import recipe_for
from flyball.run.state import StateRefused
from flyball.run.state_view import view_state
from flyball.run.worth_file import read_worths
from flyball.system.clock import SystemClock
from flyball.system.moment import format_moment
from flyball.system.size import format_size
from flyball.watch.worth import MEANING

if TYPE_CHECKING:
    from flyball.cli.running import RunningView
    from flyball.events.tally import Tally
    from flyball.run.report import JSON
    from flyball.run.state_view import StateView
    from flyball.run.worth_file import Worths
    from flyball.watch.alarm import Alarm

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
    now_us, worths = SystemClock().now(), read_worths(options.state)
    console.show(*_facts(view, now_us))
    held = {model.name for model in view.system.models}
    for name, version in view.versions.items():
        told = _features_told(view, name, running) if name in held else "is no longer in the system"
        console.show(Text.assemble((f"{name}@v{version}", "bold"), f"  {told}"))
        console.show(counts(version if name in held else None, view.tallies(name)))
        if worths is not None and name in worths.models:
            console.show(_worth_told(worths, name))
        console.show(*(_alarm_told(name, alarm) for alarm in _alarms(view, name, running)))
    unbalanced = [name for name in view.versions if not _total(view, name).balanced]
    for name in unbalanced:
        console.error(f"the predictions of {name} do not add up; keep this directory, and report it")
    found = _as_json(view, now_us, running)
    found["worth"] = None if worths is None else {"through": worths.through, "models": {**worths.models}}
    console.result(found | {"running": None if running is None else running.as_json()})
    return ExitCode.FINDINGS if unbalanced else ExitCode.DONE


def _total(view: StateView, model: str) -> Tally:
    """What became of the predictions of all versions of a model."""
    return summed(view.tallies(model).values())


def _age(view: StateView, now_us: int) -> float | None:
    """Seconds since the newest checkpoint was written; `None` where there is none."""
    return None if view.checkpoint_ts is None else max(now_us - view.checkpoint_ts, 0) / SECOND_US


def _features(view: StateView, model: str, running: RunningView | None) -> int | None:
    """How many coefficients a model has: as the running system tells, else in the checkpoint; `None` unknown."""
    live = None if running is None else running.features(model)
    return view.features.get(model) if live is None else live


def _alarms(view: StateView, model: str, running: RunningView | None) -> tuple[Alarm, ...]:
    """What the guard of a model has noticed: as the running system tells, else by the checkpoint."""
    live = None if running is None else running.alarms(model)
    return view.alarms.get(model, ()) if live is None else tuple(live)


def _alarm_told(model: str, alarm: Alarm) -> Text:
    often = "" if alarm.times == 1 else f", {alarm.times} times so far"
    span = f"{format_moment(alarm.first_ts)} to {format_moment(alarm.last_ts)}"
    said = f"{'alarm' if alarm.on else 'was'}: {alarm.said(model)}; predictions of {span}{often}"
    return Text(f"{said}. {alarm.todo}" if alarm.on else said, style="yellow" if alarm.on else "dim")


def _worth_told(worths: Worths, model: str) -> Text:
    """What the signals of a model are worth, as the ablation beside the loop has it."""
    found = worths.models[model]
    names: dict[str, list[str]] = {}
    for signal in found["signals"]:
        names.setdefault(signal["verdict"], []).append(signal["name"])
    told = "; ".join(f"{verdict} {', '.join(names[verdict])}" for verdict in MEANING if verdict in names)
    through = f"through record {whole(worths.through)}, {whole(found['examples'])} examples"
    return Text(f"  worth ({through}): {told or 'nothing known yet'}")


def _memory(view: StateView, model: str, features: int) -> int:
    """The bytes that a model's table takes with so many coefficients, and its gate."""
    declared = view.system.model(model)
    width_bits = recipe_for(declared).width_bits
    gate = Gate.of(declared.admission, declared.admission_keys).memory_bytes
    return footprint(keys=features, width_bits=width_bits, gate=gate).total


def _features_told(view: StateView, model: str, running: RunningView | None) -> str:
    number = _features(view, model, running)
    if number is None:
        return "features: not known before its first checkpoint"
    behind = (running is None or running.features(model) is None) and view.checkpoint_seq < view.last_seq
    told = f"{whole(number)} feature{'' if number == 1 else 's'}{' at the checkpoint' if behind else ''}"
    return f"{told}, {format_size(_memory(view, model, number))} in memory"


def _facts(view: StateView, now_us: int) -> list[Text]:
    time = "no record yet" if view.last_ingest_ts is None else format_moment(view.last_ingest_ts)
    checkpoint = "none yet"
    if view.checkpoint_seq:
        age = _age(view, now_us)
        written = "" if age is None else f"; written {seconds(age)} ago"
        checkpoint = f"at record {whole(view.checkpoint_seq)}, {format_size(view.checkpoint_bytes)}{written}"
    return [
        Text.assemble((view.system.name, "bold"), f" in {view.path}, definition {view.system.digest[:16]}"),
        Text(
            f"log: records {whole(view.first_seq)} to {whole(view.last_seq)}, {format_size(view.log_bytes)}; its time "
            f"is {time}"
        ),
        Text(f"checkpoint: {checkpoint}"),
    ]


def _as_json(view: StateView, now_us: int, running: RunningView | None) -> dict[str, JSON]:
    return {
        "system": view.system.name,
        "digest": view.system.digest,
        "state": str(view.path),
        "first_seq": view.first_seq,
        "last_seq": view.last_seq,
        "time": None if view.last_ingest_ts is None else format_moment(view.last_ingest_ts),
        "checkpoint_seq": view.checkpoint_seq,
        "checkpoint_age_seconds": _age(view, now_us),
        "log_bytes": view.log_bytes,
        "checkpoint_bytes": view.checkpoint_bytes,
        "unknown_outcomes": view.joiner.unknown_outcomes,
        "unused_outcomes": view.joiner.unused_outcomes,
        "models": {name: _model(view, name, running) for name in view.versions},
    }


def _model(view: StateView, name: str, running: RunningView | None) -> dict[str, JSON]:
    total = _total(view, name)
    versions: dict[str, JSON] = {str(version): asdict(tally) for version, tally in view.tallies(name).items()}
    features = _features(view, name, running)
    held = any(model.name == name for model in view.system.models)
    return {
        "version": view.versions[name],
        "learned_through": view.learned_through,
        "features": features,
        "memory_bytes": None if features is None or not held else _memory(view, name, features),
        "learning": view.joiner.mode(name),
        "held_back": view.joiner.held_back(name),
        **asdict(total),
        "balanced": total.balanced,
        "alarms": [
            asdict(alarm) | {"first_ts": format_moment(alarm.first_ts), "last_ts": format_moment(alarm.last_ts)}
            for alarm in _alarms(view, name, running)
        ],
        "versions": versions,
    }
