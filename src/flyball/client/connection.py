"""A connection, for callers that wait."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from flyball.client.response import Incoming

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from flyball.client.address import Address
    from flyball.client.response import Response

PIECE_BYTES = 65_536


class Connection:
    r"""One socket, one request at a time.

    Args:
        link: the connected socket.

    >>> here, there = socket.socketpair()
    >>> there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    >>> connection = Connection(here)
    >>> connection.exchange(b"GET / HTTP/1.1\r\n\r\n", 100, lambda: 1.0).body
    b'{}'
    >>> connection.close(), there.close()
    (None, None)
    """

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self.begun = False

    @classmethod
    def open(cls, address: Address, tls: ssl.SSLContext | None, remaining: Callable[[], float]) -> Self:
        """Connects; the addresses of a name are tried in turn.

        Raises:
            OSError: nobody listens there, the name is unknown, the certificate is wrong.
            TimeoutError: it took longer than what remained.
        """
        failed: OSError = OSError(f"{address.host} has no address")
        for family, kind, protocol, _, where in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
            link = socket.socket(family, kind, protocol)
            try:
                link.settimeout(_positive(remaining()))
                link.connect(where)
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return cls(link if tls is None else tls.wrap_socket(link, server_hostname=address.host))
            except OSError as error:
                link.close()
                failed = error
            except BaseException:  # whatever it was, the socket must not stay open
                link.close()
                raise
        raise failed

    def exchange(self, data: bytes, most: int, remaining: Callable[[], float]) -> Response:
        """Sends a request and gives its answer.

        Args:
            data: the request.
            most: how many bytes the answer's body may have.
            remaining: how many seconds there are still.

        Raises:
            OSError: the connection broke.
            Torn: it ended in the middle of the answer.
            TimeoutError: no answer in time.
            Unreadable: the answer is none.
        """
        self.begun = False
        incoming = Incoming(most)
        self._link.settimeout(_positive(remaining()))
        # A server that refuses a large body may answer and close before it has read all; its answer is worth reading.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._link.sendall(data)
        while True:
            self._link.settimeout(_positive(remaining()))
            response = incoming.feed(self._link.recv(PIECE_BYTES))
            self.begun = incoming.begun
            if response is not None:
                return response

    def close(self) -> None:
        """Closes it at once."""
        self._link.close()


def _positive(seconds: float) -> float:
    """A time-out for a socket: 0 would mean not to wait at all, and be told as another error."""
    if seconds <= 0:
        raise TimeoutError
    return seconds
