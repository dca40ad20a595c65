"""Sizes as people type them."""

from __future__ import annotations

import pytest

from flyball.system.size import SizeRefused, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("12b", 12),
        ("3kB", 3_000),
        ("3 KiB", 3_072),
        (" 2.5gb ", 2_500_000_000),
        ("1TiB", 2**40),
    ],
)
def test_a_number_and_a_unit_are_bytes(text: str, expected: int) -> None:
    """Decimal and binary units, in any case."""
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1,5GB", "10 parsecs", "1e9", "1i", "9" * 40])
def test_anything_else_is_refused_with_what_is_accepted(text: str) -> None:
    """The message shows a right one."""
    with pytest.raises(SizeRefused, match=r"is no size; give a number and a unit, such as '500MB'"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (999_499, "999 kB"),
        (999_999, "1 MB"),
        (1_234_567, "1.23 MB"),
        (5 * 10**12, "5 TB"),
    ],
)
def test_sizes_are_shown_with_three_digits(size: int, expected: str) -> None:
    """In decimal units."""
    assert format_size(size) == expected
