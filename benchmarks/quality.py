"""How well it predicts: flyball beside Vowpal Wabbit on real data, the same rows in the same order, labels at once."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import vw
from benchmarks.data import DATA, SETS, set_named
from benchmarks.table import Table
from flyball.run.file_replay import read_recording, replay_file
from flyball.run.form import Form
from flyball.run.inference.rate import best_rate

if TYPE_CHECKING:
    from benchmarks.data import DataSet
    from flyball.run.report import ModelReport
    from flyball.system.learner import FTRL
    from flyball.system.system import System


def learning(system: System, learner: FTRL) -> System:
    """The system with another learner."""
    return replace(system, models=[replace(system.models[0], learner=learner)])


def _cells(model: ModelReport) -> list[str]:
    card = model.scorecard
    numbers = (card.normalised_entropy, card.auc, card.calibration)
    return [*("-" if number is None else f"{number:.3f}" for number in numbers), f"{model.examples_per_second:,.0f}"]


def _vowpal(rows: Path, *, texts: bool, quick: bool) -> tuple[float, float]:
    """The losses of VW's defaults and of the best of the grid."""
    extra = ["--ngram", "2"] if texts else []
    losses = [
        vw.run(["-d", str(rows), "-b", "24", *vw.COMMON, *setting.split(), *extra])[0]
        for setting in (vw.GRID[:2] if quick else vw.GRID)
    ]
    return losses[0], min(losses)


def row_of(data: DataSet, folder: Path, *, quick: bool) -> list[str]:
    """One data set."""
    sys.stderr.write(f"  {data.name}\n")
    system = data.system(folder)
    recording = read_recording(system, data.path)
    rate = best_rate(system, recording.rows)
    if rate is None:
        msg = f"{data.path} has no labels"
        raise FileNotFoundError(msg)
    default = replay_file(system, data.path).report.models[0]
    best = replay_file(learning(system, rate.learner), data.path).report.models[0]
    texts = vw.write(folder / "rows.vw", recording.rows, Form(system, system.models[0].name, 1))
    theirs = _vowpal(folder / "rows.vw", texts=texts, quick=quick)
    ours = (default.scorecard.log_loss or 0.0, best.scorecard.log_loss or 0.0)
    losses = [*ours, *theirs]
    shown = [f"**{loss:.4f}**" if loss == min(losses) else f"{loss:.4f}" for loss in losses]
    return [data.name, f"{best.scorecard.examples:,}", *shown, *_cells(best)]


def table(*, quick: bool) -> Table:
    """Every set, and flights once more with outcomes when they really came."""
    columns = ["", "examples", "flyball", "flyball, best of 12", "VW", "VW, best of 30"]
    columns += ["norm. entropy", "AUC", "pred / actual", "examples/s"]
    if not DATA.exists():
        notes = ["The data sets are not beside this checkout, so there is nothing to compare."]
        return Table(name="quality", title="Log loss on real data", columns=columns, rows=[], notes=notes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [row_of(data, folder, quick=quick) for data in (SETS[4:5] if quick else SETS)]
        if not quick:
            flights = set_named("seaflights15")
            model = replay_file(flights.system(folder, delayed=True), flights.path).report.models[0]
            loss = f"{model.scorecard.log_loss:.4f}"
            rows.append(
                ["flights, outcomes as they came", f"{model.scorecard.examples:,}", loss, "", "", "", *_cells(model)]
            )
    return Table(
        name="quality",
        title="Log loss on real data, progressive, one pass",
        columns=columns,
        rows=rows,
        notes=[
            "Signals as `flyball init` drafts them, without what it finds to be leaks; VW gets the same columns,",
            "numbers as numbers, and `--ngram 2` where there is text. Both bests are chosen in hindsight, on the rows",
            "that are scored; `init` writes ours. flyball's own defaults (learning rate 0.2, numbers on a grid) were",
            "chosen on sets like these, and on these too. The four columns on the right are of flyball's best.",
        ],
    )
