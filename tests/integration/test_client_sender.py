"""Facts told in the background: in batches, bounded, again until they arrive, and never silently lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from flyball.client import AsyncClient, Client, Closed, Counts, Problem, Rejection, Sender, Unsendable
from flyball.client.caller import Caller
from flyball.client.options import Options
from flyball.client.ports import Ports
from tests.integration.client_dialects import DIALECTS, serving
from tests.integration.scripted_server import WAIT_S, Handler, drops, hangs, says, small_flyball

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.scripted_server import ScriptedServer

    Dialect = Callable[..., AbstractContextManager[Client]]

both = pytest.mark.parametrize("dialect", DIALECTS)
AT_ONCE = Options(longest_pause=1e-6)
"""Pauses of hardly any length."""
AT_FOUR = Ports(wall=lambda: 4.0)
SLOWLY: dict[str, Any] = {"max_delay": WAIT_S}
"""Only a full batch, a flush or the end sends."""


@contextmanager
def sending(
    dialect: Dialect,
    server: ScriptedServer,
    **options: Any,  # noqa: ANN401  # of several types
) -> Iterator[Sender]:
    """A sender to this server, closed at the end."""
    with dialect(server.url, options=AT_ONCE, ports=AT_FOUR) as client:
        sender = client.background(**options)
        yield sender
        sender.close()


@both
def test_closing_sends_what_waits(dialect: Dialect) -> None:
    """Causes before effects; what says no time happened when it was told."""
    with serving() as server, sending(dialect, server, **SLOWLY) as sender:
        told = [
            sender.outcome("r1", 1),
            sender.event("impression", "r1", keys={"ad": 1}, event_ts=5),
            sender.record("ctr", "r1", {"hour": 7}, 0.5, 2),
            sender.outcome("r2", 0, event_ts="2026-11-23T12:00:00Z"),
        ]
        assert sender.close() is True
        assert sender.counts == Counts(accepted=4)

    assert told == [True, True, True, True]
    assert [(asked.path, asked.document) for asked in server.asked] == [
        (
            "/v1/models/ctr/predictions",
            {
                "predictions": [
                    {"id": "r1", "inputs": {"hour": 7}, "prediction": 0.5, "version": 2, "event_ts": 4_000_000}
                ]
            },
        ),
        ("/v1/events/impression", {"events": [{"event_id": "r1", "keys": {"ad": 1}, "event_ts": 5}]}),
        (
            "/v1/outcomes",
            {
                "outcomes": [
                    {"id": "r1", "value": 1, "event_ts": 4_000_000},
                    {"id": "r2", "value": 0, "event_ts": "2026-11-23T12:00:00Z"},
                ]
            },
        ),
    ]


@both
def test_flushing_waits_until_all_has_arrived(dialect: Dialect) -> None:
    """And does not wait for the batch to fill, nor for its delay."""
    with serving() as server, sending(dialect, server, **SLOWLY) as sender:
        for place in range(3):
            sender.outcome(f"r{place}", 1)
        assert sender.flush(WAIT_S) is True
        assert len(server.asked) == 1
        assert sender.flush() is True
        sender.outcome("r4", 1)
        assert sender.flush(WAIT_S) is True

    assert [len(asked.document["outcomes"]) for asked in server.asked] == [3, 1]


@both
def test_batches_are_no_larger_than_was_said(dialect: Dialect) -> None:
    """In the order in which they were told."""
    with serving() as server, sending(dialect, server, max_batch=4, **SLOWLY) as sender:
        for place in range(10):
            sender.outcome(f"r{place}", 1)
        sender.close()

    sent = [[each["id"] for each in asked.document["outcomes"]] for asked in server.asked]
    assert [id for batch in sent for id in batch] == [f"r{place}" for place in range(10)]
    assert max(map(len, sent)) == 4


@both
def test_what_was_refused_is_told_one_by_one(dialect: Dialect) -> None:
    """The others of its batch were accepted; a function that raises ends nothing."""
    problem = {"type": "urn:flyball:problem:refused", "title": "No", "status": 422, "detail": "value is 2"}
    script = says(202, {"accepted": 2, "rejected": [{"index": 1, "problem": problem}]})
    heard: list[Rejection] = []

    def hear(rejection: Rejection) -> None:
        heard.append(rejection)
        msg = "the caller's own mistake"
        raise RuntimeError(msg)

    with serving(script) as server, sending(dialect, server, on_rejected=hear, **SLOWLY) as sender:
        for place in range(3):
            sender.outcome(f"r{place}", place)
        sender.flush(WAIT_S)
        sender.outcome("r3", 1)
        sender.close()
        assert sender.counts == Counts(accepted=3, rejected=1)

    wrong = Problem(422, "urn:flyball:problem:refused", "No", "value is 2")
    assert heard == [Rejection("/v1/outcomes", {"id": "r1", "value": 1, "event_ts": 4_000_000}, wrong)]


@both
@pytest.mark.parametrize(
    "scene",
    [
        says(422, {"title": "No", "rejected": [{"index": 0, "problem": {"title": "No", "detail": "a"}}]}),
        says(422, {"title": "No", "detail": "a"}),
        says(401, {"title": "No", "detail": "a"}),
    ],
)
def test_a_batch_that_was_refused_as_a_whole_is_not_sent_again(dialect: Dialect, scene: Callable[..., None]) -> None:
    """Each of its facts is told as rejected."""
    heard: list[Rejection] = []
    with serving(scene) as server, sending(dialect, server, on_rejected=heard.append, **SLOWLY) as sender:
        sender.outcome("r1", 1)
        sender.close()
        assert sender.counts == Counts(rejected=1)

    assert ([each.problem.detail for each in heard], len(server.asked)) == (["a"], 1)


@both
def test_without_a_listener_refusals_are_logged(dialect: Dialect, caplog: pytest.LogCaptureFixture) -> None:
    """One line for each batch, without the facts."""
    with serving(says(401, {"title": "No token"})) as server, sending(dialect, server, **SLOWLY) as sender:
        sender.outcome("secret-id", 1)
        sender.outcome("r2", 1)
        sender.close()

    assert [record.getMessage() for record in caplog.records] == ["2 facts for /v1/outcomes were refused: 401 No token"]


@both
def test_what_the_service_cannot_take_now_is_sent_again_unchanged(dialect: Dialect) -> None:
    """For as long as it takes, the same bytes with the same ids, and nothing overtakes it."""
    away = (drops, says(503, Retry_After="0"), says(507), says(504), says(503), says(502), drops)
    with serving(*away) as server, sending(dialect, server, max_batch=1) as sender:
        sender.outcome("r1", 1)
        sender.outcome("r2", 1)
        assert sender.close(WAIT_S) is True
        assert sender.counts == Counts(accepted=2)

    assert [asked.document["outcomes"][0]["id"] for asked in server.asked] == ["r1"] * 8 + ["r2"]


@both
def test_what_no_longer_fits_is_dropped_and_counted(dialect: Dialect) -> None:
    """The caller's request never waits."""
    with serving() as server, sending(dialect, server, max_queue=3, **SLOWLY) as sender:
        told = [sender.outcome(f"r{place}", 1) for place in range(5)]
        assert (told, sender.counts) == ([True] * 3 + [False] * 2, Counts(waiting=3, dropped=2))
        sender.close()
        assert (sender.outcome("r9", 1), sender.counts) == (False, Counts(accepted=3, dropped=3))

    assert len(server.asked) == 1


