"""The examples of docs/estimators.md and docs/factorisation.md run."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("page", "least"), [("estimators.md", 11), ("factorisation.md", 8)])
def test_the_examples_of_the_page_run(page: str, least: int) -> None:
    """Each gives what stands under it."""
    found = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)

    assert found.attempted >= least
    assert found.failed == 0
