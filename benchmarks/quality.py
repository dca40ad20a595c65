"""How well it predicts: flyball beside Vowpal Wabbit on real data, the same rows in the same order, labels at once."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import vw
from benchmarks.batch import Batch
from benchmarks.data import DATA, SETS, set_named
from benchmarks.fields import fields_of
from benchmarks.table import Table
from flyball.run.embedded import open as open_here
from flyball.run.file_replay import read_recording, replay_file
from flyball.run.form import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.data import DataSet
    from flyball.run.report import ModelReport
    from flyball.system.system import System

    Floats = NDArray[np.float64]

QUICK_ROUNDS = 20
COLUMNS = ["", "examples", "flyball", "VW", "VW, best of 30", "flyball beside VW's best", "VW's best"]
COLUMNS += ["norm. entropy", "AUC", "pred / actual"]
NOTES = """flyball has no settings (`FTRL()`) and no `fallback`, which `init` would take from the whole file. Signals
are as `flyball init` drafts them, without what it finds to be leaks; VW gets the same columns, numbers as
numbers, and `--ngram 2` where there is text. VW's best of 30 settings is chosen in hindsight, on the rows
that are scored. flyball's lanes and grids were chosen on sets like these, and on some of these too. The
three columns on the right are flyball's."""
HALF_NOTES = """All are scored on the second half of each set. flyball, without settings, and VW go on learning as they
predict it; VW has the setting of its 30 that is best on these very rows. LightGBM has learned the first half in
batch (trees chosen on the last fifth of it, then all of it learned) and learns no more: where rows come in the
order of time and the world changes, it falls behind; where they do not, it is what a model that sees signals
together, and each row many times, can reach."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One data set.

    Args:
        name: of the set.
        labels: shape (n,), 0 or 1, of its labelled rows in the order of time.
        ours: of each row, the loss of flyball without settings, shape (n,).
        report: flyball's replay of the same.
        theirs: of each of VW's settings, the loss of each row; the defaults first.
        batch: the loss of LightGBM on each row of the second half.
        trees: how many that has.
    """

    name: str
    labels: Floats
    ours: Floats
    report: ModelReport
    theirs: list[Floats]
    batch: Floats
    trees: int

    @property
    def best(self) -> int:
        """Which of VW's settings is the best."""
        return int(np.argmin([each.mean() for each in self.theirs]))

    @property
    def change(self) -> float:
        """By what part flyball's loss is above VW's best."""
        return float(self.ours.mean() / self.theirs[self.best].mean()) - 1.0

    def whole(self) -> list[str]:
        """Its row of the table of whole passes."""
        losses = [float(each.mean()) for each in (self.ours, self.theirs[0], self.theirs[self.best])]
        setting = f"`{vw.GRID[self.best]}`" if self.best else "defaults"
        return [
            self.name,
            f"{len(self.labels):,}",
            *_shown(losses),
            f"{self.change:+.1%}",
            setting,
            *_cells(self.report),
        ]

    def halves(self) -> list[str]:
        """Its row of the table of second halves."""
        half = len(self.labels) - len(self.batch)
        losses = [
            float(self.ours[half:].mean()),
            min(float(each[half:].mean()) for each in self.theirs),
            float(self.batch.mean()),
        ]
        return [self.name, f"{len(self.batch):,}", *_shown(losses), f"{self.trees:,}"]


def _shown(losses: list[float]) -> list[str]:
    return [f"**{loss:.4f}**" if loss == min(losses) else f"{loss:.4f}" for loss in losses]


def _cells(model: ModelReport) -> list[str]:
    card = model.scorecard
    numbers = (card.normalised_entropy, card.auc, card.calibration)
    return ["-" if number is None else f"{number:.3f}" for number in numbers]


