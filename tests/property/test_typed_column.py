"""The short cuts for whole columns give what `coerce` gives value by value, and refuse what it refuses."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.files.typed_column import TAKEN, typed_column
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.value import ValueRefused, coerce

if TYPE_CHECKING:
    from flyball.run.files.arrow_array import ArrowArray

_MISSING = ("", "NA")
_ZONES = (None, "UTC", "Europe/Berlin", "America/New_York", "Nowhere/Else")
_UNITS = (None, "s", "ms", "us")

_digits = st.one_of(st.text("0123456789", min_size=1, max_size=22), st.integers(-(10**19), 10**19).map(str))
_numbers = st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
_plain_floats = st.floats(allow_nan=True, allow_infinity=True).map(repr)
_moments = st.builds(
    "{}-{:02d}-{:02d}{}{:02d}:{:02d}{}{}".format,
    st.sampled_from(["1969", "1970", "1999", "2000", "2024", "0001", "9999", "1600", "2150", "20"]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from("T tx"),
    st.integers(0, 24),
    st.integers(0, 60),
    st.sampled_from(["", ":00", ":59", ":60", ":61", ":30.5", ":30.123456", ":30.1234567", ":"]),
    st.sampled_from(["", "Z", "z", "+00:00", "-05:30", "+14:00", "+23:59", "+24:00", "+0100", " Z", "+01:60"]),
)
_EDGES = [
    *("9223372036854775807", "-9223372036854775808", "9223372036854775808", "9999999999999999999", "007", "-0"),
    *("1e400", "-1e400", "1e-400", "1e308", "1.", "0.1", "2.5e+3", "7.0", "7.5"),
    *("2026-10-25T02:30:00", "2026-03-29 02:30", "2026-11-01T01:30:00", "2040-07-01T12:00:00", "1890-01-01 00:00"),
    *("4102444800", "-62135596801", "253402300800", "1767225600.5", "2016-12-31T23:59:60Z"),
]
_dates = st.dates().map(str)
_truths = st.sampled_from(["true", "FALSE", "Yes", "no", "T", "f", "1", "0", "1.0", "0.0", "2", "on"])
_odd = st.sampled_from(
    ["", "NA", " ", "nan", "-inf", "Infinity", " 7 ", "7\n", "1_000", "0x10", "٣", "½", "7.", ".5", "--1"]
)
_texts = st.one_of(
    st.sampled_from(_EDGES), _digits, _numbers, _plain_floats, _moments, _dates, _truths, _odd, st.text(max_size=8)
)


def _arrow(values: st.SearchStrategy[Any], kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Arrays of a type, with nulls."""
    return st.lists(st.one_of(st.none(), values), min_size=1).map(lambda each: pa.array(each, kind))


def _expected(kind: Kind, raw: object, unit: str | None, tz: str | None) -> object:
    """What `coerce` makes of one value: the value, None for missing, or the reason why it is refused."""
    if isinstance(raw, str) and raw in _MISSING:
        return None
    try:
        value = coerce(kind, raw, unit=unit, tz=tz)
    except ValueRefused as refused:
        return ("refused", refused.reason, str(refused))
    if value is MISSING:
        return None
    return list(value) if isinstance(value, tuple) else value


def _found(raw: ArrowArray, kind: Kind, unit: str | None, tz: str | None) -> list[object]:
    """What the whole column became, told in the same way."""
    typed = typed_column(raw, kind, unit=unit, tz=tz, missing=_MISSING)
    leaves: list[object] = list(typed.column.leaves(0, typed.column.rows))
    if typed.column.offsets is None:
        assert not typed.column.values[typed.column.missing].any(), "where there is no value, the number is 0"
    for row in range(typed.column.rows):
        if typed.refused[row] != TAKEN:
            assert leaves[row] is None
            leaves[row] = ("refused", typed.reasons[typed.refused[row]], typed.explain(row))
    return leaves


@pytest.mark.parametrize("kind", list(Kind))
@given(
    texts=st.lists(st.one_of(st.none(), _texts), min_size=1, max_size=8),
    unit=st.sampled_from(_UNITS),
    tz=st.sampled_from(_ZONES),
    cut=st.integers(0, 8),
)
def test_a_column_of_texts_is_typed_as_value_by_value(
    kind: Kind, texts: list[str | None], unit: str | None, tz: str | None, cut: int
) -> None:
    """Whatever the texts are, in one piece or two."""
    raw = pa.chunked_array([pa.array(texts[:cut], pa.string()), pa.array(texts[cut:], pa.string())])

    assert repr(_found(raw, kind, unit, tz)) == repr([_expected(kind, text, unit, tz) for text in texts])


@pytest.mark.parametrize("kind", [Kind.INT, Kind.FLOAT, Kind.TIMESTAMP])
@pytest.mark.parametrize("text", _EDGES)
def test_an_edge_is_typed_as_such_with_every_unit_and_zone(kind: Kind, text: str) -> None:
    """Where the short cuts end: the largest numbers, times that occur twice or never, far years."""
    ways = list(product(_UNITS, _ZONES))

    assert [repr(_found(pa.chunked_array([[text]]), kind, *way)[0]) for way in ways] == [
        repr(_expected(kind, text, *way)) for way in ways
    ]


