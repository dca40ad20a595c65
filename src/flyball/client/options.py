"""How a client behaves: its limits and its patience."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flyball.client.error import Unsendable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Limits of a client; the defaults suit a service in the same network.

    Args:
        tries: how often a call is sent at most; `None`: as often as its `timeout` or `deadline` leaves time for. A
            sender in the background does not count.
        try_seconds: how long one try waits, so that a hanging connection leaves time for another try.
        first_pause: seconds before the second try at most; doubled from try to try, and a random part of it is waited.
        longest_pause: what it is doubled up to, in seconds. `Retry-After` counts on top.
        connections: how many connections are open at once at most.
        largest_answer: bytes of an answer's body at most.

    >>> Options(tries=1).connections
    16
    """

    tries: int | None = None
    try_seconds: float = 2.0
    first_pause: float = 0.05
    longest_pause: float = 1.0
    connections: int = 16
    largest_answer: int = 16 << 20

    def __post_init__(self) -> None:
        """Refuses limits under which nothing could work."""
        for name in ("tries", "connections", "largest_answer"):
            value = getattr(self, name)
            if name == "tries" and value is None:
                continue
            if type(value) is not int or value < 1:
                raise Unsendable(f"{name} is {value!r}; give a whole number of at least 1")
        for name in ("try_seconds", "first_pause", "longest_pause"):
            checked_seconds(name, getattr(self, name))

    def pause(self, failures: int, random: float) -> float:
        """Seconds to wait after so many failures in a row; `random` is in [0, 1).

        >>> [Options().pause(failures, 1.0) for failures in (1, 2, 3, 9)]
        [0.05, 0.1, 0.2, 1.0]
        """
        return random * min(self.longest_pause, self.first_pause * 2.0 ** min(failures - 1, 60))


def checked_seconds(name: str, seconds: object) -> float:
    """A length of time, if it is one.

    >>> checked_seconds("deadline", 0)
    Traceback (most recent call last):
        ...
    flyball.client.error.Unsendable: deadline is 0; give seconds, more than 0
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise Unsendable(f"{name} is {seconds!r}; give seconds, more than 0")
    return float(seconds)
