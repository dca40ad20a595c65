"""Traffic as a file: CSV, gzipped CSV or Parquet, one row for every prediction."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from pyarrow import parquet

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.testing.arrays import Flags, Ints
    from flyball.testing.traffic import Traffic

_Array: TypeAlias = "pa.Array[pa.Scalar[pa.DataType]]"


def write(traffic: Traffic, path: Path) -> None:
    """Write the rows to a file whose name ends in `.csv`, `.csv.gz` or `.parquet`; see `Traffic.write`.

    Raises:
        FlyballError: if the name ends in something else.

    >>> from pathlib import Path
    >>> from flyball.testing.world import World
    >>> write(World(seed=7, users=1000).month(days=1, requests_per_day=500), Path("month.xls"))
    Traceback (most recent call last):
        ...
    flyball.system.error.FlyballError: 'month.xls' has no known ending; name the file *.csv, *.csv.gz or *.parquet
    """
    if path.name.endswith(".parquet"):
        parquet.write_table(_table(traffic, as_text=False), path)
    elif path.name.endswith(".csv.gz"):
        # Neither name nor time of writing go into the file; level 4 takes a fifth of the time of the usual 9.
        with (
            path.open("wb") as file,
            gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=4, mtime=0) as sink,
        ):
            arrow_csv.write_csv(_table(traffic, as_text=True), pa.PythonFile(sink, mode="w"))
    elif path.name.endswith(".csv"):
        arrow_csv.write_csv(_table(traffic, as_text=True), path)
    else:
        raise FlyballError(f"{path.name!r} has no known ending; name the file *.csv, *.csv.gz or *.parquet")


def _table(traffic: Traffic, *, as_text: bool) -> pa.Table:
    columns: dict[str, _Array] = {"id": pa.array(traffic.id), "event_ts": _times(traffic.event_ts, as_text=as_text)}
    for name, column in traffic.inputs.items():
        columns[name] = pa.array(column) if isinstance(column, list) else pa.array(column, mask=np.isnan(column))
    columns["clicked"] = _whether(traffic.clicked)
    columns["click_ts"] = _times(traffic.click_ts, as_text=as_text)
    columns["truth"] = pa.array(traffic.truth)
    if not traffic.shown.all():
        columns["shown"] = _whether(traffic.shown)
    return pa.table(columns)


def _whether(flags: Flags) -> _Array:
    return pa.array(flags.astype(np.int64))


def _times(moments_us: Ints, *, as_text: bool) -> _Array:
    """Times as UTC timestamps or RFC 3339 text; -1 (never) becomes null."""
    never = moments_us < 0
    if not as_text:
        return pa.array(moments_us, mask=never, type=pa.timestamp("us", tz="UTC"))
    text = np.datetime_as_string(np.maximum(moments_us, 0).astype("M8[us]"), unit="us", timezone="UTC")
    return pa.array(text.tolist(), mask=never, type=pa.string())
