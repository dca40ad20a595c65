"""The load generator against a small server: what it counts is what happened, and waiting counts from the due time."""

from __future__ import annotations

import socketserver
import threading
from contextlib import closing
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from benchmarks.contender import post
from benchmarks.load import Heard, Load, Plan, evenly_random
from benchmarks.phone_calls import COLUMNS, drawn_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
GONE = b"HTTP/1.1 503 Busy\r\nretry-after: 1\r\ncontent-length: 4\r\n\r\nbusy"


class Handler(socketserver.BaseRequestHandler):
    """Answers every request; the body says how: `slow` waits for the gate, `cut` ends the connection, `busy` is 503."""

    gate: ClassVar[threading.Event]
    seen: ClassVar[list[bytes]]

    def handle(self) -> None:
        """Request after request."""
        while data := self.request.recv(1 << 16):
            body = data.partition(b"\r\n\r\n")[2]
            self.seen.append(body)
            if body == b"slow":
                self.gate.wait(30)
            if body == b"cut":
                return
            answer = GONE if body == b"busy" else OK
            self.request.sendall(answer[:20])
            self.request.sendall(answer[20:])


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True


@pytest.fixture
def port() -> Iterator[int]:
    """Where the server listens."""
    Handler.gate, Handler.seen = threading.Event(), []
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        Handler.gate.set()
        server.shutdown()
        thread.join()


def opened(port: int, *bodies: bytes, due: list[float], connections: int = 2) -> Heard:
    """What an open loop hears."""
    requests = [post("/", body) for body in bodies]
    plan = Plan(port=port, requests=requests, connections=connections, arrivals=np.array(due).tobytes())
    with closing(Load(plan)) as load:
        return load.open()


def test_a_closed_loop_counts_every_answer(port: int) -> None:
    """Answers that come in two parts too."""
    with closing(Load(Plan(port=port, requests=[post("/", b"a"), post("/", b"b")], connections=3))) as load:
        heard = load.closed(0.1)

    assert heard.good, heard
    assert heard.statuses == {"200": heard.answered}, "every answer has its status"
    assert len(np.frombuffer(heard.latencies)) == heard.answered > 3
    assert {b"a", b"b"} == set(Handler.seen), "all requests are sent in turn"


def test_an_open_loop_sends_each_request_once_in_order(port: int) -> None:
    """However many connections there are."""
    bodies = [str(i).encode() for i in range(50)]
    heard = opened(port, *bodies, due=[i / 1e4 for i in range(50)], connections=1)

    assert heard.good, heard
    assert Handler.seen == bodies


def test_what_waits_for_a_slow_answer_counts_from_when_it_was_due(port: int) -> None:
    """Three requests on one connection, the first held up: nobody's wait is left out."""
    threading.Timer(0.3, Handler.gate.set).start()
    heard = opened(port, b"slow", b"b", b"c", due=[0.0, 0.001, 0.002], connections=1)

    assert heard.answered == 3, heard
    assert np.frombuffer(heard.latencies).min() > 0.2, "all three waited for the gate"


def test_other_statuses_are_not_good(port: int) -> None:
    """They are counted all the same."""
    heard = opened(port, b"a", b"busy", due=[0.0, 0.0])

    assert heard.statuses == {"200": 1, "503": 1}
    assert not heard.good


def test_a_connection_that_ends_is_counted_and_opened_again(port: int) -> None:
    """The request on it is lost; the next ones are answered."""
    heard = opened(port, b"a", b"cut", b"c", due=[0.0, 0.01, 0.02], connections=1)

    assert (heard.answered, heard.broken, heard.unanswered) == (2, 1, 1), heard
    assert not heard.good


def test_arrivals_have_their_rate_and_are_the_same_for_all() -> None:
    """As independent callers make them: gaps differ."""
    times = np.frombuffer(evenly_random(1_000.0, 20.0))

    assert len(times) == 20_000
    assert times[-1] == pytest.approx(20.0, rel=0.05)
    assert np.diff(times).std() == pytest.approx(1e-3, rel=0.1), "gaps of independent arrivals are exponential"
    assert evenly_random(1_000.0, 20.0) == times.tobytes()


def test_drawn_calls_have_all_columns_and_can_be_learned() -> None:
    """Where the real ones are not there."""
    calls = drawn_calls(2_000)
    types = {name: type(value).__name__ for name, value in calls.rows[0].items()}

    assert types == {name: kind.value for name, kind in COLUMNS.items()}
    assert 0.05 < sum(calls.labels) / 2_000 < 0.95
    assert calls.log_loss([0.5] * 2_000) == pytest.approx(np.log(2)), "a coin's log loss is ln 2"
