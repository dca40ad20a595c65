"""Lines of an export: filled nearly to the last place, and read one or two at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flyball.learn.export_lines import FILL, GOES_ON, MOST_LANES, home_of, keys_per_line, lay_out, next_home
from tests.unit.learn.gate_rows import some_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

pytestmark = pytest.mark.unit


def test_a_line_has_room_for_as_many_keys_as_fit_in_sixty_bytes() -> None:
    """The other four say whether the search goes on."""
    assert [keys_per_line(lanes) for lanes in (1, 2, 3, 4, 8, MOST_LANES)] == [10, 7, 6, 5, 3, 1]
    assert keys_per_line(MOST_LANES + 1) == 0


@pytest.mark.parametrize(("lanes", "there", "not_there"), [(1, 1.13, 1.6), (4, 1.28, 1.85)])
def test_most_searches_read_one_line(lanes: int, there: float, not_there: float) -> None:
    """Whether the key is there or not."""
    keys, each = some_keys(100_000), keys_per_line(lanes)
    lines = lay_out(keys, np.ones((len(keys), lanes), dtype=np.int16))

    assert read_for(lines.words, each, keys[:20_000]) < there, "lines for a key that is there"
    assert read_for(lines.words, each, some_keys(20_000, seed=2)) < not_there, "lines for another"
    assert len(keys) / (len(lines.words) / 8 * each) == pytest.approx(FILL, rel=0.01)


def read_for(words: Words, each: int, keys: Words) -> float:
    """How many lines searches read, in the mean."""
    lines, total = words.view(np.uint32).reshape(-1, 16), 0
    for key in keys.tolist():
        line, remainder = int(home_of(len(lines), np.uint64(key))), key & 0xFFFFFFFF  # type: ignore[arg-type]  # numpy's scalar in a kernel
        total += 1
        while remainder not in lines[line, :each] and lines[line, GOES_ON]:
            line = int(next_home(len(lines), line, np.uint64(key)))  # type: ignore[arg-type]  # numpy's scalar in a kernel
            total += 1
    return total / len(keys)


def test_a_key_that_was_pushed_to_another_line_is_told_from_one_that_begins_there() -> None:
    """They share their remainder, and not the line where their searches begin."""
    crowd = (np.arange(1, 11, dtype=np.uint64) << np.uint64(32)) | np.arange(1000, 1010, dtype=np.uint64)
    pushed, there = (1 << 32) | 77, (2**31 << 32) | 77
    rest = np.uint64(3 << 62) + np.arange(6, dtype=np.uint64) * np.uint64(2**32 + 1)
    keys = np.concatenate([crowd, np.array([pushed, there], np.uint64), rest])
    lines = lay_out(keys, np.ones((len(keys), 1), dtype=np.int16))

    assert len(lines.words) == 24, "three lines, the first is full"
    assert keys[lines.confused].tolist() == [pushed, there]


def test_keys_with_one_remainder_that_do_not_meet_are_no_trouble() -> None:
    """No search sees both."""
    keys = np.concatenate([some_keys(10_000), np.array([(1 << 32) | 77, (2**31 << 32) | 77], np.uint64)])

    assert not lay_out(keys, np.ones((len(keys), 1), dtype=np.int16)).confused.any()
