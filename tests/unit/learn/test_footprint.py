"""The formula for memory against tables that are really filled."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from flyball.learn import slots
from flyball.learn.footprint import footprint, segments_for
from flyball.learn.gate import Gate
from flyball.learn.table import Table
from tests.unit.learn.gate_rows import asked, some_keys

pytestmark = pytest.mark.unit


def resident(words: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> int:
    """The bytes of memory that an array's mapping really has, as the kernel tells."""
    address, here = words.ctypes.data, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            here = int(match[1], 16) <= address < int(match[2], 16)
        elif here and line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    return 0


def grown(table: Table, live: int, seed: int) -> None:
    """Puts random keys into a table until it has so many, as learning does: one by one, without making room before."""
    keys = some_keys(live - len(table), seed)
    assert slots.put(table.words, keys, np.ones(len(keys) * table.layout.row_words, dtype=np.uint64)) == len(keys)


@pytest.mark.parametrize("width_bits", [1, 2, 3])
def test_a_table_takes_what_the_formula_says_at_any_size(width_bits: int) -> None:
    """To a tenth, also in the middle of the splits at 16 segments' worth of keys."""
    table = Table(width_bits=width_bits, shared=True)
    middle = round(16 * 0.8 * 2 ** (17 - width_bits))
    for seed, live in enumerate(
        (1000, 30_000, 150_000, middle // 2 - 4000, middle, middle + 1500, 2 * middle - 20_000)
    ):
        if live > len(table):
            grown(table, live, seed)
        expected = footprint(keys=len(table), width_bits=width_bits)
        assert table.memory_bytes == pytest.approx(expected.rows, rel=0.1), f"segments at {live} keys"
        assert resident(table.words) == pytest.approx(expected.total, rel=0.1), f"memory at {live} keys"


def test_small_segments_are_in_the_middle_of_their_splits_longer() -> None:
    """Their loads differ more, and the formula follows Poisson's law."""
    table = Table(slot_bits=7, max_segments=4096)
    for seed, live in enumerate((500, 5000, 9000, 13_000, 20_000, 50_000)):
        grown(table, live, seed)
        segments = table.memory_bytes / (8 * table.layout.segment_words)
        assert segments == pytest.approx(segments_for(len(table), 7), rel=0.1)


def test_there_is_one_segment_at_first_and_no_more_than_the_limit() -> None:
    """At both ends."""
    assert segments_for(0, 16) == segments_for(1, 16) == 1.0
    assert footprint(keys=10**9, max_segments=64).rows == 64 << 20
    assert footprint(keys=1).spare == 0


def test_a_filter_counts_as_what_it_takes_when_it_is_full() -> None:
    """Its mapping, once all lines were written."""
    gate = Gate.counting(times=1, keys=2_000_000)
    asked(gate, some_keys(3_000_000))

    assert resident(gate.words) == pytest.approx(gate.memory_bytes, rel=0.1, abs=2**21)
    assert footprint(keys=1, gate=gate.memory_bytes).total - footprint(keys=1).total == gate.memory_bytes
