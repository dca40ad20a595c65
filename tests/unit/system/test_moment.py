"""Moments: what texts, numbers and datetimes stand for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from flyball.system.moment import format_moment, parse_moment, zone
from flyball.system.value import ValueRefused

NEW_YEAR_2026 = 1_767_225_600_000_000
HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00Z", NEW_YEAR_2026),
        ("2026-01-01t00:00:00z", NEW_YEAR_2026),
        ("2026-01-01 00:00:00 Z", NEW_YEAR_2026),
        ("2026-01-01T00:00Z", NEW_YEAR_2026),
        ("2026-01-01T01:00:00+01:00", NEW_YEAR_2026),
        ("2026-01-01T01:00:00+0100", NEW_YEAR_2026),
        ("2025-12-31T23:30:00-00:30", NEW_YEAR_2026),
        ("2026-01-01T00:00:00.5Z", NEW_YEAR_2026 + 500_000),
        ("2026-01-01T00:00:00,25Z", NEW_YEAR_2026 + 250_000),
        ("2026-01-01T00:00:00.123456789Z", NEW_YEAR_2026 + 123_456),
        ("2025-12-31T23:59:60Z", NEW_YEAR_2026),
        (" 2026-01-01T00:00:00Z ", NEW_YEAR_2026),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_a_text_with_an_offset_is_a_moment(text: str, us: int) -> None:
    """RFC 3339, and the liberties that real files take."""
    assert parse_moment(text) == us


@pytest.mark.parametrize(
    ("raw", "unit", "us"),
    [
        (1, "s", 1_000_000),
        (1.5, "s", 1_500_000),
        (-1, "ms", -1_000),
        (7, "us", 7),
        ("1767225600", "s", NEW_YEAR_2026),
        ("1767225600.25", "s", NEW_YEAR_2026 + 250_000),
        (Decimal("0.000001"), "s", 1),
    ],
)
def test_a_number_with_a_declared_unit_is_a_moment(raw: object, unit: str, us: int) -> None:
    """Decimals in a text are exact."""
    assert parse_moment(raw, unit=unit) == us


@pytest.mark.parametrize(
    ("raw", "us"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), NEW_YEAR_2026),
        (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), NEW_YEAR_2026),
        (datetime(2026, 1, 1, 1), NEW_YEAR_2026),  # noqa: DTZ001  # its zone is declared
        (date(2026, 1, 1), NEW_YEAR_2026 - HOUR),
        ("2026-01-01 01:00", NEW_YEAR_2026),
        ("2026-01-01", NEW_YEAR_2026 - HOUR),
        ("2026-07-01 02:00", 1_782_864_000_000_000),
        ("2026-01-01T00:00Z", NEW_YEAR_2026),
    ],
)
def test_a_time_without_an_offset_takes_the_declared_zone(raw: object, us: int) -> None:
    """Summer time is known; an offset in the text wins."""
    assert parse_moment(raw, tz="Europe/Berlin") == us


def test_a_wall_clock_time_that_occurs_twice_is_the_first_of_the_two() -> None:
    """At the end of summer time, whatever `fold` says."""
    first = parse_moment("2026-10-25T02:30:00+02:00")

    assert parse_moment("2026-10-25 02:30", tz="Europe/Berlin") == first
    assert parse_moment(datetime(2026, 10, 25, 2, 30, fold=1), tz="Europe/Berlin") == first  # noqa: DTZ001  # see above


@pytest.mark.parametrize(
    ("raw", "reason", "message"),
    [
        ("2026-01-31 08:00", "naive_time", "'2026-01-31 08:00' has no offset; add one such as 'Z', or declare tz="),
        (datetime(2026, 1, 1), "naive_time", "has no offset"),  # noqa: DTZ001  # what is tested
        (date(2026, 1, 1), "naive_time", "has no offset"),
        (1_767_225_600, "no_unit", "a number without a unit; declare unit= as 's', 'ms' or 'us'"),
        ("1767225600", "no_unit", "a number without a unit"),
        ("2026-02-30T00:00Z", "impossible_time", "is an impossible time: day"),
        ("2026-01-01T24:00Z", "impossible_time", "is an impossible time: hour"),
        ("2026-01-01T00:00:60Z", "impossible_time", "is an impossible time: second"),
        ("2026-01-01T00:00:00+24:00", "impossible_time", "has an impossible offset"),
        ("2026-01-01T00:00:00+01:60", "impossible_time", "has an impossible offset"),
        ("0001-01-01T00:00:00+01:00", "out_of_range", "outside the years 1 to 9999"),
        ("yesterday", "unparsable", "'yesterday' is not a moment; accepted: RFC 3339 with an offset"),
        ("", "unparsable", "is not a moment"),
        ("31/01/2026", "unparsable", "is not a moment"),
        (True, "wrong_type", "True is not a moment"),
        (None, "wrong_type", "None is not a moment"),
        ([], "wrong_type", "a list of 0 items is not a moment"),
    ],
)
def test_what_is_no_moment_is_refused(raw: object, reason: str, message: str) -> None:
    """Naive, impossible and foreign times, each with its reason."""
    with pytest.raises(ValueRefused, match=message) as caught:
        parse_moment(raw)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("raw", "unit", "tz", "reason", "message"),
    [
        (float("nan"), "s", None, "not_finite", "nan is not a finite number"),
        (float("-inf"), "s", None, "not_finite", "-inf is not a finite number"),
        (Decimal("sNaN"), "s", None, "not_finite", "is not a finite number"),
        (1e300, "s", None, "out_of_range", "is its unit right"),
        (10**30, "us", None, "out_of_range", "is its unit right"),
        (1_767_225_600_000, "s", None, "out_of_range", "is its unit right"),
        (1, "min", None, "no_unit", "'min' is no unit of an epoch; accepted: 's', 'ms', 'us'"),
        ("2026-03-29 02:30", None, "Europe/Berlin", "impossible_time", "never occurs in Europe/Berlin"),
        ("0001-01-01 00:00", None, "Asia/Tokyo", "out_of_range", "outside the years 1 to 9999"),
        ("2026-01-01", None, "Europe/Bärlin", "tz_unknown", "'Europe/Bärlin' is no time zone"),
        ("2026-01-01", None, "../../etc/passwd", "tz_unknown", "is no time zone"),
        ("2026-01-01", None, "", "tz_unknown", "is no time zone"),
    ],
)
def test_a_declared_unit_or_zone_does_not_make_it_possible(
    raw: object, unit: str | None, tz: str | None, reason: str, message: str
) -> None:
    """A clock put forward skips an hour; an epoch in the wrong unit lies far away."""
    with pytest.raises(ValueRefused, match=message) as caught:
        parse_moment(raw, unit=unit, tz=tz)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (NEW_YEAR_2026 + 250_000, "2026-01-01T00:00:00.25Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_moment_is_written_in_utc(us: int, text: str) -> None:
    """With as many decimals as it needs."""
    assert format_moment(us) == text


def test_a_moment_beyond_the_calendar_is_not_written() -> None:
    """Rather than an overflow somewhere else."""
    with pytest.raises(ValueRefused, match="outside the years 1 to 9999"):
        format_moment(2**62)


def test_a_zone_is_looked_up_once() -> None:
    """The same object again."""
    assert zone("Europe/Berlin") is zone("Europe/Berlin")
