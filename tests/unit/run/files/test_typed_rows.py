"""A table becomes typed rows; what cannot be taken is counted and shown, and the counts add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.files.leaf_spec import LeafSpec, leaf_specs
from flyball.run.files.reading import read_table
from flyball.run.files.typed_rows import SYNTHETIC_START_US, ColumnsUnknown, typed_rows
from flyball.system.error import FlyballError
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.outcome import Outcome
from flyball.system.program import compile_program
from flyball.system.source import Source

if TYPE_CHECKING:
    from flyball.run.files.typed_rows import Rows

Written = Callable[..., str]
SECOND = 1_000_000


def _rows(path: str, leaves: dict[str, Kind], source: Source, outcome: Outcome, score: str | None = None) -> Rows:
    specs = [LeafSpec(name=name, kind=kind) for name, kind in leaves.items()]
    return typed_rows(read_table(path), specs, source, outcome, score_column=score)


def _why(rows: Rows) -> list[tuple[str, str | None, int, int]]:
    return [(each.reason, each.column, each.count, each.first_row) for each in rows.rejections]


def test_every_role_of_a_column_is_read(written: Written) -> None:
    """Times, ids, labels, outcome times, weights and scores beside the leaves."""
    text = (
        "id,at,known,city,hour,late,w,p\n"
        "a,1970-01-01T00:00:01Z,1970-01-01T00:01:00Z,Bonn,7,yes,2,0.5\n"
        "b,1970-01-01T00:00:02Z,,,8,,,\n"
    )
    source = Source(time="at", id="id", outcome_time="known", weight="w", label="late")
    leaves = {"city": Kind.STR, "hour": Kind.INT}

    rows = _rows(written("a.csv", text), leaves, source, Outcome("late"), "p")

    assert rows.columns["city"].leaves(0, 2) == ["Bonn", None]
    assert rows.columns["hour"].leaves(0, 2) == [7, 8]
    assert rows.event_ts.tolist() == [1 * SECOND, 2 * SECOND]
    assert rows.outcome_ts is not None
    assert rows.outcome_ts.tolist() == [60 * SECOND, 0]
    assert rows.has_outcome_ts.tolist() == [True, False]
    assert rows.label.tolist() == [1.0, 0.0]
    assert rows.has_label.tolist() == [True, False]
    assert rows.ids is not None
    assert rows.ids.texts() == ["a", "b"]
    assert rows.weight is not None
    assert rows.weight.tolist() == [2.0, 1.0]
    assert rows.scores is not None
    assert np.isnan(rows.scores).tolist() == [False, True]
    assert (rows.rejections, rows.ignored, rows.notes) == ((), (), ())


@pytest.mark.parametrize(
    ("line", "reason", "column"),
    [
        ("x,2026-01-01T00:00:00Z,7,1,1,0.5", "unparsable", "n"),
        ("nan,2026-01-01T00:00:00Z,7,1,1,0.5", "not_finite", "n"),
        ("1e400,2026-01-01T00:00:00Z,7,1,1,0.5", "out_of_range", "n"),
        ("1,2026-01-01T00:00:00,7,1,1,0.5", "naive_time", "at"),
        ("1,2026-02-30T00:00:00Z,7,1,1,0.5", "impossible_time", "at"),
        ("1,1767225600,7,1,1,0.5", "no_unit", "at"),
        ("1,,7,1,1,0.5", "missing_time", "at"),
        ("1,2026-01-01T00:00:00Z,9223372036854775808,1,1,0.5", "out_of_range", "big"),
        ("1,2026-01-01T00:00:00Z,7,maybe,1,0.5", "unparsable", "late"),
        ("1,2026-01-01T00:00:00Z,7,1,-1,0.5", "out_of_range", "w"),
        ("1,2026-01-01T00:00:00Z,7,1,1,1.5", "out_of_range", "p"),
        ("1,2026-01-01T00:00:00Z", "too_few_fields", None),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_whole_and_shown(
    written: Written, line: str, reason: str, column: str | None
) -> None:
    """The rows around it stay, and keep their numbers."""
    good = "1,2026-01-01T00:00:00Z,7,1,1,0.5\n"
    path = written("a.csv", f"n,at,big,late,w,p\n{good}{line}\n{good}")
    source = Source(time="at", weight="w")

    rows = _rows(path, {"n": Kind.FLOAT, "big": Kind.INT}, source, Outcome("late"), "p")

    assert rows.row.tolist() == [1, 3]
    assert _why(rows) == [(reason, column, 1, 2)]
    assert rows.rows_read == 3


def test_a_row_with_two_faults_counts_once(written: Written) -> None:
    """Counts of different reasons add up to the rows that are not there."""
    path = written("a.csv", "a,b,late\nx,y,1\n1,y,1\n2,3,1\n")

    rows = _rows(path, {"a": Kind.INT, "b": Kind.INT}, Source(), Outcome("late"))

    assert _why(rows) == [("unparsable", "a", 1, 1), ("unparsable", "b", 1, 2)]
    assert rows.rows_read == rows.n + 2 == 3


def test_labels_are_two_texts_or_a_number(written: Written) -> None:
    """Another text is refused, a missing one is an outcome that never arrives."""
    path = written("a.csv", "n,late\n1,LATE\n2,ON TIME\n3,late\n4,?\n")

    rows = _rows(path, {"n": Kind.INT}, Source(missing=("", "?")), Outcome("late", labels=("ON TIME", "LATE")))

    assert rows.label.tolist() == [1.0, 0.0, 0.0]
    assert rows.has_label.tolist() == [True, True, False]
    assert str(rows.rejections[0]) == (
        "1 row, column 'late': not_a_label, first at row 3: 'late' is no label; accepted: ON TIME, LATE"
    )


def test_a_number_is_an_outcome_too(written: Written) -> None:
    """As a float, whatever it is declared to be."""
    path = written("a.csv", "n,cnt\n1,16\n2,4e1\n")

    rows = _rows(path, {"n": Kind.INT}, Source(), Outcome("cnt", float, scale=100))

    assert rows.label.tolist() == [16.0, 40.0]


def test_without_times_rows_follow_each_other_by_a_second(written: Written) -> None:
    """By their numbers in the file, so a refused row leaves its second empty."""
    path = written("a.csv", "n,late\n1,1\nx,1\n3,0\n")

    rows = _rows(path, {"n": Kind.INT}, Source(), Outcome("late"))

    assert rows.event_ts.tolist() == [SYNTHETIC_START_US, SYNTHETIC_START_US + 2 * SECOND]
    assert rows.outcome_ts is None
    assert rows.has_outcome_ts.tolist() == [True, True]


def test_an_outcome_known_before_its_prediction_is_refused_beyond_the_skew(written: Written) -> None:
    """Two clocks may disagree by a minute."""
    path = written(
        "a.csv",
        "at,known,late\n2026-01-01T00:10:00Z,2026-01-01T00:09:00Z,1\n2026-01-01T00:10:00Z,2026-01-01T00:08:59Z,1\n",
    )

    rows = _rows(path, {}, Source(time="at", outcome_time="known"), Outcome("late"))

    assert rows.row.tolist() == [1]
    assert str(rows.rejections[0]) == (
        "1 row, column 'known': before_event, first at row 2: "
        "2026-01-01T00:08:59Z is 61s before the prediction was asked for"
    )


def test_a_label_without_its_time_never_arrives_and_is_noted(written: Written) -> None:
    """Nobody knows when it was known."""
    path = written("a.csv", "at,known,late\n2026-01-01T00:00:00Z,,1\n")

    rows = _rows(path, {}, Source(time="at", outcome_time="known"), Outcome("late"))

    assert rows.has_outcome_ts.tolist() == [False]
    assert rows.notes == ("1 rows have a label but no time in 'known': it is taken that their outcome never arrived",)


def test_rows_can_be_put_in_the_order_of_their_times(written: Written) -> None:
    """Equal times keep the file's order, and everything moves along."""
    path = written("a.csv", "id,at,n,late\nc,3,30,1\na,1,10,0\nb,1,20,1\n")

    rows = _rows(path, {"n": Kind.INT}, Source(time="at", unit="s", id="id"), Outcome("late")).in_time_order()

    assert rows.row.tolist() == [2, 3, 1]
    assert rows.columns["n"].leaves(0, 3) == [10, 20, 30]
    assert rows.ids is not None
    assert rows.ids.texts() == ["a", "b", "c"]
    assert rows.in_time_order() is rows


