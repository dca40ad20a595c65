"""Indices are Vowpal Wabbit's own, to the bit."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import murmurhash3_32

from flyball.learn.vw_hash import (
    CONSTANT,
    BitsRefused,
    crossed_index,
    mask_of_bits,
    murmur32,
    name_hash,
    name_indices,
    namespace_hash,
    vw_index,
)

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    "a",
    "b",
    "12",
    "é",
    "日本",
    "18446744073709551617",
    "007",
    "x=1",
    "A",
    "a-very-long-name-of-27-bytes",
    "1e5",
    "0",
]
SPACES = ["", "f", "1", "user", "00", "ü"]


def _audited(folder: Path, line: str, *options: str) -> dict[str, int]:
    """What `vw --audit` calls each feature of a line, and its index."""
    path = folder / "audited.vw"
    path.write_text(line + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "vowpalwabbit", "-d", str(path), "--audit", "--quiet", "--ftrl", *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return {name: int(index) for name, index in re.findall(r"\t(\S+?):(\d+):[-.\de]+:0", done.stdout)}


@given(data=st.binary(max_size=40), seed=st.integers(0, 2**32 - 1))
def test_the_hash_is_murmurhash3(data: bytes, seed: int) -> None:
    """As scikit-learn has it."""
    found = int(murmur32(np.frombuffer(data, np.uint8), 0, len(data), seed))

    assert found == murmurhash3_32(data, seed=seed, positive=True)


@given(before=st.binary(max_size=5), data=st.binary(max_size=20), after=st.binary(max_size=5))
def test_only_the_bytes_between_two_places_count(before: bytes, data: bytes, after: bytes) -> None:
    """Names lie in the middle of a block of lines."""
    whole, alone = np.frombuffer(before + data + after, np.uint8), np.frombuffer(data, np.uint8)

    found = name_hash(whole, len(before), len(before) + len(data), 5)

    assert found == name_hash(alone, 0, len(data), 5)


@given(digits=st.text("0123456789", max_size=25), seed=st.integers(0, 2**32 - 1))
def test_digits_are_not_hashed(digits: str, seed: int) -> None:
    """They are added to the seed, and wrap around at 64 bits."""
    data = np.frombuffer(digits.encode(), np.uint8)

    assert int(name_hash(data, 0, len(data), seed)) == (int(digits or "0") + seed) % 2**64


@pytest.mark.parametrize("bits", [1, 10, 18, 24])
def test_indices_are_those_of_the_audit(tmp_path: Path, bits: int) -> None:
    """Names of digits, of other scripts, long ones, in namespaces of all kinds, and the bias."""
    line = "1 " + " ".join(f"|{space} {' '.join(NAMES)}" for space in SPACES)
    names = {
        f"{space}^{name}" if space else name: vw_index(name, space, bits=bits) for space in SPACES for name in NAMES
    }

    audited = _audited(tmp_path, line, "-b", str(bits))

    assert audited == {**names, "Constant": CONSTANT & mask_of_bits(bits)}


@pytest.mark.parametrize("bits", [8, 18])
def test_indices_of_two_together_are_those_of_the_audit(tmp_path: Path, bits: int) -> None:
    """`-q ab`."""
    lefts, rights = ["x", "5", "y"], ["p", "7"]
    expected = {
        f"a^{left}*b^{right}": int(
            crossed_index(vw_index(left, "a", bits=31), vw_index(right, "b", bits=31), mask_of_bits(bits))
        )
        for left in lefts
        for right in rights
    }

    audited = _audited(tmp_path, f"1 |a {' '.join(lefts)} |b {' '.join(rights)}", "-q", "ab", "-b", str(bits))

    assert {name: index for name, index in audited.items() if "*" in name} == expected


@given(names=st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=3)), max_size=9), bits=st.integers(1, 32))
def test_many_names_have_the_indices_that_each_has_alone(names: list[tuple[bytes, bytes]], bits: int) -> None:
    """However they lie in the block."""
    data = np.frombuffer(b"|".join(name for name, _ in names), np.uint8)
    sizes = np.array([len(name) for name, _ in names], dtype=np.int32)
    ends = (np.cumsum(sizes + 1) - 1).astype(np.int32)
    spaces = sorted({space for _, space in names})
    which = np.array([spaces.index(space) for _, space in names], dtype=np.int32)
    indices, seeds = np.empty(len(names), np.uint64), np.array([namespace_hash(each) for each in spaces], np.uint64)

    name_indices(data, ends - sizes, ends, which, seeds, mask_of_bits(bits), indices)

    alone = [
        int(name_hash(np.frombuffer(name, np.uint8), 0, len(name), namespace_hash(space))) & mask_of_bits(bits)
        for name, space in names
    ]
    assert indices.tolist() == alone


@pytest.mark.parametrize("bits", [0, -1, 33])
def test_bits_that_no_index_has_are_refused(bits: int) -> None:
    """32 are all that the hash has."""
    with pytest.raises(BitsRefused, match=f"{bits} bits are given for an index; accepted: 1 to 32"):
        vw_index("a", bits=bits)
