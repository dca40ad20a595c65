"""Connections of a client whose callers wait."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakSet

from flyball.client.connection import Connection
from flyball.client.error import ClientError, Closed, Unreadable
from flyball.client.failure import Failure, Kind, checked, failure_of
from flyball.client.places import Places
from flyball.client.shelf import Shelf

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from flyball.client.address import Address
    from flyball.client.course import Attempt
    from flyball.client.options import Options
    from flyball.client.response import Response

_pools: WeakSet[Pool] = WeakSet()


def _renew() -> None:
    """In a forked process: what the parent uses is not its own, and a lock may be held by a thread that is gone."""
    for pool in list(_pools):
        pool.renew()


os.register_at_fork(after_in_child=_renew)


class Pool:
    """At most so many connections; threads may share it, and a forked process begins with none.

    Args:
        address: to whom.
        tls: how, where it is https.
        options: how many, and how large an answer.
        elapsed: seconds since some moment.

    >>> import time
    >>> from flyball.client.address import Address
    >>> from flyball.client.options import Options
    >>> Pool(Address(False, "127.0.0.1", 8000), None, Options(), time.monotonic).close()
    """

    def __init__(
        self, address: Address, tls: ssl.SSLContext | None, options: Options, elapsed: Callable[[], float]
    ) -> None:
        self._address = address
        self._tls = tls
        self._options = options
        self._elapsed = elapsed
        self._shelf = Shelf[Connection]()
        self._places = Places(options.connections)
        _pools.add(self)

    def renew(self) -> None:
        """Forgets all connections; a socket's copy is closed without a word to the other side."""
        idle, is_open = self._shelf, self._shelf.is_open
        self._shelf = Shelf[Connection]()
        self._places = Places(self._options.connections)
        if not is_open:
            self._shelf.close()
        idle.abandon()

    def attempt(self, attempt: Attempt) -> Response | Failure:
        """One try.

        Raises:
            Unreadable: there is an answer that is none.
            Closed: the pool was closed.
        """
        ends = self._elapsed() + attempt.remaining
        with self._place(attempt.remaining) as free:
            if not free:
                return Failure(Kind.LATE, f"all {self._options.connections} connections are busy")
            return self._exchange(attempt, ends)

    @contextmanager
    def _place(self, seconds: float) -> Iterator[bool]:
        """Room for one connection, if there is in time."""
        places = self._places
        free = places.take(seconds)
        try:
            yield free
        finally:
            if free:
                places.give_back()

    def _exchange(self, attempt: Attempt, ends: float) -> Response | Failure:
        begins = self._elapsed()
        try_ends = min(ends, begins + attempt.seconds)

        def remaining() -> float:
            return try_ends - self._elapsed()

        shelf = self._shelf
        if not shelf.is_open:
            raise Closed("the client is closed; make another one")
        if attempt.fresh:
            shelf.clear()
        connection = shelf.take()
        response = None
        reused = connection is not None
        try:
            if connection is None:
                connection = Connection.open(self._address, self._tls, remaining)
            response = connection.exchange(attempt.wire(ends - begins), self._options.largest_answer, remaining)
            return checked(response, reused=reused)
        except Unreadable:
            raise
        except (OSError, ClientError) as error:
            return failure_of(error, reused=reused, begun=connection is not None and connection.begun)
        finally:
            if connection is not None and response is not None and response.reusable:
                shelf.put(connection)
            elif connection is not None:
                connection.close()

    def close(self) -> None:
        """Closes the connections; those in use when they have served."""
        self._shelf.close()
