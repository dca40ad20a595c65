"""A request as bytes of HTTP/1.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.client.error import Unsendable

if TYPE_CHECKING:
    from flyball.client.address import Address

SERVER_SHARE = 0.9
"""Which part of the caller's time the service is told, so that its own fallback is back in time."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, the same at each try but for the deadline.

    Args:
        method: GET or POST.
        path: from the root, percent-encoded.
        body: JSON, empty for none.
        tells_deadline: whether the body, a JSON object with something in it, gets a `deadline_ms`.

    >>> from flyball.client.address import Address
    >>> print(Request("GET", "/readyz").wire(Address.read("http://localhost:8000"), None, 1.0).decode())
    GET /readyz HTTP/1.1
    Host: localhost:8000
    Accept: application/json
    Accept-Encoding: identity
    User-Agent: flyball-client
    <BLANKLINE>
    <BLANKLINE>
    """

    method: str
    path: str
    body: bytes = b""
    tells_deadline: bool = False

    def wire(self, address: Address, token: str | None, remaining: float) -> bytes:
        """The bytes to send.

        Args:
            address: to whom.
            token: who asks.
            remaining: how many seconds the caller still waits.
        """
        body = self.body
        if self.tells_deadline:
            body = b'%b,"deadline_ms":%.3f}' % (body[:-1], max(remaining * SERVER_SHARE * 1000, 0.001))
        lines = [
            f"{self.method} {address.prefix}{self.path} HTTP/1.1",
            f"Host: {address.authority}",
            "Accept: application/json",
            "Accept-Encoding: identity",
            "User-Agent: flyball-client",
        ]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def checked_token(token: str | None) -> str | None:
    """A token that may stand in a header.

    Raises:
        Unsendable: it has characters that may not; the message does not show it.

    >>> checked_token("s3cret")
    's3cret'
    """
    if token is not None and not (token.isascii() and token.isprintable() and token.strip() == token != ""):
        raise Unsendable("the token has characters that no header can hold; look for a line break at its end")
    return token
