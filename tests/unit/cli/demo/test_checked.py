"""What is checked when the demo has stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flyball as fb
from flyball.cli.demo import checked
from flyball.cli.demo.checked import check_state

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SYSTEM = fb.System("s", models=[fb.Model("m", signals=[fb.Input("x", int)], outcome=fb.Outcome("y"))])


def test_what_was_acknowledged_and_is_not_in_the_log_is_counted(tmp_path: Path) -> None:
    """An answer and an outcome of two each."""
    with fb.open(SYSTEM, tmp_path / "state") as fly:
        fly.predict("m", {"x": 1}, id="r1")
        fly.outcome("r1", value=True)
    found = check_state(tmp_path / "state", answered=["r1", "r2"], clicks=2)

    assert (found.predictions_missing, found.outcomes_missing, found.acknowledged) == (1, 1, False)
    assert (found.counts.balanced, found.replay_matches, found.holds) == (True, True, False)
    assert check_state(tmp_path / "state", answered=["r1"], clicks=1).holds


def test_a_long_log_is_not_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for minutes at the end of a demo."""
    with fb.open(SYSTEM, tmp_path / "state"):
        pass
    monkeypatch.setattr(checked, "MOST_RECORDS", 0)

    assert check_state(tmp_path / "state", answered=[], clicks=0).replay_matches is None
