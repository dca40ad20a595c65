"""Connections of a client on an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from flyball.client.async_connection import AsyncConnection
from flyball.client.error import ClientError, Closed, Unreadable
from flyball.client.failure import Failure, Kind, checked, failure_of
from flyball.client.shelf import Shelf

if TYPE_CHECKING:
    import ssl

    from flyball.client.address import Address
    from flyball.client.course import Attempt
    from flyball.client.options import Options
    from flyball.client.response import Response


class AsyncPool:
    """At most so many connections, all of the event loop in which the first was asked for.

    Args:
        address: to whom.
        tls: how, where it is https.
        options: how many, and how large an answer.

    >>> from flyball.client.address import Address
    >>> from flyball.client.options import Options
    >>> AsyncPool(Address(False, "127.0.0.1", 8000), None, Options()).close()
    """

    def __init__(self, address: Address, tls: ssl.SSLContext | None, options: Options) -> None:
        self._address = address
        self._tls = tls
        self._options = options
        self._shelf = Shelf[AsyncConnection]()
        self._places = asyncio.Semaphore(options.connections)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def attempt(self, attempt: Attempt) -> Response | Failure:
        """One try.

        Raises:
            Unreadable: there is an answer that is none.
            Closed: the pool was closed, or belongs to another event loop.
        """
        loop = self._checked_loop()
        ends = loop.time() + attempt.remaining
        try:
            async with asyncio.timeout_at(ends):
                await self._places.acquire()
        except TimeoutError:
            return Failure(Kind.LATE, f"all {self._options.connections} connections are busy")
        try:
            return await self._exchange(attempt, loop.time(), ends)
        finally:
            self._places.release()

    def _checked_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise Closed("an AsyncClient belongs to the event loop in which it was first used; make one for each loop")
        if not self._shelf.is_open:
            raise Closed("the client is closed; make another one")
        return loop

    async def _exchange(self, attempt: Attempt, begins: float, ends: float) -> Response | Failure:
        if attempt.fresh:
            self._shelf.clear()
        connection = self._shelf.take()
        response = None
        reused = connection is not None
        try:
            async with asyncio.timeout_at(min(ends, begins + attempt.seconds)):
                if connection is None:
                    connection = await AsyncConnection.open(self._address, self._tls)
                response = await connection.exchange(attempt.wire(ends - begins), self._options.largest_answer)
            return checked(response, reused=reused)
        except Unreadable:
            raise
        except (OSError, ClientError) as error:
            return failure_of(error, reused=reused, begun=connection is not None and connection.begun)
        finally:
            if connection is not None and response is not None and response.reusable:
                self._shelf.put(connection)
            elif connection is not None:
                connection.close()

    def close(self) -> None:
        """Closes the connections; those in use when they have served."""
        self._shelf.close()
