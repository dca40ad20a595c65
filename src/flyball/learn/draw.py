"""Draws: rows and keys that look random and are a hash of their number, so that a replay draws the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.kernel import kernel
from flyball.learn.slots import ZERO_KEY, mix
from flyball.learn.word import uint64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[Any]
    Integers = NDArray[np.int64]


@kernel
def draw(first: int, seed: int, most: int, rows: Integers) -> None:
    """For rows `first`, `first + 1`, ... a row below `most` each."""
    for i in range(len(rows)):
        rows[i] = mix(mix(uint64(first + i)) + uint64(seed)) % uint64(most)


@kernel
def reseed(keys: Keys, seed: int) -> None:
    """Other keys, one for each."""
    for i in range(len(keys)):
        key = mix(keys[i] ^ mix(uint64(seed)))
        keys[i] = key if key != uint64(0) else uint64(ZERO_KEY)
