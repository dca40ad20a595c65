"""The rows of a file as examples for an ablation, in the order in which a running system would learn from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import ftrl
from flyball.run.ablator import Examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from flyball.learn.column import Column
    from flyball.run.files.typed_rows import Rows
    from flyball.run.form import Form
    from flyball.system.outcome import Outcome

FIRST = 20_000
"""So many examples come first, at once: what has to be chosen before anything is measured is chosen by them."""
BLOCK = 4_096
"""And so many at once from there on."""


def learning_order(rows: Rows, outcome: Outcome) -> NDArray[np.int64]:
    """The rows that are learned from, in the order in which their outcomes are known.

    What stays silent is known when its window closes, and so is everything where examples are learned at the close.
    What would be revised is learned once, when it is known.

    >>> from flyball.run.files.typed_rows import Rows
    >>> from flyball.system.outcome import Outcome
    >>> one, both = np.arange(2), np.ones(2, bool)
    >>> rows = Rows(row=one, columns={}, event_ts=one, outcome_ts=np.array([9, 5]), has_outcome_ts=both,
    ...             label=np.zeros(2), has_label=both, ids=None, weight=None, scores=None, rejections=(), ignored=())
    >>> learning_order(rows, Outcome("late")).tolist()
    [1, 0]
    """
    known = rows.has_label if rows.outcome_ts is None else rows.has_label & rows.has_outcome_ts
    at = rows.event_ts if rows.outcome_ts is None else np.where(known, rows.outcome_ts, rows.event_ts)
    # A file holds no exposures: what waits for one and stays silent was never shown.
    silent = outcome.silent_value is not None and outcome.counts_from is None
    if silent:
        closes = rows.event_ts + outcome.window_us
        at = closes if outcome.learn == "close" else np.where(known, at, closes)
    learned = np.ones(rows.n, dtype=np.bool_) if silent else known
    order = np.argsort(at, kind="stable")
    return order[learned[order]]


class RowExamples:
    """A file's rows for one model.

    Args:
        rows: typed, in the order of time.
        form: the model; its encoder is told to number features.
        sliced: whether the slices of the model's dimensions are told too.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.files.typed_rows import Rows
    >>> from flyball.run.form import Form
    >>> from flyball.system.kind import Kind
    >>> two, yes = np.arange(2), np.ones(2, bool)
    >>> rows = Rows(row=two, columns={"hour": Column.of(Kind.INT, [7, 8])}, event_ts=two, outcome_ts=None,
    ...             has_outcome_ts=yes, label=np.array([0.0, 1.0]), has_label=yes, ids=None, weight=None, scores=None,
    ...             rejections=(), ignored=())
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> examples = RowExamples(rows, Form(System("flights", models=[late]), "late", 1), sliced=False)
    >>> [block.labels[:, 0].tolist() for block in examples]
    [[0.0, 1.0]]
    """

    def __init__(self, rows: Rows, form: Form, *, sliced: bool) -> None:
        form.bulk.numbered = True
        self._rows, self._form, self._sliced = rows, form, sliced
        self.order = learning_order(rows, form.outcome)
        """The places of the rows, in the order of learning."""
        self.pool: list[Column] | None = [rows.columns[name] for name in form.names]
        """The columns from which probes draw: all rows."""

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Examples]:
        start = 0
        while start < len(self.order):
            end = min(start + (BLOCK if start else FIRST), len(self.order))
            yield self._examples(self.order[start:end], start)
            start = end

    def spread(self, most: int) -> Iterator[Examples]:
        """At most so many examples, in blocks that are spread evenly over all of them."""
        starts = np.arange(0, len(self.order), BLOCK)
        count = min(len(starts), max(1, most // BLOCK))
        for start in starts[np.linspace(0, len(starts) - 1, count).astype(np.int64)].tolist():
            yield self._examples(self.order[start : start + BLOCK], start)

    def leaves(self, places: NDArray[np.int64]) -> list[Column]:
        """The columns of the inputs, of the rows at these places."""
        return [self._rows.columns[name].take(places) for name in self._form.names]

    def labels(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """The labels of the rows at these places, as `Examples` has them."""
        rows, silent = self._rows, self._form.outcome.silent_value
        known = rows.has_label if rows.outcome_ts is None else rows.has_label & rows.has_outcome_ts
        labels = np.zeros((len(places), 4))
        value = np.where(known[places], rows.label[places], 0.0 if silent is None else silent)
        labels[:, 0] = value / self._form.scale
        # As when it is joined: a weight belongs to an answer that came.
        labels[:, 1] = 1.0 if rows.weight is None else np.where(known[places], rows.weight[places], 1.0)
        return labels

    def _examples(self, chosen: NDArray[np.int64], first: int) -> Examples:
        count, leaves = len(chosen), self.leaves(chosen)
        noises = np.empty(count, dtype=np.uint64)
        ftrl.noise_of(np.arange(first + 1, first + count + 1), np.zeros(count, dtype=np.int64), noises)
        derived = self._form.derive(leaves, count)
        return encoded(self._form, leaves, derived, self.labels(chosen), noises, sliced=self._sliced)


def encoded(
    form: Form,
    leaves: list[Column],
    derived: list[Column],
    labels: NDArray[np.float64],
    noises: NDArray[np.uint64],
    *,
    sliced: bool,
) -> Examples:
    """Examples from the columns of their inputs and of users' functions.

    Args:
        form: the model.
        leaves: the columns of its inputs.
        derived: those of its functions.
        labels: as `Examples` has them.
        noises: likewise.
        sliced: whether the slices of the model's dimensions are told too.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.form import Form
    >>> from flyball.system.kind import Kind
    >>> late = Model("late", signals=[Input("to", str)], outcome=Outcome("late"), slice_by=[Input("to", str)])
    >>> form, to = Form(System("flights", models=[late]), "late", 1), Column.of(Kind.STR, ["LAX"])
    >>> encoded(form, [to], [], np.zeros((1, 4)), np.zeros(1, np.uint64), sliced=True).texts
    (['LAX'],)
    """
    count = len(labels)
    if not sliced:
        features = form.bulk.encode(leaves, derived, count)
        return Examples(features=features, labels=labels, noises=noises, leaves=leaves)
    none = np.zeros(count, dtype=np.int64)
    batch = form.many(none, none, leaves, derived)
    assert batch.labels is not None  # noqa: S101  # no board has numbered them
    return Examples(
        features=batch.features,
        labels=labels,
        noises=noises,
        slices=batch.slices,
        texts=batch.labels,
        leaves=leaves,
    )
