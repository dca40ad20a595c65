"""The service behind an ASGI server: who is let in, how bodies are read, what is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from flyball.serve.limits import Limits
from flyball.serve.metric import CODES
from flyball.serve.problem import forbidden, unauthorised
from flyball.serve.route import NOWHERE, ROUTES
from flyball.web.asgi import App
from tests.unit.serve.stand import Stand

JSON = (b"content-type", b"application/json")
LOCAL = (b"host", b"localhost:8000")
PREDICT = "/v1/models/late/predict"


class Doorman:
    """Lets in who sends the scope as a token."""

    def admit(self, authorization: bytes | None, scope: str) -> str:
        """The consumer's name."""
        if authorization is None:
            raise unauthorised("no token was sent")
        if authorization != scope.encode():
            raise forbidden("the token has another scope")
        return "shop"


class Anybody:
    """Lets in everybody."""

    def admit(self, authorization: bytes | None, scope: str) -> str:
        """Nobody's name."""
        return "local"


@dataclass
class Got:
    """What an application sent."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def said(self) -> Any:  # noqa: ANN401  # a JSON object
        """The body, read."""
        return msgspec.json.decode(self.body)


@dataclass
class Door:
    """A service behind its ASGI application, called as a server calls it."""

    stand: Stand = field(default_factory=Stand)
    keeper: Any = field(default_factory=Anybody)
    hosts: frozenset[str] | None = frozenset({"localhost", "[::1]"})

    def __post_init__(self) -> None:
        """Makes the application."""
        self.app = App(self.stand.service, self.keeper, self.hosts)

    def call(
        self,
        method: str,
        path: str,
        *parts: bytes | None,
        headers: tuple[tuple[bytes, bytes], ...] = (LOCAL, JSON),
        query: bytes = b"",
    ) -> Got | None:
        """Sends a request whose body comes in these parts; `None` is the end of the connection, or of patience."""
        return asyncio.run(self._call(method, path, list(parts) or [b""], headers, query))

    async def _call(
        self,
        method: str,
        path: str,
        parts: list[bytes | None],
        headers: tuple[tuple[bytes, bytes], ...],
        query: bytes,
    ) -> Got | None:
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query,
            "headers": list(headers),
        }  # fmt: skip  # as servers make it
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not parts:
                await asyncio.get_running_loop().create_future()
            part = parts.pop(0)
            if part is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(parts) or part == b"..."}

        async def send(message: dict[str, Any]) -> None:  # as ASGI has it
            sent.append(message)

        await self.app(scope, receive, send)  # type: ignore[arg-type]  # dictionaries are what servers pass
        if not sent:
            return None
        start, body = sent
        return Got(start["status"], dict(start["headers"]), body["body"])

    def answered(self, *arguments: Any, **options: Any) -> Got:  # noqa: ANN401  # as for `call`
        """The answer, where there must be one."""
        got = self.call(*arguments, **options)
        assert got is not None, "nothing was sent"
        return got

    @property
    def counted(self) -> float:
        """How many requests the meter has seen."""
        routes = [route.name for route in (*ROUTES, NOWHERE)]
        return sum(self.stand.count("flyball_requests", name, str(code)) for name in routes for code in CODES)


def test_a_question_is_answered_with_the_length_of_its_answer() -> None:
    """However the body comes."""
    door = Door()
    for parts in ((b'{"inputs": {"hour": 7}}',), (b'{"inputs"', b': {"hour"', b": 7}}")):
        got = door.answered("POST", PREDICT, *parts)

        assert (got.status, got.said["prediction"]) == (200, 0.5)
        assert got.headers[b"content-length"] == str(len(got.body)).encode()
        assert got.headers[b"content-type"] == b"application/json"


def test_a_consistent_answer_may_be_asked_for_in_the_query() -> None:
    """As in the body."""
    door = Door()
    door.answered("POST", PREDICT, b'{"inputs": {}}', query=b"x=1&consistent=true")

    assert len(door.stand.channel.questions) == 1


@pytest.mark.parametrize(
    ("query", "status"), [(b"consistent=false", 200), (b"consistent=0&x", 200), (b"consistent=", 422)]
)
def test_a_query_that_is_no_truth_is_refused(query: bytes, status: int) -> None:
    """Others are nobody's."""
    assert Door().answered("POST", PREDICT, b'{"inputs": {}}', query=query).status == status


