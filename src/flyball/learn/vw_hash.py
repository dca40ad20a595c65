"""Vowpal Wabbit's feature indices, to the bit: for reading its files with its own collisions.

The index of a name is MurmurHash3_x86_32 (Appleby, 2011) of its bytes, seeded with the hash of its namespace and cut to
b bits. A name of nothing but digits is not hashed: it is its number, added to the hash of the namespace. Namespaces are
hashed in the same way with seed 0; the one without a name is 0. The bias is the feature `CONSTANT`.

Learned models do not use these indices: 32 bits collide (`flyball.learn.hash64` has 64).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.kernel import inner, kernel
from flyball.learn.word import uint64
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Integers = NDArray[np.int64]
    Places = NDArray[np.int32]

CONSTANT = 11_650_396
"""The bias's index before it is cut."""
MOST_BITS = 32
"""More bits tell no more names apart: the hash has 32."""

_LOW = 0xFFFFFFFF
_C1, _C2 = 0xCC9E2D51, 0x1B873593
_PRIME = 16_777_619


class BitsRefused(FlyballError):
    """A number of bits that no index has.

    >>> raise BitsRefused(40)
    Traceback (most recent call last):
        ...
    flyball.learn.vw_hash.BitsRefused: 40 bits are given for an index; accepted: 1 to 32, as in Vowpal Wabbit's -b
    """

    def __init__(self, bits: int) -> None:
        """Says what was given and what is accepted."""
        message = f"{bits} bits are given for an index; accepted: 1 to {MOST_BITS}, as in Vowpal Wabbit's -b"
        super().__init__(message)


def mask_of_bits(bits: int) -> int:
    """The number whose lowest `bits` bits are set.

    Raises:
        BitsRefused: it is not within 1 to 32.

    >>> mask_of_bits(4)
    15
    """
    if not 1 <= bits <= MOST_BITS:
        raise BitsRefused(bits)
    return (1 << bits) - 1


@inner
def _turned(word: int, by: int) -> int:
    """The 32 bits of a word turned left."""
    return ((word << uint64(by)) | (word >> uint64(32 - by))) & uint64(_LOW)


@inner
def _scrambled(word: int) -> int:
    return (_turned((word * uint64(_C1)) & uint64(_LOW), 15) * uint64(_C2)) & uint64(_LOW)


@inner
def murmur32(data: Bytes, start: int, end: int, seed: int) -> int:
    """MurmurHash3_x86_32 of `data[start:end]`.

    >>> hex(murmur32(np.frombuffer(b"hello", np.uint8), 0, 5, 0))
    '0x248bfa47'
    """
    total = uint64(seed) & uint64(_LOW)
    whole = start + ((end - start) & ~3)
    for at in range(start, whole, 4):
        word = uint64(data[at]) | (uint64(data[at + 1]) << uint64(8))
        word |= (uint64(data[at + 2]) << uint64(16)) | (uint64(data[at + 3]) << uint64(24))
        total = (_turned(total ^ _scrambled(word), 13) * uint64(5) + uint64(0xE6546B64)) & uint64(_LOW)
    if whole < end:
        word = uint64(0)
        for at in range(end - 1, whole - 1, -1):
            word = (word << uint64(8)) | uint64(data[at])
        total ^= _scrambled(word)
    total ^= uint64(end - start)
    total = ((total ^ (total >> uint64(16))) * uint64(0x85EBCA6B)) & uint64(_LOW)
    total = ((total ^ (total >> uint64(13))) * uint64(0xC2B2AE35)) & uint64(_LOW)
    return total ^ (total >> uint64(16))


@inner
def name_hash(data: Bytes, start: int, end: int, seed: int) -> int:
    """The hash of a name before it is cut: 64 bits for digits, which wrap around as theirs do, 32 for all else.

    >>> name_hash(np.frombuffer(b"0012", np.uint8), 0, 4, 7)
    19
    """
    number = uint64(0)
    for at in range(start, end):
        if data[at] < 48 or data[at] > 57:
            return murmur32(data, start, end, seed)
        number = number * uint64(10) + uint64(data[at] - 48)
    return number + uint64(seed)


@kernel
def name_indices(
    data: Bytes,
    starts: Places,
    ends: Places,
    namespaces: Places,
    seeds: NDArray[Any],
    mask: int,
    indices: NDArray[Any],
) -> None:
    """The indices of the names `data[starts[i]:ends[i]]`, each of the namespace whose hash is `seeds[namespaces[i]]`.

    >>> data, indices = np.frombuffer(b"12ab", np.uint8), np.empty(2, np.uint64)
    >>> places = np.array([0, 2], np.int32), np.array([2, 4], np.int32), np.zeros(2, np.int32)
    >>> name_indices(data, *places, np.array([5], np.uint64), 0xFF, indices)
    >>> indices.tolist()
    [17, 79]
    """
    for i in range(len(starts)):
        indices[i] = name_hash(data, starts[i], ends[i], seeds[namespaces[i]]) & uint64(mask)


@inner
def crossed_index(left: int, right: int, mask: int) -> int:
    """The index of two features together (`-q`): 16777619 times the left index, XOR the right one.

    >>> crossed_index(1, 2, 0x3FFFF)
    401
    """
    return ((uint64(_PRIME) * uint64(left)) ^ uint64(right)) & uint64(mask)


def namespace_hash(namespace: bytes) -> int:
    """The hash with which the names of a namespace are seeded.

    >>> namespace_hash(b""), namespace_hash(b"7")
    (0, 7)
    """
    return int(name_hash(np.frombuffer(namespace, dtype=np.uint8), 0, len(namespace), uint64(0)))


def vw_index(name: str, namespace: str = "", *, bits: int = 18) -> int:
    """The index that `vw --audit` shows for a feature.

    Args:
        name: the feature's.
        namespace: its namespace's; empty for the one without a name.
        bits: how many are kept, as in `-b`.

    Raises:
        BitsRefused: it is not within 1 to 32.

    >>> vw_index("a", "f"), vw_index("12", "f"), vw_index("x", "1")
    (14355, 34887, 174622)
    """
    data = np.frombuffer(name.encode(), dtype=np.uint8)
    whole = int(name_hash(data, 0, len(data), uint64(namespace_hash(namespace.encode()))))
    return whole & mask_of_bits(bits)
