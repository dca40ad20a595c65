"""How many outcomes were accepted since the tick before, over all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.watch.machine import ProcessFeed


class OutcomeMeter:
    """Turns the counts that workers keep since their start into those since the tick before.

    >>> from flyball.watch.machine import ProcessFeed
    >>> meter = OutcomeMeter()
    >>> [meter.take([ProcessFeed(pid=7, kind="worker", outcomes=count)]) for count in (5, 9, 2)]
    [0, 4, 2]
    >>> meter.take([ProcessFeed(pid=7, kind="worker")]) is None
    True
    """

    def __init__(self) -> None:
        self._before: dict[int, int] | None = None

    def take(self, processes: Sequence[ProcessFeed]) -> int | None:
        """The new outcomes; 0 at the first tick, whose past has no time; None where no worker counts them."""
        held = {process.index: process.outcomes for process in processes if process.outcomes is not None}
        before, self._before = self._before, held
        if not held:
            return None
        if before is None:
            return 0
        # A worker that counts from 0 again was started again.
        return sum(count - before.get(i, 0) if count >= before.get(i, 0) else count for i, count in held.items())
