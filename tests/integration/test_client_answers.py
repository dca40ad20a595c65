"""What the client sends, and what it makes of the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from flyball.client import (
    ClientError,
    Conflict,
    NotFound,
    Prediction,
    Refused,
    ServedModel,
    TimedOut,
    Unauthorised,
    Unavailable,
    Unreadable,
    Unsendable,
)
from flyball.client.options import Options
from flyball.client.ports import Ports
from tests.integration.client_dialects import DIALECTS, serving
from tests.integration.scripted_server import hangs, says, writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any

    from flyball.client import Client

    Dialect = Callable[..., AbstractContextManager[Client]]

pytestmark = pytest.mark.parametrize("dialect", DIALECTS)
ONCE = Options(tries=1)
TOKEN = "letters-and-digits"  # noqa: S105  # opens nothing


def test_a_prediction_comes_with_an_id_that_the_client_made(dialect: Dialect) -> None:
    """The id is in the request already, so that a second try asks for the same prediction."""
    with serving() as server, dialect(server.url, ports=Ports(new_id=lambda: "r1")) as client:
        answer = client.predict("ctr", {"country": "DE", "ad_id": "ä1"})

    assert answer == Prediction(id="r1", model="ctr", version=3, learned_through=17, value=0.25)
    assert [asked.document for asked in server.asked] == [{"id": "r1", "inputs": {"country": "DE", "ad_id": "ä1"}}]


def test_each_call_goes_to_its_path_with_token_and_type(dialect: Dialect) -> None:
    """Every call of the surface, as it stands on the wire."""
    with serving() as server, dialect(server.url + "/eu/", token=TOKEN) as client:
        client.predict_many("ctr", [{"ad": 1}, {"ad": 2}], shared={"hour": 7}, ids=["r1", "r2"])
        client.record("ctr", "r3", {"ad": 3}, 0.5, "v7", event_ts="2026-11-23T12:00:00Z")
        client.outcome("r1", True, outcome="click", outcome_id="c1", weight=2.0)
        client.event("impression", "e1", keys={"ad": 1}, values={"place": "top"}, prediction_id="r1")
        found = client.models()

    assert found == (ServedModel("ctr", 3, {"name": "ctr", "version": 3, "outcome": "click"}),)
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("POST", "/eu/v1/models/ctr/predict"),
        ("POST", "/eu/v1/models/ctr/predictions"),
        ("POST", "/eu/v1/outcomes"),
        ("POST", "/eu/v1/events/impression"),
        ("GET", "/eu/v1/models"),
    ]
    assert [asked.document for asked in server.asked[:4]] == [
        {"inputs": {"hour": 7}, "instances": [{"id": "r1", "inputs": {"ad": 1}}, {"id": "r2", "inputs": {"ad": 2}}]},
        {"id": "r3", "inputs": {"ad": 3}, "prediction": 0.5, "version": "v7", "event_ts": "2026-11-23T12:00:00Z"},
        {"id": "r1", "value": True, "outcome": "click", "outcome_id": "c1", "weight": 2.0},
        {"event_id": "e1", "keys": {"ad": 1}, "values": {"place": "top"}, "prediction_id": "r1"},
    ]
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}
    assert {asked.headers.get("content-type") for asked in server.asked[:4]} == {"application/json"}


def test_a_moment_is_sent_in_microseconds(dialect: Dialect) -> None:
    """A datetime of any zone is the same moment on the wire; one without a zone is refused before anything is sent."""
    moment = datetime(2026, 11, 23, 13, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))
    with serving() as server, dialect(server.url) as client:
        client.outcome("r1", 1, event_ts=moment)
        with pytest.raises(Unsendable, match=r"event_ts is '2026-11-23T13:00:00' without a time zone"):
            client.outcome("r1", 1, event_ts=moment.replace(tzinfo=None, microsecond=0))

    expected = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000 + 7
    assert [asked.document["event_ts"] for asked in server.asked] == [expected]


def test_what_json_cannot_say_is_refused_before_anything_is_sent(dialect: Dialect) -> None:
    """NaN would be refused by the service, or worse, understood as something."""
    with serving() as server, dialect(server.url) as client:
        with pytest.raises(Unsendable, match=r"inputs.price is nan, which JSON cannot say"):
            client.predict("ctr", {"price": float("nan")})
        with pytest.raises(Unsendable, match=r"instances.1.inputs.price is inf"):
            client.predict_many("ctr", [{"price": 1.0}, {"price": float("inf")}])

    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthorised),
        (403, Unauthorised),
        (404, NotFound),
        (409, Conflict),
        (413, Refused),
        (422, Refused),
        (500, Refused),
        (302, Refused),
        (503, Unavailable),
        (507, Unavailable),
        (504, TimedOut),
    ],
)
def test_a_problem_is_an_error_of_its_kind(dialect: Dialect, status: int, error: type[ClientError]) -> None:
    """The problem document is told in the message, and stands in `problem`."""
    told = {"type": "urn:flyball:problem:x", "title": "Not so", "status": status, "detail": "say why", "hint": "do"}
    with (
        serving(says(status, told)) as server,
        dialect(server.url, options=ONCE) as client,
        pytest.raises(ClientError, match=rf"POST {server.url}/v1/models/ctr/predict: {status} Not so: say why") as no,
    ):
        client.predict("ctr", {})

    assert type(no.value) is error
    assert no.value.problem is not None
    assert (no.value.problem.type, no.value.problem.hint) == ("urn:flyball:problem:x", "do")


def test_one_fact_that_is_refused_is_an_error(dialect: Dialect) -> None:
    """Whether the service says so with 202 or 422."""
    problem = {"title": "Unknown outcome", "status": 422, "detail": "no outcome is named 'clck'"}
    told = {"accepted": 0, "rejected": [{"index": 0, "problem": problem}]}
    with (
        serving(says(202, told)) as server,
        dialect(server.url) as client,
        pytest.raises(Refused, match=r"422 Unknown outcome: no outcome is named 'clck'"),
    ):
        client.outcome("r1", 1, outcome="clck")

    assert len(server.asked) == 1


def test_an_instance_that_was_refused_does_not_spoil_the_others(dialect: Dialect) -> None:
    """Its error stands in its place and is not raised; what came too late gets the caller's fallback."""
    good = {"id": "a", "model": "ctr", "version": 3, "learned_through": 1, "prediction": 0.5, "served_by": "fallback"}
    wrong = {"problem": {"status": 422, "title": "Wrong type", "detail": "hour is text"}}
    late = {"problem": {"status": 504, "title": "Too late", "detail": "no fallback is declared"}}
    script = says(200, {"predictions": [{**good, "reason": "deadline", "learning": False}, wrong, late]})
    with serving(script) as server, dialect(server.url) as client:
        first, second, third = client.predict_many("ctr", [{}, {}, {}], ids=["a", "b", "c"], fallback=0.1)

    assert first == Prediction(
        id="a",
        model="ctr",
        version=3,
        learned_through=1,
        value=0.5,
        served_by="fallback",
        reason="deadline",
        learning=False,
    )
    assert (type(second), str(second)) == (Refused, "b: 422 Wrong type: hour is text")
    assert isinstance(third, Prediction)
    assert (third.id, third.value, third.served_by) == ("c", 0.1, "caller")


