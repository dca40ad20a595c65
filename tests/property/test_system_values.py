"""Values, durations and moments, whatever comes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import isfinite
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.moment import format_duration, format_moment, parse_duration, parse_moment
from flyball.system.value import ITEMS, TEXT_BYTES, Value, ValueRefused, coerce

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.fractions()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=[]))
    | st.binary()
    | st.datetimes(timezones=st.none() | st.sampled_from([ZoneInfo(name) for name in ZONES]))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.sampled_from([MISSING, Kind.STR, object(), int, "nan", "1e999", "0001-01-01T00:00+23:59", "٣"])
    | st.from_regex(r"\A[0-9+-]{1,12}[.eE:T ]?[0-9:+-]{0,12}Z?\Z")
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=5,
)


def outcome(take: Callable[[], T]) -> T | ValueRefused:
    """What comes of it, a refusal included; any other error escapes."""
    try:
        return take()
    except ValueRefused as refused:
        return refused


def is_typed(kind: Kind, value: Value) -> bool:
    """Whether a value is what its kind promises to whoever encodes it."""
    match value:
        case bool():
            return kind is Kind.BOOL
        case int():
            return kind in {Kind.INT, Kind.TIMESTAMP} and -(2**63) <= value < 2**63
        case float():
            return kind is Kind.FLOAT and isfinite(value)
        case str():
            return kind is Kind.STR and len(value.encode()) <= TEXT_BYTES
        case tuple():
            return kind is Kind.LIST and len(value) <= ITEMS and all(type(item) is str for item in value)
        case dict():
            numbers = all(type(number) is float and isfinite(number) for number in value.values())
            return kind is Kind.MAP and numbers and list(value) == sorted(value)
        case _:
            return value is MISSING


@given(
    kind=st.sampled_from(Kind),
    raw=anything,
    unit=st.sampled_from([None, "s", "ms", "us", "min"]),
    tz=st.sampled_from([None, *ZONES, "Europe/Bärlin", ""]),
)
def test_a_value_is_typed_or_refused_and_nothing_else_happens(
    kind: Kind, raw: object, unit: str | None, tz: str | None
) -> None:
    """No other error escapes, and what is taken keeps the promise of its kind."""
    taken = outcome(lambda: coerce(kind, raw, unit=unit, tz=tz))

    if isinstance(taken, ValueRefused):
        assert taken.reason
        assert len(taken.message) < 500
    else:
        assert is_typed(kind, taken)


@given(kind=st.sampled_from([kind for kind in Kind if kind is not Kind.TIMESTAMP]), raw=anything)
def test_a_typed_value_is_taken_as_itself(kind: Kind, raw: object) -> None:
    """What was logged is read back the same."""
    value = outcome(lambda: coerce(kind, raw))

    if not isinstance(value, ValueRefused):
        assert coerce(kind, value) == value


@given(us=st.integers(min_value=0, max_value=2**63 - 1))
def test_a_duration_is_read_back_as_it_was_written(us: int) -> None:
    """To the microsecond."""
    assert parse_duration(format_duration(us)) == us


@given(us=st.integers(min_value=FIRST_US, max_value=LAST_US))
def test_a_moment_is_read_back_as_it_was_written(us: int) -> None:
    """As text, as a number, and as a `datetime`."""
    assert parse_moment(format_moment(us)) == us
    assert parse_moment(us, unit="us") == us
    assert parse_moment(str(us), unit="us") == us
    assert parse_moment(datetime.fromisoformat(format_moment(us))) == us


@given(moment=st.datetimes(timezones=st.sampled_from([ZoneInfo(name) for name in ZONES])))
def test_a_moment_is_the_same_whatever_offset_it_is_written_with(moment: datetime) -> None:
    """Python's own arithmetic is the oracle."""
    try:
        expected = (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution)
    except OverflowError:
        return
    offset = moment.utcoffset()
    assert offset is not None
    if offset.total_seconds() % 60 == 0:
        assert parse_moment(moment.isoformat()) == expected
    assert parse_moment(moment) == expected


@given(wall=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2037, 12, 31)), zone=st.sampled_from(ZONES))  # noqa: DTZ001  # its zone is drawn
def test_a_wall_clock_time_is_shown_by_that_zones_clock_or_never_occurs(wall: datetime, zone: str) -> None:
    """The first such moment, where there are two."""
    us = outcome(lambda: parse_moment(wall.isoformat(), tz=zone))

    if isinstance(us, ValueRefused):
        assert us.reason == "impossible_time"
        return
    shown = datetime.fromisoformat(format_moment(us)).astimezone(ZoneInfo(zone))
    assert shown.replace(tzinfo=None, fold=0) == wall
    assert shown.fold == 0


@given(text=st.text(max_size=40))
def test_no_text_breaks_the_parsers(text: str) -> None:
    """A text is a duration, a moment, or refused with a reason."""
    for us in (outcome(lambda: parse_duration(text)), outcome(lambda: parse_moment(text, unit="s", tz="UTC"))):
        assert isinstance(us, int) or us.reason in {"unparsable", "out_of_range", "impossible_time"}


@given(day=st.dates(min_value=date(1970, 1, 2), max_value=date(2100, 1, 1)))
def test_a_day_is_its_midnight(day: date) -> None:
    """In its zone."""
    assert parse_moment(day, tz="UTC") == parse_moment(f"{day.isoformat()}T00:00:00Z")


@pytest.mark.parametrize("raw", [1e-300, 5e-324, -0.0])
def test_a_tiny_number_of_seconds_is_the_beginning(raw: float) -> None:
    """Rounded to the microsecond."""
    assert parse_moment(raw, unit="s") == 0
