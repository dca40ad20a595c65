"""Are new ads calibrated? The rule that flyball follows, beside the one that it refuses."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.table import Table
from flyball.run import engine
from flyball.run.file_replay import replay_file
from flyball.system.load import load_system
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from flyball.events.rule import JoinRule
    from flyball.system.outcome import Outcome
    from flyball.watch.scorecard import Scorecard

RULE_OF = engine.rule_of


def biased(outcome: Outcome) -> JoinRule:
    """Positives learned as they arrive, silence when the window closes: `check` refuses a system that asks for it."""
    return replace(RULE_OF(outcome), learn="arrival")


def scores(path: Path) -> tuple[Scorecard, Scorecard]:
    """(ads younger than an hour, all ads) of a replay."""
    model = replay_file(load_system(ADS), path).report.models[0]
    young = next(cell.scorecard for cell in model.slices["age"] if cell.value == "0")
    return young, model.scorecard


WORLDS = (("240 new ads a day", 240, 30, 40_000), ("a busy exchange, 40 new ads a day", 40, 4, 300_000))
"""Name, new ads a day, days, requests a day: the more of an ad is shown in its first window, the more harm is done."""


def table(*, quick: bool) -> Table:
    """Predicted over actual, at prediction time."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clicks.parquet"
        for world, ads, days, requests in WORLDS:
            World(0, ads_per_day=ads).month(days if not quick else 2, requests if not quick else 2_000).write(path)
            for title, rule in (("learned at close", RULE_OF), ("clicks at once, silence at close", biased)):
                engine.rule_of = rule
                try:
                    young, whole = scores(path)
                finally:
                    engine.rule_of = RULE_OF
                rows.append([f"{world}: {title}", *_cells(young), *_cells(whole)])
    columns = ["", "young ads", "predicted / actual", "z", "all ads", "predicted / actual", "z"]
    notes = ["`learned at close` is flyball's default; it refuses a system that asks for the other."]
    return Table(name="calibration", title="Ads younger than an hour", columns=columns, rows=rows, notes=notes)


def _cells(card: Scorecard) -> list[str]:
    ratio = "-" if card.calibration is None else f"{card.calibration:.3f}"
    z = "-" if card.calibration_z is None else f"{card.calibration_z:+.1f}"
    return [f"{card.examples:,}", ratio, z]
