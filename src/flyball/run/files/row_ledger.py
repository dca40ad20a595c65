"""Keeps account of which rows are still taken, and why the others were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.run.files.rejection import Rejection

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from flyball.run.files.typed_column import TypedColumn


class RowLedger:
    """Rows are refused whole and once, under the first reason found, so the counts add up.

    Args:
        row: shape (n,), the numbers of the rows in their file.

    >>> ledger = RowLedger(np.array([1, 2, 5]))
    >>> ledger.refuse(np.array([False, True, True]), "before_event", "label_ts", lambda place: "too early")
    >>> ledger.taken.tolist(), ledger.rejections()[0].first_row
    ([True, False, False], 2)
    """

    def __init__(self, row: NDArray[np.int64]) -> None:
        self._row = row
        self._rejections: list[Rejection] = []
        self.taken = np.ones(len(row), dtype=np.bool_)

    def refuse(self, bad: NDArray[np.bool_], reason: str, column: str | None, explain: Callable[[int], str]) -> None:
        """Refuses the rows of a mask that are still taken.

        Args:
            bad: shape (n,).
            reason: the code.
            column: where.
            explain: what to show of a row, given its place.
        """
        places = np.flatnonzero(bad & self.taken)
        if len(places) == 0:
            return
        first = int(places[0])
        self._rejections.append(
            Rejection(
                reason=reason,
                count=len(places),
                first_row=int(self._row[first]),
                example=explain(first),
                column=column,
            )
        )
        self.taken[places] = False

    def refuse_values(self, name: str, typed: TypedColumn) -> None:
        """Refuses the rows whose value in this column was refused."""
        for place, reason in enumerate(typed.reasons):
            self.refuse(typed.refused == place, reason, name, typed.explain)

    def rejections(self) -> tuple[Rejection, ...]:
        """What was refused so far, in the order in which it was found."""
        return tuple(self._rejections)
