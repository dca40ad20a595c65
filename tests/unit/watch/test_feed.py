"""The feed: the sums of every version, cheap enough for every look."""

from __future__ import annotations

import msgspec
import pytest

from flyball.watch.board import Board
from flyball.watch.feed import ModelFeed, versions_of
from flyball.watch.scorecard import scorecard


def board_of(*examples: tuple[float, float], dimensions: tuple[str, ...] = ()) -> Board:
    """A board of (score, outcome)."""
    board = Board(dimensions, "binary")
    for score, value in examples:
        board.add([score], [value], [1], [1], [0], [[board.intern(i, "x") for i in range(len(dimensions))]])
    return board


def test_the_sums_of_a_version_are_those_of_all_its_boards() -> None:
    """One for each meaning of its dimensions; versions made elsewhere are negative."""
    boards = [
        (1, board_of((0.2, 0), (0.6, 1))),
        (-7, board_of((0.9, 1))),
        (1, board_of((0.5, 1), dimensions=("hour",))),
    ]
    sent = msgspec.msgpack.encode(ModelFeed(version=1, versions=versions_of(boards)))
    told = msgspec.msgpack.decode(sent, type=ModelFeed).versions
    whole = board_of((0.2, 0), (0.6, 1), (0.5, 1)).total()

    assert sorted(told) == [-7, 1]
    card = scorecard(told[1].kind, told[1].sums)  # type: ignore[arg-type]  # a list is read as an array is
    assert card.examples == 3
    assert card.log_loss == pytest.approx(whole.log_loss)
    assert len(sent) < 400


def test_boards_of_another_kind_are_not_added() -> None:
    """A model that was dropped may come back with an outcome of another kind."""
    number = Board([], "number")
    number.add([3.0], [2.0], [1], [1], [0], [])
    told = versions_of([(0, board_of((0.2, 0))), (0, number)])

    assert (told[0].kind, told[0].sums[0]) == ("number", 1.0)
