"""Moments that Arrow holds and Python cannot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from flyball.run.files.typed_column import TAKEN, typed_column
from flyball.run.inference.column_facts import column_facts
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from flyball.run.files.arrow_array import ArrowArray

FAR = 300_000_000_000
"""Seconds: the year 11476."""


def moments(unit: str, zone: str | None, factor: int) -> ArrowArray:
    """1970, a far year, nothing, and a time long before the first year."""
    ticks = pa.array([0, FAR * factor, None, -FAR * factor], pa.int64())
    return pa.chunked_array([ticks.cast(pa.timestamp(unit, zone))])


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1_000), ("us", 1_000_000)])
@pytest.mark.parametrize("zone", [None, "UTC", "Nowhere/Else"])
@pytest.mark.parametrize("kind", [Kind.TIMESTAMP, Kind.INT, Kind.STR])
def test_a_far_moment_is_refused_and_the_rest_is_read(unit: str, factor: int, zone: str | None, kind: Kind) -> None:
    """Whatever the column is declared to be; a zone that nobody knows does not matter where the moment is stored."""
    typed = typed_column(moments(unit, zone, factor), kind, tz="UTC")

    reasons = [None if place == TAKEN else typed.reasons[place] for place in typed.refused.tolist()]
    first = None if kind is Kind.TIMESTAMP else "wrong_type"
    assert reasons == [first, "out_of_range", None, "out_of_range"]
    assert (
        typed.explain(1) == f"{FAR * factor:,} {unit} since 1970 lies outside the years 1 to 9999; is its unit right?"
    )


@pytest.mark.parametrize("days", [pa.date32(), pa.date64()])
def test_a_far_day_is_refused_and_the_rest_is_read(days: pa.DataType) -> None:
    """Days count as far as moments."""
    step = 1 if pa.types.is_date32(days) else 86_400_000
    numbers = pa.array([1 * step, (2**31 - 1) * step, None], pa.int32() if step == 1 else pa.int64())

    typed = typed_column(pa.chunked_array([numbers.cast(days)]), Kind.TIMESTAMP, tz="UTC")

    assert typed.column.values.tolist() == [86_400_000_000, 0, 0]
    assert [typed.reasons[place] for place in typed.refused.tolist() if place != TAKEN] == ["out_of_range"]
    assert typed.explain(1).endswith("lies outside the years 1 to 9999; is its unit right?")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_zone_that_nobody_knows_hides_no_moment(unit: str) -> None:
    """Arrow stores the moment itself."""
    raw = pa.chunked_array([pa.array([1, 2], pa.int64()).cast(pa.timestamp("s")).cast(pa.timestamp(unit, "No/Where"))])

    assert typed_column(raw, Kind.TIMESTAMP).column.values.tolist() == [1_000_000, 2_000_000]
    assert np.isfinite(column_facts("at", raw).numbers).all()  # type: ignore[arg-type]  # moments are numbers


@pytest.mark.parametrize("kind", [pa.timestamp("ms"), pa.date32()])
def test_a_column_with_a_far_moment_is_looked_at(kind: pa.DataType) -> None:
    """The file is drafted from; the far ones are counted."""
    held: list[object] = [date(2026, 1, 1 + n % 9) for n in range(90)]
    plain = pa.array(held, pa.date32()).cast(kind)
    far = pa.array([2**31 - 1], pa.int32()).cast(pa.date32()) if kind == pa.date32() else None
    one = far if far is not None else pa.array([FAR * 1_000], pa.int64()).cast(kind)

    facts = column_facts("at", pa.chunked_array([plain, one]), tz="UTC")

    assert (facts.kind, facts.refused, facts.distinct) == (Kind.TIMESTAMP, 1, 9)
    assert "outside the years 1 to 9999" in facts.example
    assert facts.values[0].startswith("2026-01-01")


def test_what_python_can_hold_is_as_before() -> None:
    """With its own zone."""
    raw = pa.chunked_array([pa.array([datetime(2026, 1, 31, 8, tzinfo=UTC)])])

    assert typed_column(raw, Kind.INT).explain(0).startswith("2026-01-31 08:00:00+00:00 is not taken as int")
