"""The learning rate that suits a file: a few are tried on its rows, each row predicted before it is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import ftrl
from flyball.learn.table import Table
from flyball.run.form import Form
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.features import Features
    from flyball.run.files.typed_rows import Rows
    from flyball.system.system import System

ALPHAS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
BETAS = (1.0, 0.1)
MOST_ROWS = 200_000
"""How many rows are looked at, from the first."""
WORTH = 0.005
"""By which share of its loss the default must be beaten for another setting to be written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What trying the rates gave.

    Args:
        learner: the best setting.
        loss: its mean loss: log loss, or squared error in units of the outcome's scale.
        default_loss: that of the learner's defaults.
        rows: how many rows they were tried on.

    >>> Rate(learner=FTRL(alpha=0.5), loss=0.3, default_loss=0.4, rows=100).evidence
    'the least loss of 12 settings on 100 rows, labels at once: 0.3 (defaults: 0.4)'
    """

    learner: FTRL
    loss: float
    default_loss: float
    rows: int

    @property
    def evidence(self) -> str:
        """In words, how many were tried and how they did."""
        tried = f"the least loss of {len(ALPHAS) * len(BETAS)} settings on {self.rows:,} rows, labels at once"
        return f"{tried}: {self.loss:.4g} (defaults: {self.default_loss:.4g})"

    @property
    def is_worth_writing(self) -> bool:
        """Whether it is better than the defaults by more than a nuance."""
        return self.loss < (1.0 - WORTH) * self.default_loss


def mean_loss(features: Features, labels: NDArray[np.float64], hyper: NDArray[np.float64], *, squared: bool) -> float:
    """The mean progressive loss of one pass over rows whose labels come at once.

    Args:
        features: of n rows.
        labels: shape (n,); 0 or 1, or numbers in units of their scale.
        hyper: alpha, beta, l1, l2.
        squared: whether the loss is squared error rather than log loss.

    >>> from flyball.learn.features import Features
    >>> one = Features(np.array([0, 1]), np.array([7], np.uint64), np.ones(1))
    >>> round(mean_loss(one, np.ones(1), np.array([0.2, 1.0, 0.0, 0.0]), squared=False), 4)
    0.6931
    """
    count = len(labels)
    table = Table()
    told = np.zeros((count, 4))
    told[:, 0], told[:, 1] = labels, 1.0
    todo = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    noises, margins = np.empty(count, dtype=np.uint64), np.empty(count)
    ftrl.noise_of(np.arange(count, dtype=np.int64), np.zeros(count, dtype=np.int64), noises)
    steps = (features.starts, features.keys, features.values, todo, told, noises, margins)
    if ftrl.run(table.words, hyper, squared, *steps) < count:
        raise table.full()
    if squared:
        return float(np.mean((margins - labels) ** 2))
    return float(np.mean(np.logaddexp(0.0, np.where(labels > 0.5, -margins, margins))))


def best_rate(system: System, rows: Rows) -> Rate | None:
    r"""The best setting for the one model of a system, on rows of its file; `None` where no label ever arrives.

    >>> import pathlib, tempfile
    >>> from flyball import Input, Model, Outcome, Source, System
    >>> from flyball.run.file_replay import read_recording
    >>> model = Model("m", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> system = System("s", models=[model], source=Source(label="late"))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("hour,late\n" + "7,1\n8,0\n" * 50)
    >>> best_rate(system, read_recording(system, path).rows).learner.alpha
    2.0
    """
    form = Form(system, system.models[0].name, 1)
    silent = system.models[0].outcome.silent_value
    arrives = rows.has_outcome_ts
    known = np.flatnonzero(arrives if silent is None else np.ones(rows.n, dtype=np.bool_))[:MOST_ROWS]
    if len(known) == 0:
        return None
    leaves = [rows.columns[name].take(known) for name in form.names]
    features = form.bulk.encode(leaves, form.derive(leaves, len(known)), len(known))
    answers = rows.label if silent is None else np.where(arrives, rows.label, silent)
    labels = answers[known] / form.scale
    losses: dict[FTRL, float] = {}
    for beta in BETAS:
        for alpha in ALPHAS:
            hyper = np.array([alpha, beta, 0.0, 0.0])
            losses[FTRL(alpha=alpha, beta=beta)] = mean_loss(features, labels, hyper, squared=form.squared)
    best = min(losses, key=lambda learner: losses[learner])
    return Rate(learner=best, loss=losses[best], default_loss=losses[FTRL()], rows=len(known))
