"""The log's clock: it never falls, whatever the machine's clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.live.log_clock import AHEAD_US, ALLOWED_US, SLEW, ClockBehind, LogClock
from flyball.system.clock import ManualClock

NOON = 1_700_000_000_000_000


def test_it_begins_at_the_end_of_the_log_where_that_lies_ahead() -> None:
    """The log's time never falls."""
    clock = LogClock(NOON + 100, ManualClock(NOON).now, ManualClock().now)
    assert clock.now() == NOON + 100


def test_a_log_that_ends_far_in_the_future_is_refused() -> None:
    """Every window would close at once."""
    with pytest.raises(ClockBehind, match="set the clock"):
        LogClock(NOON + AHEAD_US + 1, ManualClock(NOON).now, ManualClock().now)


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(-(10**10), 10**10)), max_size=30))
def test_it_runs_at_the_pace_of_time_within_one_part_in_twenty(steps: list[tuple[int, int]]) -> None:
    """Whatever the machine's clock does."""
    wall, boot = ManualClock(NOON), ManualClock(7)
    clock = LogClock(0, wall.now, boot.now)
    before = clock.now()
    for elapsed, jump in steps:
        boot.advance(elapsed)
        wall.set(wall.now() + elapsed + jump)
        now = clock.now()
        assert abs(now - before - elapsed) <= elapsed // SLEW, "time jumped"
        assert now >= before, "time fell"
        before = now


def test_after_a_jump_both_clocks_come_together_again() -> None:
    """Slowly."""
    wall, boot = ManualClock(NOON), ManualClock(7)
    clock = LogClock(0, wall.now, boot.now)
    wall.advance(60_000_000)
    for _ in range(2000):
        wall.advance(1_000_000)
        boot.advance(1_000_000)
        clock.now()
    assert not clock.disagrees
    assert abs(wall.now() - clock.now()) <= ALLOWED_US
