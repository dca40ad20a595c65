"""Candidates: features that may or may not help, which half of a learner's lanes leave out.

A bit of its key says of which kind a feature is, so that nothing else has to travel beside it: it is 1 in the keys of
candidates and 0 in all others, of models that have any; keys of other models are as they are hashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.bias import BIAS_KEY
from flyball.learn.kernel import inner
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]

CANDIDATE = 2
"""The bit. Neither the bias has it, nor do searches begin by it (`flyball.learn.place`)."""
assert BIAS_KEY & CANDIDATE == 0  # noqa: S101  # the bias is no candidate


def tagged(key: int, *, candidate: bool) -> int:
    """A key with the bit that says whether its feature is a candidate.

    >>> tagged(5, candidate=True), tagged(7, candidate=False)
    (7, 5)
    """
    return key | CANDIDATE if candidate else key & ~CANDIDATE


def tag_all(keys: Words, *, candidate: bool) -> Words:
    """As `tagged`, for an array.

    >>> tag_all(np.array([5, 7], np.uint64), candidate=False).tolist()
    [5, 5]
    """
    bit = np.uint64(CANDIDATE)
    return keys | bit if candidate else keys & ~bit


@inner
def leave_out(keys: Words, values: Floats, left: Floats) -> None:
    """The values as lanes see them that know no candidates."""
    for j in range(len(keys)):
        left[j] = 0.0 if keys[j] & uint64(CANDIDATE) != uint64(0) else values[j]
