"""The rule by which an outcome is joined to predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Learn: TypeAlias = Literal["arrival", "close", "revise"]
Reducer: TypeAlias = Literal["first", "last", "sum", "min", "max", "mean"]
Revision: TypeAlias = Literal["first", "last", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRule:
    """What the joiner needs to know of one declared outcome.

    `window_us` counts from the prediction's `event_ts`, or from that of the exposing event of type `counts_from`, which
    must itself come within `window_us` of the prediction. `if_silent` is the value assumed when the window closes
    without an outcome (`None`: nothing is assumed, nothing is learned). `keep_silent` is the share of negatives (value
    equal to `if_silent`, or 0 without one) that is learned from, with weight `1 / keep_silent`.

    >>> JoinRule(outcome="click", window_us=1_800_000_000, if_silent=0.0, learn="close").reducer
    'first'
    """

    outcome: str
    window_us: int
    if_silent: float | None = None
    counts_from: str | None = None
    learn: Learn = "arrival"
    reducer: Reducer = "first"
    revision: Revision = "last"
    keep_silent: float = 1.0
