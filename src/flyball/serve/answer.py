"""What a prediction answers."""

from __future__ import annotations

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The answer to one request, as it is returned and as it is sent.

    Args:
        id: the prediction's id, by which its outcome is joined.
        model: the model's name.
        version: its version.
        learned_through: the place in the log up to which it had learned.
        prediction: the probability for two classes, the mean for numbers.
        served_by: "model", "fallback", or "elsewhere" for a prediction that was only recorded.
        reason: why it was not served by the model.
        learning: false where what is told is not learned from at present.
        uncertainty: how far one more example could move the prediction, in its own units
            (`flyball.learn.uncertainty`); only where it was asked for, and the model answered.

    >>> Answer(id="r1", model="ctr", version=1, learned_through=7, prediction=0.5, served_by="model").prediction
    0.5
    """

    id: str
    model: str
    version: int
    learned_through: int
    prediction: float
    served_by: str
    reason: str | None = None
    learning: bool = True
    uncertainty: float | None = None
