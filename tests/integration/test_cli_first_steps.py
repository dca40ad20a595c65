"""The commands of README.md, "Your own data": what is drafted learns from what did not happen too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from flyball.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

ROLES = ("--label", "clicked", "--time", "event_ts", "--id", "id", "--outcome-time", "click_ts")


def typed(*words: str) -> dict[str, Any]:
    """What a command found; it must end well."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert (words, result.exit_code) == (words, 0)
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_both_classes_are_learned_from_data_that_tell_when_clicks_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was never clicked has no time of a click: its silence is learned from when the window closes."""
    monkeypatch.chdir(tmp_path)
    typed("demo", "--replay", "--days", "2", "--requests", "1000", "--out", "try")
    drafted = typed("init", "try/clicks.csv.gz", *ROLES, "--exclude", "truth", "--out", "try/mine.py")
    typed("check", "try/mine.py")
    replayed = typed("replay", "try/mine.py", "try/clicks.csv.gz", "--state", "try/state", "--no-report")
    typed("status", "--state", "try/state")
    typed("plan", "try/mine.py", "--state", "try/state")
    again = typed("replay", "--log", "try/state", "--no-report")

    model = replayed["models"]["clicked"]
    counts = model["counts"]
    assert (counts["joined"] > 0, counts["silent"] > 10 * counts["joined"]) == (True, True)
    assert model["examples"] == counts["joined"] + counts["silent"] == replayed["rows"] - counts["pending"]
    # Two clicks of this world are taken back: a no that has a time.
    assert model["mean_outcome"] == pytest.approx(counts["joined"] / model["examples"], rel=0.05)
    assert model["normalised_entropy"] < 1.1
    assert "silence is no" in drafted["label"]["evidence"]
    assert "if_silent=0" in (tmp_path / "try" / "mine.py").read_text(encoding="utf-8")
    assert again["matches_state"] is True
