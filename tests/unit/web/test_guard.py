"""The guard, before real connections to a real uvicorn."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import pytest
import uvicorn

from flyball.serve.limits import Limits
from flyball.web.asgi import App
from flyball.web.guard import guarded
from tests.unit.serve.stand import Stand
from tests.unit.web.test_asgi import Anybody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Connect: TypeAlias = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

LIVE = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"


class Ready(uvicorn.Server):
    """Says when it listens, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # none are passed
        """Listens."""
        await super().startup()
        self.listening.set()


@asynccontextmanager
async def served(stand: Stand) -> AsyncIterator[Connect]:
    """A server on a free port."""
    config = uvicorn.Config(
        App(stand.service, Anybody()),
        host="127.0.0.1",
        port=0,
        http=guarded(stand.limits, stand.meter),
        ws="none",
        log_level="critical",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = Ready(config)
    server.lifespan = config.lifespan_class(config)
    task = asyncio.create_task(server._serve())
    await server.listening.wait()
    port = server.servers[0].sockets[0].getsockname()[1]

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    writers: list[asyncio.StreamWriter] = []
    try:
        yield connect
    finally:
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
        server.should_exit = True
        await task


def sent_alone(limits: Limits, *pieces: bytes) -> tuple[bytes, Stand]:
    """All that is answered on one connection to these bytes, until the server ends it."""
    stand = Stand(limits=limits)

    async def story() -> bytes:
        async with served(stand) as connect:
            reader, writer = await connect()
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()

    return asyncio.run(story()), stand


def test_requests_within_the_limits_are_served_on_one_connection() -> None:
    """One after the other, and several at once."""
    end = LIVE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    answer, stand = sent_alone(Limits(), LIVE, LIVE + LIVE, end)

    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert stand.count("flyball_connections_opened") == 1
    assert stand.count("flyball_connections") == 0


@pytest.mark.parametrize(
    "request_bytes",
    [
        LIVE[:-2] + b"x-long: " + b"a" * 2_000 + b"\r\n\r\n",
        LIVE[:-2] + b"".join(b"x-%d: a\r\n" % i for i in range(300)) + b"\r\n",
        LIVE[:-2] + b"x-endless: " + b"a" * 20_000,
        b"GET /" + b"a" * 2_000,
    ],
)
def test_headers_that_are_too_large_end_the_connection(request_bytes: bytes) -> None:
    """Long or many, ended or not."""
    answer, stand = sent_alone(Limits(headers=1_000), request_bytes)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"urn:flyball:problem:headers-too-large" in answer
    assert stand.count("flyball_connections_ended", "headers") == 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"hello\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost localhost\r\n\r\n",
        b"POST /v1/outcomes HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_so(request_bytes: bytes) -> None:
    """As TLS is where none is spoken."""
    answer, stand = sent_alone(Limits(), request_bytes)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert b"urn:flyball:problem:bad-request" in answer
    assert stand.count("flyball_connections_ended", "malformed") == 1


def test_bytes_of_one_request_do_not_count_for_the_next() -> None:
    """Many requests on one connection, each within the limit."""
    end = LIVE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    answer, _ = sent_alone(Limits(headers=100), *[LIVE] * 10, end)

    assert answer.count(b"HTTP/1.1 200 OK") == 11


@pytest.mark.parametrize("beginning", [b"", b"\r\n", b"GET /livez HTT", LIVE[:-2], LIVE + LIVE[:9]])
def test_headers_that_do_not_come_end_the_connection(beginning: bytes) -> None:
    """Whether any came or not, also after a whole request."""
    answer, stand = sent_alone(Limits(seconds=0.05), beginning)

    assert b"HTTP/1.1 408 " in answer
    assert stand.count("flyball_connections_ended", "seconds") == 1


@pytest.mark.parametrize("body", [b"content-length: 9\r\n\r\n{", b"transfer-encoding: chunked\r\n\r\n3\r\n{"])
@pytest.mark.parametrize("before", [b"", LIVE])
def test_a_body_that_does_not_come_ends_the_connection(before: bytes, body: bytes) -> None:
    """Its beginning may have come; whoever asked before is answered."""
    head = b"POST /v1/models/late/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    answer, stand = sent_alone(Limits(seconds=0.05), *([before] if before else []), head + body)

    assert answer.count(b"HTTP/1.1 200 OK") == bool(before)
    assert b"HTTP/1.1 408 " in answer
    assert b"urn:flyball:problem:body-slow" in answer
    assert stand.count("flyball_connections_ended", "seconds") == 1
    assert stand.count("flyball_connections") == 0
    assert stand.count("flyball_requests", "predict", "499") == 1


def test_who_was_answered_before_the_body_came_is_not_answered_twice() -> None:
    """The connection ends without a word."""
    head = b"POST /v1/nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{"
    answer, stand = sent_alone(Limits(seconds=0.05), head)

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert stand.count("flyball_connections_ended", "seconds") == 1


def test_too_many_connections_are_told_to_come_again() -> None:
    """And the first ones are served on."""
    stand = Stand(limits=Limits(connections=2))

    async def story() -> tuple[bytes, bytes]:
        async with served(stand) as connect:
            first, writer = await connect()
            writer.write(LIVE)
            await first.readuntil(b"\r\n\r\n")
            await connect()
            refused, _ = await connect()
            answer = await refused.read()
            writer.write(LIVE)
            served_on = await first.readuntil(b"\r\n\r\n")
            return answer, served_on

    answer, served_on = asyncio.run(story())

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in answer
    assert b"HTTP/1.1 200 OK" in served_on
    assert stand.count("flyball_connections_ended", "connections") == 1
    assert stand.count("flyball_connections_opened") == 2


def test_what_follows_a_body_in_chunks_is_not_kept() -> None:
    """Trailers."""
    body = b'{"inputs": {"hour": 7}}'
    request = (
        b"POST /v1/models/late/predict HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        b"%x\r\n%s\r\n0\r\nx-trailer: a\r\n\r\n" % (len(body), body)
    )
    answer, _ = sent_alone(Limits(), request)

    assert answer.startswith(b"HTTP/1.1 200 OK")
