"""What a replay is told beside its system: how the file is read, where the system says otherwise or nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt
from flyball.system.inspection.source import in_source
from flyball.system.mistake import SystemInvalid, did_you_mean, one_of
from flyball.system.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.system.outcome import Outcome
    from flyball.system.system import System


class OptionRefused(FlyballError):
    """An option of a replay is unknown, is left out where it is needed, or cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Options of a replay; each holds instead of what the system's `Source` says.

    Args:
        time: the column that says when each prediction was asked for.
        tz: the zone of times without an offset.
        unit: what times given as numbers count since 1970: "s", "ms" or "us".
        id: the column of the predictions' ids.
        outcome_time: the column that says when each outcome was known.
        label: the column of the outcome.
        weight: the column of the examples' weights.
        delimiter: the character between the fields of a text file.
        score_column: the column of scores that were given already, to compare with.
        outcome: which of the system's outcomes the file holds.

    >>> FileOptions(time="at", tz="UTC").source(Source(time="ts", label="late")).time
    'at'
    """

    time: str | None = None
    tz: str | None = None
    unit: str | None = None
    id: str | None = None
    outcome_time: str | None = None
    label: str | None = None
    weight: str | None = None
    delimiter: str | None = None
    score_column: str | None = None
    outcome: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str | None]) -> FileOptions:
        """The options of these names.

        Raises:
            OptionRefused: a name is none of an option.

        >>> FileOptions.of({"tyme": "ts"})
        Traceback (most recent call last):
            ...
        flyball.run.file_options.OptionRefused: 'tyme' is no option of a replay; accepted: 'time', ...'time'?
        """
        names = [field.name for field in fields(cls)]
        for name in given:
            if name not in names:
                advice = did_you_mean(name, names, "leave it out")
                raise OptionRefused(f"{name!r} is no option of a replay; accepted: {one_of(names)}; {advice}")
        return cls(**given)

    def source(self, declared: Source | None) -> Source:
        """The source that holds.

        Raises:
            OptionRefused: an option cannot be followed, such as a zone that does not exist.
        """
        own = {name: value for name, value in asdict(self).items() if value is not None}
        given = {name: value for name, value in own.items() if name not in {"score_column", "outcome"}}
        merged = replace(declared if declared is not None else Source(), **given)
        for mistake in in_source(merged):
            if mistake.severity == "error":
                hint = f"; {mistake.hint}" if mistake.hint else ""
                at_fault = [name for name, value in given.items() if excerpt(value) == mistake.given]
                names = ", ".join(_typed(name) for name in at_fault)
                raise OptionRefused(f"{names}: given {mistake.given}; accepted: {mistake.accepted}{hint}")
        return merged

    def outcome_of(self, system: System) -> Outcome:
        """The outcome that the file holds: the one that was named, or the only one.

        Raises:
            OptionRefused: the system has no such outcome, or several and none was named; or an option makes a signal of
                its models the column of the answer.

        >>> from flyball.system.input import Input
        >>> from flyball.system.model import Model
        >>> from flyball.system.outcome import Outcome
        >>> from flyball.system.system import System
        >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("delayed"))
        >>> FileOptions().outcome_of(System("flights", models=[late])).name
        'delayed'
        """
        names = sorted(system.outcomes)
        if self.outcome is None and len(names) == 1:
            return self._unleaked(system, system.outcomes[names[0]])
        if self.outcome is None:
            raise OptionRefused(
                f"system {system.name!r} has {len(names)} outcomes, and a file holds one; name it with outcome "
                f"(--outcome); accepted: {one_of(names)}"
            )
        if self.outcome not in system.outcomes:
            advice = did_you_mean(self.outcome, names, "see the outcomes of the system")
            raise OptionRefused(f"outcome {self.outcome!r} is not declared; accepted: {one_of(names)}; {advice}")
        return self._unleaked(system, system.outcomes[self.outcome])

    def _unleaked(self, system: System, outcome: Outcome) -> Outcome:
        """The outcome, if none of its models reads the answer from the columns that hold it here."""
        models = [model for model in system.models if model.outcome.name == outcome.name]
        source = self.source(system.source)
        try:
            replace(system, models=models, source=source, import_functions=False)
        except SystemInvalid as invalid:
            leak = next(mistake for mistake in invalid.mistakes if mistake.severity == "error")
            options = {"label": source.label, "outcome_time": source.outcome_time}
            names = ", ".join(_typed(name) for name, value in options.items() if excerpt(value) == leak.given)
            message = f"{names}: given {leak.given}, which is a signal; accepted: {leak.accepted}; {leak.hint}"
            raise OptionRefused(message) from invalid
        return outcome


def _typed(name: str) -> str:
    """An option as it is typed."""
    return f"--{name.replace('_', '-')}"
