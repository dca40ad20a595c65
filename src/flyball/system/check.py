"""Checks: everything that can be said about a system file before it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.system.event import Event
from flyball.system.inspection.signal import subject_of
from flyball.system.inspection.subject import Subject
from flyball.system.inspection.system import inspect
from flyball.system.lineage import Lineage, lineage_of
from flyball.system.load import load
from flyball.system.mistake import Mistake, SystemInvalid, in_order
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.signal import Signal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyball.system.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found in a system file.

    Args:
        mistakes: errors and warnings, by line.
        system: the system; `None` when there are errors.
        lineage: where its values come from; `None` when there are errors.

    >>> Check(mistakes=()).passed
    False
    """

    mistakes: tuple[Mistake, ...]
    system: System | None = None
    lineage: Lineage | None = None

    @property
    def passed(self) -> bool:
        """Whether the file holds a system that is accepted; warnings do not refuse it."""
        return self.system is not None

    @property
    def errors(self) -> tuple[Mistake, ...]:
        """What refuses the system."""
        return tuple(each for each in self.mistakes if each.severity == "error")

    @property
    def warnings(self) -> tuple[Mistake, ...]:
        """What is doubtful."""
        return tuple(each for each in self.mistakes if each.severity == "warning")


def check(path: Path | str) -> Check:
    """Everything that is wrong or doubtful in a system file, and its lineage.

    A file of Python is executed, and users' own functions are imported to see that they exist; for a file of JSON
    nothing is.

    Args:
        path: the file.

    >>> [mistake.code for mistake in check("nowhere.py").mistakes]
    ['file-unreadable']
    """
    try:
        loaded = load(path)
    except SystemInvalid as invalid:
        return Check(mistakes=invalid.mistakes)
    executed = Path(path).suffix == ".py"
    mistakes = in_order([*inspect(loaded.system, import_functions=executed), *_unused(loaded.system, loaded.names)])
    if any(mistake.severity == "error" for mistake in mistakes):
        return Check(mistakes=mistakes)
    return Check(mistakes=mistakes, system=loaded.system, lineage=lineage_of(loaded.system))


def _unused(system: System, names: Mapping[str, object]) -> Iterator[Mistake]:
    """What the file declares and gives a name to, but no model uses."""
    used = [*system.signals.values(), *system.outcomes.values(), *system.events.values(), *system.models]
    for value in {id(value): value for value in names.values()}.values():
        if isinstance(value, Signal | Outcome | Event | Model) and not any(value == each for each in used):
            subject = subject_of(value) if isinstance(value, Signal) else None
            subject = subject or Subject(type(value).__name__.lower(), value.name, value.place)
            hint = "use it in a model or leave it out"
            yield subject.mistake("declared-unused", value.name, "what a model uses", hint, severity="warning")
