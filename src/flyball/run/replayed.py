"""What a replay did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.run.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A finished replay.

    Args:
        report: of everything that the engine has seen, this replay and what was there before.
        events: how many events (predictions and outcomes) were new.
        resumed: how many events of this file had been taken by an earlier replay that was interrupted.
        notes: sentences about what was seen and is worth telling.
        ignored: the columns of the file that nothing reads.
        state_digest: the hash of the whole state afterwards; `None` where nothing is kept.
        matches: for a recorded log: whether the state directory that it stands in says the same; `None` without one.

    >>> from flyball.run.report import Report
    >>> report = Report(system="ads", digest="", source="a.csv", command="", seconds=1.0, rows=3)
    >>> Replayed(report=report, events=0, resumed=6).already
    True
    """

    report: Report
    events: int
    resumed: int = 0
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    state_digest: str | None = None
    matches: bool | None = None

    @property
    def already(self) -> bool:
        """Whether the whole file had been replayed before."""
        return self.events == 0 and self.resumed > 0

    @property
    def examples(self) -> int:
        """How many examples were scored, of all models."""
        return sum(model.scorecard.examples for model in self.report.models)
