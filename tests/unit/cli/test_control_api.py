"""The control API, asked from the command line."""

from __future__ import annotations

import msgspec
import pytest

from flyball.cli.control_api import TOKEN, ControlApi, ControlRefused, ControlSilent, given_token
from flyball.run.live.roster import Running
from flyball.web.status import Status
from tests.unit.cli.asked_server import Answer, AskedServer

STATUS = msgspec.to_builtins(Status(tick=3, now_us=7))
PAGE = {"X-Flyball-Token": "page"}


def api_of(server: AskedServer, token: str | None = None, waited: list[float] | None = None) -> ControlApi:
    """What asks this server."""
    running = Running(pid=1, host="127.0.0.1", port=1, control_port=server.port, processes=[])
    return ControlApi(running, token, pause=(waited if waited is not None else []).append)


def always(status: int, found: object) -> AskedServer:
    """A server with one answer."""
    return AskedServer(lambda _method, _path, _body: (status, found), PAGE)


def test_what_changes_something_carries_the_tokens() -> None:
    """The page's, which the status gave, and the caller's own."""

    def answer(method: str, _path: str, _body: object) -> Answer:
        return 200, STATUS if method == "GET" else {"model": "ctr", "action": "rewind", "seq": 1}

    with AskedServer(answer, PAGE) as server:
        api = api_of(server, "mine")
        assert api.status().now_us == 7
        api.act("click rate/eu", "rewind", {"to": 5, "exclude": []})

    method, path, headers, body = server.asked[-1]
    assert (method, path, body) == ("POST", "/api/models/click%20rate%2Feu/rewind", {"to": 5, "exclude": []})
    assert (headers["Authorization"], headers["X-Flyball-Token"]) == ("Bearer mine", "page")
    assert headers["Content-Type"] == "application/json"


def test_a_status_from_before_the_first_look_is_asked_for_again() -> None:
    """The control process answers as soon as it listens."""
    ticks = iter([0, 0, 4])
    waited: list[float] = []

    def answer(_method: str, _path: str, _body: object) -> Answer:
        return 200, {"tick": next(ticks), "now_us": 0}

    with AskedServer(answer) as server:
        assert api_of(server, waited=waited).status().tick == 4
    assert waited == [0.1, 0.1]
    with always(200, {"tick": 0, "now_us": 0}) as server, pytest.raises(ControlSilent, match="has not looked"):
        api_of(server).status()


def test_a_refusal_is_told_in_its_own_words() -> None:
    """And which variable holds the token."""
    with always(409, {"detail": "the loop is down"}) as server, pytest.raises(ControlRefused) as caught:
        api_of(server).act("ctr", "pause")
    assert str(caught.value) == "the loop is down"
    with always(401, {"detail": "a token is needed"}) as server, pytest.raises(ControlRefused) as caught:
        api_of(server).status()
    assert str(caught.value) == "a token is needed; set FLYBALL_TOKEN to a token"
    with always(500, b"oh") as server, pytest.raises(ControlRefused, match="the answer was 500"):
        api_of(server).status()


@pytest.mark.parametrize("found", [b"<html>", b"[]", b'{"tick": "x"}', b""])
def test_an_answer_of_something_else_is_told(found: bytes) -> None:
    """Another program may have taken the port."""
    with always(200, found) as server, pytest.raises(ControlSilent, match="is not this release of flyball"):
        api_of(server).status()


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty one is none."""
    monkeypatch.setenv(TOKEN, "mine")
    assert given_token() == "mine"
    monkeypatch.setenv(TOKEN, "")
    assert given_token() is None
