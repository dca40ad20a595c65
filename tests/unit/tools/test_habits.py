"""The rule of habits can fail, in tests and in rooms."""

from __future__ import annotations

import pytest

import habits
from finding import Source


def messages(text: str, path: str = "tests/unit/test_a.py") -> list[str]:
    """What the rule says about a file."""
    return [finding.message for finding in habits.check(Source.of(path, text))]


@pytest.mark.parametrize("call", ["time.sleep(1)", "sleep(0)", "await asyncio.sleep(1)"])
def test_a_test_that_sleeps_is_refused(call: str) -> None:
    """However it naps."""
    assert messages(f"async def test_a():\n  {call}") == [
        "a test that sleeps; inject the clock, or wait for the event itself"
    ]
    assert messages(f"async def f():\n  {call}", "src/flyball/run/a.py") == []


@pytest.mark.parametrize(
    "line", ["from unittest import mock", "from unittest.mock import patch", "import unittest.mock"]
)
def test_a_mock_is_refused(line: str) -> None:
    """In-memory ports do what mocks pretend."""
    assert messages(line) == ["a mock; pass a real value or an in-memory port of flyball.testing"]


def test_raises_names_the_message_that_it_expects() -> None:
    """By match=, by check=, or by looking at the error afterwards."""
    block = "with {}:\n  f()"

    assert messages(block.format("pytest.raises(ValueError, match='soon')")) == []
    assert messages(block.format("pytest.raises(ValueError) as caught")) == []
    assert messages(block.format("pytest.raises(ValueError)")) == [
        "'raises' without match=; assert the message that the user will read"
    ]


def test_a_test_left_out_says_why() -> None:
    """A skip without a reason is a hole without a sign."""
    assert messages("@pytest.mark.skip(reason='no gcc')\ndef test_a(): ...") == []
    assert messages("@pytest.mark.skip()\ndef test_a(): ...") == ["a test left out without a reason"]
    assert messages("pytest.skip()") == ["a test left out without a reason"]


@pytest.mark.parametrize("line", ["import flyball", "import flyball as fb", "from flyball import rate"])
def test_a_room_does_not_enter_by_the_front_door(line: str) -> None:
    """The front door imports every room: whoever enters there imports what stands above."""
    assert messages(line, "src/flyball/events/a.py") == [
        "a room enters by the front door; import the module that defines the name"
    ]
    assert messages(line, "src/flyball/__init__.py") == []
    assert messages(line) == []


def test_a_room_imports_modules_by_their_full_names() -> None:
    """That is the way in."""
    assert messages("from flyball.system.error import FlyballError\nimport flyball.system", "src/flyball/a.py") == []
