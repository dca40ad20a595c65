"""The control API of a running system, from the command line.

>>> from flyball.run.live.roster import Running
>>> gone = Running(pid=1, host="127.0.0.1", port=1, control_port=1, processes=[])
>>> ControlApi(gone, token=None).status()
Traceback (most recent call last):
    ...
flyball.cli.control_api.ControlSilent: the control process of the running system does not answer at http://...
"""

from __future__ import annotations

import os
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from flyball.run.live.address import reachable
from flyball.system.error import FlyballError
from flyball.web.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyball.run.live.roster import Running

TOKEN = "FLYBALL_TOKEN"  # noqa: S105  # the name of a variable, not what it holds
PAGE_TOKEN = "X-Flyball-Token"  # noqa: S105  # the name of a header
SECONDS = 10.0
"""How long one answer may take."""
_T = TypeVar("_T")
_FIRST_LOOKS = 50
_PAUSE = 0.1


class ControlSilent(FlyballError):
    """The control process gives no answer that it would give."""


class ControlRefused(FlyballError):
    """The control process says no; the message is its own."""


class ControlApi:
    """Asks, on a connection of its own each time.

    Args:
        running: the system, as its state directory tells.
        token: who asks; `None` where the system asks for none.
        pause: waits for so many seconds.
    """

    def __init__(self, running: Running, token: str | None, pause: Callable[[float], None] = time.sleep) -> None:
        self._host, self._port = reachable(running.host), running.control_port
        self._where, self._pause = running.control, pause
        self._head = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._page: dict[str, str] = {}

    def status(self) -> Status:
        """All that the dashboard shows; just after a start, waits until there is something.

        Raises:
            ControlSilent: no answer, or none that can be read.
            ControlRefused: the token is missing, or not good for it.
        """
        for _ in range(_FIRST_LOOKS):
            found = self._call("GET", "/api/status", Status)
            if found.tick:
                return found
            self._pause(_PAUSE)
        raise ControlSilent(f"the control process at {self._where} has not looked at its system yet; try again")

    def act(self, model: str, action: str, body: Mapping[str, object] | None = None) -> None:
        """Has something done to a model; it is in the log when this returns.

        Args:
            model: its name, one of those that `status` tells.
            action: `pause`, `freeze`, `resume` or `rewind`.
            body: what a rewind is told.

        Raises:
            ControlSilent: no answer: it may have been done or not.
            ControlRefused: it was not done.
        """
        self._call("POST", f"/api/models/{quote(model, safe='')}/{action}", dict[str, object], body)

    def _call(self, method: str, path: str, kind: type[_T], body: Mapping[str, object] | None = None) -> _T:
        head = self._head | self._page
        data = None if body is None else msgspec.json.encode(body)
        if data is not None:
            head["Content-Type"] = "application/json"
        connection = HTTPConnection(self._host, self._port, timeout=SECONDS)
        try:
            connection.request(method, path, data, head)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException) as error:
            raise ControlSilent(
                f"the control process of the running system does not answer at {self._where}: "
                f"{str(error) or type(error).__name__}; see what `flyball up` said, or try again"
            ) from error
        finally:
            connection.close()
        given = answer.getheader(PAGE_TOKEN)
        if given is not None:
            self._page = {PAGE_TOKEN: given}
        if answer.status >= 400:
            raise ControlRefused(_said(answer.status, text))
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.MsgspecError as error:
            raise ControlSilent(f"what answers at {self._where} is not this release of flyball: {error}") from error


def _said(status: int, text: bytes) -> str:
    try:
        problem = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.MsgspecError:
        problem = {}
    detail = str(problem.get("detail", f"the answer was {status}"))
    return f"{detail}; set {TOKEN} to a token" if status in {401, 403} and TOKEN not in detail else detail


def given_token() -> str | None:
    """The token in the environment; `None` without one.

    >>> given_token() is None or len(given_token()) > 0
    True
    """
    return os.environ.get(TOKEN) or None
