"""Numbers as features: two grids of cells over the magnitudes, a number shared between its two neighbours on each.

A coefficient times a raw number needs scaling, follows only straight lines and is thrown by one huge value. Here a
number is a place on grids that are fixed for good. On each, every doubling of magnitude is cut into equal cells, and
the number belongs to the two grid points around it, in proportion to its nearness (weights 1 - t and t). The model is
thereby piecewise linear in the number on each side of 0, with knots at a fixed relative distance; at 0 it may jump,
since the points above and below have coefficients of their own. The coarse grid learns the shape from few examples; the
fine one, which weighs less, bends it where there are many. Nothing is estimated from data, so the same number gives the
same features for ever, at any magnitude from 5e-324 to 1.8e308.

The place is read off the bits of the double itself: exponent and leading mantissa bits are the cell, the other mantissa
bits are t. No logarithm is taken, and rows and bulk agree to the bit.

Why these grids: see docs/decisions/012-numeric-signals.md.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from flyball.learn.atomic import bits_of_float
from flyball.learn.kernel import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Grid(NamedTuple):
    """One grid.

    Attributes:
        bits: an octave of magnitude has 2 to this power cells.
        weight: what the values of its features sum to.

    >>> Grid(2, 1.0).bits
    2
    """

    bits: int
    weight: float


GRIDS = (Grid(0, 1.0), Grid(4, 0.375))
"""What a number is learned by: whole octaves, and sixteenths of them."""
CROSSED = (Grid(2, 1.0),)
"""What a number that is crossed with something is: each point is one name."""

LEVEL = 32
"""Points of different grids are different numbers: their bits stand from this bit on."""
MANTISSA = 52
MAGNITUDE = (1 << 63) - 1

_bits = struct.Struct("<q")
_double = struct.Struct("<d")


def cells(number: float, bits: int) -> tuple[int, float]:
    """The lower of a number's two grid points and the weight t of the next one away from zero (0 <= t < 1).

    Grid points count outwards from zero: up above it, down below it; point c is followed by c + 1 above and c - 1
    below. Zero itself is the first point above.

    Args:
        number: a finite one.
        bits: of the grid.

    >>> cells(1.0, 2) == (cells(1.25, 2)[0] - 1, 0.0)
    True
    >>> cells(1.125, 2)[1], cells(-1.125, 2)[1], cells(1.125, 0)[1]
    (0.5, 0.5, 0.125)
    """
    (word,) = _bits.unpack(_double.pack(number))
    magnitude, shift = word & MAGNITUDE, MANTISSA - bits
    cell = (magnitude >> shift) + 1 + (bits << LEVEL)
    return (-cell if word < 0 and magnitude != 0 else cell), (magnitude & ((1 << shift) - 1)) / (1 << shift)


@kernel
def cells_of(numbers: NDArray[np.float64], bits: int, points: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    """`cells` of every number: grid point and share of the next, all of shape (n,)."""
    shift, first = MANTISSA - bits, 1 + (bits << LEVEL)
    for i in range(len(numbers)):
        word = bits_of_float(numbers[i])
        magnitude = word & MAGNITUDE
        cell = (magnitude >> shift) + first
        points[i] = -cell if word < 0 and magnitude != 0 else cell
        shares[i] = (magnitude & ((1 << shift) - 1)) / (1 << shift)
