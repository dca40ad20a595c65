"""What was given is shown short and safely."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind


class Hostile:
    """Cannot be shown."""

    def __repr__(self) -> str:
        """Fails."""
        raise RuntimeError("not to be asked")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("DE", "'DE'"),
        ("a\nb", "'a\\nb'"),
        ("x" * 100, f"'{'x' * 60}'... (100 characters)"),
        (b"abc", "3 bytes"),
        (None, "None"),
        (True, "True"),
        (7, "7"),
        pytest.param(10**5000, "an int of 16610 bits", id="huge"),
        (1.5, "1.5"),
        (float("nan"), "nan"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31 00:00:00+00:00"),
        ([1], "a list of 1 item"),
        ((), "a tuple of 0 items"),
        ({"a": 1, "b": 2}, "a dict of 2 items"),
        (int, "the type int"),
        (Kind.STR, "'str'"),
        (Hostile(), "a Hostile"),
        (object(), "an object"),
    ],
)
def test_anything_is_shown_in_a_few_characters(given: object, shown: str) -> None:
    """No foreign `__repr__` is called, and nothing is longer than a line."""
    assert excerpt(given) == shown
