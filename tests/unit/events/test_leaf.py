"""Leaves: values as they are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.events.leaf import leaf_of, value_of
from flyball.system.missing import MISSING

if TYPE_CHECKING:
    from flyball.system.value import Value


@pytest.mark.parametrize("value", [True, 7, 2.5, "AA", ("b", "a"), (), {"a": 1.0}, MISSING])
def test_every_value_comes_back_from_the_log_as_it_went(value: Value) -> None:
    """Missing as well."""
    back = value_of(leaf_of(value))

    assert back == value
    assert type(back) is type(value)