def test_rows_without_an_id_are_refused_where_ids_are_declared(written: Written) -> None:
    """An outcome could never be joined to them."""
    rows = _rows(written("a.csv", "id,late\n7,1\n,0\n"), {}, Source(id="id"), Outcome("late"))

    assert _why(rows) == [("missing_id", "id", 1, 2)]


def test_ids_may_be_whole_numbers_in_json(written: Written) -> None:
    """They stand for their digits."""
    rows = _rows(
        written("a.jsonl", '{"id": 7, "late": true}\n{"id": 1.5, "late": 0}\n'), {}, Source(id="id"), Outcome("late")
    )

    assert rows.ids is not None
    assert rows.ids.texts() == ["7"]
    assert _why(rows) == [("wrong_type", "id", 1, 2)]


def test_a_column_that_the_file_does_not_have_is_named_with_the_nearest(written: Written) -> None:
    """Also one that has a role."""
    path = written("a.csv", "hour,late\n1,0\n")

    with pytest.raises(
        ColumnsUnknown, match=r"no column 'huor' \(did you mean 'hour'\?\), 'ts'; it has: 'hour', 'late'"
    ):
        _rows(path, {"huor": Kind.INT}, Source(time="ts"), Outcome("late"))


def test_columns_that_nothing_reads_are_listed(written: Written) -> None:
    """In the file's order."""
    rows = _rows(written("a.csv", "x,hour,y,late\n1,2,3,1\n"), {"hour": Kind.INT}, Source(), Outcome("late"))

    assert rows.ignored == ("x", "y")


