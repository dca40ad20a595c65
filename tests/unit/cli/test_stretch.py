"""Times and stretches of time, as they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.cli.command import UsageWrong
from flyball.cli.stretch import parse_stretch, parse_when
from flyball.system.moment import format_moment

NOW = 1_700_000_000_000_000


@given(st.integers(0, NOW))
def test_a_moment_comes_back_from_its_text(moment_us: int) -> None:
    """Whatever it is."""
    assert parse_when(format_moment(moment_us), now_us=0) == moment_us


@given(st.text())
def test_any_other_text_is_a_mistake_of_usage(text: str) -> None:
    """Never a traceback."""
    with pytest.raises(UsageWrong, match="give from=TIME,to=TIME"):
        parse_stretch(text, now_us=NOW)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-01T08:00:00", "has no offset"),
        ("1700000000", "is no time; give one with its offset"),
        ("yesterday", "or how long ago it was, such as '2h'"),
    ],
)
def test_a_time_without_an_offset_or_unit_is_refused(text: str, told: str) -> None:
    """Nobody guesses a zone."""
    with pytest.raises(UsageWrong, match="is no time") as caught:
        parse_when(text, now_us=NOW)
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["from=2h", "to=1h", "from=2h,to=1h,to=1h", "from=2h to=1h", "a=2h,b=1h", ""])
def test_a_stretch_has_one_beginning_and_one_end(text: str) -> None:
    """In the one form."""
    with pytest.raises(UsageWrong, match="give from=TIME,to=TIME"):
        parse_stretch(text, now_us=NOW)


def test_a_stretch_that_ends_before_it_begins_is_refused() -> None:
    """`2h` is before `1h`."""
    with pytest.raises(UsageWrong, match="ends before it begins"):
        parse_stretch("from=1h,to=2h", now_us=NOW)
    assert parse_stretch(" from=2h , to=1h ", now_us=NOW) == (NOW - 7_200_000_000, NOW - 3_600_000_000)
