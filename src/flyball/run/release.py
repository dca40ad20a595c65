"""The end of a pause: what it held back is learned, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.live_model import MOST_STEPS

if TYPE_CHECKING:
    from flyball.run.live_model import LiveModel, Steps

STEPS = 512
"""How many examples are learned from at once."""


class Release:
    """What a pause held back on its way into the coefficients, a part at a time.

    Args:
        model: the model that was paused.
        steps: what is to be done, in order.
        seq: the place of the record that ended the pause.

    >>> from flyball.run.form import Form
    >>> from flyball.run.live_model import LiveModel, Steps
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> model = LiveModel(Form(System("flights", models=[late]), "late", 1), lambda seqs: [])
    >>> Release(model, Steps(), 7).step()
    True
    """

    def __init__(self, model: LiveModel, steps: Steps, seq: int) -> None:
        self.seq = seq
        self._model = model
        self._steps = steps
        self._done = 0

    @property
    def progress(self) -> tuple[int, int]:
        """How many examples have been learned from, of how many."""
        return min(self._done, len(self._steps)), len(self._steps)

    def run(self) -> None:
        """Does all that is left."""
        while not self.step(steps=MOST_STEPS):
            pass

    def step(self, *, steps: int = STEPS) -> bool:
        """Learns from the next examples; whether those were the last.

        Args:
            steps: how many at most.
        """
        self._model.take(self._steps.part(self._done, self._done + steps))
        self._done += steps
        return self._done >= len(self._steps)
