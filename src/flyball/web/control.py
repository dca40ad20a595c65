"""The control app: the dashboard, its stream, and what may be done to models.

>>> from flyball.serve.tokens import Tokens
>>> from flyball.web.live import Live
>>> gate = create_control(Live(act=None), Tokens(), audit=print)
>>> sorted(route.path for route in gate.app.routes)[:3]
['/', '/api/models/{name:str}', '/api/models/{name:str}/freeze']
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from flyball.run.worth_file import read_worths
from flyball.serve.problem import Refused
from flyball.system.clock import SystemClock
from flyball.web.acting import ACTING
from flyball.web.desk import Desk
from flyball.web.gate import Gate
from flyball.web.looking import LOOKING
from flyball.web.paging import PAGING
from flyball.web.sessions import Sessions
from flyball.web.trouble import on_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from flyball.serve.port import Keeper
    from flyball.system.clock import Clock
    from flyball.web.port import Audit, Running

BODY = 256 * 1024
"""Bytes of a body at most: a rewind with a thousand stretches is 100 kB."""


def create_control(
    running: Running,
    keeper: Keeper,
    *,
    audit: Audit,
    hosts: Iterable[str] = (),
    clock: Clock | None = None,
    state: Path | None = None,
) -> Gate:
    """The control app as an ASGI callable.

    Args:
        running: the system, such as a `flyball.web.live.Live`.
        keeper: who may do what; scope read to look, admin to act.
        audit: where actions are written down, with their actors.
        hosts: names under which it is served besides the loopback ones.
        clock: the time, for sessions.
        state: the state directory, where it is written what every signal is worth.
    """
    token = secrets.token_urlsafe(24)
    desk = Desk(
        running=running,
        keeper=keeper,
        audit=audit,
        sessions=Sessions(clock or SystemClock(), lambda: secrets.token_urlsafe(32)),
        token=token,
        worths=(lambda: None) if state is None else partial(read_worths, state),
    )
    app = Litestar(
        route_handlers=[*PAGING, *LOOKING, *ACTING],
        state=State({"desk": desk}),
        exception_handlers={Exception: on_error},
        request_max_body_size=BODY,
        openapi_config=OpenAPIConfig(
            title="flyball control",
            version="1",
            description="Looks at a running system, and pauses, freezes, resumes and rewinds its models.",
            # Documents only: Litestar's pages load scripts from elsewhere.
            path="/schema.json",
            render_plugins=[JsonRenderPlugin(path="/document")],
        ),
        logging_config=None,
        debug=False,
    )
    return Gate(app, token=token, hosts=hosts, guarded=_guarded(keeper))


def _guarded(keeper: Keeper) -> bool:
    """Whether it asks for tokens, rather than letting in whoever can connect.

    One that does never ceases to: a file that holds no token any more is refused, and those before it hold on.
    """
    try:
        keeper.admit(None, "read")
    except Refused:
        return True
    return False
