"""Isotonic regression: the non-decreasing sequence nearest to given values, by pooling adjacent violators.

Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling with incomplete information",
Annals of Mathematical Statistics 26 (1955): neighbours in the wrong order are replaced by their weighted mean until
none are left. Every value joins a block once and blocks merge less often than there are values: n values, 2 n steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.learn.kernel import inner, kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@inner
def pool(values: Floats, weights: Floats, sizes: Integers) -> None:
    """Replaces `values` by the non-decreasing sequence with the least weighted sum of squared differences to them.

    Args:
        values: shape (n,), finite.
        weights: shape (n,), above 0; it is used up.
        sizes: shape (n,), room for how many values a block holds.
    """
    blocks = 0
    for i in range(len(values)):
        value, weight, size = values[i], weights[i], 1
        while blocks > 0 and values[blocks - 1] >= value:
            blocks -= 1
            whole = weights[blocks] + weight
            # A mean of two lies between them, whatever is rounded.
            value = min(value + (values[blocks] - value) * (weights[blocks] / whole), values[blocks])
            weight = whole
            size += sizes[blocks]
        values[blocks], weights[blocks], sizes[blocks] = value, weight, size
        blocks += 1
    at = len(values)
    for block in range(blocks - 1, -1, -1):
        # Block b ends at value b or later: nothing is written over that is still to be read.
        value = values[block]
        for _ in range(sizes[block]):
            at -= 1
            values[at] = value


@kernel
def isotonic(values: Floats, weights: Floats, sizes: Integers) -> None:
    """`pool`, to be called from Python."""
    pool(values, weights, sizes)
