"""One client for many: threads, tasks, processes; and encrypted."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Event

import pytest

from flyball.client import AsyncClient, Client, Closed, TimedOut, Unavailable, Unsendable
from flyball.client.options import Options
from tests.integration.client_dialects import serving
from tests.integration.scripted_server import WAIT_S, Handler, ScriptedServer, hangs, small_flyball

CERTIFICATE = Path(__file__).parent.parent / "fixtures" / "tls" / "localhost.pem"
"""Signed by itself, for `localhost`, valid until 2126; the key is no secret."""


def test_threads_share_a_client() -> None:
    """Each gets its own answer, and there are never more connections than were allowed."""
    with (
        serving() as server,
        Client(server.url, options=Options(connections=3)) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        ids = [f"r{place}" for place in range(200)]
        found = list(threads.map(lambda id: client.predict("ctr", {}, id=id).id, ids))

    assert found == ids
    assert server.connections <= 3


def test_as_many_requests_are_under_way_as_there_are_connections() -> None:
    """The server answers none before it has all three."""
    together = Barrier(3)

    def meets(handler: Handler) -> None:
        together.wait(WAIT_S)
        small_flyball(handler)

    with (
        serving(otherwise=meets) as server,
        Client(server.url, options=Options(connections=3)) as client,
        ThreadPoolExecutor(3) as threads,
    ):
        list(threads.map(lambda id: client.predict("ctr", {}, id=id), "abc"))

    assert (len(server.asked), server.connections) == (3, 3)


def test_whoever_finds_all_connections_busy_waits_no_longer_than_its_time() -> None:
    """The wait for a connection is a part of the try."""
    arrived = Event()

    def announces(handler: Handler) -> None:
        arrived.set()
        hangs(handler)

    with (
        serving(announces) as server,
        Client(server.url, options=Options(connections=1, tries=1)) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        first = threads.submit(client.predict, "ctr", {}, deadline=20, fallback=0.5)
        assert arrived.wait(WAIT_S)
        with pytest.raises(TimedOut, match=r"all 1 connections are busy"):
            client.predict("ctr", {}, deadline=0.05)
        server.released.set()
        assert first.result().served_by == "caller"


def ask_in_child(client: Client) -> None:
    """In a forked process: exits with 0 where the client works."""
    os._exit(0 if client.predict("ctr", {}, id="child").id == "child" else 1)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # that is what is tested
def test_a_forked_process_has_connections_of_its_own() -> None:
    """Two processes that read from one socket would get each other's answers."""
    with serving() as server, Client(server.url) as client:
        client.predict("ctr", {}, id="before")
        child = multiprocessing.get_context("fork").Process(target=ask_in_child, args=(client,))
        child.start()
        child.join(WAIT_S)
        client.predict("ctr", {}, id="after")

    assert child.exitcode == 0
    assert [(asked.document["id"], asked.connection) for asked in server.asked] == [
        ("before", 0),
        ("child", 1),
        ("after", 0),
    ]


def test_a_forked_process_does_not_wait_for_what_its_parent_does() -> None:
    """All connections may be busy there, or the client closed: only the latter holds in the child, too."""
    with serving() as server, Client(server.url, options=Options(connections=1, tries=1)) as client:
        client.models()
        with client._pool._place(1.0) as free:
            client._pool.renew()
            assert (free, len(client.models())) == (True, 1)
    client._pool.renew()
    with pytest.raises(Closed, match=r"the client is closed"):
        client.models()

    assert server.connections == 2


def test_a_closed_client_says_so() -> None:
    """Also the one that was closed twice."""
    client = Client("http://127.0.0.1:1")
    client.close()
    client.close()

    with pytest.raises(Closed, match=r"the client is closed; make another one"):
        client.models()


