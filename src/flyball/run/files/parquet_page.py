"""Dictionary columns as Parquet stores them: bit-packed codes, and texts with their lengths before them.

Apache Parquet, Encodings.md: "Run Length Encoding / Bit-Packing Hybrid" and "Plain". Every read is checked against the
end of the data: what is damaged is told, and nothing beyond it is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.atomic import load_bytes
from flyball.learn.hash64 import hash_bytes
from flyball.learn.kernel import inner
from flyball.learn.slots import ZERO_KEY
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Data = NDArray[np.uint8]
    Codes = NDArray[np.int32]
    Words = NDArray[Any]
    Fields = NDArray[np.int64]

DAMAGED = -1
ASKED = 1
LEARNED = 2
WIDEST = 31
"""A code has at most so many bits: a dictionary counts its texts in a signed word of 32."""
LONGEST = 1 << 32
"""A run has fewer codes, or groups of eight, than this."""
ABSENT = -1
FIELDS = 90
TRUE, FALSE, INT16, INT32, INT64, BINARY, STRUCT = 1, 2, 4, 5, 6, 8, 12
"""Thrift's types, in its compact protocol."""


@inner
def little_endian(data: Data, at: int, count: int) -> int:
    """`count` bytes from `at` on as a number; what lies beyond the end counts as 0."""
    number = uint64(0)
    for i in range(min(count, len(data) - at)):
        number |= uint64(data[at + i]) << uint64(8 * i)
    return number


@inner
def unpack_run(data: Data, at: int, width: int, codes: Codes) -> None:
    """The codes of one bit-packed run, `width` bits each, the lowest bits first."""
    mask = (uint64(1) << uint64(width)) - uint64(1)
    whole = len(codes)
    while whole > 0 and at + (((whole - 1) * width) >> 3) + 8 > len(data):
        whole -= 1
    for i in range(whole):
        bit = i * width
        codes[i] = (load_bytes(data, at + (bit >> 3)) >> uint64(bit & 7)) & mask
    for i in range(whole, len(codes)):
        bit = i * width
        codes[i] = (little_endian(data, at + (bit >> 3), 8) >> uint64(bit & 7)) & mask


@inner
def varint(data: Data, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends; DAMAGED for the latter if it does not."""
    number, shift, byte = int64(0), 0, int64(128)
    while byte >= 128:
        if at >= len(data) or shift > 56:
            return number, DAMAGED
        byte = int64(data[at])
        number |= (byte & 127) << shift
        at += 1
        shift += 7
    return number, at


@inner
def page_header(data: Data, at: int, fields: Fields) -> int:
    """The whole numbers in the header of the page that begins at `at`; where the page's bytes begin, or DAMAGED.

    Thrift's compact protocol, as far as page headers need it (thrift-compact-protocol.md, parquet.thrift).

    Args:
        data: what holds the page.
        at: where it begins.
        fields: shape (FIELDS,), gets field f at f, and field g of the struct in field f at 10 f + g; ABSENT elsewhere.
    """
    fields[:] = ABSENT
    outer, depth, field = int64(0), 0, int64(0)
    while at < len(data):
        byte = int64(data[at])
        kind, at = byte & 15, at + 1
        if byte == 0:
            if depth == 0:
                return at
            depth -= 1
            field = outer if depth == 0 else int64(0)
            continue
        if byte >> 4 == 0 or (depth > 1 and kind == STRUCT):
            return DAMAGED
        field += byte >> 4
        if kind == STRUCT:
            outer = field if depth == 0 else outer
            depth, field = depth + 1, int64(0)
        elif kind in (INT16, INT32, INT64):
            number, at = varint(data, at)
            place = field if depth == 0 else 10 * outer + field
            if depth < 2 and place < len(fields):
                fields[place] = (number >> 1) ^ -(number & 1)
        elif kind == BINARY:
            number, at = varint(data, at)
            at = at + number if at >= 0 and 0 <= number <= len(data) else DAMAGED
        elif kind not in (TRUE, FALSE):
            return DAMAGED
        if at < 0:
            return DAMAGED
    return DAMAGED


@inner
def unpack(data: Data, at: int, width: int, codes: Codes) -> int:
    """Fills `codes` from the runs that begin at `at`; where they end, or DAMAGED, also if there are too few."""
    done = 0
    while done < len(codes):
        header, at = varint(data, at)
        if at < 0 or header >> 1 > LONGEST:
            return DAMAGED
        if header & 1 == 0:
            size = (width + 7) >> 3
            count = min(header >> 1, len(codes) - done)
            if count == 0 or at + size > len(data):
                return DAMAGED
            code = int64(little_endian(data, at, size))
            if code >> width != 0:
                return DAMAGED
            codes[done : done + count] = code
        else:
            size = (header >> 1) * width
            left = len(codes) - done
            count = min((header >> 1) * 8, left)
            # Some writers leave out what fills the last group of eight up.
            needed = size if header >> 1 != (left + 7) >> 3 else (count * width + 7) >> 3
            if count == 0 or at + needed > len(data):
                return DAMAGED
            unpack_run(data, at, width, codes[done : done + count])
        at += size
        done += count
    return at


@inner
def all_present(data: Data, at: int, count: int) -> bool:
    """Whether the levels that begin at `at` are one run of at least `count` ones."""
    header, at = varint(data, at)
    return bool(0 <= at < len(data) and header & 1 == 0 and header >> 1 >= count and data[at] == 1)


@inner
def spread_out(levels: Codes, codes: Codes) -> None:
    """Moves the codes apart, from the last on, so that one stands wherever the level is 1, and -1 elsewhere."""
    at = 0
    for i in range(len(levels)):
        at += levels[i]
    for i in range(len(levels) - 1, -1, -1):
        if levels[i] == 1:
            at -= 1
            codes[i] = codes[at]
        else:
            codes[i] = -1


@inner
def mark_used(codes: Codes, known: Data, used: Data) -> int:
    """Marks in `used` which codes occur: bit ASKED in a row that is only predicted, bit LEARNED in one with a label.

    Args:
        codes: shape (rows,), -1 where a value is missing.
        known: shape (rows,), 1 where there is a label, else 0; shape (0,) if there is one everywhere.
        used: shape (words,).

    Returns:
        The marks of the missing value, or DAMAGED if a code lies outside.
    """
    missing = 0
    if len(known) == 0:
        for i in range(len(codes)):
            code = codes[i]
            if code >= len(used):
                return DAMAGED
            if code < 0:
                missing = LEARNED
            else:
                used[code] = LEARNED
        return missing
    for i in range(len(codes)):
        code, mark = codes[i], 1 << known[i]
        if code < 0:
            missing |= mark
        elif code < len(used):
            used[code] |= mark
        else:
            return DAMAGED
    return missing


@inner
def hash_plain(data: Data, seed: int, longest: int, block: Words, bits: int, place: int, count: int) -> bool:
    """The keys of `count` texts that stand one after the other, each after its length in 4 bytes.

    Key i goes to word `(place + i) << bits` of the block. False if the texts are damaged, or one is longer than
    `longest` bytes.
    """
    at = 0
    for i in range(count):
        size = int64(little_endian(data, at, 4))
        at += 4
        if at > len(data) or size > longest or at + size > len(data):
            return False
        key = hash_bytes(data, at, at + size, seed)
        block[(place + i) << bits] = key if key != uint64(0) else uint64(ZERO_KEY)
        at += size
    return True
