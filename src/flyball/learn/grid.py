"""Numbers as features: a grid of cells per octave of magnitude, the value shared between its two neighbours.

A coefficient times a raw number needs scaling, follows only straight lines and is thrown by one huge value. Here a
number is a place on a grid that is fixed for good: each doubling of magnitude is cut into `CELLS_PER_OCTAVE` equal
cells, and the number belongs to the two grid points around it, in proportion to its nearness (weights 1 - t and t). The
model is thereby piecewise linear in the number on each side of 0, with knots at a fixed relative distance; at 0 it may
jump, since the points above and below have coefficients of their own. Nothing is estimated from data, so the same
number gives the same features for ever, at any magnitude from 5e-324 to 1.8e308.

The place is read off the bits of the double itself: exponent and leading mantissa bits are the cell, the other mantissa
bits are t. No logarithm is taken, and rows and bulk agree to the bit.

Why four cells: see docs/decisions/004-numbers-as-cells.md.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from flyball.learn.atomic import bits_of_float
from flyball.learn.kernel import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CELL_BITS = 2
CELLS_PER_OCTAVE = 1 << CELL_BITS

SHIFT = 52 - CELL_BITS
FRACTION = (1 << SHIFT) - 1
MAGNITUDE = (1 << 63) - 1

_bits = struct.Struct("<q")
_double = struct.Struct("<d")


def cells(number: float) -> tuple[int, float]:
    """The lower of a number's two grid points and the weight t of the next one away from zero (0 <= t < 1).

    Grid points count outwards from zero: 1, 2, ... above and -1, -2, ... below; point c is followed by c + 1 above and
    c - 1 below. Zero itself is point 1.

    >>> cells(1.0) == (cells(1.25)[0] - 1, 0.0)
    True
    >>> cells(1.125)[1], cells(-1.125)[1]
    (0.5, 0.5)
    """
    (bits,) = _bits.unpack(_double.pack(number))
    magnitude = bits & MAGNITUDE
    cell = (magnitude >> SHIFT) + 1
    return (-cell if bits < 0 and magnitude != 0 else cell), (magnitude & FRACTION) / (FRACTION + 1)


@kernel
def cells_of(numbers: NDArray[np.float64], points: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    """`cells` of every number: grid point and share of the next, all of shape (n,)."""
    for i in range(len(numbers)):
        bits = bits_of_float(numbers[i])
        magnitude = bits & MAGNITUDE
        cell = (magnitude >> SHIFT) + 1
        points[i] = -cell if bits < 0 and magnitude != 0 else cell
        shares[i] = (magnitude & FRACTION) / (FRACTION + 1)
