"""Whatever a file holds, it is a table or it is refused in words; no row vanishes and nothing else escapes."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.leaf_spec import LeafSpec
from flyball.run.files.reading import read_table
from flyball.run.files.typed_rows import typed_rows
from flyball.run.inference.infer import infer
from flyball.system.error import FlyballError
from flyball.system.kind import Kind
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from pathlib import Path

_bytes = st.one_of(
    st.binary(max_size=200),
    st.text('ab,;\t|"\n\r 1é{}[]:', max_size=200).map(str.encode),
    st.binary(max_size=60).map(gzip.compress),
    st.binary(max_size=60).map(lambda data: gzip.compress(data)[:-4]),
    st.binary(max_size=60).map(lambda data: b"PAR1" + data + b"PAR1"),
    st.binary(max_size=60).map(lambda data: b"ARROW1\0\0" + data + b"ARROW1"),
    st.binary(max_size=60).map(lambda data: b"\xff\xff\xff\xff" + data),
    st.text(" |:'#\n\r\t1-.e0afqid", max_size=200).map(lambda text: f"1 |f a:2\n{text}".encode()),
    st.text(" :#\n\r\t1-.e0aqid", max_size=200).map(lambda text: f"1 3:0.5\n{text}".encode()),
    st.text(" :#\n\r\t1-.e0a", max_size=200).map(lambda text: f"1 3:7:0.5\n{text}".encode()),
    st.binary(max_size=100).map(lambda data: b"1 |f a\n" + data),
)
_cell = st.one_of(
    st.sampled_from(["", "0", "1", "yes", "no", "7", "1.5", "NA", "?", "x", "a b c d", "2026-01-01T00:00:00Z", "inf"]),
    st.text("ab1.,é -", max_size=6),
    st.integers(-(2**70), 2**70).map(str),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file, written anew for each example."""
    return tmp_path_factory.mktemp("reading") / "table"


@given(data=_bytes)
def test_bytes_are_a_table_or_are_refused(path: Path, data: bytes) -> None:
    """And every row of a table is there or counted."""
    path.write_bytes(data)
    try:
        table = read_table(path)
    except FileUnreadable:
        return

    assert table.rows > 0
    assert [len(column) for column in table.columns.values()] == [table.rows] * len(table.columns)
    assert len(set(table.row.tolist())) == table.rows
    # Lines of sparse text keep their numbers, and blank ones are no rows.
    assert int(table.row.max()) <= (data.count(b"\n") + 1 if table.sparse else table.rows_read)


@given(rows=st.lists(st.tuples(_cell, _cell, _cell), min_size=1, max_size=30), kind=st.sampled_from(Kind))
def test_every_row_of_a_file_is_typed_or_counted(path: Path, rows: list[tuple[str, str, str]], kind: Kind) -> None:
    """Whatever the cells hold."""
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    path.write_text("a,b,y\n" + "\n".join(lines), encoding="utf-8")
    table = read_table(path, quoted=True, delimiter=",")

    typed = typed_rows(table, [LeafSpec(name="a", kind=kind)], Source(time="b", unit="s", tz="UTC"), Outcome("y"))

    assert typed.rows_read == len(rows)
    assert typed.columns["a"].rows == typed.n == len(typed.event_ts) == len(typed.label)
    assert len(typed.columns["a"].leaves(0, typed.n)) == typed.n


@given(
    rows=st.lists(st.tuples(_cell, _cell, _cell, _cell), min_size=2, max_size=40),
    names=st.lists(st.text(min_size=1, max_size=5), min_size=3, max_size=3, unique_by=str.strip),
)
def test_a_draft_runs_or_the_file_is_refused(path: Path, rows: list[tuple[str, ...]], names: list[str]) -> None:
    """Whatever the columns are called and hold."""
    header = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names]
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    path.write_text("\n".join([",".join([*header, '"the label"']), *lines]), encoding="utf-8")
    try:
        draft = infer(path, label="the label")
        text = draft.text
    except FlyballError:
        return
    namespace: dict[str, object] = {}
    if all(column.suspicion is not None for column in draft.columns):
        compile(text, "drafted.py", "exec")
        return

    exec(compile(text, "drafted.py", "exec"), namespace)  # noqa: S102  # it is what a user does with the file

    assert isinstance(namespace["system"], System)
