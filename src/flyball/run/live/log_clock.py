"""The log's clock: it never falls, never jumps, and comes back to the machine's clock slowly where the two differ.

>>> from flyball.system.clock import ManualClock
>>> wall, boot = ManualClock(1_000_000_000), ManualClock(5)
>>> clock = LogClock(floor=0, wall=wall.now, boot=boot.now)
>>> boot.advance(1_000_000)
>>> wall.advance(61_000_000)
>>> clock.now() - 1_000_000_000  # a minute's jump of the machine's clock is no minute that passed
1050000
>>> clock.disagrees
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.error import FlyballError
from flyball.system.moment import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOWED_US = 1_000_000
"""By how much the two may differ before anything is done."""
SLEW = 20
"""Of the time that passed, one part in so many is given or taken until they agree."""
AHEAD_US = 5 * 60 * 1_000_000
"""A log that ends later than this after the machine's clock is not gone on with."""


class ClockBehind(FlyballError):
    """The machine's clock lies before the end of the log."""


class LogClock:
    """Time for `ingest_ts`: a base, plus the time since the machine was started.

    Args:
        floor: `ingest_ts` of the last record in the log, microseconds UTC.
        wall: the machine's clock, microseconds UTC, which may step.
        boot: the time since it was started, microseconds, which may not.
        offset: what an earlier loop of the same system added to that, to go on evenly; 0 where there was none.

    Raises:
        ClockBehind: the log ends in the future, so that windows would close at once.
    """

    def __init__(self, floor: int, wall: Callable[[], int], boot: Callable[[], int], *, offset: int = 0) -> None:
        self._wall, self._boot = wall, boot
        now = wall()
        if offset == 0 and floor > now + AHEAD_US:
            msg = (
                f"the log ends at {format_moment(floor)} and this machine's clock shows {format_moment(now)}; set the "
                "clock, or give the state directory that belongs to this time"
            )
            raise ClockBehind(msg)
        self._last_boot = boot()
        begin = now if offset == 0 else self._last_boot + offset
        self.offset = max(begin, floor) - self._last_boot
        """What is added to the time since the start."""
        self.apart = 0
        """How far the machine's clock is ahead of it, microseconds."""

    def now(self) -> int:
        """The present moment, microseconds UTC; it never falls."""
        boot = self._boot()
        elapsed, self._last_boot = boot - self._last_boot, boot
        self.apart = self._wall() - (boot + self.offset)
        if self.disagrees:
            most = elapsed // SLEW
            self.offset += max(-most, min(self.apart, most))
        return boot + self.offset

    @property
    def disagrees(self) -> bool:
        """Whether it differs from the machine's clock by more than a second."""
        return abs(self.apart) > ALLOWED_US
