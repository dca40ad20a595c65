"""Maps of sparse text become what they stand for."""

from __future__ import annotations

import pyarrow as pa
import pytest

from flyball.run.inference.plain_column import plain_column, unsigned_labels

MAP = pa.map_(pa.string(), pa.float64())


@pytest.mark.parametrize(
    ("maps", "plain"),
    [
        ([[("a", 1.0)], None, []], ["a", None, None]),
        ([[("b", 1.0), ("a", 1.0)], None, []], [["a", "b"], None, []]),
        ([[("a", 0.5)], None], [[("a", 0.5)], None]),
    ],
)
def test_a_map_becomes_the_plainest_of_a_text_a_list_and_itself(maps: list[object], plain: list[object]) -> None:
    """In whatever chunks it comes."""
    whole = pa.array(maps, MAP)

    found = plain_column(pa.chunked_array([whole[:1], whole[1:]]))

    assert not isinstance(found, list)
    assert found.to_pylist() == plain


def test_other_columns_stay_as_they_are() -> None:
    """Texts, numbers and Python's objects."""
    texts, objects = pa.chunked_array([["a"]]), [{"a": 1.0}]

    assert plain_column(texts) is texts
    assert plain_column([*objects]) == objects


@pytest.mark.parametrize(
    ("labels", "plain"),
    [
        ([-1.0, 1.0, None], [0, 1, None]),
        ([-1.0], [0]),
        ([0.0, 1.0], [0.0, 1.0]),
        ([1.0, 1.0], [1.0, 1.0]),
        ([-1.0, 1.0, 3.0], [-1.0, 1.0, 3.0]),
    ],
)
def test_only_labels_of_two_signs_are_truths(labels: list[float | None], plain: list[float | None]) -> None:
    """A number that happens to be -1 among others is a number."""
    found = unsigned_labels(pa.chunked_array([labels]))

    assert not isinstance(found, list)
    assert found.to_pylist() == plain
