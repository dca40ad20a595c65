"""What the joiner emits: a prediction with what is known of its outcome."""

from __future__ import annotations

import msgspec


class Example(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A prediction with what is known of its outcome, and with what was made of it before.

    A learner that is given `learn=True` takes the gradient `weight * (p - value) - previous_weight * (p - previous)`, p
    being its answer now: what it had learned of this prediction is taken back, what is known now is put in its place. A
    scoreboard that is given `score=True` subtracts `(scored, scored_weight)` and adds `(value, weight)`.

    Args:
        seq: place of the prediction's record in the log.
        model: name of the model that predicted.
        version: version of the model that predicted.
        revision: how many examples were emitted for this prediction before this one; `(seq, revision)` is unique.
        value: what is known, 0 or 1 for no and yes.
        weight: weight of the outcome over the share of negatives that is kept; 0 when it is learned from no longer.
        previous: the value last learned for this prediction, None when none was.
        previous_weight: the weight with which `previous` was learned.
        scored: the value last scored for this prediction, None when none was.
        scored_weight: the weight with which `scored` was scored.
        learn: to be learned from.
        score: to be scored.

    >>> yes = Example(seq=1, model="ctr", version=1, revision=0, value=1.0, weight=1.0, learn=True, score=True)
    >>> yes.previous is None
    True
    """

    seq: int
    model: str
    version: int
    revision: int
    value: float
    weight: float
    previous: float | None = None
    previous_weight: float | None = None
    scored: float | None = None
    scored_weight: float | None = None
    learn: bool
    score: bool
