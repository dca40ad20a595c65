"""The service behind an ASGI server: bodies are read up to a limit, callers are looked at, answers are sent.

How long a body may take to arrive is the server's business: `flyball.web.guard`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from flyball.serve.exchange import PROBLEM, Request, Response
from flyball.serve.metric import GONE, INTERNAL
from flyball.serve.problem import Refused, problem
from flyball.serve.route import NOWHERE, find
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from flyball.serve.port import Keeper
    from flyball.serve.service import Service

    Message = MutableMapping[str, Any]  # as the ASGI specification has it
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""The hosts that a browser on this machine can mean without being led here by a foreign page."""

_TRUTHS = {b"true": True, b"1": True, b"false": False, b"0": False}
_CLOSE = (b"connection", b"close")
_log = logging.getLogger("flyball.web")


class Disconnected(Exception):  # named for what happened, as all of ours
    """The caller went away before the whole request was there."""


class Head(NamedTuple):
    """What the headers say, of all that matters.

    Args:
        host: who was asked.
        authorization: the token.
        media: the content type, without parameters.
        length: the declared length of the body.

    >>> Head.of([(b"host", b"localhost:8000"), (b"content-type", b"application/json; charset=utf-8")]).media
    b'application/json'
    """

    host: bytes = b""
    authorization: bytes | None = None
    media: bytes = b""
    length: bytes = b""

    @staticmethod
    def of(headers: Iterable[tuple[bytes, bytes]]) -> Head:
        """Reads headers, whose names are in lower case."""
        host, authorization, media, length = b"", None, b"", b""
        for name, value in headers:
            if name == b"host":
                host = value
            elif name == b"content-type":
                media = value.split(b";", 1)[0].strip().lower()
            elif name == b"content-length":
                length = value
            elif name == b"authorization":
                authorization = value
        return Head(host, authorization, media, length)


class App:
    """An ASGI application.

    Args:
        service: what answers.
        keeper: who may do what.
        hosts: the hosts that are served, without ports; `None`: any.

    >>> App.__name__
    'App'
    """

    def __init__(self, service: Service, keeper: Keeper, hosts: frozenset[str] | None = LOOPBACK) -> None:
        self._service = service
        self._keeper = keeper
        self._hosts = None if hosts is None else {host.encode() for host in hosts}
        self._meter = service.backing.meter
        self._limits = service.backing.limits
        self._ticks = service.backing.ticks

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request, or lives through the server's beginning and end."""
        started = self._ticks()
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send, started)
        else:
            raise NotImplementedError(f"no {scope['type']} is served here")

    async def _http(self, scope: Message, receive: Receive, send: Send, started: int) -> None:
        route, body = NOWHERE, b""
        try:
            head = Head.of(scope["headers"])
            self._check_host(head)
            route, name = find(scope["method"], scope["path"])
            if scope["method"] == "OPTIONS":
                response = Response(204, b"", headers=((b"allow", route.allowed.encode()),))
            else:
                if route.scope:
                    self._keeper.admit(head.authorization, route.scope)
                if route.method == "POST":
                    body = await self._body(head, receive)
                query = scope["query_string"]
                answer = self._service.handle(Request(route, name, body, bool(query) and _consistent(query), started))
                response = answer if isinstance(answer, Response) else await answer
        except Refused as refused:
            response = self._service.refusal(refused)
        except Disconnected:
            self._meter.request(route.name, GONE, 0, 0)
            return
        except Exception:  # a mistake of ours: the caller is told so, the others are served on
            _log.exception("a request of %s failed", route.name)
            response = self._failed()
        self._meter.request(route.name, response.status, len(body), len(response.body))
        await self._send(response, send, head_only=scope["method"] == "HEAD")

    def _check_host(self, head: Head) -> None:
        if self._hosts is None:
            return
        name, colon, port = head.host.rpartition(b":")
        if not colon or not port.isdigit():
            name = head.host
        if name.lower() not in self._hosts:
            accepted = ", ".join(sorted(host.decode() for host in self._hosts))
            given = excerpt(head.host.decode("latin-1"))
            raise Refused(problem("wrong-host", f"host {given} is not served here; accepted: {accepted}"))

    async def _body(self, head: Head, receive: Receive) -> bytes:
        most = self._limits.body
        if head.length.isdigit() and int(head.length[:20]) > most:
            raise _too_large(head.length[:20].decode(), most)
        if head.media != b"application/json" and not (
            head.media.startswith(b"application/") and head.media.endswith(b"+json")
        ):
            given = excerpt(head.media.decode("latin-1"))
            detail = f"the body is declared as {given}; send it with Content-Type: application/json"
            raise Refused(problem("wrong-media", detail, accepted="application/json"))
        return await _read(receive, most)

    def _failed(self) -> Response:
        self._meter.refused(INTERNAL)
        detail = "this is a mistake in flyball, not in the request; the log of the process says more"
        return Response(500, b'{"type":"about:blank","status":500,"detail":"%s"}' % detail.encode(), PROBLEM, (_CLOSE,))

    async def _send(self, response: Response, send: Send, *, head_only: bool) -> None:
        headers = list(response.headers)
        if response.status != 204:
            headers += [(b"content-type", response.media), (b"content-length", b"%d" % len(response.body))]
        if self._service.draining and _CLOSE not in response.headers:
            headers.append(_CLOSE)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head_only else response.body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Receive, most: int) -> bytes:
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > most:
            raise _too_large(str(len(body)), most)
        return body
    parts, total = [body], len(body)
    while message.get("more_body", False):
        if total > most:
            raise _too_large(f"more than {most}", most)
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        parts.append(message.get("body", b""))
        total += len(parts[-1])
    if total > most:
        raise _too_large(str(total), most)
    return b"".join(parts)


def _too_large(given: str, most: int) -> Refused:
    detail = f"the body has {given} bytes; at most {most} are taken: send fewer items at a time"
    return Refused(problem("too-large", detail, accepted=f"{most} bytes"), [_CLOSE])


def _consistent(query: bytes) -> bool:
    wanted = False
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name == b"consistent":
            if value not in _TRUTHS:
                given = excerpt(value.decode("latin-1"))
                raise Refused(problem("refused", f"consistent {given} is no truth; accepted: true or false"))
            wanted = _TRUTHS[value]
    return wanted
