"""Sparse text and Arrow are told from tables by their first bytes, and every fault is told in words that help."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.reading import read_table

if TYPE_CHECKING:
    from flyball.run.files.tabular import Tabular

Written = Callable[..., str]


def _cells(table: Tabular) -> dict[str, list[object]]:
    return {name: column if isinstance(column, list) else column.to_pylist() for name, column in table.columns.items()}


@pytest.mark.parametrize(
    ("text", "form", "cells"),
    [
        (
            "1 2 'x|f a:0.5 b\n\n-1 |f b |g c\n",
            "vowpal wabbit",
            {
                "label": [1.0, -1.0],
                "weight": [2.0, 1.0],
                "tag": ["x", None],
                "f": [[("a", 0.5), ("b", 1.0)], [("b", 1.0)]],
                "g": [None, [("c", 1.0)]],
            },
        ),
        (
            "# made by hand\n\n+1 3:0.5 7:1 # none\n0\n",
            "libsvm",
            {"label": [1.0, 0.0], "features": [[("3", 0.5), ("7", 1.0)], None]},
        ),
        (
            "1 0:3:1 1:3:2\n0 1:4:1\n",
            "libffm",
            {"label": [1.0, 0.0], "field_0": [[("3", 1.0)], None], "field_1": [[("3", 2.0)], [("4", 1.0)]]},
        ),
    ],
)
@pytest.mark.parametrize("gzipped", [False, True])
def test_sparse_text_is_told_by_its_first_lines(
    written: Written, text: str, form: str, cells: dict[str, list[object]], gzipped: bool
) -> None:
    """With a column for each namespace or field; rows have the numbers of their lines."""
    table = read_table(written("a.csv", text, gzipped=gzipped))

    numbers = [number for number, line in enumerate(text.split("\n"), 1) if line.partition("#")[0].strip()]
    assert (table.form, _cells(table), table.row.tolist()) == (form, cells, numbers)


def test_a_first_line_of_sparse_text_may_be_long(written: Written) -> None:
    """Longer than what is looked at to tell the form."""
    pairs = " ".join(f"{place}:1.25" for place in range(20_000))

    assert read_table(written("a", f"1 {pairs}\n")).form == "libsvm"
    assert read_table(written("b", f"1 |f {pairs}\n")).form == "vowpal wabbit"


@pytest.mark.parametrize("text", ["hour |late\n1 |0\n", "|a|b|\n|1|2|\n", "1|2\n3|4\n", "y 1:2\n1 3:4\n"])
def test_a_table_is_not_taken_for_sparse_text(written: Written, text: str) -> None:
    """Bars and colons do not make it."""
    assert read_table(written("a", text)).form == "delimited"


def test_who_names_a_delimiter_has_a_delimited_file(written: Written) -> None:
    """Also where it looks like something else."""
    assert read_table(written("a", "1 |f a\n0 |f b\n"), delimiter="|").names == ("1", "f a")


def test_a_bandit_s_text_is_refused_by_name(written: Written) -> None:
    """Its lines hold one action's cost, not an outcome."""
    with pytest.raises(FileUnreadable, match=r"contextual bandit.*; write one example a line"):
        read_table(written("a.vw", "1:0:0.5 | tuesday year\n2:1:0.5 | stock\n"))


def test_truncated_sparse_text_is_refused(written: Written) -> None:
    """A gzipped file that was not copied whole has no known number of rows."""
    whole = gzip.compress("".join(f"1 |f a{place}\n" for place in range(50_000)).encode())

    with pytest.raises(FileUnreadable, match="ends in the middle of its gzip data; copy or write it again"):
        read_table(written("a.vw.gz", whole[: len(whole) // 2]))


def test_lines_that_are_no_examples_are_counted_with_their_number(written: Written) -> None:
    """Each under its reason, with what stood there."""
    lines = [
        "1 |f a:2",
        "no bar",
        "x |f a",
        "nan |f a",
        "1 1 0 4 |f a",
        "1 |f :2",
        "1 |f a:2:3",
        "1 |f a:1e999",
        "1 |f",
    ]

    table = read_table(written("a.vw", "\n".join([*lines, *["1 |f b"] * 40])))

    assert table.row.tolist() == [1, *range(9, 50)]
    assert [(each.reason, each.count, each.first_row) for each in table.rejections] == [
        ("no_bar", 1, 2),
        ("unparsable", 1, 3),
        ("not_finite", 1, 4),
        ("too_many_fields", 1, 5),
        ("unparsable", 1, 6),
        ("unparsable", 1, 7),
        ("not_finite", 1, 8),
    ]
    assert table.rejections[5].example == "'a:2:3' has no number behind its colon"


def test_a_gzipped_arrow_file_is_refused(written: Written) -> None:
    """As a gzipped Parquet file is."""
    with pytest.raises(FileUnreadable, match="is a gzipped Arrow file; unpack it with gunzip"):
        read_table(written("a.arrow.gz", b"ARROW1\0\0 and no more", gzipped=True))