@pytest.mark.parametrize("host", [b"localhost", b"LOCALHOST:80", b"[::1]:8000", b"[::1]"])
def test_the_hosts_of_this_machine_are_served(host: bytes) -> None:
    """With any port."""
    assert Door().answered("GET", "/livez", headers=((b"host", host),)).status == 200


@pytest.mark.parametrize("host", [b"evil.example", b"localhost.evil.example", b"", b"localhost:80:80", b"\xff\xfe"])
def test_other_hosts_are_not(host: bytes) -> None:
    """A page elsewhere may have led a browser here."""
    got = Door().answered("GET", "/livez", headers=((b"host", host),))

    assert (got.status, got.said["type"]) == (421, "urn:flyball:problem:wrong-host")
    assert Door(hosts=None).answered("GET", "/livez", headers=((b"host", host),)).status == 200


@pytest.mark.parametrize(("token", "status"), [(None, 401), (b"read", 403), (b"predict", 200)])
def test_a_token_must_be_good_for_what_is_asked(token: bytes | None, status: int) -> None:
    """Before the body is read."""
    door = Door(keeper=Doorman())
    headers = (LOCAL, JSON) if token is None else (LOCAL, JSON, (b"authorization", token))
    parts = [b'{"inputs": {}}'] if status == 200 else [None]
    got = door.answered("POST", PREDICT, *parts, headers=headers)

    assert got.status == status
    assert (b"www-authenticate" in got.headers) is (status == 401)


def test_health_needs_no_token() -> None:
    """Whoever looks after processes has none."""
    door = Door(keeper=Doorman())

    assert [door.answered("GET", path).status for path in ("/livez", "/readyz", "/metrics")] == [200, 200, 401]


@pytest.mark.parametrize("media", [b"application/json; charset=utf-8", b"Application/JSON", b"application/x+json"])
def test_json_may_be_declared_in_any_way(media: bytes) -> None:
    """With parameters, in any case, of any dialect."""
    headers = (LOCAL, (b"content-type", media))

    assert Door().answered("POST", PREDICT, b'{"inputs": {}}', headers=headers).status == 200


@pytest.mark.parametrize("media", [b"text/plain", b"application/x-www-form-urlencoded", b"", b"text/x+json"])
def test_what_a_page_elsewhere_can_send_unasked_is_refused(media: bytes) -> None:
    """Browsers ask first before they send JSON across sites."""
    got = Door().answered("POST", PREDICT, None, headers=(LOCAL, (b"content-type", media)))

    assert (got.status, got.said["accepted"]) == (415, "application/json")


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ((LOCAL, JSON, (b"content-length", b"11")), [None]),
        ((LOCAL, JSON, (b"content-length", b"9" * 5_000)), [None]),
        ((LOCAL, JSON), [b"x" * 11]),
        ((LOCAL, JSON), [b"x" * 6, b"x" * 6]),
        ((LOCAL, JSON), [b"x" * 6, b"x" * 6, b"...", None]),
    ],
)
def test_a_body_that_is_too_long_is_refused_as_soon_as_that_is_known(
    headers: tuple[tuple[bytes, bytes], ...], parts: list[bytes | None]
) -> None:
    """Declared or not, in one part or many; and the connection is ended."""
    got = Door(Stand(limits=Limits(body=10))).answered("POST", PREDICT, *parts, headers=headers)

    assert got.status == 413
    assert got.headers[b"connection"] == b"close"


def test_a_caller_that_goes_away_is_counted_and_leaves_nothing_behind() -> None:
    """In the middle of the body."""
    door = Door()

    assert door.call("POST", PREDICT, b"...", None) is None
    assert door.call("POST", PREDICT, None) is None
    assert door.stand.count("flyball_requests", "predict", "499") == 2
    assert door.stand.book.claimed == set()