def test_outcome_times_need_the_times_of_predictions(written: Written) -> None:
    """A delay is counted from something."""
    with pytest.raises(FlyballError, match="outcome_time='known' is given without time=; name the column"):
        _rows(written("a.csv", "known,late\n1,1\n"), {}, Source(outcome_time="known"), Outcome("late"))


def test_a_timestamp_leaf_has_its_own_unit_and_zone_or_those_of_the_source(written: Written) -> None:
    """What the leaf declares wins."""
    path = written("a.csv", "a,b,late\n1,1970-01-01 00:00:01,1\n")
    program = compile_program([Input("a", "datetime", unit="ms"), Input("b", "datetime")])

    rows = typed_rows(read_table(path), leaf_specs(program), Source(unit="s", tz="UTC"), Outcome("late"))

    assert rows.columns["a"].leaves(0, 1) == [1_000]
    assert rows.columns["b"].leaves(0, 1) == [1 * SECOND]


def test_flights_are_read_whole(real: Callable[[str], str]) -> None:
    """242,579 rows, 1,498 of which never get an outcome."""
    source = Source(time="event_ts", outcome_time="label_ts", label="late15")

    rows = _rows(real("seaflights15/flights.csv.gz"), {"flight": Kind.INT, "dest": Kind.STR}, source, Outcome("late15"))

    assert (rows.n, int(rows.has_label.sum()), int(rows.label.sum())) == (242_579, 241_081, 37_551)
    assert rows.has_outcome_ts.tolist() == rows.has_label.tolist()
    assert rows.rejections == ()


def test_a_label_that_silence_says_too_is_not_missed(written: Written) -> None:
    """Only what is lost is told: a no without a time is learned as silence."""
    text = "at,known,late\n2026-01-01,2026-01-02,1\n2026-01-01,,0\n2026-01-01,,0\n2026-01-01,,1\n"
    source = Source(time="at", outcome_time="known", tz="UTC")
    path = written("a.csv", text)

    notes = [_rows(path, {}, source, outcome).notes for outcome in (Outcome("late"), Outcome("late", if_silent=0))]

    assert [[note.split(" in ")[0] for note in each] for each in notes] == [
        ["3 rows have a label but no time"],
        ["1 rows have a label but no time"],
    ]


def test_minus_one_is_no_where_the_form_writes_it_so(written: Written) -> None:
    """And a number like any other where the outcome is one; what is no class is refused with its line."""
    path = written("a.vw", "1 |f a\n-1 3 |f b\n0 |f c\n2 |f d\n |f e\n")
    leaves = {"f": Kind.MAP}

    truths = _rows(path, leaves, Source(label="label", weight="weight"), Outcome("late"))
    numbers = _rows(path, leaves, Source(label="label"), Outcome("late", float))

    assert (truths.label.tolist(), truths.has_label.tolist()) == ([1, 0, 0, 0], [True, True, True, False])
    assert truths.weight is not None
    assert truths.weight.tolist() == [1, 3, 1, 1]
    assert _why(truths) == [("unparsable", "label", 1, 4)]
    assert numbers.label.tolist() == [1, -1, 0, 2, 0]
    assert truths.columns["f"].leaves(0, 2) == [{"a": 1.0}, {"b": 1.0}]


def test_a_namespace_is_read_as_what_it_is_declared(written: Written) -> None:
    """A category, a list or a map; a row that it does not fit is refused with its line."""
    path = written("a.vw", "1 |f a\n1 |g b\n1 |f a b\n1 |f a:0.5\n")
    source = Source(label="label")

    text, names, weights = (_rows(path, {"f": kind}, source, Outcome("y")) for kind in (Kind.STR, Kind.LIST, Kind.MAP))

    assert text.columns["f"].leaves(0, text.n) == ["a", None]
    assert names.columns["f"].leaves(0, names.n) == [["a"], None, ["a", "b"]]
    assert weights.columns["f"].leaves(0, 4) == [{"a": 1.0}, None, {"a": 1.0, "b": 1.0}, {"a": 0.5}]
    assert _why(text) == [("wrong_type", "f", 2, 3)]
    assert _why(names) == [("wrong_type", "f", 1, 4)]
