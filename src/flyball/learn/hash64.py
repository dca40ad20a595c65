"""The hash behind every feature key: XXH64 (Collet, xxHash specification 0.1.1), in rows and in bulk.

By row it is the `xxhash` package; in bulk the same function compiled here, so that a column is hashed without making a
Python object of each value. Both are held equal by the tests, and golden values hold both to the specification.

Key of a value: `XXH64(bytes of the value, seed of its signal)`, where text is UTF-8 and whole numbers (also: yes and
no, cells of numbers, buckets) are 8 bytes little-endian. Key of a crossing: from left to right, the XXH64 of the two
keys' 16 bytes with the seed of the crossing. Key of a missing value: the XXH64 of nothing with the seed XOR
`MISSING_SALT`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import xxhash

from flyball.learn.kernel import kernel
from flyball.learn.word import uint64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MISSING_SALT = 0x676E697373696D21
"""'!missing', read as a little-endian number."""

PRIME_1 = uint64(0x9E3779B185EBCA87)
PRIME_2 = uint64(0xC2B2AE3D27D4EB4F)
PRIME_3 = uint64(0x165667B19E3779F9)
PRIME_4 = uint64(0x85EBCA77C2B2AE63)
PRIME_5 = uint64(0x27D4EB2F165667C5)

_word = struct.Struct("<q").pack
_pair = struct.Struct("<QQ").pack


def text_key(text: str, seed: int) -> int:
    """The key of a text.

    >>> hex(text_key("", 0))
    '0xef46db3751d8e999'
    """
    return xxhash.xxh64_intdigest(text.encode(), seed)


def number_key(number: int, seed: int) -> int:
    r"""The key of a whole number within int64.

    >>> number_key(1, 0) == text_key("\x01" + "\0" * 7, 0)
    True
    """
    return xxhash.xxh64_intdigest(_word(number), seed)


def crossed_key(left: int, right: int, seed: int) -> int:
    """The key of two keys together.

    >>> crossed_key(1, 2, 0) == crossed_key(2, 1, 0)
    False
    """
    return xxhash.xxh64_intdigest(_pair(left, right), seed)


def missing_key(seed: int) -> int:
    """The key of a missing value: no text has it.

    >>> missing_key(0) == text_key("", 0)
    False
    """
    return xxhash.xxh64_intdigest(b"", seed ^ MISSING_SALT)


@kernel
def rotate(x: int, by: int) -> int:
    """The 64 bits of x turned left."""
    return (uint64(x) << uint64(by)) | (uint64(x) >> uint64(64 - by))


@kernel
def round_in(accumulator: int, lane: int) -> int:
    """XXH64's round: one 8-byte lane enters an accumulator."""
    return rotate(accumulator + uint64(lane) * PRIME_2, 31) * PRIME_1


@kernel
def merge_in(total: int, accumulator: int) -> int:
    """XXH64's merging of one accumulator into the total."""
    return (total ^ round_in(uint64(0), accumulator)) * PRIME_1 + PRIME_4


@kernel
def avalanche(x: int) -> int:
    """XXH64's last step, which spreads every bit over all."""
    x = (x ^ (x >> uint64(33))) * PRIME_2
    x = (x ^ (x >> uint64(29))) * PRIME_3
    return x ^ (x >> uint64(32))


@kernel
def add_lane(total: int, lane: int) -> int:
    """One whole 8-byte lane of the tail enters the total."""
    return rotate(total ^ round_in(uint64(0), lane), 27) * PRIME_1 + PRIME_4


@kernel
def hash_word(word: int, seed: int) -> int:
    """XXH64 of one word's 8 bytes."""
    return avalanche(add_lane(uint64(seed) + PRIME_5 + uint64(8), word))


@kernel
def hash_pair(left: int, right: int, seed: int) -> int:
    """XXH64 of two words' 16 bytes."""
    return avalanche(add_lane(add_lane(uint64(seed) + PRIME_5 + uint64(16), left), right))


@kernel
def read_lane(data: NDArray[np.uint8], at: int, count: int) -> int:
    """`count` bytes from `at` on, as a little-endian number."""
    lane = uint64(0)
    for i in range(count):
        lane |= uint64(data[at + i]) << uint64(8 * i)
    return lane


@kernel
def hash_bytes(data: NDArray[np.uint8], start: int, end: int, seed: int) -> int:
    """XXH64 of `data[start:end]`."""
    seed = uint64(seed)
    at = start
    if end - start >= 32:
        a, b, c, d = seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1
        while end - at >= 32:
            a = round_in(a, read_lane(data, at, 8))
            b = round_in(b, read_lane(data, at + 8, 8))
            c = round_in(c, read_lane(data, at + 16, 8))
            d = round_in(d, read_lane(data, at + 24, 8))
            at += 32
        total = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
        total = merge_in(merge_in(merge_in(merge_in(total, a), b), c), d)
    else:
        total = seed + PRIME_5
    total += uint64(end - start)
    while end - at >= 8:
        total = add_lane(total, read_lane(data, at, 8))
        at += 8
    if end - at >= 4:
        total = rotate(total ^ read_lane(data, at, 4) * PRIME_1, 23) * PRIME_2 + PRIME_3
        at += 4
    while at < end:
        total = rotate(total ^ uint64(data[at]) * PRIME_5, 11) * PRIME_1
        at += 1
    return avalanche(total)


@kernel
def hash_texts(data: NDArray[np.uint8], offsets: NDArray[np.int64], seed: int, keys: NDArray[Any]) -> None:
    """The keys of texts laid out in one buffer; shape of `offsets` (n + 1,), of `keys` (n,)."""
    for i in range(len(keys)):
        keys[i] = hash_bytes(data, offsets[i], offsets[i + 1], seed)
