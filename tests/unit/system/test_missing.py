"""Missing is a value of its own."""

from __future__ import annotations

import copy
import pickle

import pytest

from flyball.system.missing import MISSING, Missing


def test_there_is_one_missing_value() -> None:
    """Making another gives the same."""
    assert Missing() is MISSING


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301  # bytes of our own
def test_a_copy_of_missing_is_missing(again: object) -> None:
    """So `is MISSING` holds in another process too."""
    assert callable(again)
    assert again(MISSING) is MISSING


def test_missing_has_no_truth() -> None:
    """`if value:` would treat 0, an empty text and missing alike."""
    with pytest.raises(TypeError, match="ask 'value is MISSING' instead"):
        bool(MISSING)


def test_missing_shows_its_name() -> None:
    """A table of values is readable."""
    assert repr([1, MISSING]) == "[1, MISSING]"
