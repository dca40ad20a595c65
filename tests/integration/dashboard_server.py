"""A control app on a free port, fed by a real engine that goes on when the test says so."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn

from flyball.serve.tokens import Tokens
from flyball.web.control import create_control
from flyball.web.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyball.watch.feed import Feed
    from flyball.web.port import Action
    from tests.integration.watched_world import WatchedWorld

SECOND = 1_000_000


class DashboardServer:
    """Serves the dashboard of a watched world from a thread of its own; a context manager.

    Args:
        world: the engine and its traffic.
        start_us: the time of the first tick, microseconds UTC.
        alter: changes what the loop is said to have told.
    """

    def __init__(
        self, world: WatchedWorld, *, start_us: int, alter: Callable[[Feed], Feed] = lambda feed: feed
    ) -> None:
        self.world = world
        self.acted: list[Action] = []
        self._alter = alter
        self._now_us = start_us
        self.live = Live(self._act)
        self.gate = create_control(self.live, Tokens(), audit=self._note)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server = uvicorn.Server(
            uvicorn.Config(self.gate, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
        )
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    @property
    def streams(self) -> int:
        """How many tabs look on."""
        count: int = self.gate.app.state.desk.streams
        return count

    def __enter__(self) -> Self:
        self._socket.listen()
        self._thread.start()
        self._started.wait()
        self.tick()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self.live.close)
        self._server.should_exit = True
        self._thread.join()
        self._loop.close()
        self._socket.close()

    def tick(self, *, predictions: int = 0, seconds: float = 1.0) -> None:
        """So much more traffic, so many seconds later; ends when the status shows it."""
        self.world.go_on(predictions)
        self._now_us += round(seconds * SECOND)

        async def take() -> None:
            feed = self._alter(self.world.feed(self.live.look()))
            self.live.take(feed, self.world.machine(), now_us=self._now_us)

        asyncio.run_coroutine_threadsafe(take(), self._loop).result()

    def hurry(self) -> None:
        """Streams wait no more between two messages."""

        async def at_once(_: float) -> None:
            """No time passes."""

        self.gate.app.state.desk.wait = at_once

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._started.set)
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))

    async def _act(self, action: Action, _actor: str) -> int:
        self.acted.append(action)
        return self.world.engine.seq

    def _note(self, actor: str, action: str, details: Mapping[str, object]) -> None:
        """Nothing reads this audit."""
