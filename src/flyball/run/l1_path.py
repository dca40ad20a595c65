"""L1 paths: the model under ever more pressure to do without, and which signals are the first that it gives up.

Every lane of the path is the model with another l1, from one that hardly acts to one under which nothing is left. A
coefficient is 0 while the sum of its gradients stays below l1, so what vanishes last is what the loss asks for most.
The bias is left out of it: it begins beyond l1, at the mean of the first examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from flyball.run.ablation_rows import RowExamples
    from flyball.run.ablator import Examples
    from flyball.run.form import Form

    Floats = NDArray[np.float64]

STEPS = 8
"""So many values of l1 are tried."""
LEFT = 0.05
"""A signal has vanished when no more than this share of its weight is left."""
LOOKED_AT = 20_000
"""The largest l1 is found by at most so many rows, evenly spread blocks of all."""
WEIGHED = 100_000
"""Weights are summed over at most so many rows, evenly spread blocks of all."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """The model under one l1.

    Args:
        l1: that of FTRL, in units of summed gradients.
        loss: before each example was learned, in units of the outcome.
        weights: shape (signals,), the mean over rows of the sum of |coefficient| x |value| of its features.
        alive: shape (signals,), the share of its coefficients that are not 0.

    >>> Step(1.0, 0.5, np.ones(2), np.ones(2)).l1
    1.0
    """

    l1: float
    loss: float
    weights: NDArray[np.float64]
    alive: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class L1Path:
    """The model under one l1 after the other, the smallest first.

    >>> both = np.ones(2)
    >>> path = L1Path((Step(1.0, 0.5, both, both), Step(4.0, 0.5, np.array([0.9, 0.0]), both)))
    >>> path.vanishing(0), round(path.vanishing(1), 2)
    (inf, 3.73)
    >>> path.gone(0.01)
    frozenset({1})
    """

    steps: tuple[Step, ...]

    def vanishing(self, signal: int) -> float:
        """The l1 at which a signal vanishes, between two steps by the share that is left; `inf` if it never does."""
        shares = self._shares(signal)
        for before, after, share, later in zip(self.steps, self.steps[1:], shares, shares[1:], strict=False):
            if share <= LEFT:
                return before.l1
            if later <= LEFT:
                part = (share - LEFT) / (share - later)
                return float(np.exp(np.log(before.l1) + part * np.log(after.l1 / before.l1)))
        return float("inf")

    def _shares(self, signal: int) -> list[float]:
        whole = max((float(step.weights[signal]) for step in self.steps), default=0.0)
        return [float(step.weights[signal]) / whole if whole > 0.0 else 0.0 for step in self.steps]

    def cheapest(self, budget: float) -> Step | None:
        """The largest l1 whose loss is above the least one by no more than this share of it."""
        if not self.steps:
            return None
        least = min(step.loss for step in self.steps)
        return max((step for step in self.steps if step.loss <= least * (1.0 + budget)), key=lambda step: step.l1)

    def gone(self, budget: float) -> frozenset[int]:
        """The signals that have vanished at that l1: this opinion would drop them."""
        chosen = self.cheapest(budget)
        if chosen is None:
            return frozenset()
        return frozenset(signal for signal in range(len(chosen.weights)) if self.vanishing(signal) <= chosen.l1)


def series(some: Iterable[Examples], rows: int, steps: int = STEPS) -> Floats:
    """Values of l1 in a geometric series, from what hardly acts to what nearly nothing survives; shape (steps,).

    The first is what the gradients of four rows add up to by chance; the last, twice what the gradients of a feature
    add up to at most, of a model that always answers the mean.

    Args:
        some: of the examples.
        rows: how many there are in all.
        steps: how many values; 2 or more.

    >>> from flyball.learn.features import side_by_side, singles
    >>> from flyball.run.ablator import Examples
    >>> odd = np.arange(200) % 2
    >>> labels = np.column_stack([odd, np.ones(200), np.zeros((200, 2))])
    >>> keys = side_by_side([singles(odd.astype(np.uint64) + 1)], 9, numbered=True)
    >>> series([Examples(features=keys, labels=labels, noises=np.zeros(200, np.uint64))], 2_000, 4).round().tolist()
    [1.0, 10.0, 100.0, 1000.0]
    """
    blocks = [(block.features, block.labels) for block in some]
    labels = np.concatenate([each for _, each in blocks])
    mean, weight = mean_of(labels), labels[:, 1]
    keys = np.concatenate([features.keys for features, _ in blocks])
    gradients = [
        np.repeat(each[:, 1] * (each[:, 0] - mean), np.diff(features.starts)) * features.values
        for features, each in blocks
    ]
    inverse = np.unique(keys, return_inverse=True)[1]
    sums = np.bincount(inverse, weights=np.concatenate(gradients))
    least = max(2.0 * float(np.sqrt(np.mean((weight * (labels[:, 0] - mean)) ** 2))), 1e-6)
    most = 2.0 * float(np.abs(sums).max(initial=0.0)) * rows / max(len(labels), 1)
    return np.geomspace(least, max(most, 16.0 * least), steps)


def mean_of(labels: Floats) -> float:
    """The weighted mean of labels, shape (n, 4); 0 without weight.

    >>> mean_of(np.array([[1.0, 3.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]))
    0.75
    """
    weight = float(labels[:, 1].sum())
    return float(labels[:, 0] @ labels[:, 1]) / weight if weight > 0.0 else 0.0


def l1_path(
    form: Form,
    source: RowExamples,
    hyper: Floats,
    *,
    steps: int = STEPS,
    progress: Callable[[int, int], None] | None = None,
) -> L1Path:
    """Learns all examples once, under every l1 of a series.

    Args:
        form: the model.
        source: its examples.
        hyper: alpha, beta, l1 and l2; the l1 is replaced.
        steps: how many values of l1.
        progress: called with the examples done and their number.

    Raises:
        TableFull: there are more features than a table holds.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.ablation_rows import RowExamples
    >>> from flyball.run.files.typed_rows import Rows
    >>> from flyball.run.form import Form
    >>> from flyball.system.kind import Kind
    >>> at, odd, yes = np.arange(400), np.arange(400) % 2, np.ones(400, bool)
    >>> columns = {"odd": Column.of(Kind.STR, list("01" * 200)), "day": Column.of(Kind.STR, list("0011" * 100))}
    >>> rows = Rows(row=at, columns=columns, event_ts=at, outcome_ts=None, has_outcome_ts=yes, label=odd * 1.0,
    ...             has_label=yes, ids=None, weight=None, scores=None, rejections=(), ignored=())
    >>> model = Model("m", signals=[Input("odd", str), Input("day", str)], outcome=Outcome("late"))
    >>> form = Form(System("s", models=[model]), "m", 1)
    >>> path = l1_path(form, RowExamples(rows, form, sliced=False), form.recipe.hyper[0])
    >>> len(path.steps), path.vanishing(0) > path.vanishing(1)
    (8, True)
    """
    lanes: list[Lane] = []
    done = 0
    for block in source:
        if not lanes:
            begins, signals = mean_of(block.labels), len(form.program.outputs)
            levels = series(source.spread(LOOKED_AT), len(source), steps)
            settings = [np.array([hyper[0], hyper[1], l1, hyper[3]]) for l1 in levels]
            lanes = [Lane(form, setting, begins=begins) for setting in settings]
        for lane in lanes:
            lane.take(block)
        done += block.features.rows
        if progress is not None:
            progress(done, len(source))
    if not lanes:
        return L1Path(())
    return L1Path(_weighed(lanes, source, signals))


def _weighed(lanes: Sequence[Lane], source: RowExamples, signals: int) -> tuple[Step, ...]:
    """The weight of every signal in every lane, over some rows."""
    found = [lane.coefficients() for lane in lanes]
    keys = found[0][0]  # the same features in all lanes
    coefficients = np.abs(np.stack([each for _, each in found]))
    seen, signal_of, rows = np.zeros(len(keys)), np.full(len(keys), -1, dtype=np.int64), 0
    for block in source.spread(WEIGHED):
        features = block.features
        assert features.signals is not None  # noqa: S101  # examples of an ablation have them
        at = np.searchsorted(keys, features.keys)
        seen += np.bincount(at, weights=np.abs(features.values), minlength=len(keys))
        signal_of[at] = features.signals
        rows += features.rows
    mine = signal_of >= 0
    places, coefficients, seen = signal_of[mine], coefficients[:, mine], seen[mine]
    many = np.maximum(np.bincount(places, minlength=signals), 1)
    return tuple(
        Step(
            l1=float(lane.hyper[2]),
            loss=lane.loss,
            weights=np.bincount(places, weights=each * seen, minlength=signals) / max(rows, 1),
            alive=np.bincount(places, weights=each > 0.0, minlength=signals) / many,
        )
        for lane, each in zip(lanes, coefficients, strict=True)
    )
