"""The order of a replay: predictions and outcomes of a file's rows, as they really happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The m events of n rows, in order.

    `rows` is the row of each event, `outcome` whether it is the row's outcome rather than its prediction, `times` when
    it becomes known, microseconds UTC; all have shape (m,). Rows are in the order of their predictions.

    >>> both = Schedule.of(np.array([0, 10]), np.array([15, 12]), np.array([True, True]))
    >>> both.rows.tolist(), both.outcome.tolist()
    ([0, 1, 1, 0], [False, False, True, True])
    """

    rows: Integers
    outcome: Flags
    times: Integers

    @classmethod
    def of(cls, event_ts: Integers, outcome_ts: Integers | None, has_outcome: Flags) -> Schedule:
        """The schedule of rows in the order of their predictions.

        Args:
            event_ts: when each prediction is asked, shape (n,), not falling.
            outcome_ts: when each outcome becomes known; `None`: at once, before the next prediction.
            has_outcome: whether a row's outcome ever comes.
        """
        count = len(event_ts)
        known = np.flatnonzero(has_outcome)
        rows = np.concatenate([np.arange(count), known])
        outcome = np.concatenate([np.zeros(count, np.bool_), np.ones(len(known), np.bool_)])
        if outcome_ts is None:
            order = np.lexsort((outcome, rows))
            return cls(rows[order], outcome[order], event_ts[rows[order]])
        times = np.concatenate([event_ts, outcome_ts[known]])
        # What happens at the very moment of a prediction was not known to it: predictions come first.
        order = np.lexsort((rows, outcome, times))
        return cls(rows[order], outcome[order], times[order])

    def __len__(self) -> int:
        return len(self.rows)
