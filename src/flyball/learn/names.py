"""Names of features: what the writers' keys stand for, in the same order."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from flyball.learn.grid import CROSSED, GRIDS, LEVEL, MANTISSA, cells
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.learn.grid import Grid
    from flyball.system.program import Program
    from flyball.system.value import Value

BIAS = "(bias)"
OFFSET = "(offset)"
"""The name of the coordinate that every example has."""
ABSENT = "(missing)"
"""What stands for a missing value."""


def names_of(program: Program, place: int, values: Sequence[Value], *, crossed: bool = False) -> list[str]:
    """The names of the features that `flyball.learn.writer.writer_of` writes for one signal of one row.

    Args:
        program: the compiled signals.
        place: the signal's.
        values: of all nodes.
        crossed: as for the writer.

    >>> from flyball.system.derivation import cross
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> country, hour = Input("country", str), Input("hour", int)
    >>> program = compile_program([country, hour, cross(country, hour)])
    >>> names_of(program, program.place("country"), ["DE", 12, None])
    ['country=DE']
    >>> names_of(program, program.place("hour"), ["DE", 12, None])
    ['hour about 8, by octaves', 'hour about 16, by octaves', 'hour about 12, by 16 cells an octave']
    >>> names_of(program, program.place("cross(country, hour)"), ["DE", 12, None])
    ['country=DE & hour=12']
    """
    node = program.nodes[place]
    if node.op == "cross":
        found = names_of(program, node.inputs[0], values, crossed=True)
        for i in node.inputs[1:]:
            right = names_of(program, i, values, crossed=True)
            found = [f"{left} & {name}" for left in found for name in right]
        return found
    value = values[place]
    if node.kind in {Kind.LIST, Kind.MAP}:
        if not isinstance(value, (tuple, dict)):
            return [f"{node.name}={ABSENT}"]
        return [f"{node.name}={item}" for item in dict.fromkeys(value)]
    if not isinstance(value, (str, int, float)):
        return [f"{node.name}={ABSENT}"]
    if node.kind is Kind.STR or node.categorical or (crossed and node.kind is not Kind.FLOAT):
        return [f"{node.name}={value}"]
    return [f"{node.name} about {text}" for text in _points(float(value), CROSSED if crossed else GRIDS)]


def _points(number: float, grids: Sequence[Grid]) -> list[str]:
    found = []
    for bits, _ in grids:
        cell, share = cells(number, bits)
        points = [cell] if share <= 0.0 else [cell, cell + 1 if cell > 0 else cell - 1]
        size = "by octaves" if bits == 0 else f"by {1 << bits} cells an octave"
        found += [f"{number_at(point, bits):.6g}, {size}" for point in points]
    return found


def number_at(point: int, bits: int) -> float:
    """The number that lies on a point of a grid: what `flyball.learn.grid.cells` gives with share 0.

    >>> number_at(cells(1.25, 2)[0], 2), number_at(cells(-3.0, 4)[0], 4), number_at(cells(0.0, 0)[0], 0)
    (1.25, -3.0, 0.0)
    """
    magnitude = (abs(point) - 1 - (bits << LEVEL)) << (MANTISSA - bits)
    (number,) = struct.unpack("<d", struct.pack("<q", magnitude))
    return -float(number) if point < 0 else float(number)