def test_head_is_get_without_the_body() -> None:
    """But with its length."""
    door = Door()
    got, full = (door.answered(method, "/v1/models") for method in ("HEAD", "GET"))

    assert (got.status, got.body) == (200, b"")
    assert got.headers[b"content-length"] == str(len(full.body)).encode()


def test_options_says_what_is_done_here() -> None:
    """Without a token, and without a body."""
    got = Door(keeper=Doorman()).answered("OPTIONS", PREDICT)

    assert (got.status, got.headers[b"allow"], got.body) == (204, b"POST, OPTIONS", b"")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", PREDICT, 405), ("GET", "/nowhere", 404), ("GET", "/\0", 404)]
)
def test_what_is_not_there_is_a_problem(method: str, path: str, status: int) -> None:
    """Of path or method."""
    got = Door().answered(method, path)

    assert (got.status, got.headers[b"content-type"]) == (status, b"application/problem+json")
    assert (b"allow" in got.headers) is (status == 405)


def test_while_draining_requests_are_served_and_connections_ended() -> None:
    """So that callers go elsewhere."""
    door = Door()
    door.stand.service.draining = True
    got = door.answered("POST", PREDICT, b'{"inputs": {}}')

    assert (got.status, got.headers[b"connection"]) == (200, b"close")
    assert door.answered("GET", "/readyz").status == 503


def test_a_mistake_of_ours_is_told_as_such_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And the next request is served."""
    door = Door()
    with monkeypatch.context() as broken:
        broken.setattr(door.stand.service, "handle", lambda request: 1 / 0)
        got = door.answered("POST", PREDICT, b'{"inputs": {"hour": 7}}')

    assert (got.status, got.said["status"]) == (500, 500)
    assert "ZeroDivisionError" in caplog.text
    assert door.stand.count("flyball_refused", "internal") == 1
    assert door.answered("POST", PREDICT, b'{"inputs": {"hour": 7}}').status == 200


def test_every_request_is_counted_once() -> None:
    """Whatever became of it, with the bytes of both bodies."""
    door = Door(keeper=Doorman())
    door.answered("GET", "/livez")
    door.answered("GET", "/nowhere")
    door.answered("POST", PREDICT, b"{}")
    door.answered("POST", PREDICT, b"{}", headers=(LOCAL, JSON, (b"authorization", b"predict")))
    door.answered("GET", "/livez", headers=((b"host", b"x"),))

    assert door.counted == 5
    assert door.stand.count("flyball_requests", "predict", "401") == 1
    assert door.stand.count("flyball_body_bytes", "received") == 2


def test_a_caller_that_goes_away_while_the_log_is_waited_for_frees_nothing_that_was_offered() -> None:
    """The server cancels; the record stays."""
    door = Door()

    async def story() -> None:
        waiting, never = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def committed(place: int) -> None:
            waiting.set()
            await never

        door.stand.channel.committed = committed  # type: ignore[method-assign]  # a log that is slow
        body = b'{"id": "r1", "outcome": "late", "value": 1}'
        task = asyncio.create_task(door._call("POST", "/v1/outcomes", [body], (LOCAL, JSON), b""))
        await waiting.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), "it was not cancelled"

    asyncio.run(story())

    assert len(door.stand.channel.entries) == 1


def test_a_server_may_begin_and_end_it() -> None:
    """As ASGI has it."""
    door = Door()
    messages, sent = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], []

    async def receive() -> dict[str, str]:  # as ASGI has it
        return messages.pop(0)

    async def send(message: dict[str, str]) -> None:  # as ASGI has it
        sent.append(message["type"])

    asyncio.run(door.app({"type": "lifespan"}, receive, send))  # type: ignore[arg-type]  # dictionaries are passed
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_other_protocols_are_not_served() -> None:
    """No web sockets."""
    with pytest.raises(NotImplementedError, match="no websocket is served here"):
        asyncio.run(Door().app({"type": "websocket"}, None, None))  # type: ignore[arg-type]  # never called
