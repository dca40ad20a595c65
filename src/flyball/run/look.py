"""Looking: from the inputs of rows to what the guard sees of them, by row and in bulk, equal to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.features import text_keys
from flyball.learn.hash64 import text_key
from flyball.system.kind import Kind
from flyball.watch.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.events.record import Leaf
    from flyball.learn.column import Column, Words
    from flyball.system.program import Program

KEYED = frozenset({Kind.INT, Kind.FLOAT, Kind.STR, Kind.TIMESTAMP})
"""Inputs that have one of many values a row."""
COUNTED = frozenset({Kind.INT, Kind.FLOAT, Kind.MAP})
"""Inputs that are numbers."""
_SEED = 0


class Looker:
    """Looks at the inputs of one model.

    Args:
        program: its compiled signals.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> looker = Looker(compile_program([Input("hour", int), Input("to", str)]))
    >>> looks = looker.one([7, None])
    >>> looks.keyed, looks.keys.tolist(), looks.counted, looks.numbers.tolist()
    (('hour', 'to'), [[7], [0]], ('hour',), [[7.0]])
    """

    def __init__(self, program: Program) -> None:
        nodes = [program.nodes[place] for place in program.leaves]
        self._keyed = [(i, node.name) for i, node in enumerate(nodes) if node.kind in KEYED]
        self._counted = [(i, node.name) for i, node in enumerate(nodes) if node.kind in COUNTED]
        self._names = tuple(name for _, name in self._keyed), tuple(name for _, name in self._counted)
        self._hashed: dict[int, tuple[Words, NDArray[np.int64]]] = {}

    def one(self, leaves: Sequence[Leaf]) -> Looks:
        """What is seen of one row, from its values as they are logged."""
        keys = np.array([[_key(leaves[i])] for i, _ in self._keyed], dtype=np.int64).reshape(-1, 1)
        numbers = np.array([[_number(leaves[i])] for i, _ in self._counted], dtype=np.float64).reshape(-1, 1)
        return Looks(self._names[0], keys, self._names[1], numbers)

    def many(self, leaves: Sequence[Column], rows: int) -> Looks:
        """What is seen of many rows, from their columns."""
        keys = np.empty((len(self._keyed), rows), dtype=np.int64)
        for place, (i, _) in enumerate(self._keyed):
            keys[place] = np.where(leaves[i].missing, 0, self._keys(i, leaves[i]))
        numbers = np.empty((len(self._counted), rows), dtype=np.float64)
        for place, (i, _) in enumerate(self._counted):
            numbers[place] = np.where(leaves[i].missing, np.nan, _numbers(leaves[i]))
        return Looks(self._names[0], keys, self._names[1], numbers)

    def _keys(self, i: int, column: Column) -> NDArray[np.int64]:
        if column.words is None:
            return (column.values + 0.0).view(np.int64) if column.kind is Kind.FLOAT else column.values
        known = self._hashed.get(i)
        if known is None or known[0] is not column.words:
            hashed = text_keys(column.words, _SEED).view(np.int64) if len(column.words) > 0 else np.zeros(1, np.int64)
            known = self._hashed[i] = column.words, hashed
        keys: NDArray[np.int64] = known[1][column.values]
        return keys


def _key(leaf: Leaf) -> int:
    if isinstance(leaf, str):
        return int(np.uint64(text_key(leaf, _SEED)).view(np.int64))
    if isinstance(leaf, float):
        # 0.0 and -0.0 are one value.
        return int(np.float64(leaf + 0.0).view(np.int64))
    return leaf if isinstance(leaf, int) else 0


def _number(leaf: Leaf) -> float:
    if isinstance(leaf, dict):
        return max((abs(number) for number in leaf.values()), default=np.nan)
    return float(leaf) if isinstance(leaf, int | float) else np.nan


def _numbers(column: Column) -> NDArray[np.float64]:
    if column.numbers is None or column.offsets is None:
        return column.values.astype(np.float64)
    largest = np.full(column.rows, np.nan)
    starts, filled = column.offsets[:-1], np.diff(column.offsets) > 0
    if filled.any():
        # Rows without items take no part: between two that have some there is nothing else.
        largest[filled] = np.maximum.reduceat(np.abs(column.numbers[: column.offsets[-1]]), starts[filled])
    return largest
