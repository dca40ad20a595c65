"""Time buckets merged into points."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.watch.board import DAY_US, Board, TimeBucket
from flyball.watch.points import MOST, framed, points_of

HOUR_US = DAY_US // 24


def timeline(kind: str, hours: np.ndarray, *, width_us: int = HOUR_US) -> tuple[Board, tuple[TimeBucket, ...]]:
    """A board with an example at each of these hours."""
    draw = np.random.default_rng(2)
    board = Board([], kind, bucket_us=width_us, max_buckets=4096)  # type: ignore[arg-type]  # parametrised by name
    count = len(hours)
    scores = draw.random(count)
    board.add(scores, draw.random(count) < scores, np.ones(count), np.ones(count), hours * HOUR_US, [])
    return board, board.timeline()


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_points_weighted_together_are_the_whole(kind: str) -> None:
    """Merging buckets loses nothing."""
    board, buckets = timeline(kind, np.arange(300))
    points = points_of(buckets)
    card = board.total()
    weight = sum(p.weight for p in points)

    assert len(points) <= MOST
    assert sum(p.examples for p in points) == 300
    assert sum(p.weight * p.actual for p in points) / weight == pytest.approx(card.mean_outcome)
    if card.rmse is None:
        assert sum(p.weight * p.loss for p in points) / weight == pytest.approx(card.log_loss)
    else:
        assert sum(p.weight * p.loss**2 for p in points) / weight == pytest.approx(card.rmse**2)


@pytest.mark.parametrize(("days", "stretch"), [(3, 2 * HOUR_US), (20, DAY_US), (40, DAY_US), (200, 7 * DAY_US)])
def test_long_times_are_cut_by_days_and_weeks(days: int, stretch: int) -> None:
    """Nights and weekends do not make a zigzag."""
    points = points_of(timeline("binary", np.arange(days * 24))[1])

    assert {p.until_us - p.from_us for p in points} == {stretch}
    assert all(p.from_us % stretch == 0 for p in points)


def test_a_stray_time_is_left_out_of_the_frame_and_counted() -> None:
    """One example of 1970 does not squeeze a month of 2015 into one point."""
    kept, left_out = framed(timeline("binary", np.concatenate([[0], 400_000 + np.arange(2_000)]))[1])

    assert left_out == 1
    assert len(kept) == 2_000


def test_strays_at_both_ends_are_left_out() -> None:
    """Too early and too late at once."""
    hours = np.concatenate([[0], 400_000 + np.arange(2_000), [900_000]])
    kept, left_out = framed(timeline("binary", hours)[1])

    assert left_out == 2
    assert len(kept) == 2_000


def test_times_without_strays_are_all_in_the_frame() -> None:
    """Thin ends are no strays."""
    kept, left_out = framed(timeline("binary", np.arange(2_000))[1])

    assert left_out == 0
    assert len(kept) == 2_000


def test_no_buckets_make_no_points() -> None:
    """And no division by nothing."""
    assert points_of([]) == []
    assert framed([]) == ([], 0)
