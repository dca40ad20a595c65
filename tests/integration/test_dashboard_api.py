"""The control app over a real engine: what it shows, who may do what, and what every refusal looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from litestar.testing import TestClient

from flyball.serve.tokens import Tokens
from flyball.watch.machine import MachineFeed
from flyball.web.port import ActionRefused, SystemBusy
from flyball.web.status import Status
from tests.integration.control_desk import ADMIN, ADMIN_TOKEN, NOW, READ_TOKEN, READER, Desk, small_world
from tests.integration.running_system import bearer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.web.gate import Gate
    from tests.integration.watched_world import WatchedWorld

    Client = TestClient[Gate]


@pytest.fixture(scope="module")
def world() -> WatchedWorld:
    """An engine that has seen some traffic."""
    return small_world()


@pytest.fixture
def desk(world: WatchedWorld) -> Desk:
    """A control app without tokens."""
    return Desk(None, world, Tokens())


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    """A client of it."""
    with TestClient(desk.gate, base_url="http://127.0.0.1:8001") as made:
        yield made


@pytest.fixture
def guarded(world: WatchedWorld) -> Iterator[tuple[Desk, Client]]:
    """A control app with tokens."""
    desk = Desk(None, world, Tokens([READ_TOKEN, ADMIN_TOKEN]))
    with TestClient(desk.gate, base_url="http://127.0.0.1:8001") as made:
        yield desk, made


def token_of(client: Client) -> dict[str, str]:
    """The header that changes need."""
    return {"X-Flyball-Token": client.get("/api/status").headers["x-flyball-token"]}


def test_the_status_has_the_counts_and_measures_of_the_engine(client: Client, world: WatchedWorld) -> None:
    """Over JSON and back."""
    status = msgspec.json.decode(client.get("/api/status").content, type=Status)
    model, tally, board = status.models["ctr"], world.tally("ctr"), world.engine.models["ctr"].board

    assert model.detail.counts["predictions"] == tally.predictions == 250
    assert model.detail.counts["silent"] == tally.silent > 0
    assert model.card.balanced
    assert model.card.measures["log_loss"] == pytest.approx(board.total().log_loss, rel=1e-5)
    assert {name: len(rows) for name, rows in model.detail.slices.items()} == {
        name: len(cells) for name, cells in board.slices().items()
    }
    assert status.log.seq == world.engine.seq
    assert status.system.name == "ads"
    assert list(status.processes) == ["supervisor", "loop", "control", "worker 0", "worker 1"]


def test_one_model_can_be_asked_for(client: Client) -> None:
    """And one that is not there is a problem that names those that are."""
    assert client.get("/api/models/ctr").json()["card"]["outcome"] == "click"
    missing = client.get("/api/models/nope")

    assert missing.status_code == 404
    assert missing.json()["detail"] == "no model is named 'nope'; there are ctr"


def test_the_page_asks_only_its_own_address_and_forbids_all_others(client: Client) -> None:
    """Policy and headers, relative addresses, files that are there."""
    page = client.get("/")
    text = page.text

    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert {page.headers[name] for name in ("x-content-type-options", "x-frame-options", "referrer-policy")} == {
        "nosniff",
        "DENY",
        "no-referrer",
    }
    addresses = [part.split('"')[0] for mark in ('src="', 'href="') for part in text.split(mark)[1:]]
    assert addresses
    assert not [address for address in addresses if address.startswith(("/", "http"))]
    for address in addresses:
        assert client.get(f"/{address}").status_code == 200, address


def test_files_are_kept_by_browsers_and_sent_small(client: Client) -> None:
    """Packed where that is understood; only under the name that changes with them kept for ever."""
    address = client.get("/").text.split('src="')[-1].split('"')[0]
    packed = client.get(f"/{address}")
    plain = client.get(f"/{address}", headers={"Accept-Encoding": "identity"})
    other = client.get("/static/0000/app.js")

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert packed.content == plain.content
    assert "immutable" in packed.headers["cache-control"]
    assert other.headers["cache-control"] == "no-store"
    assert client.get("/static/0000/..%2Fgate.py").status_code == 404


@pytest.mark.parametrize("action", ["pause", "freeze", "resume"])
def test_an_action_is_done_and_written_down(desk: Desk, client: Client, action: str) -> None:
    """With its actor and its place in the log."""
    answer = client.post(f"/api/models/ctr/{action}", headers=token_of(client))

    assert (answer.status_code, answer.json()) == (200, {"model": "ctr", "action": action, "seq": 42})
    assert [(done.kind, done.model) for done, _ in desk.acted] == [(action, "ctr")]
    assert [(what, details) for _, what, details in desk.audited] == [(action, {"model": "ctr", "seq": 42})]


def test_a_rewind_takes_times_as_text_and_as_numbers(desk: Desk, client: Client) -> None:
    """Both mean microseconds UTC."""
    body = {
        "to": "2026-01-01T00:00:00Z",
        "exclude": [{"from": 1_767_225_600_000_000, "to": "2026-01-01T01:00:00+00:00"}],
    }
    answer = client.post("/api/models/ctr/rewind", json=body, headers=token_of(client))

    assert answer.status_code == 200, answer.text
    [(action, _)] = desk.acted
    assert action.to_us == 1_767_225_600_000_000
    assert action.exclude == ((1_767_225_600_000_000, 1_767_229_200_000_000),)
    assert desk.audited[0][2]["exclude"] == ["2026-01-01T00:00:00Z/2026-01-01T01:00:00Z"]


@pytest.mark.parametrize(
    ("content", "status", "detail"),
    [
        (b'{"to": "yesterday"}', 422, "'yesterday' is not a moment"),
        (b'{"to": "2026-01-01T00:00:00"}', 422, "has no offset"),
        (b'{"to": 5, "exclude": [{"from": 7, "to": 7}]}', 422, "is empty; give from before to"),
        (b'{"to": 5, "wen": 1}', 422, "unknown field"),
        (b"{}", 422, "missing required field"),
        (b'{"to": 5', 400, "send JSON"),
        (b'{"to": 5, "exclude": [' + b",".join([b'{"from":1,"to":2}'] * 1001) + b"]}", 422, "at most 1000"),
        (b" " * 300_000, 413, "send JSON"),
    ],
)
def test_a_body_that_cannot_be_taken_is_a_problem(client: Client, content: bytes, status: int, detail: str) -> None:
    """Told in a sentence, with a type, and nothing is done."""
    headers = token_of(client) | {"Content-Type": "application/json"}
    answer = client.post("/api/models/ctr/rewind", content=content, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert detail in answer.json()["detail"]
    assert answer.json()["type"].startswith("urn:flyball:problem:")


@pytest.mark.parametrize(
    ("raised", "status", "kind"),
    [
        (ActionRefused("model 'ctr' is not paused; nothing to resume"), 409, "action-refused"),
        (SystemBusy("the loop is down; try again"), 503, "busy"),
        (RuntimeError("secret inner words"), 500, "internal"),
    ],
)
def test_what_the_system_refuses_is_a_problem_and_not_audited(
    desk: Desk, client: Client, raised: Exception, status: int, kind: str
) -> None:
    """Inner words stay inside."""
    desk.answer = raised
    answer = client.post("/api/models/ctr/resume", headers=token_of(client))

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:flyball:problem:{kind}")
    assert "secret" not in answer.text
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    assert desk.audited == []


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing/here", 404, "not-found"),
        ("PUT", "/api/status", 405, "wrong-method"),
        ("GET", "/schema", 404, "not-found"),
        ("GET", "/swagger", 404, "not-found"),
        ("POST", "/api/models/nope/pause", 404, "not-found"),
    ],
)
def test_the_frameworks_own_errors_are_problems_too(
    client: Client, method: str, path: str, status: int, kind: str
) -> None:
    """One shape for all."""
    answer = client.request(method, path, headers=token_of(client))

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:flyball:problem:{kind}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert status != 405 or "GET" in answer.headers["allow"]


def test_another_host_another_site_and_a_missing_token_are_refused(desk: Desk, client: Client) -> None:
    """Nothing is done."""
    path = "/api/models/ctr/pause"
    answers = [
        client.get("/", headers={"Host": "evil.example"}),
        client.post(path, headers=token_of(client) | {"Origin": "http://evil.example"}),
        client.post(path),
    ]

    assert [answer.status_code for answer in answers] == [421, 403, 403]
    assert desk.acted == []


def test_with_tokens_each_scope_opens_its_own(guarded: tuple[Desk, Client]) -> None:
    """None: 401; read: looks; admin: acts, under its name."""
    desk, client = guarded
    reads, acts = map(bearer, (READER, ADMIN))

    assert client.get("/api/status").status_code == 401
    assert client.get("/api/stream").status_code == 401
    assert client.get("/api/status", headers=reads).status_code == 200
    assert client.post("/api/models/ctr/pause", headers=reads).status_code == 403
    assert client.post("/api/models/ctr/pause", headers=acts).status_code == 200
    assert desk.audited == [("boss", "pause", {"model": "ctr", "seq": 42})]
    assert client.get("/livez").text == "live\n"


def test_a_browser_signs_in_and_sees_what_it_may(guarded: tuple[Desk, Client]) -> None:
    """The session's cookie is out of reach of scripts and other sites, and ends."""
    desk, client = guarded
    asked = client.get("/")
    wrong = client.post("/login", data={"token": "nonsense"}, follow_redirects=False)
    right = client.post("/login", data={"token": READER}, follow_redirects=False)
    page = client.get("/")

    assert asked.status_code == 401
    assert 'name="token"' in asked.text
    assert (wrong.status_code, wrong.headers["location"]) == (303, "./?wrong")
    assert {"HttpOnly", "SameSite=strict"} <= set(right.headers["set-cookie"].split("; "))
    assert READER not in right.headers["set-cookie"]
    assert 'name="flyball-may-act" content="no"' in page.text
    assert client.post("/api/models/ctr/pause", headers=token_of(client)).status_code == 403
    desk.clock.advance(13 * 3_600_000_000)
    assert client.get("/").status_code == 401


