"""The fixtures work in a project of their user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

# An installed flyball announces the plugin by its entry point too; one of the two is enough.
ARGUMENTS = ("-p", "no:flyball", "-p", "flyball.testing.plugin", "-p", "no:cacheprovider")

SYSTEM = """
import flyball as fb

ad = fb.Entity("ad_id", str)
click = fb.Outcome("click", window="30m", if_silent=0)
ads = fb.System("ads", models=[fb.Model("ctr", signals=[ad], outcome=click)])
"""


def test_the_clock_stands_still_until_it_is_moved(pytester: pytest.Pytester) -> None:
    """It starts at 2024-01-01T00:00:00Z."""
    pytester.makepyfile(
        """
        def test_clock(flyball_clock):
            assert flyball_clock.now() == 1704067200000000
            flyball_clock.advance(1_000_000)
            assert flyball_clock.now() == 1704067201000000
        """
    )

    pytester.runpytest(*ARGUMENTS).assert_outcomes(passed=1)


def test_a_system_runs_for_one_test_and_is_closed_after_it(pytester: pytest.Pytester) -> None:
    """It answers on the injected clock; the next test opens another that knows nothing of the first."""
    pytester.makepyfile(
        SYSTEM
        + """

opened = []

def test_it_answers(flyball_system, flyball_clock):
    fly = flyball_system(ads)
    opened.append(fly)
    fly.predict("ctr", id="r1", inputs={"ad_id": "a1"})
    flyball_clock.advance(60_000_000)
    fly.outcome("r1", 1)
    flyball_clock.advance(3_600_000_000)

def test_it_begins_anew(flyball_system):
    fly = flyball_system(ads)
    assert fly is not opened[0]
    fly.predict("ctr", id="r1", inputs={"ad_id": "other"})
"""
    )

    pytester.runpytest(*ARGUMENTS).assert_outcomes(passed=2)
