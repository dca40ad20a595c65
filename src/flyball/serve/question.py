"""Questions: what is asked of a model, typed, with all that its answer must keep to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flyball.serve.intake import Taken
    from flyball.serve.predictor import Predictor
    from flyball.serve.recent import Key


class Question(NamedTuple):
    """One question to one model.

    Args:
        predictor: the model.
        id: the prediction's id.
        taken: the inputs.
        event_ts: when it was asked, microseconds UTC.
        deadline: when an answer must be there, in nanoseconds of the service's ticks; `None`: whenever it is.
        consistent: whether the loop is to answer, between two batches of learning.
        uncertainty: whether the answer is to tell how sure it is.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.table import Table
    >>> from flyball.serve.predictor import Predictor
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> predictor = Predictor(System("flights", models=[late]), "late", 1, Table(width_bits=2).words)
    >>> Question(predictor, "r1", predictor.intake.take({}), 0, None, consistent=False).key
    ('late', 1, 'r1')
    """

    predictor: Predictor
    id: str
    taken: Taken
    event_ts: int
    deadline: int | None
    consistent: bool
    uncertainty: bool = False

    @property
    def key(self) -> Key:
        """By which its answer is remembered."""
        return (self.predictor.model, self.predictor.version, self.id)