def test_instances_that_were_all_refused_are_told_one_by_one_too(dialect: Dialect) -> None:
    """As where some were refused; a request that is wrong as a whole is an error of the call."""
    wrong = {"problem": {"status": 422, "title": "Wrong type", "detail": "hour is text"}}
    script = (says(422, {"title": "All refused", "predictions": [wrong]}), says(422, {"title": "Too many"}))
    with serving(*script) as server, dialect(server.url) as client:
        [only] = client.predict_many("ctr", [{}], ids=["a"])
        with pytest.raises(Refused, match=r"422 Too many"):
            client.predict_many("ctr", [{}], ids=["a"])

    assert (type(only), str(only)) == (Refused, "a: 422 Wrong type: hour is text")


def test_the_callers_fallback_stands_in_for_what_is_away_or_late(dialect: Dialect) -> None:
    """Nothing is raised; the answer says who gave it and why."""
    with serving(says(503), otherwise=hangs) as server, dialect(server.url, options=ONCE) as client:
        away = client.predict("ctr", {}, id="r1", fallback=0.01)
        late = client.predict("ctr", {}, id="r2", fallback=0.01, deadline=0.05)

    assert [(each.id, each.version, each.value, each.served_by) for each in (away, late)] == [
        ("r1", None, 0.01, "caller"),
        ("r2", None, 0.01, "caller"),
    ]
    assert "503 Service Unavailable, after 1 try in " in str(away.reason)
    assert "s; the limit of tries is 1" in str(away.reason)
    assert "no answer in time, after 1 try in " in str(late.reason)
    assert "s; the deadline of 0.05 s leaves no time for another" in str(late.reason)


