"""Parquet's packed codes and plain texts, against a packer that is easy to understand; and what is damaged."""

from __future__ import annotations

import struct
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.column import Words
from flyball.learn.features import text_keys
from flyball.run.files.parquet_page import (
    ABSENT,
    ASKED,
    DAMAGED,
    FIELDS,
    LEARNED,
    all_present,
    hash_plain,
    mark_used,
    page_header,
    spread_out,
    unpack,
)

Run: TypeAlias = tuple[str, list[int]]
"""A run of one code again and again ("same"), or of eight different ones ("packed")."""


def runs_of(width: int) -> st.SearchStrategy[tuple[int, list[Run]]]:
    """Runs of codes of this width."""
    code = st.integers(0, 2**width - 1)
    same = st.builds(lambda one, count: ("same", [one] * count), code, st.integers(1, 40))
    eight = st.builds(lambda codes: ("packed", codes), st.lists(code, min_size=8, max_size=8))
    return st.tuples(st.just(width), st.lists(st.one_of(same, eight), max_size=6))


RUNS = st.integers(1, 31).flatmap(runs_of)


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    parts = []
    while number >= 128:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def packed(width: int, runs: list[Run]) -> tuple[bytes, list[int]]:
    """Runs as Parquet writes them, and the codes that they mean."""
    data, found = b"", []
    for way, codes in runs:
        if way == "same":
            data += varint(len(codes) << 1) + codes[0].to_bytes((width + 7) // 8, "little")
        else:
            number = sum(code << (i * width) for i, code in enumerate(codes))
            data += varint(1 << 1 | 1) + number.to_bytes(width, "little")
        found += codes
    return data, found


def unpacked(data: bytes, width: int, count: int, at: int = 0) -> tuple[int, list[int]]:
    """Where `unpack` ended, and the codes."""
    codes = np.full(count, -9, dtype=np.int32)
    return unpack(np.frombuffer(data, dtype=np.uint8), at, width, codes), codes.tolist()


@given(RUNS)
def test_runs_of_any_width_are_read_as_they_were_written(case: tuple[int, list[Run]]) -> None:
    """And nothing beyond them."""
    data, codes = packed(*case)
    assert unpacked(data, case[0], len(codes)) == (len(data) if codes else 0, codes)


@given(RUNS, st.data())
def test_runs_that_are_cut_off_are_damaged(case: tuple[int, list[Run]], data: st.DataObject) -> None:
    """Wherever they are cut, unless what is missing was not asked for."""
    whole, codes = packed(*case)
    end = data.draw(st.integers(0, max(0, len(whole) - 1)))
    stopped, found = unpacked(whole[:end], case[0], len(codes))

    assert stopped == DAMAGED or found == codes


@given(st.binary(max_size=40), st.integers(0, 31))
def test_any_bytes_are_read_or_refused(data: bytes, width: int) -> None:
    """Without an access beyond their end."""
    stopped, _ = unpacked(data, width, 100)
    assert stopped == DAMAGED or stopped > 0


def test_a_code_of_more_bits_than_its_column_is_damage() -> None:
    """It stands in whole bytes, and could be read as a negative one: a missing value."""
    assert unpacked(varint(9 << 1) + bytes([8]), 3, 9)[0] == DAMAGED
    assert unpacked(varint(9 << 1) + bytes([255] * 4), 31, 9)[0] == DAMAGED


def test_the_last_run_may_be_longer_than_what_is_wanted() -> None:
    """Eight codes are packed at once, and rows are not always a multiple."""
    data, codes = packed(3, [("packed", [1, 2, 3, 4, 5, 6, 7, 0])])
    assert unpacked(data, 3, 5) == (len(data), codes[:5])


def test_only_the_last_group_of_eight_may_be_cut_off() -> None:
    """Some writers do not fill it up; a run that is said to go on longer is damaged."""
    data, codes = packed(3, [("packed", [1, 2, 3, 4, 5, 6, 7, 0])])
    assert unpacked(data[:3], 3, 5) == (4, codes[:5])
    assert unpacked(data[:2], 3, 5)[0] == DAMAGED
    assert unpacked(varint(2 << 1 | 1) + data[1:], 3, 5)[0] == DAMAGED


def test_levels_of_one_long_run_of_ones_say_that_nothing_is_missing() -> None:
    """Any other levels are looked at one by one."""
    levels = np.frombuffer(packed(1, [("same", [1] * 300)])[0], dtype=np.uint8)
    others = [packed(1, [("same", [0] * 300)])[0], packed(1, [("packed", [1] * 8)])[0], b"", b"\x80", b"\xff" * 9]

    assert all_present(levels, 0, 300)
    assert not all_present(levels, 0, 301)
    assert not any(all_present(np.frombuffer(other, dtype=np.uint8), 0, 8) for other in others)


@given(st.lists(st.booleans(), max_size=30))
def test_codes_are_spread_over_the_rows_that_have_one(present: list[bool]) -> None:
    """In their order."""
    levels = np.array(present, dtype=np.int32)
    codes = np.full(len(present), -9, dtype=np.int32)
    codes[: levels.sum()] = np.arange(levels.sum())
    spread_out(levels, codes)

    assert codes.tolist() == [sum(present[:i]) if here else -1 for i, here in enumerate(present)]


def test_codes_that_occur_are_marked_by_what_they_occur_in() -> None:
    """Rows with a label, rows without one, or both; a code outside the dictionary is damage."""
    used, known = np.zeros(4, dtype=np.uint8), np.array([1, 1, 0, 0, 1], dtype=np.uint8)
    assert mark_used(np.array([1, -1, 3, 1, 2], dtype=np.int32), known, used) == LEARNED
    assert used.tolist() == [0, ASKED | LEARNED, LEARNED, ASKED]
    assert mark_used(np.array([4], dtype=np.int32), known, used) == DAMAGED


def test_where_all_rows_have_a_label_none_is_looked_at() -> None:
    """The same marks come out."""
    used, everywhere = np.zeros(4, dtype=np.uint8), np.empty(0, dtype=np.uint8)
    assert mark_used(np.array([1, -1, 3], dtype=np.int32), everywhere, used) == LEARNED
    assert used.tolist() == [0, LEARNED, 0, LEARNED]
    assert mark_used(np.array([0, 2], dtype=np.int32), everywhere, used) == 0
    assert mark_used(np.array([4], dtype=np.int32), everywhere, used) == DAMAGED


def header_of(data: list[int]) -> tuple[int, dict[int, int]]:
    """Where a header ends, and its fields."""
    fields = np.zeros(FIELDS, dtype=np.int64)
    end = page_header(np.array(data, dtype=np.uint8), 0, fields)
    return end, {place: value for place, value in enumerate(fields.tolist()) if value != ABSENT}


def test_headers_give_their_numbers_and_those_of_their_structs() -> None:
    """Texts, truths and deeper structs are passed over."""
    inner = [0x15, 6, 0x15, 16, 0x3C, 0x18, 2, 65, 66, 0x11, 0x12, 0, 0]
    end, fields = header_of([0x15, 8, 0x16, 0xD8, 4, 0x15, 5, 0x2C, *inner, 0x15, 3, 0, 99])

    assert end == 24
    assert fields == {1: 4, 2: 300, 3: -3, 51: 3, 52: 8, 6: -2}


@pytest.mark.parametrize(
    "data",
    [[], [0x15], [0x15, 255], [0x19, 0x25, 2, 4, 0], [0x18, 9, 65, 0], [0x05, 2, 2, 0], [0x1C] * 5],
    ids=["nothing", "cut", "a number cut", "a list", "a text cut", "a far field", "too deep"],
)
def test_headers_that_no_page_has_are_damaged(data: list[int]) -> None:
    """Or of a writer that is left to pyarrow."""
    assert header_of(data)[0] == DAMAGED


@given(st.lists(st.integers(0, 255), max_size=30))
def test_any_bytes_are_a_header_or_none(data: list[int]) -> None:
    """Without an access beyond their end."""
    assert header_of(data)[0] in (DAMAGED, *range(1, len(data) + 1))


def plain(texts: list[str]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Texts, each after its length."""
    encoded = [text.encode() for text in texts]
    return np.frombuffer(b"".join(struct.pack("<I", len(text)) + text for text in encoded), dtype=np.uint8)


@given(st.lists(st.text(max_size=50), max_size=20))
def test_plain_texts_have_the_keys_that_the_encoder_gives_them(texts: list[str]) -> None:
    """At every other word from their place on; what stands between is left alone."""
    block = np.full(2 * len(texts) + 4, 9, dtype=np.uint64)

    assert hash_plain(plain(texts), 5, 1_000, block, 1, 2, len(texts))
    assert block[4::2].tolist() == text_keys(Words.of(texts), 5).tolist()
    assert set(block[1::2].tolist()) == {9}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (plain(["four"])[:-1], "the text is cut off"),
        (plain(["four"])[:3], "its length is cut off"),
        (plain(["a longer one"]), "it is longer than ten bytes"),
        (np.full(8, 255, dtype=np.uint8), "its length is absurd"),
    ],
)
def test_texts_that_are_damaged_or_too_long_are_refused(
    data: np.ndarray[tuple[int], np.dtype[np.uint8]], why: str
) -> None:
    """Before anything beyond them is read."""
    assert not hash_plain(data, 5, 10, np.zeros(2, dtype=np.uint64), 1, 0, 1), why
