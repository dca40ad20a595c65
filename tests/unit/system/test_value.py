"""What raw values become once they are taken as a declared kind."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.value import ITEMS, TEXT_BYTES, Value, ValueRefused, coerce, coercer


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("raw", [None, MISSING])
def test_nothing_is_missing_whatever_the_kind(kind: Kind, raw: object) -> None:
    """An empty text is not nothing: only the reader of a file knows that."""
    assert coerce(kind, raw) is MISSING


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (Kind.BOOL, True, True),
        (Kind.BOOL, 0, False),
        (Kind.BOOL, 1.0, True),
        (Kind.BOOL, " Yes ", True),
        (Kind.BOOL, "f", False),
        (Kind.BOOL, "0", False),
        (Kind.BOOL, np.bool_(True), True),
        (Kind.INT, 7, 7),
        (Kind.INT, -(2**63), -(2**63)),
        (Kind.INT, 7.0, 7),
        (Kind.INT, "+7", 7),
        (Kind.INT, "7.0", 7),
        (Kind.INT, Decimal(7), 7),
        (Kind.INT, np.int64(7), 7),
        (Kind.FLOAT, 1, 1.0),
        (Kind.FLOAT, "1e-3", 0.001),
        (Kind.FLOAT, ".5", 0.5),
        (Kind.FLOAT, " 2 ", 2.0),
        (Kind.FLOAT, Decimal("0.1"), 0.1),
        (Kind.FLOAT, np.float32(0.5), 0.5),
        (Kind.FLOAT, Fraction(1, 4), 0.25),
        (Kind.STR, "", ""),
        (Kind.STR, " Zürich ", " Zürich "),
        (Kind.STR, np.str_("DE"), "DE"),
        (Kind.LIST, ["b", "a", "b"], ("b", "a", "b")),
        (Kind.LIST, (), ()),
        (Kind.MAP, {"b": 1, "a": "2.5"}, {"a": 2.5, "b": 1.0}),
        (Kind.MAP, {}, {}),
        (Kind.TIMESTAMP, "1970-01-01T00:00:01Z", 1_000_000),
    ],
)
def test_a_value_is_taken_as_its_kind(kind: Kind, raw: object, value: Value) -> None:
    """Text is taken for numbers, because files hold nothing else; numbers of NumPy are numbers."""
    taken = coerce(kind, raw)

    assert taken == value
    assert type(taken) is type(value)


def test_a_mapping_comes_back_sorted_by_key() -> None:
    """Sums over it do not depend on the order in which it was sent."""
    taken = coerce(Kind.MAP, {"b": 1, "a": 2, "Z": 3})

    assert isinstance(taken, dict)
    assert list(taken) == ["Z", "a", "b"]


@pytest.mark.parametrize(
    ("kind", "raw", "reason", "message"),
    [
        (Kind.BOOL, 2, "unparsable", "2 is not taken as bool; accepted: true or false, 1 or 0, yes or no"),
        (Kind.BOOL, "maybe", "unparsable", "'maybe' is not taken as bool"),
        (Kind.BOOL, "y" * 20_000, "unparsable", "20000 characters"),
        (Kind.BOOL, [], "wrong_type", "a list of 0 items is not taken as bool"),
        (Kind.INT, True, "wrong_type", "True is not taken as int; accepted: a whole number within int64"),
        (Kind.INT, 2**63, "out_of_range", "9223372036854775808 does not fit into int64"),
        (Kind.INT, 1e30, "out_of_range", "1e\\+30 does not fit into int64"),
        (Kind.INT, 7.5, "unparsable", "7.5 is not taken as int"),
        (Kind.INT, "7.5", "unparsable", "'7.5' is not taken as int"),
        (Kind.INT, "1_000", "unparsable", "'1_000' is not taken as int"),
        (Kind.INT, "٣", "unparsable", "is not taken as int"),
        (Kind.INT, "", "unparsable", "'' is not taken as int"),
        (Kind.INT, "nan", "not_finite", "'nan' is not a finite number; leave the value out where it is missing"),
        (Kind.INT, float("inf"), "not_finite", "inf is not a finite number"),
        (Kind.INT, "9" * 30, "out_of_range", "does not fit into int64"),
        (Kind.INT, "9" * 5_000, "unparsable", "5000 characters"),
        (Kind.FLOAT, float("nan"), "not_finite", "nan is not a finite number"),
        (Kind.FLOAT, np.float64("nan"), "not_finite", "nan is not a finite number"),
        (Kind.FLOAT, Decimal("NaN"), "not_finite", "NaN is not a finite number"),
        (Kind.FLOAT, Decimal("sNaN"), "out_of_range", "does not fit into a 64-bit float"),
        (Kind.FLOAT, "-Infinity", "not_finite", "'-Infinity' is not a finite number"),
        (Kind.FLOAT, "1e999", "out_of_range", "'1e999' does not fit into a 64-bit float"),
        (Kind.FLOAT, 10**400, "out_of_range", "does not fit into a 64-bit float"),
        (Kind.FLOAT, False, "wrong_type", "False is not taken as float; accepted: a finite number"),
        (Kind.FLOAT, "1,5", "unparsable", "'1,5' is not taken as float"),
        (Kind.FLOAT, "0x10", "unparsable", "'0x10' is not taken as float"),
        (Kind.FLOAT, 1j, "wrong_type", "a complex is not taken as float"),
        (Kind.FLOAT, np.array([1.0]), "wrong_type", "a ndarray is not taken as float"),
        (Kind.STR, 7, "wrong_type", "7 is not taken as str; accepted: text of at most 64 KiB"),
        (Kind.STR, b"DE", "wrong_type", "2 bytes is not taken as str"),
        (Kind.STR, "\ud800", "not_text", "holds half a character and has no UTF-8"),
        (Kind.STR, "x" * (TEXT_BYTES + 1), "too_long", "has 65537 bytes; at most 65536 are taken"),
        (Kind.STR, "ü" * TEXT_BYTES, "too_long", "has 131072 bytes"),
        (Kind.LIST, "a", "wrong_type", "'a' is not taken as list; accepted: a list of at most 10,000 texts"),
        (Kind.LIST, [1], "wrong_type", "1 in a list is not text"),
        (Kind.LIST, [None], "wrong_type", "None in a list is not text"),
        (Kind.LIST, {"a"}, "wrong_type", "a set of 1 item is not taken as list"),
        (Kind.LIST, ["a"] * (ITEMS + 1), "too_many", "a list of 10001 items is too long; at most 10000"),
        (Kind.LIST, ["x" * 60_000] * 20, "too_long", "texts of 1200000 bytes together; at most 1048576"),
        (Kind.MAP, {1: 1.0}, "wrong_type", "the key 1 is not text"),
        (Kind.MAP, {"a": None}, "wrong_type", "None at 'a' is no number; leave the key out"),
        (Kind.MAP, {"a": "b"}, "unparsable", "'b' is not taken as float"),
        (Kind.MAP, {"a": float("nan")}, "not_finite", "nan is not a finite number"),
        (Kind.MAP, [("a", 1)], "wrong_type", "a list of 1 item is not taken as map"),
        (Kind.MAP, dict.fromkeys(map(str, range(ITEMS + 1)), 1.0), "too_many", "a dict of 10001 items"),
        (Kind.TIMESTAMP, "2026-01-01 08:00", "naive_time", "has no offset"),
        (Kind.TIMESTAMP, np.float64("nan"), "not_finite", "nan is not a finite number"),
    ],
    ids=excerpt,
)
def test_what_is_none_of_its_kind_is_refused_with_a_reason(kind: Kind, raw: object, reason: str, message: str) -> None:
    """The reason is counted, the message is read."""
    with pytest.raises(ValueRefused, match=message) as caught:
        coerce(kind, raw)

    assert caught.value.reason == reason
    assert str(caught.value) == caught.value.message


@pytest.mark.parametrize("length", [TEXT_BYTES // 2, TEXT_BYTES])
def test_a_text_of_up_to_64_kib_is_taken_whole(length: int) -> None:
    """The limit itself is accepted."""
    assert coerce(Kind.STR, "x" * length) == "x" * length


def test_a_timestamp_takes_the_declared_unit_and_zone() -> None:
    """They are part of the declaration, not of the value."""
    assert coerce(Kind.TIMESTAMP, np.int64(1), unit="s") == 1_000_000
    assert coerce(Kind.TIMESTAMP, "1970-01-01 01:00", tz="Europe/Berlin") == 0


def test_a_coercer_is_coerce_with_the_declaration_settled() -> None:
    """For many values of one signal."""
    take = coercer(Kind.TIMESTAMP, unit="ms")

    assert [take(1), take("2"), take(None)] == [1_000, 2_000, MISSING]


def test_a_foreign_number_that_overflows_is_refused_too() -> None:
    """A fraction too large for a float is no other error."""
    with pytest.raises(ValueRefused, match="does not fit into a 64-bit float"):
        coerce(Kind.FLOAT, Fraction(10**400))


@pytest.mark.parametrize(
    ("raw", "us"),
    [
        (np.datetime64("1970-01-01T00:00:01", "ns"), 1_000_000),
        (np.datetime64("2026-11-23", "D"), 1_795_392_000_000_000),
        (np.datetime64("2026-11-23T12", "us"), 1_795_435_200_000_000),
        (np.datetime64("NaT"), MISSING),
        (pd.NaT, MISSING),
        (pd.Timestamp("1970-01-01T00:00:01"), 1_000_000),
    ],
    ids=str,
)
def test_times_of_other_libraries_are_moments_whatever_they_count_in(raw: object, us: object) -> None:
    """Their nanoseconds are not taken for the declared unit."""
    assert coerce(Kind.TIMESTAMP, raw, unit="s", tz="UTC") == us


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        (Kind.TIMESTAMP, np.datetime64("12026-01-01", "us"), "out_of_range"),
        (Kind.TIMESTAMP, np.datetime64("2026-01-01", "ns"), "naive_time"),
        (Kind.TIMESTAMP, np.timedelta64(5, "ns"), "wrong_type"),
        (Kind.INT, np.datetime64("2026-01-01", "ns"), "wrong_type"),
        (Kind.INT, np.timedelta64(5, "ns"), "wrong_type"),
    ],
    ids=str,
)
def test_times_of_other_libraries_are_refused_for_what_they_are_not(kind: Kind, raw: object, reason: str) -> None:
    """A count of nanoseconds is no number that anybody meant."""
    with pytest.raises(ValueRefused) as refused:
        coerce(kind, raw)

    assert refused.value.reason == reason
