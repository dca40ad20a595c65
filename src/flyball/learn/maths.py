"""exp and log that give the same bits on every CPU.

The C library's versions differ between machines in the last bit, and so would everything learned. These use only
IEEE 754 additions, multiplications and divisions in a fixed order, compiled without fastmath, so that replaying a log
on another machine gives the same coefficients (DESIGN, invariant 10).
"""

from __future__ import annotations

from flyball.learn.atomic import bits_of_float, float_of_bits
from flyball.learn.kernel import inner

LN2_HIGH = 0.6931471803691238
"""The leading 33 bits of ln 2, so that its product with an exponent is exact."""
LN2_LOW = 1.9082149292705877e-10
INVERSE_LN2 = 1.4426950408889634
SQRT2 = 1.4142135623730951
LARGEST_EXPONENT = 708.0
"""exp is cut off here on both sides: beyond it a double overflows, or is too small to matter."""


@inner
def exp_series(r: float) -> float:
    """e to the power of r, |r| <= ln 2 / 2: the Taylor series to degree 13, whose remainder is below 2^-57."""
    s = 1.0 / 6227020800.0
    s = s * r + 1.0 / 479001600.0
    s = s * r + 1.0 / 39916800.0
    s = s * r + 1.0 / 3628800.0
    s = s * r + 1.0 / 362880.0
    s = s * r + 1.0 / 40320.0
    s = s * r + 1.0 / 5040.0
    s = s * r + 1.0 / 720.0
    s = s * r + 1.0 / 120.0
    s = s * r + 1.0 / 24.0
    s = s * r + 1.0 / 6.0
    s = s * r + 0.5
    return s * r * r + r + 1.0


@inner
def artanh_series(q: float) -> float:
    """(artanh(s) / s - 1) / q for q = s^2, s at most 1/3: its series to s^23."""
    t = 1.0 / 23.0
    t = t * q + 1.0 / 21.0
    t = t * q + 1.0 / 19.0
    t = t * q + 1.0 / 17.0
    t = t * q + 1.0 / 15.0
    t = t * q + 1.0 / 13.0
    t = t * q + 1.0 / 11.0
    t = t * q + 1.0 / 9.0
    t = t * q + 1.0 / 7.0
    t = t * q + 0.2
    return t * q + 1.0 / 3.0


@inner
def exp(x: float) -> float:
    """e to the power of x, within 1 ulp; x is cut to [-708, 708].

    x = k ln 2 + r with |r| <= ln 2 / 2, and the Taylor series of e^r to degree 13, whose remainder is below 2^-57.
    """
    x = min(max(x, -LARGEST_EXPONENT), LARGEST_EXPONENT)
    k = int(x * INVERSE_LN2 + (0.5 if x >= 0.0 else -0.5))
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    return float(exp_series(r) * float_of_bits((k + 1023) << 52))


@inner
def log(x: float) -> float:
    """The natural logarithm of a positive normal number, within 2 ulp.

    x = 2^k m with m in [sqrt 1/2, sqrt 2), and log m = 2 artanh(s), s = (m - 1) / (m + 1), by its series to s^23.
    """
    bits = bits_of_float(x)
    k = (bits >> 52) - 1023
    m = float_of_bits((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000)
    if m >= SQRT2:
        m *= 0.5
        k += 1
    f = m - 1.0
    s = f / (m + 1.0)
    q = s * s
    t = artanh_series(q)
    return float(k * LN2_HIGH + (2.0 * s + (2.0 * s * q * t + k * LN2_LOW)))


@inner
def sigmoid(margin: float) -> float:
    """1 / (1 + e^-margin), strictly inside (0, 1) for every margin within ±36 and never outside [0, 1]."""
    # Without a branch, which would be guessed wrongly as often as predictions change sides.
    e = exp(-abs(margin))
    return (1.0 if margin >= 0.0 else e) / (1.0 + e)
