"""Sessions: bounded, and ended by time or by hand."""

from __future__ import annotations

from itertools import count

from flyball.system.clock import ManualClock
from flyball.web.sessions import MOST, Sessions


def made() -> tuple[Sessions, ManualClock]:
    """Sessions whose secrets are numbers."""
    clock, numbers = ManualClock(1), count()
    return Sessions(clock, lambda: f"s{next(numbers)}"), clock


def test_the_oldest_session_ends_where_there_are_too_many() -> None:
    """Signing in again and again fills nothing."""
    sessions, _ = made()
    secrets = [sessions.begin(b"Bearer x") for _ in range(MOST + 3)]

    assert [sessions.get(secret) is None for secret in secrets[:4]] == [True, True, True, False]


def test_a_session_that_was_ended_is_gone() -> None:
    """And one that never was is none."""
    sessions, _ = made()
    secret = sessions.begin(b"Bearer x")
    sessions.end(secret)
    sessions.end(None)

    assert sessions.get(secret) is None
    assert sessions.get(None) is None
