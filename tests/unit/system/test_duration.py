"""Lengths of time, written with their unit."""

from __future__ import annotations

import pytest

from flyball.system.moment import format_duration, parse_duration
from flyball.system.value import ValueRefused

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("0s", 0),
        ("1us", 1),
        ("20ms", 20_000),
        ("1s", SECOND),
        ("30m", 1800 * SECOND),
        ("1.5h", 5400 * SECOND),
        ("1d", 86_400 * SECOND),
        ("2w", 14 * 86_400 * SECOND),
        ("7 d", 7 * 86_400 * SECOND),
    ],
)
def test_a_number_and_a_unit_are_a_duration(text: str, us: int) -> None:
    """A day is 24 hours."""
    assert parse_duration(text) == us


@pytest.mark.parametrize(
    ("given", "reason", "message"),
    [
        ("soon", "unparsable", "'soon' is not a duration; accepted: a number and a unit of us ms s m h d w"),
        ("", "unparsable", "'' is not a duration"),
        ("30", "unparsable", "'30' is not a duration"),
        ("-1s", "unparsable", "'-1s' is not a duration"),
        ("1h30m", "unparsable", "'1h30m' is not a duration"),
        ("30M", "unparsable", "'30M' is not a duration"),
        ("٣s", "unparsable", "is not a duration"),
        ("1s\n", "unparsable", "is not a duration"),
        ("0.1us", "unparsable", "no whole number of microseconds; use a smaller unit"),
        ("999999999999d", "out_of_range", "longer than int64 microseconds"),
        (30, "wrong_type", "30 is not a duration"),
        (None, "wrong_type", "None is not a duration"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(given: object, reason: str, message: str) -> None:
    """A bare number has no meaning that two people would agree on."""
    with pytest.raises(ValueRefused, match=message) as caught:
        parse_duration(given)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "0s"),
        (1, "1us"),
        (1_000, "1ms"),
        (1_500_000, "1500ms"),
        (90 * 60 * SECOND, "90m"),
        (604_800 * SECOND, "7d"),
        (36 * 3600 * SECOND, "36h"),
    ],
)
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(us: int, text: str) -> None:
    """One length has one text."""
    assert format_duration(us) == text
