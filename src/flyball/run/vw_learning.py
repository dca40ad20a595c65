"""Learning straight from Vowpal Wabbit's text under its own indices: the same progressive loss as `vw --ftrl`.

For checking, for comparing, and for those who move: what is learned so knows indices instead of signals, so it can be
watched and compared, but not served. The file is read, parsed and learned from in three threads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.events.reducer import LARGEST
from flyball.learn import ftrl
from flyball.learn.lending import Told, loss_of
from flyball.learn.loss import LOGISTIC
from flyball.learn.recipe import recipe_of
from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.read_ahead import ReadAhead
from flyball.run.files.rejection import Rejection
from flyball.run.files.sparse_faults import rejections_of
from flyball.run.files.vw_examples import BITS, vw_examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from numpy.typing import NDArray

    from flyball.learn.features import Features
    from flyball.learn.recipe import Recipe
    from flyball.learn.table import Table
    from flyball.run.files.sparse_lines import Fault
    from flyball.run.files.vw_examples import VwExamples
    from flyball.system.learner import FTRL
    from flyball.system.outcome import Loss

BLOCK = 4_096
"""How many examples are learned at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VwLearned:
    """What was learned from a file of Vowpal Wabbit's text.

    Args:
        table: the coefficients, under the keys that `flyball.run.files.vw_examples.index_key` gives to indices.
        rows: how many examples there are.
        learned: how many of them have a label, and were learned from.
        loss: the mean progressive loss of these, weighted by their importance: Vowpal Wabbit's `average loss`.
        rejections: the lines that are no examples, or have a label or an importance that is not taken.

    >>> from flyball.learn.table import Table
    >>> VwLearned(table=Table(), rows=0, learned=0, loss=0.0, rejections=()).rows
    0
    """

    table: Table
    rows: int
    learned: int
    loss: float
    rejections: tuple[Rejection, ...]


def learn_vw(path: str | PathLike[str], learner: FTRL, *, bits: int = BITS, loss: Loss = "logistic") -> VwLearned:
    r"""Learns from a file of Vowpal Wabbit's text as `vw --ftrl` does, example after example.

    With `FTRL(alpha=..., beta=..., l1=..., l2=...)` it is `vw --ftrl --ftrl_alpha ... --ftrl_beta ... --l1 ... --l2
    ... -b BITS --loss_function logistic --holdout_off`. Labels are -1 and 1 for the logistic loss. Differences: z and n
    are rounded to 32 bits at random; features of one line that have one index are added up; with the squared loss
    predictions are not cut to the labels seen so far.

    Args:
        path: the file, plain or gzipped.
        learner: its settings; without any, it finds its own.
        bits: how many bits an index has.
        loss: what is made small.

    Raises:
        BitsRefused: the bits are not within 1 to 32.
        FileUnreadable: the file cannot be read, has no example, or has a base, which is not learned from.
        TableFull: there are more features than a table holds.

    >>> import pathlib, tempfile
    >>> from flyball.system.learner import FTRL
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.vw"
    >>> _ = path.write_text("1 |f a\n-1 |f b\n" * 50)
    >>> learned = learn_vw(path, FTRL(alpha=0.5))
    >>> learned.rows, len(learned.table), learned.loss < 0.4
    (100, 3, True)
    """
    learning = _Learning(str(path), recipe_of(learner, loss))
    with ReadAhead(vw_examples(path, bits=bits)) as blocks:
        for lines in blocks:
            learning.add(lines)
    return learning.done()


