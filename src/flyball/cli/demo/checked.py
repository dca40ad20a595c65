"""What is checked when the demo has stopped: nothing is lost, everything adds up, and the log gives the same state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.events.reader import open_reader
from flyball.events.record import Outcome, Prediction
from flyball.events.tally import Tally, summed
from flyball.run.log_replay import replay_log
from flyball.run.state_view import view_state

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

MOST_RECORDS = 1_000_000
"""A longer log is not replayed for a summary; `flyball replay --log` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found.

    Attributes:
        counts: what became of all predictions.
        records: how many the log holds.
        predictions_missing: answers that the log does not hold.
        outcomes_missing: acknowledged outcomes that the log does not hold.
        replay_matches: whether the log, replayed, gives the state; `None` where it is too long to be tried here.

    >>> checked = Checked(counts=Tally(), records=1, predictions_missing=0, outcomes_missing=0, replay_matches=True)
    >>> checked.acknowledged, checked.holds
    (True, True)
    """

    counts: Tally
    records: int
    predictions_missing: int
    outcomes_missing: int
    replay_matches: bool | None

    @property
    def acknowledged(self) -> bool:
        """Whether everything that was acknowledged is in the log."""
        return not self.predictions_missing and not self.outcomes_missing

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.counts.balanced and self.acknowledged and self.replay_matches is not False


def check_state(
    state: Path, *, answered: Collection[str], clicks: int, progress: Callable[[int, int], None] | None = None
) -> Checked:
    """Reads a state directory that nobody writes to any more.

    Args:
        state: the directory.
        answered: the ids of all predictions that were answered.
        clicks: how many outcomes were acknowledged.
        progress: called with the records folded and their number.

    >>> import tempfile
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.run.state import State
    >>> directory = tempfile.mkdtemp()
    >>> State.open(directory, System("s", models=[Model("m", signals=[Input("x", int)], outcome=Outcome("y"))])).close()
    >>> check_state(directory, answered=["r1"], clicks=0).predictions_missing
    1
    """
    view = view_state(state)
    assert view is not None  # noqa: S101  # a system ran here
    missing, outcomes = set(answered), 0
    with open_reader(view.path / "log") as reader:
        for record in reader.read():
            if isinstance(record.body, Prediction):
                missing.discard(record.body.id)
            outcomes += isinstance(record.body, Outcome)
    matches = replay_log(state, progress=progress).matches if view.last_seq <= MOST_RECORDS else None
    return Checked(
        counts=summed(view.joiner.tallies.values()),
        records=view.last_seq,
        predictions_missing=len(missing),
        outcomes_missing=max(clicks - outcomes, 0),
        replay_matches=matches,
    )
