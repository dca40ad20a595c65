"""An outcome or an exposure, as the joiner keeps it."""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, eq=False, gc=False):
    """What one record says of the prediction(s) of one id.

    Args:
        seq: place of the record in the log.
        id: the predictions' id.
        name: the outcome's name, or the event's type where it `exposes`.
        exposes: an exposure, not an outcome.
        outcome_id: the outcome's own id, None where it has none.
        value: the outcome's value.
        weight: the outcome's weight.
        event_ts: when it happened, microseconds.
        ingest_ts: when this system could see it, microseconds.
        due: if it is held, then for predictions that are logged before this time, microseconds.
        orphan_of: the models that count it among their orphans at present.

    >>> yes = Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0)
    >>> yes.repeats(Fact(2, "r1", "click", False, None, 1.0, 1.0, 5, 5))
    True
    """

    seq: int
    id: str
    name: str
    exposes: bool
    outcome_id: str | None
    value: float
    weight: float
    event_ts: int
    ingest_ts: int
    due: int = 0
    orphan_of: tuple[str, ...] = ()

    def concerns(self, other: Fact) -> bool:
        """Whether both speak of the same thing, and so might repeat or contradict each other.

        >>> shown = Fact(1, "r1", "click", True, None, 0.0, 1.0, 0, 0)
        >>> shown.concerns(Fact(2, "r1", "click", False, None, 1.0, 1.0, 5, 5))
        False
        """
        return self.name == other.name and self.outcome_id == other.outcome_id and self.exposes == other.exposes

    def repeats(self, other: Fact) -> bool:
        """Whether this says nothing that `other`, which it concerns, did not say.

        >>> shown = Fact(1, "r1", "shown", True, None, 0.0, 1.0, 0, 0)
        >>> shown.repeats(Fact(2, "r1", "shown", True, None, 0.0, 1.0, 5, 5))
        False
        """
        return self.event_ts == other.event_ts if self.exposes else self.value == other.value
