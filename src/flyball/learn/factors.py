"""Factors: how those of a factorisation machine are learned, and where they begin (`flyball.learn.factor_machine`)."""

from __future__ import annotations

from math import copysign
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flyball.learn.kernel import inner
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

FARTHEST = 1e50
"""A factor times its value is cut here: sums of squares are finite, whatever came."""


class Factors(NamedTuple):
    """How the factors of features are learned.

    Attributes:
        k: how many there are for each feature, a power of two.
        alpha: the learning rate.
        beta: added to the root of n, above 0.
        l1: the pull of z that makes factors exactly 0.
        l2: the pull of factors towards 0.
        scale: how far from 0 they begin.

    >>> Factors(k=4, alpha=0.05, beta=0.1, l1=0.0, l2=0.0, scale=0.02).k
    4
    """

    k: int
    alpha: float
    beta: float
    l1: float
    l2: float
    scale: float


@inner
def first_word(lanes: int) -> int:
    """In a row, the word of the first factor and of n."""
    return 2 + lanes // 2


@inner
def beginning(factors: Factors, signs: int, f: int) -> float:
    """Where factor f begins: on the side of 0 that bit f of the key's hash says."""
    return factors.scale if (uint64(signs) >> uint64(f)) & uint64(1) != uint64(0) else -factors.scale


@inner
def factor(z: float, l1: float, rate: float) -> float:
    """The factor of z."""
    return -copysign(max(abs(z) - l1, 0.0), z) * rate


def factor_halves(lanes: int, count: int) -> tuple[NDArray[np.int64], int]:
    """Where in a row, as float32 without its key, the z of the factors are, and their n.

    >>> factor_halves(5, 4)
    (array([ 6,  8,  9, 10]), 7)
    """
    lead = 2 * (2 + lanes // 2 - 1)
    return np.array([lead, *range(lead + 2, lead + 1 + count)]), lead + 1