def test_signing_out_ends_the_session(guarded: tuple[Desk, Client]) -> None:
    """Also for whoever has kept the cookie."""
    _, client = guarded
    client.post("/login", data={"token": ADMIN})
    kept = dict(client.cookies)
    answer = client.post("/logout", headers=token_of(client))
    client.cookies.update(kept)

    assert answer.status_code == 204
    assert client.get("/api/status").status_code == 401


def test_two_systems_on_one_host_keep_a_session_each(world: WatchedWorld) -> None:
    """Browsers tell cookies apart by host and name, not by port: the name holds it."""
    desks = [Desk(None, world, Tokens([token])) for token in (READ_TOKEN, ADMIN_TOKEN)]
    with (
        TestClient(desks[0].gate, base_url="http://127.0.0.1:8001") as one,
        TestClient(desks[1].gate, base_url="http://127.0.0.1:9001") as other,
    ):
        other.cookies.jar = one.cookies.jar
        one.post("/login", data={"token": READER})
        other.post("/login", data={"token": ADMIN})
        names = sorted(cookie.name for cookie in one.cookies.jar)
        both = [each.get("/api/status").status_code for each in (one, other)]
        one.post("/logout", headers=token_of(one))
        after = [each.get("/api/status").status_code for each in (one, other)]

    assert names == ["flyball_session_8001", "flyball_session_9001"]
    assert both == [200, 200], "signing in to one ended the session of the other"
    assert after == [401, 200], "signing out of one ended the session of the other"


