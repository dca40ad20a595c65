"""`flyball up` as a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.cli.demo.spawned import SpawnedSystem, SystemEnded

if TYPE_CHECKING:
    from pathlib import Path


def test_a_system_that_does_not_start_says_why(tmp_path: Path) -> None:
    """What it wrote to its log is in the message."""
    spawned = SpawnedSystem(tmp_path / "nowhere.py", tmp_path / "state", port=0, log=tmp_path / "up.log")
    with spawned, pytest.raises(SystemEnded, match=r"did not get ready; it said: .*nowhere\.py' does not exist"):
        spawned.wait_ready()

    assert spawned.ended
    with pytest.raises(SystemEnded, match="nothing runs"):
        _ = spawned.running