@both
def test_what_cannot_be_sent_is_told_to_whoever_tells_it(dialect: Dialect) -> None:
    """Not later, to nobody."""
    with serving() as server, sending(dialect, server) as sender:
        with pytest.raises(Unsendable, match=r"value is nan"):
            sender.outcome("r1", float("nan"))
        with pytest.raises(Unsendable, match=r"has 300028 bytes; at most 262144 are sent"):
            sender.record("ctr", "r1", {"text": "x" * 299_948}, 0.5, 1)
        assert sender.counts == Counts()

    assert server.asked == []


@both
def test_closing_gives_up_when_its_time_is_up(dialect: Dialect) -> None:
    """A service that is away must not hold the end of a program; what was not sent is counted."""
    with serving(otherwise=hangs) as server, dialect(server.url, timeout=0.2) as client:
        sender = client.background(max_batch=1)
        sender.outcome("r1", 1)
        sender.outcome("r2", 1)
        assert sender.flush(timeout=0.01) is False
        assert sender.close(timeout=0.01) is False
        server.released.set()
        assert sender.flush(WAIT_S) is True
        assert sender.counts == Counts(dropped=2)


@pytest.mark.parametrize("options", [{"max_batch": 0}, {"max_queue": -1}, {"max_delay": float("inf")}])
def test_limits_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    """Before anything is started."""
    with Client("http://127.0.0.1:1") as client, pytest.raises(Unsendable, match=rf"{next(iter(options))} is .*; give"):
        client.background(**options)


