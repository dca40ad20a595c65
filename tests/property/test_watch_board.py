"""Whatever the stream: chunks do not matter, merging is adding, and taking back is the inverse of adding."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.watch.board import Board
from flyball.watch.scorecard import Scorecard

EXAMPLE = st.tuples(
    st.floats(0.0, 1.0),
    st.sampled_from([0.0, 1.0, 0.5]),
    st.floats(0.01, 100.0),
    st.integers(-(10**15), 10**15),
    st.sampled_from(["a", "b", "c", "d", None]),
)
Stream = list[tuple[float, float, float, int, str | None]]
STREAM = st.lists(EXAMPLE, max_size=40)
KIND = st.sampled_from(["binary", "number"])


def board_of(kind: str, stream: Stream, sign: int = 1, chunk: int = 40) -> Board:
    """A small board that was told the stream in chunks."""
    board = Board(["letter"], kind, max_values=3, max_buckets=5)  # type: ignore[arg-type]  # drawn by name
    tell(board, stream, sign, chunk)
    return board


def tell(board: Board, stream: Stream, sign: int = 1, chunk: int = 40) -> None:
    """Add the stream, or take it back."""
    for start in range(0, len(stream), chunk):
        part = stream[start : start + chunk]
        scores, values, weights, times, letters = (list(column) for column in zip(*part, strict=True))
        codes = [[board.intern(0, letter)] for letter in letters]
        board.add(scores, values, weights, [sign] * len(part), times, codes)


def close(expected: Scorecard, actual: Scorecard) -> None:
    """The same measures within rounding; where sums are tiny, measures that divide by them may be absent."""
    assert expected.examples == actual.examples
    for field in fields(Scorecard):
        one, two = getattr(expected, field.name), getattr(actual, field.name)
        assert not isinstance(one, float) or np.isfinite(one)
        if field.name in {"weight", "log_loss", "brier", "mae", "mean_prediction"} and one is not None:
            assert one == pytest.approx(two, rel=1e-6, abs=1e-6)


@given(KIND, STREAM, st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_any_chunking_gives_the_same_bits(kind: str, stream: Stream, chunk: int) -> None:
    """One by one, in sevens or whole: equal digests."""
    assert board_of(kind, stream).digest() == board_of(kind, stream, chunk=chunk).digest()


@given(KIND, STREAM, STREAM)
@settings(max_examples=60, deadline=None)
def test_merging_is_adding_and_subtracting_is_its_inverse(kind: str, first: Stream, second: Stream) -> None:
    """The board of both streams equals the merged board; taking the second off gives the first again."""
    merged = board_of(kind, first)
    merged.merge(board_of(kind, second))
    close(board_of(kind, first + second).total(), merged.total())
    assert sum(b.scorecard.examples for b in merged.timeline()) == len(first) + len(second)
    merged.subtract(board_of(kind, second))
    close(board_of(kind, first).total(), merged.total())


@given(KIND, STREAM, STREAM)
@settings(max_examples=60, deadline=None)
def test_examples_taken_back_leave_what_was_there_before(kind: str, kept: Stream, taken: Stream) -> None:
    """Signs of -1 undo signs of 1, cell by cell."""
    board = board_of(kind, kept)
    tell(board, taken)
    tell(board, taken, sign=-1)
    close(board_of(kind, kept).total(), board.total())
    assert sum(cell.scorecard.examples for cell in board.slices()["letter"]) == len(kept)


@given(KIND, STREAM)
@settings(max_examples=60, deadline=None)
def test_cells_of_a_dimension_and_buckets_of_time_add_up_to_the_whole(kind: str, stream: Stream) -> None:
    """Each example is in one bucket and in one cell of each dimension, and no limit is passed."""
    board = board_of(kind, stream)
    buckets, cells = board.timeline(), board.slices()["letter"]

    assert sum(b.scorecard.examples for b in buckets) == len(stream)
    assert sum(c.scorecard.examples for c in cells) == len(stream)
    assert len(buckets) <= 5
    assert len(cells) <= 5
    assert sum(b.scorecard.weight for b in buckets) == pytest.approx(board.total().weight)


@given(KIND, STREAM)
@settings(max_examples=60, deadline=None)
def test_snapshots_restore_to_equal_boards(kind: str, stream: Stream) -> None:
    """Down to the last bit."""
    board = board_of(kind, stream)

    assert Board.restore(board.snapshot()).digest() == board.digest()
