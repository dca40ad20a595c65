"""Labels, their words and their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from flyball.estimators.labels import array_of, in_order, plain, word_of, words_of


@pytest.mark.parametrize(
    ("label", "expected"),
    [(np.int64(3), 3), (np.bool_(True), True), (np.str_("a"), "a"), (pa.scalar("a"), "a"), ("a", "a"), (None, None)],
)
def test_a_label_is_taken_out_of_its_scalar(label: Any, expected: object) -> None:  # noqa: ANN401  # scalars of any library
    """What comes out is what was meant, of Python's types."""
    found = plain(label)

    assert found == expected
    assert type(found) is type(expected)


def test_labels_that_are_equal_have_one_word_and_others_have_others() -> None:
    """Python's equality is what dictionaries of classes go by."""
    assert word_of(1) == word_of(1.0) == word_of(True)
    assert len({word_of(label) for label in (0, 1, 2, 1.5, "1", "1.5", ("1",), float("inf"))}) == 8
    assert words_of(np.array([3, 4])).tolist() == [word_of(3), word_of(4)]


def test_labels_are_sorted_where_they_can_be() -> None:
    """As NumPy's `unique` has them."""
    assert in_order(["b", "a", "b"]) == ["a", "b"]
    assert in_order(["b", 1, "a"]) == ["b", 1, "a"]


def test_the_array_of_labels_is_of_their_type() -> None:
    """Objects where they have none in common, and tuples are labels, not rows."""
    assert array_of([1, 2]).dtype == np.int64
    assert array_of(["a", "bc"]).tolist() == ["a", "bc"]
    assert array_of([]).tolist() == []
    assert array_of([(1, 2), (3, 4)]).shape == (2,)
