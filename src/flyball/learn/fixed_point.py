"""Coefficients in 16 bits, q2.13: a sign, two bits before the point and 13 after it, rounded at random.

McMahan et al., KDD 2013, section 4.2: w becomes 2^-13 floor(2^13 w + R) with R drawn evenly from [0, 1), which is right
in the mean. Rounding to the nearest is not: where many small coefficients of one sign meet in an example, or where a
coefficient grows by less than half a step at a time, all that is lost is lost in one direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.kernel import inner, kernel
from flyball.learn.slots import mix
from flyball.learn.word import float64, int64, uint64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Fixed = NDArray[np.int16]

STEP = 2.0**-13
"""The distance between two neighbours."""
MOST = 32767
"""The largest number of steps: 3.9998, up or down."""
WIDE = -32768
"""Stands for a coefficient that 16 bits do not hold; it is kept elsewhere, whole."""


@inner
def fixed_of(weight: float, noise: int) -> int:
    """The coefficient in steps, rounded by the upper half of 64 random bits, or WIDE."""
    # 16 bits and 32 of the random part: a double holds their sum, so that a whole number of steps stays what it is.
    rounded = weight / STEP + float64(uint64(noise) >> uint64(32)) * 2.0**-32
    if not -MOST <= rounded < MOST + 1:
        return WIDE
    whole = int64(rounded)
    return whole - 1 if rounded < float64(whole) else whole


@inner
def noise_for(key: int, seed: int, lane: int) -> int:
    """The random bits with which a key's coefficient is rounded: the same for the same seed."""
    return mix(mix(uint64(seed) + uint64(lane) * uint64(0x9E3779B97F4A7C15)) ^ uint64(key))


@kernel
def round_all(keys: Words, weights: Floats, seed: int, fixed: Fixed) -> None:
    """Rounds the coefficients of all keys, both of shape (n, lanes); one that is WIDE makes its whole row so."""
    for i in range(len(keys)):
        wide = False
        for lane in range(weights.shape[1]):
            fixed[i, lane] = fixed_of(weights[i, lane], noise_for(keys[i], seed, lane))
            wide = wide or fixed[i, lane] == WIDE
        if wide:
            fixed[i] = WIDE
