"""Files of texts, however they are stored: learned as codes, the same comes out as through pyarrow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from flyball.run.parquet_learning import Learned, learn_parquet
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

NAMES = ("a", "b", "c")
TEXTS = st.one_of(st.none(), st.sampled_from(["", "NA", "x", "é" * 3]), st.integers(0, 60).map("v{}".format))
"""Among them two that stand for a missing value."""
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS, TEXTS, st.sampled_from([True, False, None]), st.sampled_from([0.0, 1.0, 2.5, None])),
    min_size=1,
    max_size=300,
)
OPTIONS = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["NONE", "SNAPPY", "ZSTD", "GZIP"]),
        "row_group_size": st.sampled_from([50, 256, 2_000]),
        "data_page_size": st.sampled_from([64, 1 << 20]),
        "write_batch_size": st.sampled_from([16, 1_024]),
        "dictionary_pagesize_limit": st.sampled_from([32, 200, 1 << 20]),
        "use_dictionary": st.sampled_from([True, False, ["a"]]),
    }
)


def learned(path: Path, table: pa.Table, silence: object, options: dict[str, Any]) -> Learned:
    """Three texts, labels and weights."""
    parquet.write_table(table, path, **options)
    outcome = Outcome("late", if_silent=silence)
    model = Model("late", signals=[Input(name, str) for name in NAMES], outcome=outcome)
    source = Source(missing=["NA", ""], weight="weight")
    return learn_parquet(System("flights", models=[model], source=source), path)


@given(ROWS, OPTIONS, st.sampled_from([None, False]))
def test_all_ways_to_store_a_file_are_learned_alike(
    rows: list[tuple[Any, ...]], options: dict[str, Any], silence: object
) -> None:
    """pyarrow reads pages of version 2, of the same rows."""
    kinds = [pa.string()] * 3 + [pa.bool_(), pa.float64()]
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    table = pa.Table.from_arrays(columns, names=[*NAMES, "late", "weight"])
    with tempfile.TemporaryDirectory() as folder:
        codes = learned(Path(folder, "a.parquet"), table, silence, options)
        texts = learned(Path(folder, "b.parquet"), table, silence, {**options, "data_page_version": "2.0"})

    assert codes.table.digest() == texts.table.digest()
    assert (codes.rows, codes.loss) == (texts.rows, texts.loss)
    assert (codes.coded, texts.coded) == (-(-len(rows) // options["row_group_size"]), 0)
