"""What the control app's routes share: the system, who may do what, and the page's files."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from flyball.serve.problem import Refused
from flyball.serve.problem import problem as make
from flyball.web.assets import Assets
from flyball.web.sessions import Sessions, cookie_of
from flyball.web.trouble import other

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Request

    from flyball.run.worth_file import Worths
    from flyball.serve.port import Keeper
    from flyball.web.port import Audit, Running
    from flyball.web.status import ModelStatus

    Asked = Request[Any, Any, Any]

MOST_STREAMS: Final = 32
"""Tabs that may look on at once."""


def _nobody() -> None:
    """Nobody measures what signals are worth."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """Shared by all routes.

    Attributes:
        running: the system.
        keeper: who may do what.
        audit: where actions are written down.
        sessions: browsers that have signed in.
        token: what pages must send with what changes something.
        worths: reads what every signal was last found to be worth; None where nobody measures it.
        wait: waits for so many seconds.
        streams: how many tabs look on.

    >>> Desk.__slots__[:3]
    ('running', 'keeper', 'audit')
    """

    running: Running
    keeper: Keeper
    audit: Audit
    sessions: Sessions
    token: str
    worths: Callable[[], Worths | None] = _nobody
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    streams: int = 0
    assets: Assets = field(default_factory=Assets)
    pages: Environment = field(
        default_factory=lambda: Environment(
            loader=PackageLoader("flyball.web", "templates"), autoescape=True, undefined=StrictUndefined
        )
    )

    def admit(self, request: Asked, scope: str) -> str:
        """The name of whoever asks, by header or session.

        Raises:
            Refused: with 401 or 403.
        """
        given = request.headers.get("authorization")
        held = given.encode("latin-1") if given else self.sessions.get(self.secret(request))
        return self.keeper.admit(held, scope)

    def cookie(self, request: Asked) -> str:
        """The name of the session's cookie at the address that was asked."""
        return cookie_of(request.headers.get("host", ""))

    def secret(self, request: Asked) -> str | None:
        """What the session's cookie holds; None without one."""
        return request.cookies.get(self.cookie(request))

    def may(self, request: Asked, scope: str) -> bool:
        """Whether whoever asks may do this."""
        try:
            self.admit(request, scope)
        except Refused:
            return False
        return True

    def model(self, name: str) -> ModelStatus:
        """The model of this name.

        Raises:
            Refused: with 404.
        """
        models = self.running.status().models
        if name not in models:
            raise Refused(
                make("not-found", f"no model is named {name[:80]!r}; there are {', '.join(models) or 'none'}")
            )
        return models[name]

    def check_streams(self) -> None:
        """Whether one more tab may look on.

        Raises:
            Refused: with 503, there are too many.
        """
        if self.streams >= MOST_STREAMS:
            detail = f"{MOST_STREAMS} tabs look on already; close one"
            raise Refused(other("too-many-streams", 503, "Too many look on", detail))
