"""Alarms of the guard: what it has noticed of a stream, in words too."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

AlarmKind: TypeAlias = Literal["loss", "turned", "limit", "beyond", "one-key"]
"""What is noticed, as `flyball.watch.guard` tells."""

_SAID: dict[AlarmKind, str] = {
    "loss": "{model} loses far more than it did, and far more than a constant prediction",
    "turned": "{model} has begun to answer the opposite of what it had learned, as where labels are flipped",
    "limit": "{model} was wrong where it was as sure as it can be",
    "beyond": "{signal!r} of {model} had values more than a million times the largest before",
    "one-key": "nearly every row of {model} has the same {signal!r}, which had been spread out",
}
_TODO: dict[AlarmKind, str] = {
    "loss": "See whether outcomes came flipped, or those of others",
    "turned": "See whether outcomes came flipped",
    "limit": "See whether a signal gives the outcome away, or outcomes came wrong",
    "beyond": "See what sends them",
    "one-key": "See whether its sender still fills it in",
}


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the guard of a model has noticed.

    Attributes:
        kind: what.
        signal: the input that it is about; the model's outcome or its answers where it is about these.
        on: whether it still holds.
        times: how often it went on.
        first_ts: when the prediction was made at which it last went on, microseconds UTC.
        last_ts: when the last prediction was made that spoke for it.

    >>> alarm = Alarm(kind="beyond", signal="price", on=True, times=1, first_ts=0, last_ts=5)
    >>> alarm.said("ctr")
    "'price' of ctr had values more than a million times the largest before"
    """

    kind: AlarmKind
    signal: str
    on: bool
    times: int
    first_ts: int
    last_ts: int

    def said(self, model: str) -> str:
        """What was noticed, as a sentence without its full stop."""
        return _SAID[self.kind].format(model=model, signal=self.signal)

    @property
    def todo(self) -> str:
        """What to do, as a sentence."""
        return f"{_TODO[self.kind]}; `flyball model pause` stops learning, `flyball model rewind` takes a stretch back."
