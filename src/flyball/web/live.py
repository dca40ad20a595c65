"""The running system as the control app sees it, made from ticks: the `Running` of the control process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from flyball.web.port import Ended
from flyball.web.status import Status
from flyball.web.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flyball.watch.feed import Feed, Look
    from flyball.watch.machine import MachineFeed
    from flyball.web.port import Action


class Live:
    """Holds the latest status, and wakes those who wait for the next one.

    All methods belong to one event loop's thread.

    Args:
        act: writes an action to the log, as `flyball.web.port.Running.act` does.

    >>> from flyball.watch.machine import MachineFeed
    >>> async def act(action: Action, actor: str) -> int:
    ...     return 7
    >>> async def story() -> list[int]:
    ...     live = Live(act)
    ...     waiting = asyncio.ensure_future(live.changed(0))
    ...     await asyncio.sleep(0)
    ...     live.take(None, MachineFeed(), now_us=5)
    ...     return [live.status().tick, (await waiting).tick]
    >>> asyncio.run(story())
    [1, 1]
    """

    def __init__(self, act: Callable[[Action, str], Awaitable[int]]) -> None:
        self._act = act
        self._viewer = Viewer()
        self._status = Status(tick=0, now_us=0)
        self._next: asyncio.Event | None = None
        self._ended = False

    def look(self) -> Look:
        """What to ask the loop at the next tick."""
        return self._viewer.look()

    def take(self, feed: Feed | None, machine: MachineFeed, *, now_us: int) -> None:
        """A tick; see `Viewer.take`."""
        self._status = self._viewer.take(feed, machine, now_us)
        self._wake()

    def close(self) -> None:
        """Ends all streams, so that a server which waits for them can stop."""
        self._ended = True
        self._wake()

    @property
    def watched(self) -> bool:
        """Whether somebody waits for the next status."""
        return self._next is not None

    def status(self) -> Status:
        """The latest status."""
        return self._status

    async def changed(self, after: int) -> Status:
        """The latest status, once its tick is higher than `after`.

        Raises:
            Ended: there will be none.
        """
        while self._status.tick <= after:
            if self._ended:
                raise Ended("the system is about to stop; connect again when it is back")
            if self._next is None:
                self._next = asyncio.Event()
            await self._next.wait()
        return self._status

    async def act(self, action: Action, actor: str) -> int:
        """Writes the action to the log, and gives its place there."""
        return await self._act(action, actor)

    def _wake(self) -> None:
        if self._next is not None:
            self._next.set()
            self._next = None
