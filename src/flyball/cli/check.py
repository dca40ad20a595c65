"""`flyball check`: everything that is wrong or doubtful in a system file.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "ads.json"
>>> _ = path.write_text("{}")
>>> int(check(CheckOptions(system=path)))
error ...
...ads.json is refused: 1 error, 0 warnings
1
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flyball.cli.command import JsonFlag, SystemFile, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.run.summary import learner_text
from flyball.system.check import Check
from flyball.system.check import check as inspect_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from flyball.run.report import JSON
    from flyball.system.lineage import Lineage
    from flyball.system.mistake import Mistake
    from flyball.system.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What `flyball check` is told.

    >>> CheckOptions(system=Path("ads.py")).json
    False
    """

    system: SystemFile
    json: JsonFlag = False


def check(options: CheckOptions) -> ExitCode:
    """Check a system file: types, names, lineage; every mistake at its line.

    A file of Python is executed, with its folder importable: check only files that you trust. A file of JSON
    is not. Warnings do not refuse a system; errors do, with exit code 1.

    Example:  flyball check ads.py
    """
    console = Console(json=options.json)
    path = existing(options.system, "system file")
    if path.suffix == ".py":
        console.show(Text(f"executing {path} to see what it declares", style="dim"))
    found = inspect_file(path)
    for mistake in found.mistakes:
        console.show(_shown(mistake))
    if found.system is not None and found.lineage is not None:
        console.show(*_lineage(found.system, found.lineage))
    console.show(_verdict(found, path))
    console.result(_as_json(found, path))
    return ExitCode.DONE if found.passed else ExitCode.FINDINGS


def _shown(mistake: Mistake) -> Text:
    colour = "bold red" if mistake.severity == "error" else "bold yellow"
    text = Text()
    if mistake.place is not None:
        text.append(f"{mistake.place}: ", style="bold")
    text.append(f"{mistake.severity} {mistake.code}", style=colour)
    text.append(f": {mistake.subject}\n    given     {mistake.given}\n    accepted  {mistake.accepted}")
    if mistake.hint:
        text.append("\n    hint      ").append(mistake.hint, style="green")
    if mistake.place is not None and mistake.place.line > 0:
        # Of the file that the mistake is in, which may be one that was imported.
        source = linecache.getline(mistake.place.file, mistake.place.line).strip()
        if source:
            text.append(f"\n    {mistake.place.line:>4} | {source}", style="dim")
    return text


def _lineage(system: System, lineage: Lineage) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for model in system.models:
        sources = lineage.sources[model.name]
        heading = f"{model.name} predicts {model.outcome.name} ({model.outcome.kind}) from {len(sources)} signals"
        parts.append(Text(heading, style="bold"))
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        for signal in model.signals:
            leaves = sources[signal.name]
            told = "" if leaves == (signal.name,) else f"from {', '.join(leaves)}"
            table.add_row(Text(f"  {signal.name}"), Text(str(signal.kind), style="dim"), Text(told or signal.op))
        parts.append(table)
        slices = ", ".join(model.dimensions) if model.dimensions else "nothing"
        parts.append(Text(f"  learned by {learner_text(model.learner)}, watched by {slices}"))
    for signal_name, models in lineage.shared.items():
        parts.append(Text(f"{signal_name} is shared by {', '.join(models)}"))
    return parts


def _verdict(found: Check, path: Path) -> Text:
    errors, warnings = len(found.errors), len(found.warnings)
    told = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in ((errors, "error"), (warnings, "warning"))]
    if found.system is None:
        return Text(f"{path} is refused: {told[0]}, {told[1]}", style="bold red")
    ending = f" with {told[1]}" if warnings else ""
    return Text(f"{path} holds the system {found.system.name!r} and is accepted{ending}", style="bold green")


def _as_json(found: Check, path: Path) -> dict[str, JSON]:
    system, lineage = found.system, found.lineage
    return {
        "file": str(path),
        "executed": path.suffix == ".py",
        "passed": found.passed,
        "system": None if system is None else system.name,
        "digest": None if system is None else system.digest,
        "models": {} if system is None or lineage is None else _models(system, lineage),
        "shared": {} if lineage is None else _lists(lineage.shared),
        "mistakes": [_mistake(mistake) for mistake in found.mistakes],
    }


def _models(system: System, lineage: Lineage) -> dict[str, JSON]:
    return {
        model.name: {
            "outcome": model.outcome.name,
            "outcome_type": str(model.outcome.kind),
            "signals": _lists(lineage.sources[model.name]),
            "inputs": [*dict.fromkeys(leaf for leaves in lineage.sources[model.name].values() for leaf in leaves)],
            "slice_by": list(model.dimensions),
            "learner": learner_text(model.learner),
        }
        for model in system.models
    }


def _lists(names: Mapping[str, tuple[str, ...]]) -> dict[str, JSON]:
    return {name: list(each) for name, each in names.items()}


def _mistake(mistake: Mistake) -> dict[str, JSON]:
    place = mistake.place
    return {
        "severity": mistake.severity,
        "code": mistake.code,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "subject": mistake.subject,
        "given": mistake.given,
        "accepted": mistake.accepted,
        "hint": mistake.hint,
    }
