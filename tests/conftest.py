"""What holds for every test: how Hypothesis searches, and which mark a folder gives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

TESTS = Path(__file__).parent
MARKS = ("unit", "integration", "property")
"""Folders whose tests bear the mark of the same name."""

# Compiling a kernel on first use is slow once, which says nothing about the test: no deadlines anywhere.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.register_profile("long", parent=settings.get_profile("dev"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test after its folder, so that `pytest -m unit` needs no decorators."""
    for item in items:
        if item.path.is_relative_to(TESTS):
            room = item.path.relative_to(TESTS).parts[0]
            if room in MARKS:
                item.add_marker(room)
