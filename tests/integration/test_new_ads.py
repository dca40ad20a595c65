"""New ads are calibrated from their first minute, because an example is learned when its outcome is known.

On a busy exchange most of what is known of an ad in its first half hour are its clicks: whoever learns these at once,
and silence only when the window closes, predicts far too much.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flyball.run import engine
from flyball.run.file_replay import replay_file
from flyball.system.load import load_system
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.events.rule import JoinRule
    from flyball.system.outcome import Outcome

RULE_OF = engine.rule_of
TOLERANCE = 0.05


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two busy days with few ads."""
    path = tmp_path_factory.mktemp("traffic") / "clicks.parquet"
    World(0, ads_per_day=40).month(2, 300_000).write(path)
    return path


def calibration_of_young_ads(traffic: Path) -> float:
    """Predicted over actual of ads younger than an hour, at prediction time."""
    model = replay_file(load_system(ADS), traffic).report.models[0]
    [young] = [cell.scorecard for cell in model.slices["age"] if cell.value == "0"]
    assert young.calibration is not None
    return young.calibration


def biased(outcome: Outcome) -> JoinRule:
    """Positives learned as they arrive, silence when the window closes; `System` refuses what asks for it."""
    return replace(RULE_OF(outcome), learn="arrival")


@pytest.mark.slow
def test_ads_younger_than_an_hour_are_calibrated_within_five_per_cent(traffic: Path) -> None:
    """Under the defaults."""
    assert calibration_of_young_ads(traffic) == pytest.approx(1.0, abs=TOLERANCE)


@pytest.mark.slow
def test_the_forbidden_rule_fails_the_same_test(traffic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above has power."""
    monkeypatch.setattr(engine, "rule_of", biased)

    assert calibration_of_young_ads(traffic) > 1.0 + 5 * TOLERANCE
