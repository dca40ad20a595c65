"""From typed values to features, one row at a time: what serving uses, and what bulk encoding must equal."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from flyball.learn.derivation import evaluator
from flyball.learn.features import Features, squash
from flyball.learn.grid import cells
from flyball.learn.hash64 import crossed_key, missing_key, number_key, text_key
from flyball.learn.slots import ZERO_KEY
from flyball.system.function import bind
from flyball.system.missing import MISSING, Missing
from flyball.system.program import LEAVES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.system.program import Node, Program
    from flyball.system.value import Value

    Pairs: TypeAlias = list[tuple[int, float]]

BIAS_KEY = text_key("bias", 0)
"""The key of the coordinate that every example has, first, with value 1."""


def value_features(node: Node, value: Value, *, crossed: bool) -> Pairs:
    """The features of one value of this signal; `crossed` takes whole numbers as they are, not as cells.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> hour = compile_program([Input("hour", int)]).nodes[0]
    >>> len(value_features(hour, 9, crossed=False)), len(value_features(hour, 9, crossed=True))
    (2, 1)
    """
    seed = node.seed
    if isinstance(value, Missing):
        return [(missing_key(seed), 1.0)]
    if isinstance(value, str):
        return [(text_key(value, seed), 1.0)]
    if isinstance(value, tuple):
        return [(text_key(item, seed), 1.0) for item in dict.fromkeys(value)]
    if isinstance(value, dict):
        return [(text_key(name, seed), float(squash(float(number)))) for name, number in value.items()]
    if node.categorical or (crossed and isinstance(value, int)):
        return [(number_key(int(value), seed), 1.0)]
    cell, share = cells(float(value))
    if share == 0.0:
        return [(number_key(cell, seed), 1.0)]
    following = cell + 1 if cell > 0 else cell - 1
    return [(number_key(cell, seed), 1.0 - share), (number_key(following, seed), share)]


def _call(node: Node) -> Callable[[Sequence[Value]], Value]:
    """A user's function, looked for when it is called first: what was logged must be readable without it."""

    @cache
    def function() -> Callable[[Sequence[Value]], Value]:
        return bind(str(node.params["path"]), node.kind)

    return lambda values: function()([values[i] for i in node.inputs])


class Encoder:
    """Encodes rows of one program.

    Args:
        program: the compiled signals of a model.

    >>> from flyball.system.derivation import cross
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> country, hour = Input("country", str), Input("hour", int)
    >>> encoder = Encoder(compile_program([country, hour, cross(country, hour)]))
    >>> features = encoder.encode(["DE", 7])
    >>> features.rows, len(features.keys)
    (1, 4)
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions = program.functions
        self._leaves = program.leaves
        self._makers: list[tuple[int, Callable[[Sequence[Value]], Value]]] = [
            (i, _call(node) if node.op == "function" else evaluator(node))
            for i, node in enumerate(program.nodes)
            if node.op not in {*LEAVES, "cross"}
        ]

    def evaluate(self, leaves: Sequence[Value], derived: Sequence[Value] | None = None) -> list[Value]:
        """The values of all nodes.

        Args:
            leaves: the leaf values, in the program's order of leaves.
            derived: the logged values of users' functions, in order; `None` calls the functions.

        Raises:
            ValueRefused: a user's function failed, or gave a value that is not of its declared type.
            FunctionUnknown: it is not there any more.
        """
        values: list[Value] = [MISSING] * len(self.program.nodes)
        for place, value in zip(self._leaves, leaves, strict=True):
            values[place] = value
        given = {} if derived is None else dict(zip(self.functions, derived, strict=True))
        for place, make in self._makers:
            values[place] = given[place] if place in given else make(values)
        return values

    def features(self, values: Sequence[Value]) -> Features:
        """The features of one row, from the values of all nodes: the bias, then each signal's in the model's order."""
        pairs: Pairs = [(BIAS_KEY, 1.0)]
        for place in self.program.outputs:
            pairs += self._of(place, values, crossed=False)
        keys = np.array([key if key != 0 else ZERO_KEY for key, _ in pairs], dtype=np.uint64)
        return Features(np.array([0, len(pairs)], dtype=np.int64), keys, np.array([share for _, share in pairs]))

    def encode(self, leaves: Sequence[Value], derived: Sequence[Value] | None = None) -> Features:
        """`evaluate` and `features` in one."""
        return self.features(self.evaluate(leaves, derived))

    def _of(self, place: int, values: Sequence[Value], *, crossed: bool) -> Pairs:
        node = self.program.nodes[place]
        if node.op != "cross":
            return value_features(node, values[place], crossed=crossed)
        parts = [self._of(i, values, crossed=True) for i in node.inputs]
        keys = [key for key, _ in parts[0]]
        for part in parts[1:]:
            keys = [crossed_key(left, right, node.seed) for left in keys for right, _ in part]
        return [(key, 1.0) for key in keys]
