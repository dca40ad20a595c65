"""Parts: what the process that learns hands over, checked when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.checkpoint_file import CheckpointDamaged
from flyball.learn.part import PartWriter, part_path, read_part, whole_part

if TYPE_CHECKING:
    from pathlib import Path


def words(*numbers: int) -> np.ndarray:
    """As keys or pairs."""
    return np.array(numbers, dtype=np.uint64)


def written(path: Path) -> Path:
    """A part of two tables, the first one in two blocks."""
    writer = PartWriter(path)
    writer.entries("a", words(1, 2), words(10, 20))
    writer.part("note", b"hello")
    writer.entries("b", words(), words())
    writer.entries("a", words(3), words(30))
    writer.close()
    return path


def test_blocks_of_a_table_become_one_column_of_keys_and_one_of_pairs(tmp_path: Path) -> None:
    """In the order in which they came; tables first, as a checkpoint has them."""
    told = [(c.kind, c.name, b"".join(c.pieces)) for c in read_part(written(part_path(tmp_path, 7, 5)))]

    assert told == [
        ("keys", "a", words(1, 2, 3).tobytes()),
        ("rows", "a", words(10, 20, 30).tobytes()),
        ("keys", "b", b""),
        ("rows", "b", b""),
        ("part", "note", b"hello"),
    ]


def test_a_part_takes_its_place_only_when_it_is_whole(tmp_path: Path) -> None:
    """Nobody finishes half of one."""
    writer = PartWriter(part_path(tmp_path, 7, 5))
    writer.entries("a", words(1), words(2))
    assert whole_part(tmp_path) is None

    writer.close()
    assert whole_part(tmp_path) == (part_path(tmp_path, 7, 5), 7, 5)


def test_a_part_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Not even on a full disk, where closing the file fails."""
    path = part_path(tmp_path, 7, 5)
    for full in (False, True):
        if full:
            path.with_name(path.name + ".new").symlink_to("/dev/full")
        writer = PartWriter(path)
        writer.part("note", b"hello")
        writer.abandon()

        assert list(tmp_path.iterdir()) == []


def test_a_part_that_was_cut_or_changed_anywhere_is_refused(tmp_path: Path) -> None:
    """At every byte; a part is not synced, so after a loss of power anything may be in its place."""
    path = written(part_path(tmp_path, 7, 5))
    whole = path.read_bytes()
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1
        for content in (whole[:at], bytes(changed)):
            path.write_bytes(content)
            with pytest.raises(CheckpointDamaged, match=r"is damaged: .+; restore it from a"):
                read_part(path)
