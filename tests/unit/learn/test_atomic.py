"""Single machine instructions: what they read, write and reinterpret, and that they are what they say."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from flyball.learn.atomic import (
    bits_of_float,
    bits_of_single,
    float_of_bits,
    load,
    load_acquire,
    prefetch,
    single_of_bits,
    store,
    store_release,
)
from flyball.learn.kernel import kernel
from flyball.learn.word import float32, uint32, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit
def moved(words: NDArray[Any], source: int, target: int) -> None:
    """Copies one word by the plain pair, and the next one by the ordered pair."""
    prefetch(words, source)
    store(words, target, load(words, source))
    store_release(words, target + 1, load_acquire(words, source + 1))


@kernel
def float_bits(x: float) -> int:
    """The bits of a double."""
    return bits_of_float(x)


@kernel
def float_back(x: float) -> float:
    """A double through its bits."""
    return float_of_bits(bits_of_float(x))


@kernel
def single_bits(x: float) -> int:
    """The bits of a single."""
    return bits_of_single(float32(x))


@kernel
def single_back(bits: int) -> float:
    """The single of these bits."""
    return single_of_bits(uint32(bits))


def test_words_are_moved_whole_and_no_other_is_touched() -> None:
    """All 64 bits."""
    words = np.array([2**64 - 1, 0x0123456789ABCDEF, 7, 7, 7, 7], dtype=np.uint64)
    moved(words, 0, 3)

    assert words.tolist() == [2**64 - 1, 0x0123456789ABCDEF, 7, 2**64 - 1, 0x0123456789ABCDEF, 7]


def test_the_machine_code_has_atomic_accesses_and_a_prefetch() -> None:
    """That LLVM was asked for them is what keeps a pair whole."""
    moved(np.zeros(6, dtype=np.uint64), 0, 3)
    [code] = moved.inspect_llvm().values()

    for wanted in ("load atomic i64", "acquire, align 8", "store atomic i64", "release, align 8", "llvm.prefetch"):
        assert wanted in code


@given(st.floats(allow_nan=False))
def test_doubles_and_their_bits_are_one(x: float) -> None:
    """As IEEE 754 writes them."""
    assert float_bits(x) == struct.unpack("<q", struct.pack("<d", x))[0]
    assert math.copysign(1.0, float_back(x)) == math.copysign(1.0, x)
    assert float_back(x) == x


@given(st.floats(allow_nan=False, width=32))
def test_singles_and_their_bits_are_one(x: float) -> None:
    """As IEEE 754 writes them."""
    bits = struct.unpack("<I", struct.pack("<f", x))[0]

    assert single_bits(x) == bits
    assert single_back(bits) == x


@pytest.mark.parametrize("number", [0, 2**63, 2**64 - 1])
def test_words_are_unsigned(number: int) -> None:
    """The highest bit is no sign."""
    assert int(uint64(number)) == number
