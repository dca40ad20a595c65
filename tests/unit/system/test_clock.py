"""Where time comes from."""

from __future__ import annotations

import pytest

from flyball.system.clock import Clock, ManualClock, SystemClock
from flyball.system.error import FlyballError


def test_a_manual_clock_stands_still_until_told_to_move() -> None:
    """So tests never wait."""
    clock = ManualClock(100)

    assert [clock.now(), clock.now()] == [100, 100]
    clock.advance(5)
    assert clock.now() == 105


def test_a_manual_clock_steps_back_only_on_purpose() -> None:
    """A machine's clock may step; a test must say so."""
    clock = ManualClock(100)

    with pytest.raises(FlyballError, match="a clock advances by 0 us or more, not by -1 us; use set"):
        clock.advance(-1)
    clock.set(10)
    assert clock.now() == 10


def test_the_system_clock_counts_microseconds() -> None:
    """Between 2020 and 2200, whatever the machine's date is."""
    clock: Clock = SystemClock()

    assert 1_577_836_800_000_000 < clock.now() < 7_258_118_400_000_000
