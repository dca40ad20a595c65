"""The gate: names, origins, tokens, media types."""

from __future__ import annotations

import pytest
from litestar import Litestar

from flyball.web.gate import Gate

GATE = Gate(Litestar(openapi_config=None), token="t0ken", hosts=["Flyball.Example"])  # noqa: S106  # of this test only
HOST = (b"host", b"localhost:8001")
TOKEN = (b"x-flyball-token", b"t0ken")


def verdict(method: str, *headers: tuple[bytes, bytes], path: str = "/api/models/ctr/pause") -> str | None:
    """The kind of problem, None where it may pass."""
    found = GATE.refused(method, path, headers)
    return None if found is None else found.kind


@pytest.mark.parametrize("host", [b"localhost", b"127.0.0.1:8001", b"[::1]:8001", b"FLYBALL.example:443"])
def test_own_names_are_served(host: bytes) -> None:
    """Loopback names always, others as configured, at any port."""
    assert verdict("GET", (b"host", host)) is None


@pytest.mark.parametrize("hosts", [[], [b"evil.example"], [b"localhost.evil.example"], [b"localhost", b"evil.example"]])
def test_other_names_are_not_served(hosts: list[bytes]) -> None:
    """A name that somebody has pointed at 127.0.0.1 opens nothing, nor do two names at once."""
    assert verdict("GET", *((b"host", host) for host in hosts)) == "wrong-host"


@pytest.mark.parametrize(
    "header",
    [
        (b"origin", b"http://evil.example"),
        (b"origin", b"null"),
        (b"origin", b"http://localhost:9999"),
        (b"sec-fetch-site", b"cross-site"),
        (b"sec-fetch-site", b"same-site"),
    ],
)
def test_other_sites_may_not_change_anything(header: tuple[bytes, bytes]) -> None:
    """Not even with the right token."""
    assert verdict("POST", HOST, TOKEN, header) == "cross-site"


def test_a_change_needs_the_pages_token_or_a_bearer_token() -> None:
    """A browser sends neither by itself."""
    origin = (b"origin", b"http://localhost:8001")

    assert verdict("POST", HOST, origin) == "token-missing"
    assert verdict("POST", HOST, (b"x-flyball-token", b"other")) == "token-missing"
    assert verdict("POST", HOST, origin, TOKEN) is None
    assert verdict("POST", HOST, (b"authorization", b"Bearer x")) is None


def test_a_body_must_be_declared_as_json() -> None:
    """Forms of other sites cannot be that."""
    body = (b"content-length", b"2")

    assert verdict("POST", HOST, TOKEN, body, (b"content-type", b"text/plain")) == "wrong-media"
    assert verdict("POST", HOST, TOKEN, body) == "wrong-media"
    assert verdict("POST", HOST, TOKEN, body, (b"content-type", b"application/json; charset=utf-8")) is None


def test_a_token_stands_for_a_name_only_where_tokens_are_asked_for() -> None:
    """Else any page could invent one; two names at once are never served."""
    guarded = Gate(Litestar(openapi_config=None), token="t0ken", guarded=True)  # noqa: S106  # of this test only
    other, given = (b"host", b"ads.example:8001"), (b"authorization", b"Bearer x")

    assert guarded.refused("GET", "/metrics", [other, given]) is None
    for gate, headers in ((guarded, [other]), (guarded, [other, other, given]), (GATE, [other, given])):
        found = gate.refused("GET", "/metrics", headers)
        assert found is not None, headers
        assert found.kind == "wrong-host"
