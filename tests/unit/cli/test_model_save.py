"""`flyball model save`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.learn.model_file import read_model_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


def test_a_model_is_saved_to_one_file(shell: Shell, folder: Path) -> None:
    """It says what it holds, and keeps what is there."""
    assert shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report").code == 0
    said = shell("model", "save", "delay", "--state", "state", "--out", "delay.model", "--json")
    held = read_model_file(folder / "delay.model")

    assert said.code == 0, said.err
    assert said.found["learned_through"] == held.seq == 602
    assert said.found["features"] == len(held.keys) > 0
    assert "is there already" in shell("model", "save", "delay", "--state", "state", "--out", "delay.model").err
