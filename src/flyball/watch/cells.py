"""The arrays of a board: rows of sums and bins, and the order of the time buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.watch.kernel import AT_COUNT, AT_SHIFT, bucket_row, double_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The arrays; each row is one cell: its sums, then its bins.

    Attributes:
        whole: shape (1, sums + wide): all examples, with fine bins.
        sliced: shape (dimensions x values, sums + narrow).
        timed: shape (buckets, sums + narrow), in no order.
        state: how many buckets there are, how often their width has doubled.
        keys: the buckets' times, in units of the present width since the epoch, rising.
        slots: for each key its row of `timed`; a permutation of all rows, the unused ones last.

    >>> Cells.empty(sums=10, wide=6, narrow=3, sliced=2, buckets=4).timed.shape
    (4, 13)
    """

    whole: Floats
    sliced: Floats
    timed: Floats
    state: Integers
    keys: Integers
    slots: Integers

    @classmethod
    def empty(cls, *, sums: int, wide: int, narrow: int, sliced: int, buckets: int) -> Cells:
        """Arrays of zeros for so many sums and bin fields a row, and so many rows."""
        return cls(
            whole=np.zeros((1, sums + wide)),
            sliced=np.zeros((sliced, sums + narrow)),
            timed=np.zeros((buckets, sums + narrow)),
            state=np.zeros(2, np.int64),
            keys=np.zeros(buckets, np.int64),
            slots=np.arange(buckets, dtype=np.int64),
        )

    @property
    def memory_bytes(self) -> int:
        """The size of all arrays."""
        return sum(a.nbytes for a in (self.whole, self.sliced, self.timed, self.state, self.keys, self.slots))

    @property
    def shift(self) -> int:
        """How often the width of the buckets has doubled."""
        return int(self.state[AT_SHIFT])

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return int(self.state[AT_COUNT])

    def buckets(self) -> Iterator[tuple[int, Floats]]:
        """Key and row of each bucket, the earliest first."""
        for i in range(self.count):
            yield int(self.keys[i]), self.timed[self.slots[i]]

    def combine(self, other: Cells, sign: float) -> None:
        """Add the whole and the buckets of `other`, times `sign`; buckets at the coarser of both widths."""
        self.whole[:] += sign * other.whole
        while self.shift < other.shift:
            double_width(self.state, self.keys, self.slots, self.timed)
        for key, theirs in other.buckets():
            row = bucket_row(self.state, self.keys, self.slots, self.timed, key << other.shift)
            self.timed[row] += sign * theirs
