"""Traffic survives being written to a file."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.system.error import FlyballError
from flyball.testing.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.testing.traffic import Traffic


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    """A small day."""
    return World(seed=5, users=1000).month(days=1, requests_per_day=1000)


def _read(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.name.endswith(".gz") else data).decode()
    return list(csv.DictReader(io.StringIO(text)))


def _micros(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_text_file_holds_every_row(traffic: Traffic, tmp_path: Path, ending: str) -> None:
    """Truth to the last bit, times to the microsecond, nothing where a value is missing."""
    path = tmp_path / f"month.{ending}"

    traffic.write(path)

    rows = _read(path)
    assert [row["id"] for row in rows] == traffic.id
    assert [float(row["truth"]) for row in rows] == traffic.truth.tolist()
    assert [_micros(row["event_ts"]) for row in rows] == traffic.event_ts.tolist()
    assert [_micros(row["click_ts"]) if row["click_ts"] else -1 for row in rows] == traffic.click_ts.tolist()
    assert [row["clicked"] == "1" for row in rows] == traffic.clicked.tolist()
    assert [row["device"] or None for row in rows] == traffic.inputs["device"]
    assert [row["bid_price"] for row in rows].count("") == sum(row["bid_price"] is None for row in traffic.rows())


def test_text_has_utc_times_and_only_shown_rows_have_no_shown_column(traffic: Traffic, tmp_path: Path) -> None:
    """RFC 3339 with a Z."""
    traffic.write(tmp_path / "month.csv")

    row = _read(tmp_path / "month.csv")[0]
    assert row["event_ts"].startswith("2024-01-01T00:0")
    assert row["event_ts"].endswith("Z")
    assert list(row) == ["id", "event_ts", *traffic.inputs, "clicked", "click_ts", "truth"]


def test_parquet_holds_every_row_with_its_types(traffic: Traffic, tmp_path: Path) -> None:
    """Timestamps are timestamps, and null stands for missing and never."""
    traffic.write(tmp_path / "month.parquet")

    table = parquet.read_table(tmp_path / "month.parquet")
    assert str(table.schema.field("click_ts").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("bid_price").type) == "double"
    assert table.column("truth").to_pylist() == traffic.truth.tolist()
    assert table.column("event_ts").cast(pa.int64()).to_pylist() == traffic.event_ts.tolist()
    assert table.column("click_ts").null_count == int((traffic.click_ts < 0).sum())
    assert table.select(list(traffic.inputs)).to_pylist() == list(traffic.rows())


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_the_same_rows_are_the_same_bytes(traffic: Traffic, tmp_path: Path, ending: str) -> None:
    """No time of writing, no order of threads."""
    again = World(seed=5, users=1000).month(days=1, requests_per_day=1000)

    traffic.write(tmp_path / f"one.{ending}")
    again.write(tmp_path / f"two.{ending}")

    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


def test_rows_not_shown_are_marked(day_of_candidates: Traffic, tmp_path: Path) -> None:
    """By a column that is 1 for one row in twenty."""
    day_of_candidates.write(tmp_path / "day.parquet")

    shown = parquet.read_table(tmp_path / "day.parquet").column("shown").to_pylist()
    assert shown == day_of_candidates.shown.astype(int).tolist()
    assert shown.count(1) * 20 == len(shown)


def test_an_unknown_ending_is_refused(traffic: Traffic, tmp_path: Path) -> None:
    """And nothing is written."""
    with pytest.raises(FlyballError, match=r"'month.xls' has no known ending; name the file \*.csv, \*.csv.gz or"):
        traffic.write(tmp_path / "month.xls")

    assert list(tmp_path.iterdir()) == []
