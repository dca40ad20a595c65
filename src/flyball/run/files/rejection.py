"""Rows of a file that were not taken, counted and shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Rows refused for one reason, in one column. Every refused row counts once, under the first reason found.

    Args:
        reason: a code, such as `unparsable`, `too_few_fields` or `before_event`.
        count: how many rows.
        first_row: the number of the first of them; the first row of data is 1, and refused rows are counted too.
        example: what stood there, or a sentence that says so.
        column: where; None if the whole row is at fault.

    >>> print(Rejection(reason="unparsable", count=2, first_row=7, example="'x' is not a whole number", column="hour"))
    2 rows, column 'hour': unparsable, first at row 7: 'x' is not a whole number
    """

    reason: str
    count: int
    first_row: int
    example: str
    column: str | None = None

    def __str__(self) -> str:
        """One line for a person."""
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        where = "" if self.column is None else f", column {self.column!r}"
        return f"{rows}{where}: {self.reason}, first at row {self.first_row:,}: {self.example}"
