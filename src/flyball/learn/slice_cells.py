"""The cells by which a row is calibrated: one for all rows, and one for its value in each dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.features import cross_features, single_codes, single_numbers, text_keys
from flyball.learn.hash64 import crossed_key, missing_key, number_key, text_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.column import Column, Words
    from flyball.learn.features import Features
    from flyball.system.model import Model
    from flyball.system.program import Program
    from flyball.system.value import Value

    Keys = NDArray[Any]

WHOLE = text_key("calibration", 0)
"""The cell that every row is in."""
NO_CELLS: Keys = np.empty(0, dtype=np.uint64)
"""Those of a row that is not calibrated."""


class SliceCells:
    """Finds the cells of rows of one program, row by row and in bulk alike.

    A cell is a hash of the values and of what their signals mean: a signal that changes its meaning begins anew, one
    that is renamed with `was=` goes on.

    Args:
        program: the compiled signals of a model.
        dimensions: the places of the signals of each dimension.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> cells = SliceCells(compile_program([Input("country", str), Input("hour", int)]), [(0,), (0, 1)])
    >>> len(cells.one(["DE", 7])), bool(cells.one(["DE", 7])[1] == cells.one(["DE", 8])[1])
    (3, True)
    """

    def __init__(self, program: Program, dimensions: Sequence[Sequence[int]]) -> None:
        names = ["/".join(str(program.nodes[place].seed) for place in places) for places in dimensions]
        seeds = [text_key(f"cells/{name}", 0) for name in names]
        self._dimensions = list(zip(dimensions, seeds, strict=True))
        self._hashed: dict[tuple[int, int], tuple[Words, Keys]] = {}

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return 1 + len(self._dimensions)

    def one(self, values: Sequence[Value]) -> Keys:
        """The cells of one row, from the values of all nodes; shape (1 + dimensions,)."""
        cells = [WHOLE]
        for places, seed in self._dimensions:
            cell = _key(values[places[0]], seed)
            for place in places[1:]:
                cell = crossed_key(cell, _key(values[place], seed), seed)
            cells.append(cell)
        return np.array(cells, dtype=np.uint64)

    def many(self, columns: Sequence[Column | None], rows: int) -> Keys:
        """The cells of many rows, from the columns of all nodes; shape (rows, 1 + dimensions)."""
        cells = np.empty((rows, self.width), dtype=np.uint64)
        cells[:, 0] = WHOLE
        for i, (places, seed) in enumerate(self._dimensions):
            made = [self._keys(column, place, seed) for place in places if (column := columns[place]) is not None]
            crossed = made[0]
            for features in made[1:]:
                crossed = cross_features(crossed, features, seed)
            cells[:, i + 1] = crossed.keys
        return cells

    def _keys(self, column: Column, place: int, seed: int) -> Features:
        if column.words is None:
            return single_numbers(column.values, column.missing, seed)
        known = self._hashed.get((place, seed))
        if known is None or known[0] is not column.words:
            # The last dictionary is remembered: the chunks of a file have one.
            known = self._hashed[place, seed] = (column.words, text_keys(column.words, seed))
        return single_codes(column.values, known[1], column.missing, seed)


def cells_of_model(model: Model, program: Program) -> SliceCells | None:
    """The cells of a model's rows; `None` where it is not calibrated.

    >>> from flyball.system.input import Input
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.program import compile_program
    >>> from flyball.system.model import Model
    >>> hour = Input("hour", int)
    >>> ctr = Model("ctr", signals=[hour], outcome=Outcome("click"), calibrate=[hour])
    >>> len(cells_of_model(ctr, compile_program([hour])).one([7]))
    2
    """
    if not model.calibrated:
        return None
    return SliceCells(program, [tuple(program.place(s.name) for s in signals) for signals in model.calibrated_by])


def _key(value: Value, seed: int) -> int:
    if isinstance(value, str):
        return text_key(value, seed)
    return number_key(int(value), seed) if isinstance(value, (int, float)) else missing_key(seed)
