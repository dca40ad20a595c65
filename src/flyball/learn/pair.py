"""FTRL's state of one coordinate, z and n, as two float32 in one 64-bit word: one atomic store replaces both."""

from __future__ import annotations

from flyball.learn.atomic import bits_of_float, bits_of_single, float_of_bits, single_of_bits
from flyball.learn.kernel import inner
from flyball.learn.word import float32, float64, int64, uint32, uint64


@inner
def pack(z: float, n: float, noise: int) -> int:
    """z and n as two float32 in one word, rounded at random in the proportion of the distance to each neighbour.

    Rounding to nearest would freeze a coefficient once its steps fall below half a unit in the last place; at random it
    stays unbiased (McMahan et al., KDD 2013, section 5.1). A double's low 29 bits are what a float32 lacks: adding 29
    random bits and cutting them off rounds up with just the right probability.
    """
    low = uint64(0x1FFFFFFF)
    z_bits = (uint64(bits_of_float(z)) + (uint64(noise) & low)) & ~low
    n_bits = (uint64(bits_of_float(n)) + ((uint64(noise) >> uint64(35)) & low)) & ~low
    z32 = uint64(bits_of_single(float32(float_of_bits(int64(z_bits)))))
    n32 = uint64(bits_of_single(float32(float_of_bits(int64(n_bits)))))
    return z32 | (n32 << uint64(32))


@inner
def z_of(pair: int) -> float:
    """The z of a pair."""
    return float64(single_of_bits(uint32(uint64(pair) & uint64(0xFFFFFFFF))))


@inner
def n_of(pair: int) -> float:
    """The n of a pair."""
    return float64(single_of_bits(uint32(uint64(pair) >> uint64(32))))
