"""Which negatives are learned from, decided by the id so that whoever asks decides the same."""

from __future__ import annotations

import xxhash

SEED = 0x666C7962616C6C
"""Seed of the hash: the letters `flyball` in ASCII. Part of the format: it never changes."""

_WHOLE = 2.0**64


def share(id: str) -> float:
    """The place of an id in [0, 1]: xxh64 of its UTF-8 bytes with `SEED`, over 2**64.

    >>> share("r1")
    0.9693...
    """
    return xxhash.xxh64_intdigest(id.encode(), SEED) / _WHOLE


def keep(id: str, rate: float) -> bool:
    """Whether a negative with this id is among the share `rate` that is learned from, with weight `1 / rate`.

    The same id gives the same answer always and everywhere; an id that is kept at one rate is kept at every higher one.

    Args:
        id: the prediction's id.
        rate: the share that is kept, in (0, 1]; 1 keeps every id.

    >>> [keep("r1", rate) for rate in (0.1, 0.97, 1.0)]
    [False, True, True]
    """
    return rate >= 1.0 or share(id) < rate
