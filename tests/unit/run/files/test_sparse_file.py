"""Sparse text becomes columns: the roles that the form has, and a map for each namespace or field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.sparse_file import read_sparse
from flyball.run.files.sparse_form import SparseForm, sparse_form
from flyball.run.files.sparse_lines import sparse_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.run.files.tabular import Tabular

    Written = Callable[..., str]


def _cells(table: Tabular) -> dict[str, list[object]]:
    return {name: column if isinstance(column, list) else column.to_pylist() for name, column in table.columns.items()}


@pytest.mark.parametrize("gzipped", [False, True])
def test_vowpal_wabbits_text_has_a_column_for_each_namespace(written: Written, *, gzipped: bool) -> None:
    """Features without a namespace have one too; what the rows have in common keeps its number."""
    text = "\ufeff1 2 0.5 'first|f a b:0.25 |g:2 x:3\r\n\n-1 | 7 plain |f a a\n"

    table = read_sparse(written("a.vw", text, gzipped=gzipped), SparseForm.VW)

    assert _cells(table) == {
        "label": [1.0, -1.0],
        "weight": [2.0, 1.0],
        "base": [0.5, 0.0],
        "tag": ["first", None],
        "f": [[("a", 1.0), ("b", 0.25)], [("a", 2.0)]],
        "g": [[("x", 6.0)], None],
        "features": [None, [("7", 1.0), ("plain", 1.0)]],
    }
    assert (table.form, table.row.tolist(), table.sparse, table.weight) == ("vowpal wabbit", [1, 3], True, "weight")


def test_libsvm_text_is_one_column_of_features(written: Written) -> None:
    """With the query that a row belongs to, where there are queries."""
    table = read_sparse(written("a.svm", "+1 qid:3 1:0.5 7:1 # a remark\n# none\n-1 qid:4\n"), SparseForm.LIBSVM)

    assert _cells(table) == {
        "label": [1.0, -1.0],
        "qid": ["3", "4"],
        "features": [[("1", 0.5), ("7", 1.0)], None],
    }
    assert (table.row.tolist(), table.weight) == ([1, 3], None)


def test_libffm_text_has_a_column_for_each_field(written: Written) -> None:
    """In the order in which they appear."""
    table = read_sparse(written("a.ffm", "1 0:9:1 3:7:0.5\n0 3:8:1\n"), SparseForm.LIBFFM)

    assert _cells(table) == {
        "label": [1.0, 0.0],
        "field_0": [[("9", 1.0)], None],
        "field_3": [[("7", 0.5)], [("8", 1.0)]],
    }


def test_namespaces_that_only_some_blocks_of_lines_have_fill_their_columns(written: Written) -> None:
    """The file is read in blocks of 4 MiB."""
    filling = "1 |f " + " ".join(f"name{n}" for n in range(9_000)) + "\n"
    count = (9 << 20) // len(filling)
    text = "1 |early a\n" + filling * count + "1 |late b\n"

    table = read_sparse(written("a.vw", text), SparseForm.VW)

    assert table.rows == count + 2
    assert [_cells(table)[name][place] for name, place in (("early", 0), ("late", -1))] == [[("a", 1.0)], [("b", 1.0)]]
    assert [table.columns[name].null_count for name in ("early", "f", "late")] == [count + 1, 2, count + 1]  # type: ignore[union-attr]  # arrays of Arrow's


def test_namespaces_with_the_names_of_roles_are_called_otherwise(written: Written) -> None:
    """So that no signal is taken for the label."""
    table = read_sparse(written("a.vw", "1 |label a |weight b\n"), SparseForm.VW)

    assert list(table.columns) == ["label", "weight", "namespace_label", "namespace_weight"]


@pytest.mark.parametrize(
    ("form", "line", "rejection"),
    [
        (SparseForm.VW, "1 f a", "no_bar, first at row 2: '1 f a' has no '|' before its features"),
        (SparseForm.VW, "x |f a", "unparsable, first at row 2: 'x' is no number; a label, an importance and a base"),
        (SparseForm.VW, "inf |f a", "not_finite, first at row 2: 'inf' is not finite; a label, an importance"),
        (SparseForm.VW, "1 2 3 4 |f a", "too_many_fields, first at row 2: '4' comes after a label, an importance and"),
        (SparseForm.VW, "1 |f :3", "unparsable, first at row 2: ':3' is a value without the name of a feature"),
        (SparseForm.VW, "1 |f a:b", "unparsable, first at row 2: 'a:b' has no number behind its colon"),
        (SparseForm.VW, "1 |f a:nan", "not_finite, first at row 2: 'a:nan' has a value that is not a finite number"),
        (SparseForm.VW, "1 |f:1e200 a:1e200", "not_finite, first at row 2: 'a' has a value that is not a finite"),
        (SparseForm.VW, "1 |f a:1e308 a:1e308", "not_finite, first at row 2: 'a' has a value that is not a finite"),
        (SparseForm.LIBSVM, "1 7", "unparsable, first at row 2: '7' is no feature; accepted: index:value"),
        (SparseForm.LIBSVM, "1 a:1", "unparsable, first at row 2: 'a:1' has an index that is no whole number"),
        (SparseForm.LIBFFM, "1 7:1", "unparsable, first at row 2: '7:1' is no feature; accepted: index:value, or with"),
    ],
)
def test_lines_that_are_no_examples_are_counted_and_shown(
    written: Written, form: SparseForm, line: str, rejection: str
) -> None:
    """With the number of the first; the lines around them are taken."""
    good = {SparseForm.VW: "1 |f a", SparseForm.LIBSVM: "1 3:1", SparseForm.LIBFFM: "1 2:3:1"}[form]

    table = read_sparse(written("a", f"{good}\n{line}\n{line}\n{good}"), form)

    assert (table.row.tolist(), table.rows_read, len(table.rejections)) == ([1, 4], 4, 1)
    assert str(table.rejections[0]).startswith(f"2 rows: {rejection}")


@pytest.mark.parametrize(
    ("form", "content", "message"),
    [
        (SparseForm.VW, b"\n \n", "has no example of vowpal wabbit text; give a file with examples"),
        (SparseForm.VW, b"1 f\n", r"has no example of vowpal wabbit text \('1 f' has no '\|' before its features\)"),
        (SparseForm.VW, b"1 |f a\n1 |f \xe9\n", r"is not UTF-8 \(byte 0xe9 in line 2\)"),
        (SparseForm.VW, b"1 |a b |c d |e f |g h\n", "has 6 columns; at most 5 are read; put namespaces that belong"),
        (SparseForm.VW, b"1 |label a |namespace_label b\n", "has two namespaces that are both to be the column"),
        (SparseForm.LIBFFM, b"1 1:2:x\n", "has no example of libffm text"),
    ],
)
def test_files_that_are_no_tables_are_refused(written: Written, form: SparseForm, content: bytes, message: str) -> None:
    """With what to do."""
    with pytest.raises(FileUnreadable, match=message):
        read_sparse(written("a", content), form, limit_columns=5)


def test_a_file_with_a_namespace_in_each_line_is_refused_before_memory_runs_out(written: Written) -> None:
    """Each would be a column."""
    text = "\n".join(f"1 |n{n} a" for n in range(10_002))

    with pytest.raises(FileUnreadable, match="has more than 10,000 namespaces or fields; put what belongs together"):
        read_sparse(written("a.vw", text), SparseForm.VW)


def test_a_line_may_be_of_any_usual_length(written: Written) -> None:
    """Longer than a block, too."""
    path = written("a.vw", "1 |f " + " ".join(f"w{n}:0.5" for n in range(5_000)) + "\n-1 |f x" + " y" * 600)

    blocks = list(sparse_lines(path, SparseForm.VW, block=1_000))

    assert [lines.line.tolist() for lines in blocks if lines.rows] == [[1], [2]]
    assert np.concatenate([lines.values for lines in blocks]).sum() == 3_101.0


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1 |f a b\n-1 |f c\n", SparseForm.VW),
        ("1 2.5 0.1 'tag |f a\n", SparseForm.VW),
        ("-1 2 tag|f a\n", SparseForm.VW),
        ("|f a\n1 |f b\n", SparseForm.VW),
        ("+1 3:0.5 7:1\n", SparseForm.LIBSVM),
        ("# a remark\n-1 qid:2 3:0.5\n0\n", SparseForm.LIBSVM),
        ("0 1:3:1 2:4:0.5\n", SparseForm.LIBFFM),
        ("1\n0 1:3:1\n", SparseForm.LIBFFM),
        ("7|f\n8|g\n", None),
        ("hour,late\n7,1\n", None),
        ("hour|late\n7|1\n", None),
        ("|a|b|\n|1|2|\n", None),
        ("time\tvalue\n1\t12:30\n", None),
        ("1\n2\n", None),
        ("", None),
    ],
)
def test_the_form_is_told_by_the_first_lines(text: str, form: SparseForm | None) -> None:
    """And tables with bars or colons are not mistaken for it."""
    assert sparse_form("a", text) is form


@pytest.mark.parametrize("line", ["1:0.5:0.25 | a b", "shared |user a", "2:-1:0.5 |f a"])
def test_the_text_of_a_contextual_bandit_is_refused(line: str) -> None:
    """It is several actions, not one example with one label."""
    with pytest.raises(FileUnreadable, match=r"is Vowpal Wabbit's text of a contextual bandit .*; write one example"):
        sparse_form("a", line + "\n")