@given(
    raw=st.one_of(
        _arrow(st.integers(-(2**63), 2**63 - 1), pa.int64()),
        _arrow(st.integers(0, 2**64 - 1), pa.uint64()),
        _arrow(st.floats(), pa.float64()),
        _arrow(st.floats(width=32), pa.float32()),
        _arrow(st.booleans(), pa.bool_()),
        _arrow(st.dates(), pa.date32()),
        _arrow(st.decimals(-999, 999, places=2), pa.decimal128(9, 2)),
    ),
    kind=st.sampled_from(Kind),
    unit=st.sampled_from(_UNITS),
    tz=st.sampled_from(_ZONES),
)
def test_a_column_of_arrow_s_values_is_typed_as_value_by_value(
    raw: ArrowArray, kind: Kind, unit: str | None, tz: str | None
) -> None:
    """Numbers of any width, truths, dates and decimals, as Parquet holds them."""
    values = raw.cast(pa.timestamp("us")).to_pylist() if pa.types.is_date(raw.type) else raw.to_pylist()

    expected = [_expected(kind, value, unit, tz) for value in values]
    assert repr(_found(pa.chunked_array([raw]), kind, unit, tz)) == repr(expected)


@given(
    ticks=st.lists(st.one_of(st.none(), st.integers(-62_135_510_400, 253_402_214_400)), min_size=1),
    finer=st.integers(0, 999),
    unit=st.sampled_from(["s", "ms", "us"]),
    own=st.sampled_from([None, "UTC", "Asia/Tokyo"]),
    tz=st.sampled_from(_ZONES),
)
def test_arrow_s_moments_are_typed_as_python_s(
    ticks: list[int | None], finer: int, unit: str, own: str | None, tz: str | None
) -> None:
    """With a zone of their own or with the declared one."""
    factor = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    exact = [None if each is None else each * factor + (finer if factor > 1 else 0) for each in ticks]
    raw = pa.array(exact, pa.int64()).cast(pa.timestamp(unit, own))
    expected = [_expected(Kind.TIMESTAMP, each, None, tz) for each in raw.to_pylist()]

    assert _found(pa.chunked_array([raw]), Kind.TIMESTAMP, None, tz) == expected


@given(
    objects=st.lists(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(2**65), 2**65),
            st.floats(),
            _texts,
            st.lists(st.text(max_size=3), max_size=3),
            st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False, allow_infinity=False), max_size=3),
        ),
        min_size=1,
        max_size=10,
    ),
    kind=st.sampled_from(Kind),
)
def test_objects_of_json_are_typed_as_value_by_value(objects: list[object], kind: Kind) -> None:
    """What JSON lines hold is not of one type a column."""
    assert repr(_found(objects, kind, "s", "UTC")) == repr([_expected(kind, each, "s", "UTC") for each in objects])


_names = st.text(max_size=3)
_maps = st.dictionaries(_names, st.sampled_from([1.0, 1.0, 1.0, 0.5, -2.0]), max_size=4)
_lists = st.lists(_names, max_size=4)


def _plainer(kind: Kind, raw: dict[str, float] | None) -> object:
    """What a map stands for beyond what `coerce` takes: the list of its names, or its one name."""
    if raw is None or kind is Kind.MAP or any(number != 1.0 for number in raw.values()):
        return raw
    if kind is Kind.LIST:
        return sorted(raw)
    return next(iter(raw), None) if len(raw) <= 1 else raw


@given(
    maps=st.lists(st.one_of(st.none(), _maps), min_size=1, max_size=8),
    kind=st.sampled_from(Kind),
    cut=st.integers(0, 8),
)
def test_arrow_s_maps_are_typed_as_value_by_value(maps: list[dict[str, float] | None], kind: Kind, cut: int) -> None:
    """And where all numbers are 1 as the list or the category that they stand for."""
    arrow = pa.map_(pa.string(), pa.float64())
    rows = pa.array([None if each is None else list(each.items()) for each in maps], arrow)
    raw = pa.chunked_array([rows[:cut], rows[cut:]])

    expected = [_expected(kind, _plainer(kind, each), "s", "UTC") for each in maps]
    assert repr(_found(raw, kind, "s", "UTC")) == repr(expected)


@given(lists=st.lists(st.one_of(st.none(), _lists), min_size=1, max_size=8), kind=st.sampled_from(Kind))
def test_arrow_s_lists_are_typed_as_value_by_value(lists: list[list[str] | None], kind: Kind) -> None:
    """In the order and with the repeats that the file has."""
    raw = pa.chunked_array([pa.array(lists, pa.list_(pa.string()))])

    assert repr(_found(raw, kind, "s", "UTC")) == repr([_expected(kind, each, "s", "UTC") for each in lists])


@given(
    items=st.lists(st.lists(st.tuples(_names, st.one_of(st.none(), st.floats())), max_size=40), min_size=1, max_size=4),
)
def test_odd_maps_are_typed_as_python_s(items: list[list[tuple[str, float | None]]]) -> None:
    """Of a name that occurs twice the last number holds; numbers that are none or not finite are refused."""
    raw = pa.chunked_array([pa.array(items, pa.map_(pa.string(), pa.float64()))])

    assert repr(_found(raw, Kind.MAP, None, None)) == repr(
        [_expected(Kind.MAP, dict(each), None, None) for each in items]
    )
