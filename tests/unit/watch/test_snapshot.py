"""Snapshots that are damaged or foreign are refused."""

from __future__ import annotations

import msgspec
import pytest

from flyball.system.error import FlyballError
from flyball.watch.board import Board
from flyball.watch.snapshot import unpack


def saved() -> bytes:
    """The snapshot of a small board."""
    board = Board(["country"], "binary")
    code = board.intern(0, "DE")
    board.add([0.25], [1.0], [1.0], [1], [0], [[code]])
    return board.snapshot()


FOREIGN = {"empty": b"", "foreign": b"x", "array": b"\x93\x01\x02\x03", "cut": saved()[:-3]}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_bytes_are_refused_with_what_to_do(data: bytes) -> None:
    """No traceback of another library comes through."""
    with pytest.raises(FlyballError, match=r"are no board of format 1 .* restore from a checkpoint of this release"):
        Board.restore(data)


def test_a_snapshot_of_another_format_is_refused() -> None:
    """The format's number stands in the bytes."""
    assert b"board\x01" in saved()
    with pytest.raises(FlyballError, match="no board of format 1"):
        unpack(saved().replace(b"board\x01", b"board\x02"))


def test_rows_that_miss_numbers_are_refused() -> None:
    """Fewer numbers than bits is damage, not a smaller board."""
    snapshot = unpack(saved())
    board = Board(["country"], "binary")
    board.intern(0, "DE")
    damaged = msgspec.structs.replace(snapshot, whole=snapshot.whole[:-8])
    with pytest.raises(FlyballError, match="the bytes are damaged; restore from another checkpoint"):
        damaged.fill(board._cells, board._used_rows())


def test_a_snapshot_of_few_cells_is_small() -> None:
    """Empty cells and bins cost a bit each, not eight bytes."""
    assert len(saved()) < 3_000
