"""From typed values to features, one row at a time: what serving uses, and what bulk encoding must equal."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.bias import BIAS_KEY
from flyball.learn.derivation import evaluator
from flyball.learn.features import Features
from flyball.learn.offset import OFFSET_KEY, added_by
from flyball.learn.slots import ZERO_KEY
from flyball.learn.writer import output_writer
from flyball.system.function import bind
from flyball.system.missing import MISSING
from flyball.system.program import LEAVES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.system.program import Node, Program
    from flyball.system.value import Value

__all__ = ["BIAS_KEY", "Encoder"]


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
    (1, 6)
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions = program.functions
        self._leaves = program.leaves
        self._size = len(program.nodes)
        self._writers = [output_writer(program, output) for output in range(len(program.outputs))]
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
        values: list[Value] = [MISSING] * self._size
        for place, value in zip(self._leaves, leaves, strict=True):
            values[place] = value
        if derived is None:
            for place, make in self._makers:
                values[place] = make(values)
            return values
        given = dict(zip(self.functions, derived, strict=True))
        for place, make in self._makers:
            values[place] = given[place] if place in given else make(values)
        return values

    def features(self, values: Sequence[Value]) -> Features:
        """The features of one row, from the values of all nodes: the bias, then each signal's in the model's order.

        The offset stands last, where the model has one.
        """
        keys, shares = self.pairs(values)
        starts = np.array([0, len(keys)], dtype=np.int64)
        return Features(starts, np.array(keys, dtype=np.uint64), np.array(shares))

    def pairs(self, values: Sequence[Value]) -> tuple[list[int], list[float]]:
        """As `features`: the keys and the values, in lists."""
        keys, shares = [BIAS_KEY], [1.0]
        for write in self._writers:
            write(values, keys, shares)
        offset = self.program.offset
        if offset is not None:
            keys.append(int(OFFSET_KEY))
            shares.append(added_by(offset, values))
        if 0 in keys:
            keys = [key if key != 0 else ZERO_KEY for key in keys]
        return keys, shares

    def encode(self, leaves: Sequence[Value], derived: Sequence[Value] | None = None) -> Features:
        """`evaluate` and `features` in one."""
        return self.features(self.evaluate(leaves, derived))
