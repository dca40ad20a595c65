"""Sparse text is read as the slow and obvious reader reads it; whatever the bytes, nothing else escapes."""

from __future__ import annotations

import gzip
from math import isnan
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.sparse_file import read_sparse
from flyball.run.files.sparse_form import SparseForm
from flyball.run.files.sparse_lines import sparse_lines
from tests.unit.run.files.obvious_sparse import Example, Refused, pair_example, vw_example

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.run.files.sparse_lines import SparseLines

    Obvious = Callable[[str], Example | None]

READERS: dict[SparseForm, Obvious] = {
    SparseForm.VW: vw_example,
    SparseForm.LIBSVM: lambda line: pair_example(line, fields=False),
    SparseForm.LIBFFM: lambda line: pair_example(line, fields=True),
}

_number = st.one_of(
    st.sampled_from(
        ["0", "1", "-1", "+1", "0.5", ".5", "2.", "1e3", "nan", "-inf", "1e999", "1e308", "1_0", "--1", ""]
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
_name = st.sampled_from(["a", "b", "12", "1", "é", "x=1", "qid", "'", "a#b", ""])
_feature = st.one_of(
    _name, st.builds("{}:{}".format, _name, _number), st.builds("{}:{}:{}".format, _name, _name, _number)
)
_blank = st.sampled_from([" ", " ", " ", "  ", "\t", "\r", ""])
_piece = st.one_of(_feature, _feature, _number, st.sampled_from(["|", "|f", "|g:2", "|f:x", "'tag", "#", "qid:3"]))
_vw = st.builds(
    "{}{}|{}".format,
    _number,
    _blank,
    st.lists(st.one_of(_feature, st.sampled_from(["|f", "|f:0.5", "|"])), max_size=6).map(" ".join),
)
_pairs = st.builds(
    "{} {}".format,
    st.sampled_from(["1", "-1", "0.25", "x"]),
    st.lists(
        st.builds("{}{}:{}".format, st.sampled_from(["", "3:", "4:"]), st.integers(0, 3), _number), max_size=6
    ).map(" ".join),
)
_loose = st.lists(st.tuples(_piece, _blank), max_size=8).map(lambda parts: "".join(a + b for a, b in parts))
_lines = st.lists(st.one_of(_vw, _pairs, _loose), max_size=12)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file, written anew for each example."""
    return tmp_path_factory.mktemp("sparse") / "lines"


def _found(lines: SparseLines) -> list[tuple[int, Example]]:
    """The examples of a block, with the numbers of their lines."""

    def text(place: tuple[int, int]) -> str:
        return lines.data[place[0] : place[1]].tobytes().decode()

    names = [text(place) for place in zip(*(each.tolist() for each in lines.names), strict=True)]
    tags = [text(place) for place in zip(*(each.tolist() for each in lines.tags), strict=True)]
    spaces = [lines.groups[group].decode() for group in lines.of_group.tolist()]
    found = []
    for row, number in enumerate(lines.line.tolist()):
        values: dict[str, dict[str, float]] = {}
        for at in range(lines.starts[row], lines.starts[row + 1]):
            within = values.setdefault(spaces[at], {})
            assert names[at] not in within, "a feature is there twice"
            within[names[at]] = float(lines.values[at])
        label = None if isnan(lines.labels[row]) else float(lines.labels[row])
        weight, base = float(lines.weights[row]), float(lines.bases[row])
        found.append((number, Example(label, weight, base, tags[row] or None, values)))
    return found


@given(texts=_lines, form=st.sampled_from(SparseForm), block=st.sampled_from([1, 7, 40, 1 << 20]), ended=st.booleans())
def test_lines_are_what_the_obvious_reader_finds(
    path: Path, texts: list[str], form: SparseForm, block: int, *, ended: bool
) -> None:
    """Each line is an example with these values, or blank, or counted as a fault; wherever blocks end."""
    content = "\n".join(texts) + ("\n" if ended else "")
    path.write_bytes(content.encode() or b"\n")
    expected, refused = [], []
    for number, line in enumerate(texts, start=1):
        try:
            example = READERS[form](line)
        except Refused:
            refused.append(number)
            continue
        if example is not None:
            expected.append((number, example))

    blocks = list(sparse_lines(path, form, block=block))

    assert [each for lines in blocks for each in _found(lines)] == expected
    faults = [fault for lines in blocks for fault in lines.faults]
    assert sum(fault.lines for fault in faults) == len(refused)
    assert {fault.first for fault in faults} <= set(refused)
    assert min((fault.first for fault in faults), default=0) == min(refused, default=0)


@given(
    data=st.one_of(
        st.binary(max_size=80),
        st.lists(st.sampled_from([b"1", b"|", b":", b" ", b"\n", b"a", b"\xff", b"\x00", b"-", b"."])).map(b"".join),
        st.binary(max_size=30).map(gzip.compress),
        st.binary(max_size=30).map(lambda data: gzip.compress(data)[:-5]),
    ),
    form=st.sampled_from(SparseForm),
)
def test_bytes_are_a_table_or_are_refused(path: Path, data: bytes, form: SparseForm) -> None:
    """Whatever they are: every line of a table is there, blank, or counted."""
    path.write_bytes(data)
    try:
        table = read_sparse(str(path), form)
    except FileUnreadable:
        return

    assert table.rows > 0
    assert [len(column) for column in table.columns.values()] == [table.rows] * len(table.columns)
    for column in table.columns.values():
        assert not isinstance(column, list)
        column.validate(full=True)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([-1.0, 1.0]),
            st.floats(0, 100).map(abs),
            st.dictionaries(
                st.sampled_from(["f", "g"]),
                st.dictionaries(
                    st.text("abcé12", min_size=1, max_size=4),
                    st.floats(-1e9, 1e9).filter(lambda value: value != 0.0),
                    min_size=1,
                    max_size=4,
                ),
            ),
        ),
        min_size=1,
        max_size=9,
    )
)
def test_what_is_written_is_read(path: Path, rows: list[tuple[float, float, dict[str, dict[str, float]]]]) -> None:
    """Labels, importances and the values of each namespace come back, gzipped."""
    texts = []
    for label, weight, spaces in rows:
        parts = [
            f"|{space} " + " ".join(f"{name}:{value!r}" for name, value in values.items())
            for space, values in spaces.items()
        ]
        texts.append(f"{label!r} {weight!r} " + (" ".join(parts) or "|"))
    path.write_bytes(gzip.compress("\n".join(texts).encode()))

    columns = read_sparse(str(path), SparseForm.VW).columns

    cells = {name: column if isinstance(column, list) else column.to_pylist() for name, column in columns.items()}
    assert cells["label"] == [label for label, _, _ in rows]
    assert cells["weight"] == [weight for _, weight, _ in rows]
    for space in ("f", "g"):
        expected = [list(spaces[space].items()) if space in spaces else None for _, _, spaces in rows]
        assert cells.get(space, [None] * len(rows)) == expected
