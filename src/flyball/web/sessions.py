"""Sessions of browsers, which cannot send an Authorization header by themselves: bounded, ended by time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.system.clock import Clock

COOKIE: Final = "flyball_session"
"""The cookie's name, as far as it does not hold the port; see `cookie_of`."""
HOURS: Final = 12
MOST: Final = 256
_PORT: Final = re.compile(r":(\d{1,5})$", re.ASCII)


class Sessions:
    """What browsers have signed in with, by the secret that their cookie holds.

    Args:
        clock: the time.
        make: gives a new secret.

    >>> from flyball.system.clock import ManualClock
    >>> clock = ManualClock(0)
    >>> sessions = Sessions(clock, iter(["s1", "s2"]).__next__)
    >>> name = sessions.begin(b"Bearer abc")
    >>> sessions.get(name), sessions.get("other")
    (b'Bearer abc', None)
    >>> clock.advance(HOURS * 3_600_000_000)
    >>> sessions.get(name) is None
    True
    """

    def __init__(self, clock: Clock, make: Callable[[], str]) -> None:
        self._clock = clock
        self._make = make
        self._held: dict[str, tuple[int, bytes]] = {}

    def begin(self, authorization: bytes) -> str:
        """The secret of a new session; the oldest ends where there are too many."""
        while len(self._held) >= MOST:
            del self._held[next(iter(self._held))]
        secret = self._make()
        self._held[secret] = self._clock.now() + HOURS * 3_600_000_000, authorization
        return secret

    def get(self, secret: str | None) -> bytes | None:
        """What was signed in with; None where there is no such session any more."""
        until, authorization = self._held.get(secret or "", (0, b""))
        if until > self._clock.now():
            return authorization
        self._held.pop(secret or "", None)
        return None

    def end(self, secret: str | None) -> None:
        """Ends a session."""
        self._held.pop(secret or "", None)


def cookie_of(host: str) -> str:
    """The name of the cookie for an address: browsers tell cookies apart by host and name, not by port.

    Two systems on one host so keep a session each.

    Args:
        host: the Host header of the request.

    >>> cookie_of("localhost:8001"), cookie_of("[::1]:8001"), cookie_of("[::1]"), cookie_of("flyball.example")
    ('flyball_session_8001', 'flyball_session_8001', 'flyball_session', 'flyball_session')
    """
    found = _PORT.search(host)
    return f"{COOKIE}_{found[1]}" if found else COOKIE