def test_a_call_that_was_cancelled_leaves_the_others_their_places() -> None:
    """Its connection is closed: the answer that it did not wait for must not come to somebody else."""

    async def story(server: ScriptedServer) -> list[str]:
        async with AsyncClient(server.url, options=Options(connections=1, tries=1)) as client:
            await client.models()
            server.wait_for_request()
            for _ in range(3):
                task = asyncio.create_task(client.predict("ctr", {}, id="cancelled"))
                await asyncio.to_thread(server.wait_for_request)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            return [(await client.predict("ctr", {}, id=f"r{place}")).id for place in range(3)]

    with serving(small_flyball, hangs, hangs, hangs) as server:
        assert asyncio.run(story(server)) == ["r0", "r1", "r2"]

    assert [asked.connection for asked in server.asked] == [0, 0, 1, 2, 3, 3, 3]


def test_whoever_is_cancelled_in_the_queue_takes_no_place() -> None:
    """A task that waits for a connection gives up cleanly."""

    async def story(server: ScriptedServer) -> str:
        async with AsyncClient(server.url, options=Options(connections=1)) as client:
            first = asyncio.create_task(client.predict("ctr", {}, id="first"))
            await asyncio.to_thread(server.wait_for_request)
            second = asyncio.create_task(client.predict("ctr", {}, id="second"))
            await asyncio.wait({second}, timeout=0)
            second.cancel()
            with suppress(asyncio.CancelledError):
                await second
            first.cancel()
            with suppress(asyncio.CancelledError):
                await first
            return (await client.predict("ctr", {}, id="third")).id

    with serving(hangs) as server:
        assert asyncio.run(story(server)) == "third"


def test_tasks_share_a_client() -> None:
    """Each gets its own answer over few connections."""

    async def story(server: ScriptedServer) -> list[str]:
        async with AsyncClient(server.url, options=Options(connections=3)) as client:
            asked = (client.predict("ctr", {}, id=f"r{place}") for place in range(100))
            return [answer.id for answer in await asyncio.gather(*asked)]

    with serving() as server:
        assert asyncio.run(story(server)) == [f"r{place}" for place in range(100)]

    assert server.connections == 3


def test_an_asynchronous_client_stays_in_its_loop() -> None:
    """Its connections do: in another loop the error says what to do."""
    client = AsyncClient("http://127.0.0.1:1", options=Options(tries=1))
    with pytest.raises(Unavailable, match=r"refused"):
        asyncio.run(client.models())

    with pytest.raises(Closed, match=r"make one for each loop"):
        asyncio.run(client.models())


def test_encrypted_connections_are_kept_too() -> None:
    """https with a certificate that the caller trusts, for both clients."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(CERTIFICATE)
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))

    async def asynchronous(url: str) -> list[str]:
        async with AsyncClient(url, tls=trust) as client:
            return [(await client.predict("ctr", {}, id=id)).id for id in "cd"]

    with ScriptedServer((), small_flyball, ours) as server:
        with Client(server.url, tls=trust) as client:
            found = [client.predict("ctr", {}, id=id).id for id in "ab"]
        found += asyncio.run(asynchronous(server.url))

    assert (found, server.connections) == (["a", "b", "c", "d"], 2)


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once() -> None:
    """Trying again would not make it better, and nothing may be sent before."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(CERTIFICATE)

    async def asynchronous(url: str) -> None:
        async with AsyncClient(url) as client:
            await client.models()

    with ScriptedServer((), small_flyball, ours) as server:
        with pytest.raises(Unavailable, match=r"certificate verify failed.*after 1 try"), Client(server.url) as client:
            client.models()
        with pytest.raises(Unavailable, match=r"certificate verify failed.*after 1 try"):
            asyncio.run(asynchronous(server.url))

    assert server.asked == []


def test_trust_without_encryption_is_a_mistake() -> None:
    """Whoever gives a context believes that the connection is encrypted."""
    with pytest.raises(Unsendable, match=r"tls is given, but http://127.0.0.1:8000 is not encrypted"):
        Client("http://127.0.0.1:8000", tls=ssl.create_default_context())
