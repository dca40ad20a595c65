"""Changes: what a changed definition does to what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a change does to what a model has learned.

    >>> Effect.ANEW.value
    'starts anew'
    """

    SAME = "same version"
    """Nothing that was learned is touched."""
    NEW = "new version"
    """A new version, which keeps the table."""
    RENAMED = "keeps its features"
    """A new version; the signal keeps its features under its new name."""
    ANEW = "starts anew"
    """A new version; this signal starts anew, the rest stays."""
    CREATED = "new model"
    """A model that was not there before."""
    DROPPED = "dropped"
    """A model that is no longer there; what it learned is no longer served."""
    REFUSED = "refused"
    """What was learned would be read as something else."""
    FORKED = "forked"
    """Refused, but a new model under the same name was asked for: a new version that keeps nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two definitions.

    Args:
        model: the model it concerns; empty for the system as a whole.
        subject: what changed, such as `signal 'hour'` or `deadline`.
        old: what it was, as a short text; `None` where it was not there.
        new: what it is; `None` where it is no longer there.
        effect: what it does to what was learned.
        sentence: the same in plain words.
        outcome: the outcome that it is of, as it was named; empty where it is of none.

    >>> Change(model="ctr", subject="deadline", old="20ms", new="1s", effect=Effect.SAME, sentence="").new
    '1s'
    """

    model: str
    subject: str
    old: str | None
    new: str | None
    effect: Effect
    sentence: str
    outcome: str = ""
