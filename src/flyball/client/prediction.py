"""A prediction, as the service or the caller's fallback gave it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer to one request.

    Args:
        id: by which the outcome is joined.
        model: the model's name.
        version: its version; `None` for the caller's fallback.
        learned_through: the place in the log up to which it had learned; `None` for the caller's fallback.
        value: the probability for two classes, the mean for numbers.
        served_by: "model"; "partial" where signals were missing when time was up; "fallback" for the model's declared
            fallback; "caller" for the fallback of the call itself: the service knows nothing of such a prediction, or
            another answer, which came too late.
        reason: why it was not the model.
        uncertainty: how far one more example could move the value, in its own units; only where it was asked for, and
            the model answered.
        learning: whether the service is learning at present; `None` for the caller's fallback.

    >>> Prediction(id="r1", model="ctr", version=1, learned_through=7, value=0.5).served_by
    'model'
    """

    id: str
    model: str
    version: int | None
    learned_through: int | None
    value: float
    served_by: str = "model"
    reason: str | None = None
    learning: bool | None = True
    uncertainty: float | None = None
