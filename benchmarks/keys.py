"""Feature keys for tables of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.kernel import kernel
from flyball.learn.slots import mix
from flyball.learn.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURES = 39
CHUNK = 1 << 22
MOST_SEGMENTS = 8192
"""Of rows of two words: 8 GB, for about 2^28 features."""


@kernel
def keys_of(numbers: NDArray[Any], keys: NDArray[Any]) -> None:
    """The key of each number: a bijection, so that n numbers give n keys."""
    for i in range(len(numbers)):
        keys[i] = mix(numbers[i] + np.uint64(1))


def keys_for(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The keys of numbers, shape (n,)."""
    keys = np.empty(len(numbers), dtype=np.uint64)
    keys_of(numbers, keys)
    return keys


def filled(live: int, *, shared: bool, width_bits: int = 1) -> Table:
    """A table with the keys of 0 .. live - 1; every half of their rows is 1. Wider rows may take more memory."""
    table = Table(shared=shared, width_bits=width_bits, max_segments=MOST_SEGMENTS << (width_bits - 1))
    words = table.layout.row_words
    for start in range(0, live, CHUNK):
        keys = keys_for(np.arange(start, min(start + CHUNK, live), dtype=np.uint64))
        table.load(keys, np.full(len(keys) * words, 0x3F8000003F800000, dtype=np.uint64))
    return table
