"""The stream of statuses for one tab: all at first, then what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from flyball.web.port import Ended
from flyball.web.viewer import only

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from flyball.web.port import Running

PAUSE: Final = 0.25
"""Seconds between two messages at least."""


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What turns one value into the other, as a JSON merge patch (RFC 7396): None removes.

    >>> changes({"a": 1, "b": {"x": [1], "y": 2}, "c": 3}, {"a": 1, "b": {"x": [1, 2], "y": 2}})
    {'b': {'x': [1, 2]}, 'c': None}
    """
    patch: dict[str, Any] = {}
    for key, value in after.items():
        held = before.get(key)
        if isinstance(value, dict) and isinstance(held, dict):
            inner = changes(held, value)
            if inner:
                patch[key] = inner
        elif value != held:
            patch[key] = value
    for key in before.keys() - after.keys():
        patch[key] = None
    return patch


async def events(
    running: Running, model: str | None, dimension: str | None, *, wait: Callable[[float], Awaitable[None]]
) -> AsyncIterator[dict[str, str]]:
    """The messages of a stream: `full` with everything, then `patch` after `patch`, four a second at most.

    Args:
        running: the system.
        model: whose details to send; None for the first by name.
        dimension: of its slices, the dimension to send; None for the first.
        wait: waits for so many seconds.

    >>> import asyncio
    >>> from flyball.watch.machine import MachineFeed
    >>> from flyball.web.live import Live
    >>> async def kinds() -> list[str]:
    ...     live, found = Live(act=None), []
    ...     async def wait(seconds: float) -> None:
    ...         live.take(None, MachineFeed(), now_us=len(found)) if len(found) < 3 else live.close()
    ...     async for message in events(live, None, None, wait=wait):
    ...         found.append(message["event"])
    ...     return found
    >>> asyncio.run(kinds())
    ['full', 'patch', 'patch']
    """
    before: dict[str, Any] | None = None
    status = running.status()
    try:
        while True:
            after = msgspec.to_builtins(only(status, model, dimension))
            kind, data = ("full", after) if before is None else ("patch", changes(before, after))
            before = after
            yield {"id": str(status.tick), "event": kind, "data": msgspec.json.encode(data).decode()}
            await wait(PAUSE)
            status = await running.changed(status.tick)
    except Ended:
        return
