"""The control app over a real engine, with what it was asked to do and what it wrote down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.serve.tokens import Tokens, make_token
from flyball.system.clock import ManualClock
from flyball.testing.worlds.ads import ads
from flyball.web.control import create_control
from flyball.web.live import Live
from tests.integration.watched_world import WatchedWorld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.web.port import Action

NOW = 1_700_000_000_000_000
READER, READ_TOKEN = make_token("reader", ["read"], entropy=bytes(32))
ADMIN, ADMIN_TOKEN = make_token("boss", ["read", "admin"], entropy=bytes([1] * 32))


class Desk:
    """A control app over a live system, and what was done and written down."""

    def __init__(self, live: Live | None, world: WatchedWorld | None, tokens: Tokens) -> None:
        self.acted: list[tuple[Action, str]] = []
        self.audited: list[tuple[str, str, dict[str, object]]] = []
        self.answer: Exception | int = 42
        self.clock = ManualClock(NOW)
        self.live = live or Live(self.act)
        if world is not None:
            self.live = Live(self.act)
            self.live.take(world.feed(self.live.look()), world.machine(), now_us=NOW)
        self.gate = create_control(self.live, tokens, audit=self.note, clock=self.clock)

    async def act(self, action: Action, actor: str) -> int:
        """Remembers, and answers as it was told to."""
        self.acted.append((action, actor))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def note(self, actor: str, action: str, details: Mapping[str, object]) -> None:
        """The audit."""
        self.audited.append((actor, action, dict(details)))


def small_world() -> WatchedWorld:
    """An engine that has seen some traffic."""
    made = WatchedWorld(2_000, ads)
    made.go_on(250)
    return made
