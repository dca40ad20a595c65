"""Randomness that depends on nothing but a key and a place, so that the order of asking changes nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


class Dice:
    """Draws for every place of every named stream: the same place gives the same draw, however it is asked for.

    The draw at place `i` is output `i` of SplitMix64 started at the first eight bytes of SHA-256 of seed and stream
    (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, section 5).

    Args:
        seed: which world; every seed is another.

    >>> dice = Dice(7)
    >>> together = dice.uniform("clicks", np.arange(4))
    >>> bool(dice.uniform("clicks", np.array([2]))[0] == together[2])
    True
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def uniform(self, stream: str, places: Ints) -> Floats:
        """Draws strictly between 0 and 1, one for each of `places` (int64, any shape; the result has the same).

        >>> Dice(7).uniform("clicks", np.arange(1000)).mean().round(1)
        np.float64(0.5)
        """
        words = places.astype(np.uint64)
        words += np.uint64(1)
        words *= _GOLDEN
        words += self._start(stream)
        words ^= words >> np.uint64(30)
        words *= _FIRST
        words ^= words >> np.uint64(27)
        words *= _SECOND
        words ^= words >> np.uint64(31)
        words >>= np.uint64(12)
        draws = words.astype(np.float64)
        draws += 0.5
        draws *= 2.0**-52
        return draws

    def normal(self, stream: str, places: Ints) -> Floats:
        """Standard normal draws (Box and Muller, 1958).

        >>> Dice(7).normal("quality", np.arange(10_000)).std().round(1)
        np.float64(1.0)
        """
        radius = np.sqrt(-2.0 * np.log(self.uniform(stream + "/radius", places)))
        return radius * np.cos(2.0 * np.pi * self.uniform(stream + "/angle", places))

    def exponential(self, stream: str, places: Ints) -> Floats:
        """Exponential draws of mean 1.

        >>> Dice(7).exponential("delays", np.arange(10_000)).mean().round(1)
        np.float64(1.0)
        """
        return -np.log(self.uniform(stream, places))

    def choice(self, stream: str, places: Ints, shares: Floats) -> Ints:
        """Indices into `shares`, drawn with those probabilities (they sum to 1).

        >>> Dice(7).choice("device", np.arange(5), np.array([0.0, 1.0, 0.0])).tolist()
        [1, 1, 1, 1, 1]
        """
        edges = np.cumsum(shares)[:-1]
        return np.searchsorted(edges, self.uniform(stream, places), side="right")

    def _start(self, stream: str) -> np.uint64:
        digest = hashlib.sha256(f"{self._seed}\0{stream}".encode()).digest()
        return np.uint64(int.from_bytes(digest[:8], "little"))
