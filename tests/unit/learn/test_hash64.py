"""The hash behind every feature key, by row and in bulk."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xxhash

from flyball.learn.column import Words
from flyball.learn.features import text_keys
from flyball.learn.hash64 import (
    MISSING_SALT,
    crossed_key,
    hash_bytes,
    hash_pair,
    hash_word,
    missing_key,
    number_key,
    text_key,
)
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOLDEN: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parents[2] / "golden" / "learn" / "keys.json").read_text(encoding="utf-8")
)
PRIME32, PRIME64 = 2654435761, 11400714785074694797


def sanity_buffer(length: int) -> bytes:
    """The bytes that the specification's own test hashes."""
    generator, made = PRIME32, bytearray()
    for _ in range(length):
        made.append(generator >> 56)
        generator = generator * PRIME64 & (2**64 - 1)
    return bytes(made)


def in_bulk(data: bytes, seed: int) -> int:
    """The compiled hash of these bytes."""
    array: NDArray[np.uint8] = np.frombuffer(data, dtype=np.uint8)
    return int(hash_bytes(array, 0, len(data), uint64(seed)))


@pytest.mark.parametrize(
    ("length", "seed", "expected"),
    [
        (0, 0, 0xEF46DB3751D8E999),
        (0, PRIME32, 0xAC75FDA2929B17EF),
        (1, 0, 0xE934A84ADB052768),
        (1, PRIME32, 0x5014607643A9B4C3),
        (4, 0, 0x9136A0DCA57457EE),
        (14, 0, 0x8282DCC4994E35C8),
        (14, PRIME32, 0xC3BD6BF63DEB6DF0),
        (222, 0, 0xB641AE8CB691C174),
        (222, PRIME32, 0x20CB8AB7AE10C14A),
    ],
)
def test_values_are_those_of_the_reference_implementation(length: int, seed: int, expected: int) -> None:
    """The sanity checks that XXH64's author publishes hold for both of ours."""
    data = sanity_buffer(length)

    assert xxhash.xxh64_intdigest(data, seed) == expected
    assert in_bulk(data, seed) == expected


def test_bulk_equals_the_package_for_every_length_up_to_200() -> None:
    """Every path of the tail, under ten seeds."""
    source = random.Random(7)  # noqa: S311  # a test's bytes, no secret
    for length in range(201):
        data, seed = source.randbytes(length), source.getrandbits(64)

        assert in_bulk(data, seed) == xxhash.xxh64_intdigest(data, seed)


def test_bulk_hashes_stretches_of_one_buffer() -> None:
    """A text's key does not depend on its neighbours."""
    texts = ["", "DE", "München", "x" * 40, "\0", "DE"]

    assert text_keys(Words.of(texts), 99).tolist() == [text_key(text, 99) for text in texts]


def test_words_and_pairs_hash_like_their_bytes() -> None:
    """The short cuts for 8 and for 16 bytes."""
    source = random.Random(8)  # noqa: S311  # a test's numbers, no secret
    for number in (0, 1, -1, 2**63 - 1, -(2**63), *(source.getrandbits(63) for _ in range(200))):
        seed, other = source.getrandbits(64), source.getrandbits(64)

        assert hash_word(number, uint64(seed)) == number_key(number, seed)
        assert hash_pair(uint64(seed), uint64(other), uint64(number & (2**64 - 1))) == crossed_key(
            seed, other, number & (2**64 - 1)
        )


def test_keys_of_values_are_those_that_were_released() -> None:
    """Whoever changes the golden file makes all that was learned unreadable, and says so in the change log."""
    for text, keys in GOLDEN["text"].items():
        assert f"{text_key(text, 42):016x}" == keys
    for number, keys in GOLDEN["number"].items():
        assert f"{number_key(int(number), 42):016x}" == keys
    assert f"{missing_key(42):016x}" == GOLDEN["other"]["missing"]
    assert f"{crossed_key(1, 2, 42):016x}" == GOLDEN["other"]["crossed 1, 2"]


def test_missing_and_empty_are_different_values() -> None:
    """An empty text was given; a missing one was not."""
    assert missing_key(5) != text_key("", 5)
    assert missing_key(5) == text_key("", 5 ^ MISSING_SALT)


def test_a_crossing_has_a_left_and_a_right() -> None:
    """Country within city is not city within country."""
    assert crossed_key(1, 2, 0) != crossed_key(2, 1, 0)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_beyond_int64_has_no_key(number: int) -> None:
    """Inputs are checked before: here it is a fault of ours."""
    with pytest.raises(struct.error, match=r"int too large|out of range|format requires"):
        number_key(number, 0)
