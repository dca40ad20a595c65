"""The gate before the control app: who may not even knock, and what every answer carries.

A page of another site that runs in somebody's browser can send requests to a loopback address. It is kept out by the
names that are served (against rebinding of DNS), by where a request comes from, and by a token that it cannot read.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final

import msgspec

from flyball.serve.problem import Problem
from flyball.serve.problem import problem as make
from flyball.web.trouble import MEDIA, other

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar import Litestar

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_HEADER: Final = b"x-flyball-token"
POLICY: Final = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Gate:
    """An ASGI app that lets through to another what may pass.

    Args:
        app: the app behind it.
        hosts: the names under which it is served, without port, IPv6 addresses in brackets; loopback names always are.
        token: what requests that change something must carry in `X-Flyball-Token`, unless they carry a bearer token,
            which no browser adds by itself.
        guarded: whether tokens are asked for; then a request with an Authorization header may come by any name.

    >>> from litestar import Litestar
    >>> gate = Gate(Litestar(openapi_config=None), token="t")
    >>> gate.refused("GET", "/", [(b"host", b"evil.example:8001")]).kind
    'wrong-host'
    >>> guarded = Gate(Litestar(openapi_config=None), token="t", guarded=True)
    >>> guarded.refused("GET", "/metrics", [(b"host", b"ads.example"), (b"authorization", b"Bearer x")]) is None
    True
    >>> gate.refused("POST", "/api", [(b"host", b"localhost"), (b"origin", b"http://evil.example")]).kind
    'cross-site'
    >>> gate.refused("POST", "/api", [(b"host", b"localhost"), (TOKEN_HEADER, b"t")]) is None
    True
    """

    def __init__(self, app: Litestar, *, token: str, hosts: Iterable[str] = (), guarded: bool = False) -> None:
        self.app = app
        self.token = token
        self._guarded = guarded
        self._hosts = LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # each server has its own types of them
        """Serves one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Any) -> None:  # noqa: ANN401  # as the method has them
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                missing = [pair for pair in HEADERS if pair[0] not in present]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        found = self.refused(scope["method"], scope["path"], scope["headers"])
        if found is None:
            await self.app(scope, receive, guarded)
            return
        body = msgspec.json.encode(found)
        headers = [(b"content-type", MEDIA.encode()), (b"content-length", str(len(body)).encode())]
        await guarded({"type": "http.response.start", "status": found.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def refused(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Problem | None:
        """Why a request may not pass; None where it may.

        Args:
            method: of the request.
            path: its path.
            headers: its headers, names in lower case.
        """
        held: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            held.setdefault(name, []).append(value)
        hosts = held.get(b"host", [])
        # A rebinding page can send this header too: it counts only where a token must stand in it, which no page has.
        by_token = self._guarded and b"authorization" in held
        if len(hosts) != 1 or (not by_token and hostname(hosts[0].decode("latin-1")) not in self._hosts):
            return make(
                "wrong-host", f"this page is served as {', '.join(sorted(self._hosts))}; open it by such a name"
            )
        if method in SAFE:
            return None
        origin = held.get(b"origin", [b""])[0]
        site = held.get(b"sec-fetch-site", [b"none"])[0]
        if (origin and origin.partition(b"://")[2] != hosts[0]) or site not in {b"none", b"same-origin"}:
            return other("cross-site", 403, "Another site asked", "only pages of this address may ask for changes")
        if path.endswith("/login"):
            return None
        token = held.get(TOKEN_HEADER, [b""])[0]
        if b"authorization" not in held and not compare_digest(token, self.token.encode()):
            detail = "send the header X-Flyball-Token as GET /api/status gives it, or an Authorization header"
            return other("token-missing", 403, "The page's token is missing or of another start", detail)
        media = held.get(b"content-type", [b""])[0].partition(b";")[0].strip().lower()
        empty = held.get(b"content-length", [b"0"])[0] == b"0" and b"transfer-encoding" not in held
        if not empty and media != b"application/json" and not media.endswith(b"+json"):
            return make("wrong-media", "send the body as JSON, with Content-Type: application/json")
        return None


def hostname(host: str) -> str:
    """The name in a Host header, without the port.

    >>> hostname("LocalHost:8001"), hostname("[::1]:8001"), hostname("127.0.0.1")
    ('localhost', '[::1]', '127.0.0.1')
    """
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()
