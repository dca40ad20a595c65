"""A connection, for callers on an event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from flyball.client.response import Incoming

if TYPE_CHECKING:
    import ssl

    from flyball.client.address import Address
    from flyball.client.response import Response

PIECE_BYTES = 65_536


class AsyncConnection:
    """One pair of streams, one request at a time.

    Args:
        reader: what comes.
        writer: what goes.

    >>> async def nobody_listens() -> None:
    ...     from flyball.client.address import Address
    ...     await AsyncConnection.open(Address(False, "127.0.0.1", 1), None)
    >>> asyncio.run(nobody_listens())
    Traceback (most recent call last):
        ...
    ConnectionRefusedError: ...
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.begun = False

    @classmethod
    async def open(cls, address: Address, tls: ssl.SSLContext | None) -> Self:
        """Connects; the caller limits the time.

        Raises:
            OSError: nobody listens there, the name is unknown, the certificate is wrong.
        """
        server_hostname = None if tls is None else address.host
        return cls(*await asyncio.open_connection(address.host, address.port, ssl=tls, server_hostname=server_hostname))

    async def exchange(self, data: bytes, most: int) -> Response:
        """Sends a request and gives its answer; the caller limits the time.

        Args:
            data: the request.
            most: how many bytes the answer's body may have.

        Raises:
            OSError: the connection broke.
            Torn: it ended in the middle of the answer.
            Unreadable: the answer is none.
        """
        self.begun = False
        incoming = Incoming(most)
        # A server that refuses a large body may answer and close before it has read all; its answer is worth reading.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._writer.write(data)
            await self._writer.drain()
        while True:
            response = incoming.feed(await self._reader.read(PIECE_BYTES))
            self.begun = incoming.begun
            if response is not None:
                return response

    def close(self) -> None:
        """Closes it at once, whatever is under way."""
        # The loop may have ended before the client was closed; then its transports are closed as well as they can be.
        with suppress(RuntimeError):
            self._writer.transport.abort()