def test_without_a_port_in_the_address_the_cookie_has_none(guarded: tuple[Desk, Client]) -> None:
    """Behind a proxy at a name of its own."""
    _, client = guarded
    answer = client.post("/login", data={"token": READER}, headers={"Host": "localhost"}, follow_redirects=False)

    assert answer.headers["set-cookie"].startswith("flyball_session=")


def test_the_document_describes_what_there_is(client: Client) -> None:
    """OpenAPI, with the stream and the actions."""
    document = client.get("/schema.json").json()

    assert document["openapi"].startswith("3.")
    assert {"/api/status", "/api/stream", "/api/models/{name}", "/api/models/{name}/rewind"} <= set(document["paths"])
    assert "/login" not in document["paths"]


def test_too_many_tabs_are_told_so(desk: Desk, client: Client) -> None:
    """Before a stream begins."""
    desk.gate.app.state.desk.streams = 32
    answer = client.get("/api/stream")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:flyball:problem:too-many-streams")


def test_a_stream_ends_when_its_token_is_withdrawn(guarded: tuple[Desk, Client]) -> None:
    """Before the next message."""
    desk, client = guarded
    held = desk.gate.app.state.desk
    tokens, asked = held.keeper, []

    class Withdrawn:
        """Lets in twice."""

        def admit(self, authorization: bytes | None, scope: str) -> str:
            """As the tokens do, until they are gone."""
            asked.append(scope)
            return str((tokens if len(asked) <= 2 else Tokens([ADMIN_TOKEN])).admit(authorization, scope))

    async def wait(_seconds: float) -> None:
        """There is something new each time, ten times at most."""
        if len(asked) < 10:
            desk.live.take(None, MachineFeed(), now_us=NOW + len(asked))
        else:
            desk.live.close()

    held.keeper, held.wait = Withdrawn(), wait
    with client.stream("GET", "/api/stream", headers=bearer(READER)) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("event: ")]

    assert lines == ["event: full"]
    assert len(asked) == 3
    assert held.streams == 0


def test_a_stream_begins_with_everything_and_ends_with_the_system(desk: Desk, client: Client) -> None:
    """A system that stops ends its streams, and leaves none counted."""
    desk.live.close()
    with client.stream("GET", "/api/stream?model=ctr&by=hour") as answer:
        lines = list(answer.iter_lines())
    data = next(line for line in lines if line.startswith("data: "))

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: full" in lines
    assert list(msgspec.json.decode(data[6:])["models"]["ctr"]["detail"]["slices"]) == ["hour"]
    assert desk.gate.app.state.desk.streams == 0
