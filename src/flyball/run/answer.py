"""What a prediction answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one request.

    Args:
        id: the prediction's id, by which its outcome is joined.
        model: the model's name.
        version: its version.
        learned_through: the place in the log up to which it had learned.
        prediction: the probability for two classes, the mean for numbers.
        served_by: "model", or "elsewhere" for a prediction that was only recorded.

    >>> Answer(id="r1", model="ctr", version=1, learned_through=7, prediction=0.5).served_by
    'model'
    """

    id: str
    model: str
    version: int
    learned_through: int
    prediction: float
    served_by: str = "model"
