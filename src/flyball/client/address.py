"""Where the service listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from flyball.client.error import Unsendable

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL that matter for a connection.

    Args:
        secure: whether it is https.
        host: a name or an IP address, without brackets.
        port: the TCP port.
        prefix: what stands before each path, empty or `/…` without a slash at its end.

    >>> Address.read("https://flyball.internal/eu/")
    Address(secure=True, host='flyball.internal', port=443, prefix='/eu')
    """

    secure: bool
    host: str
    port: int
    prefix: str = ""

    @classmethod
    def read(cls, url: str) -> Self:
        """Reads a URL.

        Raises:
            Unsendable: it is no http or https URL, or holds what does not belong there.

        >>> Address.read("localhost:8000")
        Traceback (most recent call last):
            ...
        flyball.client.error.Unsendable: 'localhost:8000' is no address; give one such as 'http://127.0.0.1:8000'
        """
        wrong = Unsendable(f"{url!r} is no address; give one such as 'http://127.0.0.1:8000'")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            (host or "").encode("idna")  # as the look-up of the name does, which must not fail later
        except ValueError as error:
            raise wrong from error
        if parts.username is not None or parts.password is not None:
            raise Unsendable("an address holds no user name or password; give the token as token=")
        graphic = url.isascii() and url.isprintable() and " " not in url
        if parts.scheme not in PORTS or not host or parts.query or parts.fragment or not graphic:
            raise wrong
        return cls(parts.scheme == "https", host, PORTS[parts.scheme] if port is None else port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """What the Host header says.

        >>> Address(False, "::1", 8000).authority, Address(True, "flyball.internal", 443).authority
        ('[::1]:8000', 'flyball.internal')
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"

    def __str__(self) -> str:
        """The URL again."""
        return f"http{'s' if self.secure else ''}://{self.authority}{self.prefix}"