class _Learning:
    """One file being learned from."""

    def __init__(self, path: str, recipe: Recipe) -> None:
        self._path, self._recipe = path, recipe
        self._table = recipe.table()
        self._rows, self._learned, self._loss, self._weight = 0, 0, 0.0, 0.0
        self._faults: list[Fault] = []
        self._refused: dict[str, Rejection] = {}

    def add(self, lines: VwExamples) -> None:
        """Learns from some examples."""
        self._faults += lines.faults
        self._check_bases(lines)
        taken = self._taken(lines)
        known = taken & ~np.isnan(lines.labels)
        noises = np.empty(lines.rows, dtype=np.uint64)
        ftrl.noise_of(self._learned + np.cumsum(known, dtype=np.int64), np.zeros(lines.rows, np.int64), noises)
        labels = np.where(known, lines.labels, 0.0)
        if self._recipe.kind == LOGISTIC:
            labels = np.where(labels < 0.0, 0.0, labels)
        told = Told(labels, lines.weights, known.astype(np.uint8), noises, np.empty(lines.rows))
        for start in range(0, lines.rows, BLOCK):
            self._learn(lines.features, told, slice(start, min(start + BLOCK, lines.rows)))
        self._loss += loss_of(told, self._recipe.kind)
        self._weight += float(lines.weights[known].sum())
        self._rows += int(taken.sum())
        self._learned += int(known.sum())

    def _learn(self, features: Features, told: Told, part: slice) -> None:
        starts = features.starts[part.start : part.stop + 1]
        labels = np.zeros((part.stop - part.start, 4))
        labels[:, 0], labels[:, 1] = told.labels[part], told.weights[part]
        todo = (ftrl.PREDICT | ftrl.LEARN * told.known[part]).astype(np.uint8)
        done = self._recipe.run(
            self._table,
            replace(features, starts=starts),
            todo=todo,
            labels=labels,
            noises=told.noises[part],
            scores=told.scores[part],
        )
        if done < len(labels):
            raise self._table.full()

    def _check_bases(self, lines: VwExamples) -> None:
        based = np.flatnonzero(lines.bases)
        if len(based):
            fault = f"has the base {lines.bases[based[0]]:g} in line {lines.line[based[0]]:,}"
            raise FileUnreadable(self._path, fault, "leave bases out: no learner here begins at one")

    def _taken(self, lines: VwExamples) -> NDArray[np.bool_]:
        """Where labels and importances are of use; the others are counted."""
        labels, weights = lines.labels, lines.weights
        if self._recipe.kind == LOGISTIC:
            odd, accepted = ~(np.isnan(labels) | (np.abs(labels) == 1.0)), "-1 and 1"
        else:
            odd, accepted = np.abs(labels) > LARGEST, f"numbers from {-LARGEST:g} to {LARGEST:g}"
        self._refuse("not_a_label", odd, lines, lambda at: f"the label {labels[at]:g}; accepted: {accepted}")
        beyond = ~odd & ((weights < 0.0) | (weights > LARGEST))
        self._refuse("out_of_range", beyond, lines, lambda at: f"the importance {weights[at]:g}; accepted: 0 or more")
        taken: NDArray[np.bool_] = ~(odd | beyond)
        return taken

    def _refuse(self, reason: str, bad: NDArray[np.bool_], lines: VwExamples, explain: Callable[[int], str]) -> None:
        places = np.flatnonzero(bad)
        if len(places) == 0:
            return
        at = int(places[0])
        new = Rejection(reason=reason, count=0, first_row=int(lines.line[at]), example=explain(at))
        before = self._refused.get(reason, new)
        self._refused[reason] = replace(before, count=before.count + len(places))

    def done(self) -> VwLearned:
        """What was learned."""
        rejections = (*rejections_of(self._faults), *self._refused.values())
        if self._rows == 0:
            shown = f" ({rejections[0]})" if rejections else ""
            raise FileUnreadable(self._path, f"has no example of Vowpal Wabbit's text{shown}", "give one with examples")
        return VwLearned(
            table=self._table,
            rows=self._rows,
            learned=self._learned,
            loss=self._loss / self._weight if self._weight > 0.0 else 0.0,
            rejections=tuple(sorted(rejections, key=lambda rejection: rejection.first_row)),
        )
