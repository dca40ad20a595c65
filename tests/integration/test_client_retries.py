"""Whatever may pass by itself is tried again with the same ids, in the caller's time, and nothing else is."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from flyball.client import ClientError, Refused, TimedOut, Unavailable
from flyball.client.options import Options
from flyball.client.ports import Ports
from tests.integration.client_dialects import DIALECTS, serving
from tests.integration.scripted_server import drops, hangs, says, small_flyball, then_closes, writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flyball.client import Client
    from tests.integration.scripted_server import Scene

    Dialect = Callable[..., AbstractContextManager[Client]]

pytestmark = pytest.mark.parametrize("dialect", DIALECTS)

HALF_A_HEAD = writes(b"HTTP/1.1 200 O")
HALF_A_BODY = writes(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":')
HALF_A_CHUNK = writes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{")
ALWAYS_WHOLE = Ports(random=lambda: 1.0)
"""Pauses are as long as they may be."""


@pytest.mark.parametrize("scene", [drops, HALF_A_HEAD, HALF_A_BODY, HALF_A_CHUNK, says(503), says(502)])
def test_a_try_that_failed_is_made_again_with_the_same_id(dialect: Dialect, scene: Scene) -> None:
    """Whether the service had taken the request or not: the id makes both the same."""
    pauses: list[float] = []
    with serving(scene, scene) as server, dialect(server.url, pauses, ports=ALWAYS_WHOLE) as client:
        answer = client.predict("ctr", {"hour": 7})

    bodies = [asked.body for asked in server.asked]
    assert (answer.value, len(bodies), len(set(bodies)), pauses) == (0.25, 3, 1, [0.05, 0.1])
    assert server.asked[0].document["id"] == answer.id


def test_a_hanging_try_leaves_time_for_another(dialect: Dialect) -> None:
    """A worker that was stopped holds its connections: the next try goes through a new one."""
    with serving(hangs) as server, dialect(server.url, options=Options(try_seconds=0.05)) as client:
        client.outcome("r1", 1)

    assert [(asked.document, asked.connection) for asked in server.asked] == [
        ({"id": "r1", "value": 1}, 0),
        ({"id": "r1", "value": 1}, 1),
    ]


def test_the_callers_time_ends_all_tries(dialect: Dialect) -> None:
    """However many tries there could still be."""
    pauses: list[float] = []
    hasty = Options(tries=1_000, try_seconds=0.02)
    with (
        serving(otherwise=hangs) as server,
        dialect(server.url, pauses, options=hasty, timeout=5, ports=ALWAYS_WHOLE) as client,
        pytest.raises(
            TimedOut, match=r"no answer in time, after \d+ tries in [\d.]+ s; the timeout of 5 s leaves no time"
        ),
    ):
        client.outcome("r1", 1)

    assert (1 < len(server.asked) < 100, sum(pauses) < 5) == (True, True)


def test_by_default_the_callers_time_is_the_only_limit(dialect: Dialect) -> None:
    """Where nobody listens a call is tried until its time is used up, with pauses that grow to a second."""
    pauses: list[float] = []
    with (
        dialect("http://127.0.0.1:1", pauses, timeout=20, ports=ALWAYS_WHOLE) as client,
        pytest.raises(
            Unavailable,
            match=r"connection refused, after \d+ tries in (19\.9|20)\d* s; the timeout of 20 s leaves no time for "
            r"another; is the service up at this address\?",
        ),
    ):
        client.outcome("r1", 1)

    assert pauses[:6] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0]
    assert (max(pauses), sum(pauses) < 20) == (1.0, True)


@pytest.mark.parametrize("away", [drops, says(503, {"title": "Starting"}, Retry_After="1"), says(502)])
def test_a_call_outlasts_a_restart(dialect: Dialect, away: Scene) -> None:
    """The service is away for longer than five tries take; all that is told and asked arrives, once for each id."""
    pauses: list[float] = []
    with serving(*[away] * 8) as server, dialect(server.url, pauses, timeout=20, ports=ALWAYS_WHOLE) as client:
        client.outcome("r1", 1)
        assert client.predict("ctr", {}, id="r2", deadline=2, fallback=0.01).served_by == "model"

    assert [asked.document["id"] for asked in server.asked] == ["r1"] * 9 + ["r2"]


def test_a_callers_fallback_is_there_by_its_deadline(dialect: Dialect) -> None:
    """The pauses before it end in time, and the reason says how often the service was asked."""
    pauses: list[float] = []
    with dialect("http://127.0.0.1:1", pauses, ports=ALWAYS_WHOLE) as client:
        answer = client.predict("ctr", {}, deadline=2, fallback=0.01)

    assert (answer.served_by, sum(pauses) < 2) == ("caller", True)
    assert "tries in " in str(answer.reason)
    assert "the deadline of 2 s leaves no time for another" in str(answer.reason)


def test_answers_that_trickle_do_not_outlast_the_callers_time(dialect: Dialect) -> None:
    """The limit is for the whole try, not for each piece."""

    def trickles(handler: object) -> None:
        assert hasattr(handler, "wfile")
        assert hasattr(handler, "server")
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not handler.server.released.wait(0.01):
            handler.wfile.write(b"A: b\r\n")

    with (
        serving(otherwise=trickles) as server,
        dialect(server.url, timeout=0.1, options=Options(tries=1)) as client,
        pytest.raises(TimedOut, match=r"after 1 try in [\d.]+ s; the timeout of 0.1 s leaves no time"),
    ):
        client.models()


def test_the_service_says_how_long_to_wait(dialect: Dialect) -> None:
    """As a number of seconds or as a date; our own pause comes on top, so that not all come back at once."""
    pauses: list[float] = []
    now = 1_800_000_000.0
    ports = Ports(random=lambda: 1.0, wall=lambda: now)
    script = (
        says(503, Retry_After="1"),
        says(503, Retry_After=formatdate(now + 2, usegmt=True)),
        says(503, Retry_After="soon"),
    )
    with serving(*script) as server, dialect(server.url, pauses, ports=ports) as client:
        client.outcome("r1", 1)

    assert (pauses, len(server.asked)) == ([1.05, 2.1, 0.2], 4)


def test_a_pause_longer_than_the_callers_time_is_not_made(dialect: Dialect) -> None:
    """The caller hears at once what it would hear later."""
    pauses: list[float] = []
    with (
        serving(says(503, {"title": "Queue full"}, Retry_After="60")) as server,
        dialect(server.url, pauses) as client,
        pytest.raises(
            Unavailable,
            match=r"503 Queue full, after 1 try in [\d.]+ s; the service asks to wait 60 s, and .* are left",
        ) as away,
    ):
        client.outcome("r1", 1)

    assert (pauses, len(server.asked), away.value.retry_after) == ([], 1, 60.0)


def test_tries_are_counted(dialect: Dialect) -> None:
    """Where nobody listens the time would allow thousands."""
    pauses: list[float] = []
    with (
        dialect("http://127.0.0.1:1", pauses, options=Options(tries=3), ports=ALWAYS_WHOLE) as client,
        pytest.raises(
            Unavailable, match=r"refused, after 3 tries in [\d.]+ s; the limit of tries is 3; is the service up"
        ),
    ):
        client.models()

    assert pauses == [0.05, 0.1]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 422, 429, 431])
def test_what_the_service_refused_is_never_sent_again(dialect: Dialect, status: int) -> None:
    """Asking again changes nothing."""
    pauses: list[float] = []
    with (
        serving(otherwise=says(status, Retry_After="0")) as server,
        dialect(server.url, pauses) as client,
        pytest.raises(Refused, match=str(status)),
    ):
        client.predict("ctr", {})

    assert (len(server.asked), pauses) == (1, [])


@pytest.mark.parametrize("status", [500, 504, 507])
def test_what_time_does_not_mend_is_not_sent_again(dialect: Dialect, status: int) -> None:
    """A fault, a deadline that has passed, a full disk."""
    with (
        serving(otherwise=says(status)) as server,
        dialect(server.url) as client,
        pytest.raises(ClientError, match=str(status)),
    ):
        client.outcome("r1", 1)

    assert len(server.asked) == 1


def test_one_connection_serves_many_calls(dialect: Dialect) -> None:
    """Making a connection costs more than a prediction."""
    with serving() as server, dialect(server.url) as client:
        for _ in range(10):
            client.predict("ctr", {})

    assert (len(server.asked), server.connections) == (10, 1)


@pytest.mark.parametrize(
    "scene",
    [
        says(200, {"models": []}, Connection="close"),
        writes(b'HTTP/1.0 200 OK\r\nContent-Length: 13\r\n\r\n{"models":[]}'),
        writes(b'HTTP/1.1 200 OK\r\n\r\n{"models":[]}'),
        writes(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"models":[]}HTTP/1.1 200 OK\r\n'),
    ],
)
def test_a_connection_that_the_server_ends_is_not_kept(dialect: Dialect, scene: Scene) -> None:
    """Said, implied by the version or by a missing length, or made useless by what came behind the answer."""
    pauses: list[float] = []
    with serving(scene) as server, dialect(server.url, pauses) as client:
        assert (client.models(), len(client.models())) == ((), 1)

    assert ([asked.connection for asked in server.asked], pauses) == ([0, 1], [])


def test_a_connection_that_was_closed_between_two_requests_is_not_noticed(dialect: Dialect) -> None:
    """Servers close idle connections when they like: the next request goes at once through a new one."""
    pauses: list[float] = []
    script = (then_closes(small_flyball), then_closes(small_flyball))
    with serving(*script) as server, dialect(server.url, pauses, options=Options(tries=1)) as client:
        for _ in range(3):
            client.outcome("r1", 1)

    assert ([asked.connection for asked in server.asked], pauses) == ([0, 1, 2], [])


def test_what_a_server_says_before_it_closes_an_idle_connection_is_no_answer(dialect: Dialect) -> None:
    """Some send a 408 that nobody asked for; the next request would take it for its own."""
    pauses: list[float] = []
    with serving(small_flyball, then_closes(says(408))) as server, dialect(server.url, pauses) as client:
        client.models()
        client.outcome("r1", 1)

    assert ([asked.connection for asked in server.asked], pauses) == ([0, 0, 1], [])


def test_a_server_that_closes_every_connection_is_not_asked_for_ever(dialect: Dialect) -> None:
    """Only the first failure of a kept connection is free."""
    pauses: list[float] = []
    few = Options(tries=5)
    with serving(small_flyball, otherwise=drops) as server, dialect(server.url, pauses, options=few) as client:
        client.models()
        with pytest.raises(Unavailable, match=r"after 5 tries in"):
            client.models()

    assert (len(server.asked), len(pauses)) == (7, 4)


def test_time_is_taken_from_the_port(dialect: Dialect) -> None:
    """The deadline is one of elapsed time: a step of the wall clock changes nothing."""
    hours = iter(range(0, 3_600_000, 3_600))
    ports = Ports(wall=lambda: float(next(hours)), elapsed=time.monotonic)
    with serving(says(503)) as server, dialect(server.url, ports=ports) as client:
        client.models()

    assert len(server.asked) == 2