def test_a_full_batch_does_not_wait_for_its_delay() -> None:
    """It is sent by itself, without a flush."""
    arrived = Event()

    def announces(handler: Handler) -> None:
        arrived.set()
        small_flyball(handler)

    with serving(announces) as server, Client(server.url) as client, client.background(max_batch=2, **SLOWLY) as sender:
        sender.outcome("r1", 1)
        sender.outcome("r2", 1)
        assert arrived.wait(WAIT_S), "a batch of two was to be sent when the second came"


def test_a_batch_that_is_not_full_goes_after_its_delay() -> None:
    """Nobody flushes."""
    arrived = Event()

    def announces(handler: Handler) -> None:
        arrived.set()
        small_flyball(handler)

    with serving(announces) as server, Client(server.url) as client, client.background(max_delay=0.001) as sender:
        sender.outcome("r1", 1)
        assert arrived.wait(WAIT_S), "one outcome was to be sent after a millisecond"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # that is what is tested
def test_a_sender_belongs_to_its_process() -> None:
    """A forked process has no thread that would send: it is told, and the parent's sender goes on."""

    def tell_in_child(sender: Sender) -> None:
        try:
            sender.outcome("child", 1)
        except Closed as error:
            os._exit(0 if "start a sender in each process" in str(error) and not sender.close() else 1)
        os._exit(2)

    with serving() as server, Client(server.url) as client, client.background() as sender:
        child = multiprocessing.get_context("fork").Process(target=tell_in_child, args=(sender,))
        child.start()
        child.join(WAIT_S)
        sender.outcome("parent", 1)
        assert sender.flush(WAIT_S)

    assert (child.exitcode, [asked.document["outcomes"][0]["id"] for asked in server.asked]) == (0, ["parent"])


def test_an_asynchronous_sender_does_not_hold_the_loop() -> None:
    """Predictions go on while facts are on their way."""

    async def story(server: ScriptedServer) -> tuple[str, Counts]:
        async with AsyncClient(server.url) as client, client.background(max_batch=1) as sender:
            sender.outcome("r1", 1)
            await asyncio.to_thread(server.wait_for_request)
            answer = await client.predict("ctr", {}, id="r2")
            server.released.set()
            await sender.flush(WAIT_S)
            return answer.id, sender.counts

    def waits(handler: Handler) -> None:
        handler.server.released.wait(WAIT_S)
        small_flyball(handler)

    with serving(waits) as server:
        assert asyncio.run(story(server)) == ("r2", Counts(accepted=1))


def test_a_sender_whose_task_is_cancelled_counts_what_it_had() -> None:
    """As at the end of `asyncio.run`: whoever flushes does not wait for ever."""

    async def story(server: ScriptedServer) -> tuple[bool, Counts]:
        async with AsyncClient(server.url) as client:
            sender = client.background(max_batch=1)
            sender.outcome("r1", 1)
            sender.outcome("r2", 1)
            await asyncio.to_thread(server.wait_for_request)
            [task] = [each for each in asyncio.all_tasks() if each.get_name() == "flyball-sender"]
            task.cancel()
            return await sender.flush(WAIT_S), sender.counts

    with serving(otherwise=hangs) as server:
        assert asyncio.run(story(server)) == (True, Counts(dropped=2))


def test_a_sender_that_fails_by_its_own_fault_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    """It says so, counts what it had as dropped, and takes no more."""

    def fails(call: object) -> NoReturn:
        msg = "a fault"
        raise RuntimeError(msg)

    caller = Caller.of("http://127.0.0.1:1")
    sender = Sender(fails, caller, 10, WAIT_S, 10, None)
    sender.outcome("r1", 1)

    assert sender.flush(WAIT_S) is True
    assert (sender.outcome("r2", 1), sender.close(), sender.counts) == (False, False, Counts(dropped=2))
    assert [record.getMessage() for record in caplog.records] == ["the sender ends; what waits is dropped"]