def test_the_callers_fallback_hides_no_refusal(dialect: Dialect) -> None:
    """A wrong input is a mistake in the caller's program, however patient it is."""
    with (
        serving(says(422, {"title": "Wrong type"})) as server,
        dialect(server.url) as client,
        pytest.raises(Refused, match=r"422 Wrong type"),
    ):
        client.predict("ctr", {}, fallback=0.01)


def test_the_service_is_told_a_little_less_than_the_callers_time(dialect: Dialect) -> None:
    """So that the model's own fallback is back before the caller gives up."""
    with serving() as server, dialect(server.url) as client:
        client.predict("ctr", {}, deadline=2)
        client.predict("ctr", {})

    first, second = (asked.document.get("deadline_ms") for asked in server.asked)
    assert second is None
    assert first is not None
    assert 0 < first <= 1800


def test_readiness_is_an_answer_also_where_nobody_answers(dialect: Dialect) -> None:
    """One try: whoever asks this asks again by themselves."""
    with serving(says(200), says(503, {"title": "Draining"}), says(500)) as server, dialect(server.url) as client:
        up, draining = client.ready(), client.ready()
        with pytest.raises(Refused, match=r"500 Internal Server Error"):
            client.ready()
    with dialect(server.url, timeout=1) as client:
        gone = client.ready()

    assert (up.ready, draining.ready, draining.reason, gone.ready) == (True, False, "503 Draining", False)
    assert "is the service up at this address?" in gone.reason


def chunked(body: bytes, size: int) -> bytes:
    """An answer in chunks of this size, with an extension and a trailer."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x;name=value\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Sum: 1\r\n\r\n"


def test_answers_come_whole_in_chunks_after_interim_answers_or_up_to_the_end(dialect: Dialect) -> None:
    """What servers and proxies in front of them may do with the same body."""
    body = json.dumps({"models": []}).encode()
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    forms = (chunked(body, 3), early + chunked(body, 100), b"HTTP/1.0 200 OK\r\n\r\n" + body)
    with serving(*map(writes, forms)) as server, dialect(server.url, options=ONCE) as client:
        assert [client.models() for _ in forms] == [(), (), ()]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "which is not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", "2000 bytes or more; at most 1000"),
        (b"HTTP/1.0 200 OK\r\n\r\n" + b" " * 1001, "1001 bytes or more; at most 1000"),
        (chunked(b" " * 1001, 501), "1002 bytes or more|1001 bytes or more"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000, "more than 65536 bytes|headers cannot be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ok>", "is not JSON"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "'id' of the answer is None, not text"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"id":"other"}', "is not JSON"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"id":"other"}', "the prediction of 'other' came for"),
    ],
)
def test_an_answer_that_is_none_is_told_and_not_asked_for_again(dialect: Dialect, answer: bytes, message: str) -> None:
    """Whoever answers so is no flyball, or means harm: no more than `largest_answer` is kept."""
    with (
        serving(writes(answer)) as server,
        dialect(server.url, options=Options(largest_answer=1000)) as client,
        pytest.raises(Unreadable, match=message),
    ):
        client.predict("ctr", {})

    assert len(server.asked) == 1


def test_proxies_of_the_environment_are_not_used(dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token must not go where some variable says."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving() as server, dialect(server.url) as client:
        assert client.models()[0].name == "ctr"


def settings() -> list[tuple[dict[str, Any], str]]:
    """What a client may not be made with, and what is said."""
    return [
        ({"token": "s3cret\r\nX: y"}, "look for a line break at its end"),
        ({"timeout": 0}, "timeout is 0; give seconds, more than 0"),
        ({"timeout": float("nan")}, "timeout is nan"),
    ]


@pytest.mark.parametrize(("given", "message"), settings())
def test_a_client_is_not_made_with_what_could_never_work(dialect: Dialect, given: dict[str, Any], message: str) -> None:
    """Told when it is made, not when it is first used."""
    with pytest.raises(Unsendable, match=message) as no, dialect("http://127.0.0.1:1", **given):
        pass

    assert "s3cret" not in str(no.value)
