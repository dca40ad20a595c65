"""Why a column is left out of a drafted system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One column that `flyball init` writes as a comment instead of a signal, with the evidence.

    Args:
        column: its name.
        kind: `constant`, `duplicate`, `tells_label`, `adds_up`, `filled_later`, `later_time`, `row_number`,
            `clock`, `identifier`, `afterthought`, `excluded` or `unusable`.
        evidence: a sentence with what was counted.

    >>> print(Suspicion(column="sched_known", kind="constant", evidence="is '1' in every row"))
    sched_known: is '1' in every row
    """

    column: str
    kind: str
    evidence: str

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.column}: {self.evidence}"

    @property
    def is_leak(self) -> bool:
        """Whether the column seems to be known only with or after the outcome."""
        return self.kind in LEAKS


LEAKS = frozenset({"tells_label", "adds_up", "filled_later", "later_time", "afterthought"})
"""The kinds of what seems to be known only with or after the outcome."""