def loss_of_margins(margins: Floats, labels: Floats) -> Floats:
    """The log loss of each row; infinite where a margin is no number, as some settings end.

    >>> loss_of_margins(np.array([0.0, np.nan]), np.ones(2)).round(4).tolist()
    [0.6931, inf]
    """
    right = np.where(labels > 0.5, margins, -margins)
    return np.logaddexp(0.0, -np.where(np.isnan(right), -np.inf, right))


def answers_of(system: System, path: Path) -> tuple[ModelReport, Floats]:
    """A replay's report, and what was answered for each labelled row before it was learned from."""
    with open_here(system) as fly:
        report = fly.replay(path).models[0]
        examples = fly.examples().sort_by("seq")
    return report, np.asarray(examples["score"].to_numpy())


def _loss(answers: Floats, labels: Floats) -> Floats:
    p = np.clip(answers, 1e-15, 1.0 - 1e-15)
    losses: Floats = -np.log(np.where(labels > 0.5, p, 1.0 - p))
    return losses


def compared(data: DataSet, folder: Path, *, quick: bool) -> Compared:
    """All parties on one data set."""
    sys.stderr.write(f"  {data.name}\n")
    path, system = data.at(folder), data.system(folder)
    rows = read_recording(system, path).rows
    form, labels = Form(system, system.models[0].name, 1), rows.label[rows.has_label]
    vw.write(folder / "rows.vw", rows, form)
    given = ["-d", str(folder / "rows.vw"), "-b", "24", *vw.COMMON]
    given += ["--ngram", "2"] if any(field.prose for field in fields_of(form)) else []
    settings = vw.GRID[:2] if quick else vw.GRID
    theirs = [vw.margins([*given, *setting.split()], folder / "margins.txt") for setting in settings]
    batch = Batch.of(rows, form)
    answers, trees = batch.second_half(rounds=QUICK_ROUNDS) if quick else batch.second_half()
    report, ours = answers_of(system, path)
    return Compared(
        name=data.name,
        labels=labels,
        ours=_loss(ours, labels),
        report=report,
        theirs=[loss_of_margins(margins, labels) for margins in theirs],
        batch=_loss(answers, labels[batch.half :]),
        trees=trees,
    )


def _whole(sets: list[Compared], more: list[list[str]]) -> Table:
    better = sum(each.change < 0.0 for each in sets)
    worst = max(sets, key=lambda each: each.change)
    said = (
        f"flyball's loss is below VW's best of 30 on {better} of {len(sets)} sets; where it fares worst beside it, on"
    )
    return Table(
        name="quality",
        title="Log loss on real data, progressive, one pass",
        columns=COLUMNS,
        rows=[*(each.whole() for each in sets), *more],
        notes=[*NOTES.splitlines(), f"{said}\n{worst.name}, it is {worst.change:+.1%}."],
    )


def _halves(sets: list[Compared]) -> Table:
    return Table(
        name="quality_ceiling",
        title="Log loss on the second half, beside trees that have learned the first in batch",
        columns=["", "examples", "flyball", "VW, best of 30", "LightGBM, in batch", "its trees"],
        rows=[each.halves() for each in sets],
        notes=HALF_NOTES.splitlines(),
        command="quality",
    )


def tables(*, quick: bool) -> list[Table]:
    """Every set, and flights once more with outcomes when they really came."""
    if not DATA.exists():
        notes = ["The data sets are not beside this checkout, so there is nothing to compare."]
        return [Table(name="quality", title="Log loss on real data", columns=COLUMNS, rows=[], notes=notes)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [compared(data, folder, quick=quick) for data in (SETS[4:5] if quick else SETS)]
        more = []
        if not quick:
            flights = set_named("seaflights15")
            model = replay_file(flights.system(folder, delayed=True), flights.path).report.models[0]
            loss = f"{model.scorecard.log_loss:.4f}"
            count = f"{model.scorecard.examples:,}"
            more = [["flights, outcomes as they came", count, loss, *[""] * 4, *_cells(model)]]
    return [_whole(sets, more), _halves(sets)]
