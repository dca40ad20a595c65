"""The examples of docs/estimators.md run."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "estimators.md"


def test_the_examples_of_the_page_run() -> None:
    """Each gives what stands under it."""
    found = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)

    assert found.attempted > 10
    assert found.failed == 0
