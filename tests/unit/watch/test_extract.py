"""Extracts: the sums of a board for those who look on."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from flyball.system.error import FlyballError
from flyball.watch import sums as at
from flyball.watch.board import Board
from flyball.watch.extract import Extract, merged
from flyball.watch.feed import boards_of
from flyball.watch.scorecard import scorecard

HOUR_US = 3_600_000_000


def board_of(count: int, *, seed: int = 1, bucket_us: int = HOUR_US, max_buckets: int = 512) -> Board:
    """A board of random examples of some countries over some hours."""
    draw = np.random.default_rng(seed)
    board = Board(["country"], "binary", bucket_us=bucket_us, max_buckets=max_buckets)
    codes = [[board.intern(0, value)] for value in draw.choice(["DE", "FR", "IT"], count).tolist()]
    scores = draw.random(count)
    ones = np.ones(count)
    board.add(scores, draw.random(count) < scores, ones, ones, draw.integers(0, 40 * HOUR_US, count), codes)
    return board


def test_an_extract_says_of_whole_slices_and_times_what_the_board_says() -> None:
    """Only the bins of slices and times are left out."""
    board = board_of(500)
    extract = msgspec.msgpack.decode(msgspec.msgpack.encode(board.extract()), type=Extract)
    sums = at.sums_of("binary")
    total = scorecard("binary", extract.rows()[0, :sums], extract.bins())

    assert total.log_loss == board.total().log_loss
    assert total.auc == board.total().auc
    told = {
        name: scorecard("binary", row).log_loss for name, row in extract.slices()["country"] if row[at.EXAMPLES] > 0
    }
    assert told == {cell.value: cell.scorecard.log_loss for cell in board.slices()["country"]}
    keys, rows = extract.timeline()
    assert [(key * extract.width_us, row[at.EXAMPLES]) for key, row in zip(keys.tolist(), rows, strict=True)] == [
        (bucket.start_us, bucket.scorecard.examples) for bucket in board.timeline()
    ]


def test_merged_extracts_are_the_extract_of_the_merged_board() -> None:
    """Also where one board's buckets have doubled and the other's have not."""
    one, two = board_of(300, seed=1), board_of(300, seed=2, max_buckets=4)
    both = merged([two.extract(), one.extract()])
    one.merge(two)

    assert two.bucket_width_us > HOUR_US
    assert both.width_us == two.bucket_width_us
    assert both.rows()[0] == pytest.approx(one.extract().rows()[0])
    keys, rows = both.timeline()
    assert rows[:, at.EXAMPLES].sum() == 600
    assert keys.tolist() == sorted(keys.tolist())


def test_boards_that_the_asker_has_are_not_sent_again() -> None:
    """The stamp tells, and changes with every example."""
    board = board_of(10)
    seen = boards_of({"v1": board}, {})["v1"]
    again = boards_of({"v1": board}, {"v1": seen.stamp})["v1"]
    board.add([0.5], [1], [1], [1], [0], [[board.intern(0, "DE")]])
    later = boards_of({"v1": board}, {"v1": seen.stamp})["v1"]

    assert (again.stamp, again.extract) == (seen.stamp, None)
    assert later.stamp != seen.stamp
    assert later.extract is not None


def test_rows_of_another_release_are_refused() -> None:
    """A loop and a control process of two releases do not misread each other."""
    extract = msgspec.structs.replace(board_of(5).extract(), sliced=b"x" * 12)

    with pytest.raises(FlyballError, match="different releases; restart all"):
        extract.slices()
