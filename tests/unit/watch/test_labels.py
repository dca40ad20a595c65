"""The numbering of a dimension's values."""

from __future__ import annotations

from flyball.watch.labels import FIRST, LONGEST, MISSING, OTHER, Labels, shortened


def test_values_are_numbered_in_order_of_appearance_and_keep_their_number() -> None:
    """The second sight of a value changes nothing."""
    labels = Labels(limit=10)

    assert [labels.number(value) for value in ("b", "a", "b", "c")] == [FIRST, FIRST + 1, FIRST, FIRST + 2]
    assert labels.values() == ("b", "a", "c")


def test_values_beyond_the_limit_share_the_other_cell_and_known_ones_do_not() -> None:
    """A full dimension still knows its values."""
    labels = Labels(limit=1)

    assert [labels.number(value) for value in ("a", "b", "c", "a")] == [FIRST, OTHER, OTHER, FIRST]


def test_a_value_spelled_like_the_missing_cell_gets_its_own_number() -> None:
    """Data cannot slip into a cell that it only names."""
    labels = Labels(limit=10)

    assert labels.number("(missing)") == FIRST
    assert labels.number("(other)") == FIRST + 1
    assert labels.number(None) == MISSING


def test_long_values_are_shortened_but_told_apart() -> None:
    """Two long values with one beginning keep two cells, and memory stays bounded."""
    labels = Labels(limit=10)
    one, two = "x" * 1000 + "1", "x" * 1000 + "2"

    assert labels.number(one) != labels.number(two)
    assert all(len(text) == LONGEST for text in labels.values())
    assert labels.number(one) == labels.number(shortened(one))


def test_a_value_with_half_a_surrogate_pair_is_shortened_without_error() -> None:
    """Text from broken files is text all the same."""
    assert len(shortened("\ud800" * 500)) == LONGEST
