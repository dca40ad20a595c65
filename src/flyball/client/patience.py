"""How long a call is tried, and which limit ends it."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.client.course import Pause

LAST_TRY = 0.05
"""Seconds that are left for the last try where the pause before it is cut short."""
MOMENT = 0.001
"""Less time than this is none."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is not sent again.

    Args:
        why: the limit that ends it; empty where it was to be sent once anyway.

    >>> Ended("the limit of tries is 5").why
    'the limit of tries is 5'
    """

    why: str


@dataclass(frozen=True, slots=True)
class Patience:
    """The limits of one call.

    Args:
        seconds: how long it may take, all tries and pauses together.
        name: what the caller calls these: timeout or deadline.
        tries: how often it is sent at most; `None`: as often as there is time for.
        once: whether it is sent only once, whatever `tries` says.

    >>> Patience(5.0).after(1, left=4.9, asked=0.0, own=0.25)
    Pause(seconds=0.25)
    >>> Patience(5.0, tries=1).after(1, left=4.9, asked=0.0, own=0.25)
    Ended(why='the limit of tries is 1')
    """

    seconds: float
    name: str = "timeout"
    tries: int | None = None
    once: bool = False

    @property
    def used_up(self) -> Ended:
        """The end of a call whose time is over.

        >>> Patience(0.5, "deadline").used_up.why
        'the deadline of 0.5 s leaves no time for another'
        """
        return Ended(f"the {self.name} of {self.seconds:g} s leaves no time for another")

    def after(self, tries: int, *, left: float, asked: float, own: float) -> Pause | Ended:
        """What follows a try that failed and may be made again.

        A pause ends while there is time: where our own share of it is too long, it is cut short for a last try.

        Args:
            tries: how many were made.
            left: how many seconds of the caller's are left.
            asked: how many seconds the service asks to wait.
            own: how many seconds we would wait on top.

        >>> Patience(5.0).after(9, left=0.75, asked=0.0, own=0.9)
        Pause(seconds=0.7)
        >>> Patience(5.0).after(1, left=4.9, asked=60.0, own=0.1).why
        'the service asks to wait 60 s, and 4.9 s of the timeout of 5 s are left'
        """
        if left < MOMENT:
            return self.used_up
        if self.once:
            return Ended("")
        if self.tries is not None and tries >= self.tries:
            return Ended(f"the limit of tries is {self.tries}")
        if asked >= left:
            still = f"{left:.3g} s of the {self.name} of {self.seconds:g} s are left"
            return Ended(f"the service asks to wait {asked:g} s, and {still}")
        if asked + own < left:
            return Pause(asked + own)
        rest = left - LAST_TRY
        return Pause(rest) if rest > max(asked, MOMENT) else self.used_up
