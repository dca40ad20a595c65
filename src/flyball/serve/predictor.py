"""Predictors: one model, ready to answer from coefficients that another process may be changing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.events.leaf import leaf_of
from flyball.learn.correction import correction_of
from flyball.learn.encoder import Encoder
from flyball.learn.recipe import recipe_for
from flyball.learn.slice_cells import NO_CELLS, cells_of_model
from flyball.learn.uncertainty import uncertainty
from flyball.serve.intake import Intake
from flyball.system.function import bind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.events.record import Leaf
    from flyball.learn.table import Words
    from flyball.system.system import System
    from flyball.system.value import Value

ROOM = 256
"""For how many features there is room at first."""


class Predictor:
    """Answers for one model of one definition. All that can be settled before a request comes is settled here.

    Args:
        system: the definition.
        model: the model's name.
        version: the version that the definition gave it.
        words: the `words` of its table of coefficients, which may be attached and read only.
        strict: whether inputs that the model does not know are refused.
        definition: the beginning of the definition's hash, where it has been computed before.

    Raises:
        FunctionUnknown: one of the users' own functions is not there.
        TableForeign: the table is another learner's.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.table import Table
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> predictor = Predictor(System("flights", models=[late]), "late", 1, Table(width_bits=2).words)
    >>> predictor.score(predictor.evaluate([7]))
    0.5
    """

    def __init__(
        self,
        system: System,
        model: str,
        version: int,
        words: Words,
        *,
        strict: bool = False,
        definition: str | None = None,
    ) -> None:
        self.declared = system.model(model)
        self.model = model
        self.version = version
        self.definition = system.digest[:16] if definition is None else definition
        self.fallback = self.declared.fallback
        deadline = self.declared.deadline_us
        self.deadline_ns = None if deadline is None else deadline * 1000
        outcome = self.declared.outcome
        self.numeric = outcome.loss != "logistic"
        self._scale = float(outcome.scale) if self.numeric else 1.0
        self._recipe = recipe_for(self.declared)
        self.program = system.program(model)
        self._correction = correction_of(self.declared)
        self._cells = cells_of_model(self.declared, self.program)
        self.intake = Intake(model, self.program, strict=strict)
        self._encoder = Encoder(self.program)
        self.evaluate = self._encoder.evaluate
        self.functions = self.program.functions
        for place in self.functions:
            node = self.program.nodes[place]
            bind(str(node.params["path"]), node.kind)
        self._recipe.check(words)
        self._words = words
        self._told = np.empty(self._recipe.said, dtype="<f4")
        self._make_room(ROOM)
        # The kernel is compiled or loaded here, not at the first request.
        self._recipe.score(words, self._keys, self._shares, 0, self._told)
        uncertainty(self._recipe, words, self._keys[:0], self._shares[:0], prediction=0.5)
        if self._correction is not None:
            self._correction.score(words, NO_CELLS, 0.5)

    def _make_room(self, features: int) -> None:
        self._room = features
        self._keys = np.empty(features, dtype=np.uint64)
        self._shares = np.empty(features, dtype=np.float64)

    def derived(self, values: Sequence[Value]) -> list[Leaf]:
        """What is logged of users' own functions, from the values of all nodes."""
        return [leaf_of(values[place]) for place in self.functions]

    @property
    def said(self) -> bytes:
        """What lanes said when `score` was called last, to be logged with its answer."""
        return self._told.tobytes()

    def score(self, values: Sequence[Value]) -> float:
        """The answer, from the values of all nodes as `evaluate` gave them."""
        count = self._lay_out(values)
        score = self._recipe.score(self._words, self._keys, self._shares, count, self._told) * self._scale
        if self._correction is None:
            return score
        cells = NO_CELLS if self._cells is None else self._cells.one(values)
        return self._correction.score(self._words, cells, score)

    def uncertainty(self, values: Sequence[Value], prediction: float) -> float:
        """How far one more example could move this prediction, made from the same values: `flyball.learn.uncertainty`.

        >>> from flyball import Input, Model, Outcome, System
        >>> from flyball.learn.table import Table
        >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
        >>> predictor = Predictor(System("flights", models=[late]), "late", 1, Table(width_bits=2).words)
        >>> predictor.uncertainty(predictor.evaluate([7]), 0.5) > 0.0
        True
        """
        count = self._lay_out(values)
        keys, shares = self._keys[:count], self._shares[:count]
        return uncertainty(self._recipe, self._words, keys, shares, prediction=prediction, scale=self._scale)

    def _lay_out(self, values: Sequence[Value]) -> int:
        """Puts the features of a row where kernels find them; how many there are."""
        keys, shares = self._encoder.pairs(values)
        count = len(keys)
        if count > self._room:
            self._make_room(2 * count)
        self._keys[:count] = keys
        self._shares[:count] = shares
        return count
