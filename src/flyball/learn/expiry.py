"""When rows were used last, in eight bits of each, so that what nobody uses any more is forgotten.

Time is the log's, counted in epochs of a SPANth of the time after which a row expires. A row of five lanes fills its 32
bytes to the last, so n gives what it can spare: its sign, for it has none, and the last seven bits of its mantissa, to
a stamp; 16 bits are left, rounded at random as all of n is. The stamp is 0 of a row that stays for ever, else 1 to
CYCLE, the epoch of its last use modulo CYCLE.

    word 1 of a row:  bit 63: stamp, bit 7 | bits 39..62: n | bits 32..38: stamp, bits 0..6 | bits 0..31: z of lane 0

One word of the table's header tells everybody the present stamp, so that a row expires for all at once, by one store:
0 where nothing expires, and then every row is as without stamps, to the bit. Taken out it is later
(`flyball.learn.sweep`), always before the stamps come round: an age is never more than CYCLE - EARLY. A reader may
have looked at the header just before the epoch changed, so a row may seem to be of an epoch to come, which is no age.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.bias import BIAS_KEY
from flyball.learn.kernel import inner
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

SPAN = 16
"""A row that was not used for more epochs has expired."""
CYCLE = 255
"""How many stamps there are beside 0."""
EARLY = 8
"""How many epochs ahead of what a reader knows a row may be."""
STAMP_BITS = (1 << 63) | (0x7F << 32)
"""The bits of a row's first word, beside its key, that hold its stamp."""
TIMELESS = 1 << 32
"""The header's word where rows have room for stamps and none is looked at; with a stamp in its low bits, the
present."""


@inner
def stamp_bits_in(present: int) -> int:
    """The bits that hold stamps, given the header's word: none where nothing expires."""
    return uint64(STAMP_BITS) if uint64(present) != uint64(0) else uint64(0)


@inner
def stamp_of(word: int) -> int:
    """The stamp in the first word of a row."""
    return int64(((uint64(word) >> uint64(56)) & uint64(0x80)) | ((uint64(word) >> uint64(32)) & uint64(0x7F)))


@inner
def stamp_for(key: int, present: int) -> int:
    """The stamp, in its bits, of a row that is used now; the bias stays."""
    stamp = uint64(0) if uint64(key) == uint64(BIAS_KEY) else uint64(present) & uint64(0xFF)
    return ((stamp & uint64(0x80)) << uint64(56)) | ((stamp & uint64(0x7F)) << uint64(32))


@inner
def age_of(word: int, present: int) -> int:
    """How many epochs ago a row was used, by its first word; 0 of one that stays."""
    stamp, now = stamp_of(word), int64(uint64(present) & uint64(0xFF))
    if stamp == 0 or now == 0:
        return int64(0)
    age = now - stamp if now >= stamp else now - stamp + CYCLE
    return age if age < CYCLE - EARLY else int64(0)


@inner
def stale(word: int, present: int) -> bool:
    """Whether a row has expired, by its first word: it is there for nobody, even if it was not taken out yet."""
    return bool(uint64(present) != uint64(0)) and age_of(word, present) > SPAN


@inner
def stamped(word: int, stamp: int, noise: int) -> int:
    """The first word of a row with this stamp, n rounded at random to make room for it.

    Args:
        word: as `flyball.learn.pair.pack` made it.
        stamp: in its bits.
        noise: the random bits that it was rounded by.
    """
    # Neither of the two roundings is biased, and the product's upper bits follow from all of the noise.
    spare = (uint64(noise) * uint64(0x9E3779B97F4A7C15)) >> uint64(57)
    n = ((uint64(word) >> uint64(32)) + spare) << uint64(32)
    return (uint64(word) & uint64(0xFFFFFFFF)) | (n & ~uint64(STAMP_BITS)) | uint64(stamp)


def present_at(epoch: int) -> int:
    """The header's word in an epoch.

    >>> present_at(0) & 0xFF, present_at(254) & 0xFF, present_at(255) & 0xFF
    (1, 255, 1)
    """
    return TIMELESS | (1 + epoch % CYCLE)


def unexpired(first: Words, epoch: int, later: int) -> NDArray[np.bool_]:
    """Which rows that were written down in one epoch have not expired in a later one, however much later.

    Args:
        first: shape (n,), the first word of each row.
        epoch: in which they were written down.
        later: the other.

    >>> row = np.array([(3 << 32) + 1], dtype=np.uint64)
    >>> [bool(unexpired(row, 2, later)[0]) for later in (2, 18, 19, 2 + CYCLE)]
    [True, True, False, False]
    """
    stamps = ((first >> np.uint64(56)) & np.uint64(0x80)) | ((first >> np.uint64(32)) & np.uint64(0x7F))
    ages = (1 + epoch % CYCLE - stamps.astype(np.int64)) % CYCLE
    held: NDArray[np.bool_] = (stamps == 0) | ((ages <= SPAN) & (ages + (later - epoch) <= SPAN))
    return held
