"""Numbers in text, read by kernels: exactly what `float` reads.

Only from 1.797693134862315807e308 on, a hair below the overflow, all counts as infinite.

A number of at most 19 digits whose power of ten is small is one product or quotient of two floats without an error
(Clinger, "How to read floating point numbers accurately", 1990): nearly all are. The others are left to Arrow, many at
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from flyball.learn.kernel import inner, kernel
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.files.arrow_array import ArrowArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int32]

READ, LONG, NO_NUMBER, NOT_FINITE = 0, 1, 2, 3
"""What was found: a number, a number that `long_numbers` reads, none, or one that is not finite."""

_POWERS = 10.0 ** np.arange(23)
_DIGITS = 19
_EXACT = 1 << 53
_BEYOND = 1_797_693_134_862_315_807
"""The first 19 digits of what is too large for a float."""
_LARGEST, _SMALLEST = 309, -330
_ZERO, _NINE, _PLUS, _MINUS, _POINT = 48, 57, 43, 45, 46
_E = 101
_LOWER = 32


@inner
def _is_digit(byte: int) -> bool:
    return _ZERO <= byte <= _NINE


@inner
def _is_word(data: Bytes, start: int, end: int) -> bool:
    """Whether these are `nan`, `inf` or `infinity`, in whatever case."""
    size = end - start
    if size not in (3, 8):
        return False
    first = data[start] | _LOWER
    if first == 110:
        return size == 3 and data[start + 1] | _LOWER == 97 and data[start + 2] | _LOWER == 110
    if first != 105 or data[start + 1] | _LOWER != 110 or data[start + 2] | _LOWER != 102:
        return False
    if size == 3:
        return True
    if data[start + 3] | _LOWER != 105 or data[start + 4] | _LOWER != 110 or data[start + 5] | _LOWER != 105:
        return False
    return bool(data[start + 6] | _LOWER == 116 and data[start + 7] | _LOWER == 121)


@inner
def _of_digits(mantissa: int, kept: int, shift: int, lost: int) -> tuple[float, int]:
    """The number `mantissa * 10**shift`, which has `kept` digits before the shift and has lost others if `lost` > 0."""
    if mantissa == uint64(0):
        return 0.0, READ
    top = kept + shift
    if top > _LARGEST:
        return 0.0, NOT_FINITE
    if top == _LARGEST:
        for _ in range(_DIGITS - kept):
            mantissa *= uint64(10)
        return 0.0, NOT_FINITE if mantissa >= uint64(_BEYOND) else LONG
    if top < _SMALLEST:
        return 0.0, READ
    if lost == 0 and mantissa <= uint64(_EXACT):
        if 0 <= shift < len(_POWERS):
            return float(mantissa) * _POWERS[shift], READ
        if -len(_POWERS) < shift < 0:
            return float(mantissa) / _POWERS[-shift], READ
    return 0.0, LONG


@inner
def _exponent(data: Bytes, at: int, end: int) -> tuple[int, bool]:
    """The number behind an `e`, cut to 100,000, and whether it is one."""
    below = at < end and data[at] == _MINUS
    if at < end and (data[at] == _MINUS or data[at] == _PLUS):
        at += 1
    if at == end:
        return 0, False
    total = 0
    while at < end and _is_digit(data[at]):
        total = min(total * 10 + (data[at] - _ZERO), 100_000)
        at += 1
    return -total if below else total, at == end


@inner
def read_number(data: Bytes, start: int, end: int) -> tuple[float, int]:
    """The number that `data[start:end]` is, and what was found: READ, LONG, NO_NUMBER or NOT_FINITE.

    >>> read_number(np.frombuffer(b"-6.25e-2", np.uint8), 0, 8)
    (-0.0625, 0)
    """
    at = start
    if at < end and (data[at] == _MINUS or data[at] == _PLUS):
        at += 1
    begin = at
    mantissa, kept, shift, seen, lost, point = uint64(0), 0, 0, 0, 0, False
    while at < end:
        byte = data[at]
        if _is_digit(byte):
            seen += 1
            if kept < _DIGITS:
                mantissa = mantissa * uint64(10) + uint64(byte - _ZERO)
                kept += 1 if mantissa > uint64(0) else 0
                shift -= 1 if point else 0
            else:
                lost += 0 if byte == _ZERO else 1
                shift += 0 if point else 1
        elif byte == _POINT and not point:
            point = True
        else:
            break
        at += 1
    if seen == 0:
        return 0.0, NOT_FINITE if _is_word(data, begin, end) else NO_NUMBER
    if at < end:
        if data[at] | _LOWER != _E:
            return 0.0, NO_NUMBER
        raised, whole = _exponent(data, at + 1, end)
        if not whole:
            return 0.0, NO_NUMBER
        shift += raised
    number, found = _of_digits(mantissa, kept, shift, lost)
    return -number if data[start] == _MINUS else number, found


@kernel
def copy_spans(data: Bytes, starts: Places, ends: Places, to: Bytes, offsets: Places) -> None:
    """Copies the texts `data[starts[i]:ends[i]]` one behind the other; text i begins at `offsets[i]`.

    >>> data, to, offsets = np.frombuffer(b"ab|c", np.uint8), np.empty(3, np.uint8), np.empty(3, np.int32)
    >>> copy_spans(data, np.array([3, 0], np.int32), np.array([4, 2], np.int32), to, offsets)
    >>> to.tobytes(), offsets.tolist()
    (b'cab', [0, 1, 3])
    """
    count = 0
    for i in range(len(starts)):
        offsets[i] = count
        for at in range(starts[i], ends[i]):
            to[count] = data[at]
            count += 1
    offsets[len(starts)] = count


def texts_at(data: Bytes, starts: Places, ends: Places) -> ArrowArray:
    """The texts at these places as an array of Arrow's; whether they are UTF-8 is not looked at.

    >>> texts_at(np.frombuffer(b"ab|c", np.uint8), np.array([3], np.int32), np.array([4], np.int32)).to_pylist()
    ['c']
    """
    to = np.empty(int((ends - starts).sum()), dtype=np.uint8)
    offsets = np.empty(len(starts) + 1, dtype=np.int32)
    copy_spans(data, starts, ends, to, offsets)
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets.data), pa.py_buffer(to.data))


def long_numbers(data: Bytes, starts: Places, ends: Places) -> NDArray[np.float64]:
    """The numbers that were found LONG, shape (n,).

    >>> text = b"0.12345678901234567890"
    >>> long_numbers(np.frombuffer(text, np.uint8), np.zeros(1, np.int32), np.array([len(text)], np.int32)).tolist()
    [0.12345678901234568]
    """
    unsigned = starts + (data[starts] == _PLUS).astype(np.int32)
    numbers: NDArray[np.float64] = texts_at(data, unsigned, ends).cast(pa.float64()).to_numpy()
    return numbers
