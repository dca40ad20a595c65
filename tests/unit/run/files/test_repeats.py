"""Rows whose id an earlier row has."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.column import Words
from flyball.run.files.rejection import Rejection
from flyball.run.files.repeats import without_repeats
from flyball.run.files.typed_rows import Rows


def rows(ids: list[str] | None, numbers: list[int]) -> Rows:
    """Rows that have nothing but ids and the numbers of their lines."""
    none = np.zeros(len(numbers))
    return Rows(
        row=np.array(numbers),
        columns={},
        event_ts=np.arange(len(numbers)),
        outcome_ts=None,
        has_outcome_ts=none > 0,
        label=np.array(numbers, dtype=np.float64),
        has_label=none > 0,
        ids=None if ids is None else Words.of(ids),
        weight=None,
        scores=None,
        rejections=(Rejection(reason="unparsable", count=1, first_row=9, example="x"),),
        ignored=(),
    )


@pytest.mark.parametrize("ids", [None, ["a", "b", ""], ["a", "A", "a "]])
def test_rows_without_repeats_are_given_back_as_they_are(ids: list[str] | None) -> None:
    """Without a copy."""
    given = rows(ids, [1, 2, 3])

    assert without_repeats(given, "id") is given


def test_the_first_in_time_is_taken_and_the_others_are_counted() -> None:
    """The example is the first of them in the file, whatever its time."""
    found = without_repeats(rows(["a", "b", "a", "b", "a"], [7, 3, 5, 8, 2]), "id")

    assert found.row.tolist() == [7, 3]
    assert found.label.tolist() == [7.0, 3.0]
    assert found.ids is not None
    assert found.ids.texts() == ["a", "b"]
    assert found.rejections[1:] == (
        Rejection(reason="repeated_id", count=3, first_row=2, example="id 'a' is that of row 7 already", column="id"),
    )
    assert found.rows_read == 6
