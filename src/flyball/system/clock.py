"""Where time comes from: injected, never read in passing."""

from __future__ import annotations

import time
from typing import Protocol

from flyball.system.error import FlyballError


class Clock(Protocol):
    """Whatever can say what time it is.

    >>> def stamp(clock: Clock) -> int:
    ...     return clock.now()
    >>> stamp(ManualClock(5))
    5
    """

    def now(self) -> int:
        """The present moment in microseconds UTC since 1970."""
        ...


class SystemClock:
    """The machine's clock. It may step; whoever needs time that never falls must see to that itself.

    >>> SystemClock().now() > 1_700_000_000_000_000
    True
    """

    __slots__ = ()

    def now(self) -> int:
        """The present moment in microseconds UTC since 1970.

        >>> isinstance(SystemClock().now(), int)
        True
        """
        return time.time_ns() // 1000


class ManualClock:
    """A clock that stands still until it is told to move, for tests and replays.

    Args:
        start: the moment it shows first, in microseconds UTC since 1970.

    >>> clock = ManualClock(1_000)
    >>> clock.advance(500)
    >>> clock.now()
    1500
    """

    __slots__ = ("_now",)

    def __init__(self, start: int = 0) -> None:
        """Stands at `start`."""
        self._now = start

    def now(self) -> int:
        """The moment it shows, in microseconds UTC since 1970.

        >>> ManualClock(7).now()
        7
        """
        return self._now

    def advance(self, us: int) -> None:
        """Moves on by `us` microseconds.

        Raises:
            FlyballError: `us` is negative; `set` moves a clock back.

        >>> ManualClock().advance(-1)
        Traceback (most recent call last):
            ...
        flyball.system.error.FlyballError: a clock advances by 0 us or more, not by -1 us; use set() to move it back
        """
        if us < 0:
            raise FlyballError(f"a clock advances by 0 us or more, not by {us} us; use set() to move it back")
        self._now += us

    def set(self, us: int) -> None:
        """Shows `us` from now on, earlier or later than before: a step, as a machine's clock may make.

        >>> clock = ManualClock(100)
        >>> clock.set(10)
        >>> clock.now()
        10
        """
        self._now = us
