"""The layout of a table in one block of words."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.arena import HEADER_WORDS, HUGE_PAGE_WORDS, Layout
from flyball.learn.mark import copying_base, plane_words, touched_base
from flyball.learn.place import directory_of, frame_of, planes_base
from flyball.learn.table import Table

SIZES = pytest.mark.parametrize(("slot_bits", "max_segments"), [(6, 1), (6, 7), (10, 64), (16, 8_192)])


@SIZES
def test_parts_follow_each_other_and_overlap_nowhere(slot_bits: int, max_segments: int) -> None:
    """Header, depths, lives, free stack, two halves of the directory, two planes of marks, segments."""
    layout = Layout.of(slot_bits=slot_bits, width_bits=1, max_segments=max_segments)

    assert layout.depths == HEADER_WORDS
    assert layout.lives == layout.depths + max_segments
    assert layout.free == layout.lives + max_segments
    assert layout.directory == layout.free + max_segments
    assert layout.marks == layout.directory + 2 * (1 << layout.directory_bits)
    assert layout.plane_words == max_segments * (1 << slot_bits) // 64
    assert layout.segments >= layout.marks + 2 * layout.plane_words
    assert layout.words == layout.segments + max_segments * layout.segment_words


@SIZES
def test_the_directory_has_room_for_every_segment_and_the_unevenness_of_hashes(
    slot_bits: int, max_segments: int
) -> None:
    """At least eight entries for each."""
    layout = Layout.of(slot_bits=slot_bits, width_bits=1, max_segments=max_segments)

    assert 1 << layout.directory_bits >= 8 * max_segments


@SIZES
def test_segments_begin_on_a_huge_page(slot_bits: int, max_segments: int) -> None:
    """So that the translation buffer covers 2 MiB with each entry."""
    assert Layout.of(slot_bits=slot_bits, width_bits=1, max_segments=max_segments).segments % HUGE_PAGE_WORDS == 0


def test_kernels_find_the_parts_where_they_are() -> None:
    """They work the layout out from the header alone, as another process must."""
    table = Table(slot_bits=7, max_segments=33)
    layout = table.layout

    frame = frame_of(table.words)
    assert (frame.slot_bits, frame.width_bits, frame.segments) == (7, 1, layout.segments)
    assert directory_of(table.words) == (layout.directory, 0)
    assert (planes_base(table.words), plane_words(table.words)) == (layout.marks, layout.plane_words)
    assert (touched_base(table.words), copying_base(table.words)) == (layout.marks, 0)


def test_a_segment_of_16_bits_is_a_mebibyte() -> None:
    """One split copies no more than that."""
    assert Layout.of(slot_bits=16, width_bits=1, max_segments=1).segment_words * 8 == 1 << 20


def test_a_segment_splits_before_it_is_full() -> None:
    """Where every slot is taken, a search for another key would find no end; and a segment has whole words of marks."""
    with pytest.raises(ValueError, match="slot_bits is 5; a segment needs at least 64 slots: give 6 or more"):
        Layout.of(slot_bits=5, width_bits=1, max_segments=1)


def test_the_smallest_segments_hold_as_much_as_others() -> None:
    """They split before their last slot is taken."""
    table, keys = Table(slot_bits=6, max_segments=64), np.random.default_rng(1).integers(1, 2**64 - 1, 200, np.uint64)
    table.load(keys, np.ones(200, dtype=np.uint64))

    assert [table.get(int(key)) is not None for key in keys] == [True] * 200


def test_a_row_has_room_for_more_than_its_key() -> None:
    """There is nothing to learn otherwise."""
    with pytest.raises(ValueError, match="width_bits is 0; a row is a key and at least one word: give 1 or more"):
        Layout.of(slot_bits=6, width_bits=0, max_segments=1)
