"""Offsets: what is added to the margin of an example as it is, and never learned.

An offset travels as the last feature of its row, under a key that no signal can have; its coefficient is 1. So batches,
logs and requests carry it without knowing of it. The margin of a count is a logarithm: there the logarithm of the
exposure is the offset (McCullagh and Nelder, Generalized Linear Models, 1989, section 6.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.hash64 import text_key
from flyball.learn.kernel import inner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.system.program import Offset
    from flyball.system.value import Value

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

LARGEST = 1e30
"""An offset is cut to [-1e30, 1e30], so that it makes no infinite margin."""
OFFSET_KEY = np.uint64(text_key("offset", 0))
"""The key of the offset."""


def added_by(offset: Offset, values: Sequence[Value]) -> float:
    """What is added to the margin of one row, given the values of all nodes; 0 where the offset is missing.

    >>> from flyball.system.missing import MISSING
    >>> from flyball.system.program import Offset
    >>> added_by(Offset(0, 2.0), [3]), added_by(Offset(0, 2.0), [MISSING])
    (1.5, 0.0)
    """
    value = values[offset.place]
    return float(value) / offset.unit if isinstance(value, (int, float)) else 0.0


@inner
def end_of(keys: Words, start: int, end: int) -> int:
    """Where the features that are learned end, of an example that ends at `end`: before its offset, if it has one."""
    return end - 1 if end > start and keys[end - 1] == OFFSET_KEY else end


@inner
def offset_of(values: Floats, learned: int, end: int) -> float:
    """The offset of an example whose learned features end at `learned`; 0 where it has none."""
    return min(max(float(values[learned]), -LARGEST), LARGEST) if learned < end else 0.0
