"""The pytest plugin: a system, running for the length of one test, on a clock that the test moves.

Installing flyball is enough; pytest finds the plugin by its entry point.

    def test_a_click_is_learned(flyball_system, flyball_clock):
        fly = flyball_system(ads)
        fly.predict("ctr", id="r1", inputs={"ad_id": "a1", "user_id": "u1"})
        flyball_clock.advance(1_000_000)
        fly.outcome("r1", 1)
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.run.embedded import Embedded
    from flyball.system.clock import ManualClock
    from flyball.system.system import System

CLOCK_STARTS_US = 1_704_067_200_000_000
"""Where `flyball_clock` stands first: 2024-01-01T00:00:00Z, in microseconds UTC."""


class OpenSystem(Protocol):
    """What the fixture `flyball_system` is: give it a system, get it running.

    >>> def test_nothing_is_known_yet(flyball_system: OpenSystem) -> None:
    ...     assert flyball_system(ads).predict("ctr", inputs={}) is not None
    """

    def __call__(self, system: System) -> Embedded:
        """Open `system` in a temporary state on the clock `flyball_clock`; it is closed when the test ends."""
        ...


@pytest.fixture
def flyball_clock() -> ManualClock:
    """A clock that stands still until the test moves it; it starts at 2024-01-01T00:00:00Z."""
    # Own imports stay inside: pytest loads this module in every run, also of projects whose tests use none of it.
    from flyball.system.clock import ManualClock  # noqa: PLC0415  # see the comment above

    return ManualClock(CLOCK_STARTS_US)


@pytest.fixture
def flyball_system(flyball_clock: ManualClock) -> Iterator[OpenSystem]:
    """Opens systems in a temporary state on `flyball_clock`, and closes them when the test ends."""
    from flyball.run import embedded  # noqa: PLC0415  # see the comment in flyball_clock

    with ExitStack() as opened:

        def open_system(system: System) -> Embedded:
            return opened.enter_context(embedded.open(system, clock=flyball_clock))

        yield open_system
