"""A model that learns: its coefficients, its boards, and the predictions that wait for their outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import ftrl
from flyball.learn.table import Table
from flyball.run.batch import Batch, Recent
from flyball.watch.board import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from flyball.events.example import Example
    from flyball.run.form import Form
    from flyball.watch.board import SliceCell

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Observer = Callable[[Integers, Floats, Floats, Floats, Integers], None]


def version_of(board: str) -> int:
    """The version in the name of a board.

    >>> version_of("v3|country#5f0c2a17")
    3
    """
    return int(board.split("|", 1)[0].removeprefix("v"))


class Steps:
    """What a model has to do, in order: predict, and learn from examples.

    Args:
        since: the first version whose examples are learned from.

    >>> steps = Steps()
    >>> steps.predict(4)
    >>> len(steps)
    1
    """

    def __init__(self, since: int = 0) -> None:
        self._since = since
        self.seqs: list[int] = []
        self.todo: list[int] = []
        self.labels: list[tuple[float, float, float, float]] = []
        self.revisions: list[int] = []
        self.scored: list[Example] = []

    def __len__(self) -> int:
        return len(self.seqs)

    def predict(self, seq: int) -> None:
        """The prediction at `seq` is to be answered."""
        self.seqs.append(seq)
        self.todo.append(ftrl.PREDICT)
        self.labels.append((0.0, 0.0, 0.0, 0.0))
        self.revisions.append(0)

    def example(self, example: Example) -> None:
        """An example is to be scored, learned from, or both."""
        if example.score:
            self.scored.append(example)
        if not example.learn or example.version < self._since:
            return
        previous, before = example.previous or 0.0, example.previous_weight or 0.0
        labels = (example.value, example.weight, previous, before)
        if self.seqs and self.seqs[-1] == example.seq and self.todo[-1] == ftrl.PREDICT:
            # Nothing was learned in between: the margin of the answer is the margin of learning.
            self.todo[-1] = ftrl.PREDICT | ftrl.LEARN
            self.labels[-1], self.revisions[-1] = labels, example.revision
            return
        self.seqs.append(example.seq)
        self.todo.append(ftrl.LEARN)
        self.labels.append(labels)
        self.revisions.append(example.revision)


class LiveModel:
    """One model of a running system.

    Args:
        form: its present form.
        fetch: gives the batches of predictions that are not in memory any more, from the log.

    >>> from flyball.run.form import Form
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> LiveModel(Form(System("flights", models=[late]), "late", 1), lambda seqs: []).version
    1
    """

    def __init__(self, form: Form, fetch: Callable[[Integers], Sequence[Batch]]) -> None:
        self.table = Table()
        self.recent = Recent(fetch)
        self.boards: dict[str, Board] = {}
        self.observers: list[Observer] = []
        """Called with what is scored: places in the log, values, weights, signs, times of the predictions."""
        self.since = 0
        """The first version whose examples it learns from: earlier ones had a table that is forgotten."""
        self.form = form
        self.adopt(form)

    @property
    def version(self) -> int:
        """The present version."""
        return self.form.version

    @property
    def board(self) -> Board:
        """The board of the present form."""
        return self.boards[self.form.board]

    def adopt(self, form: Form, *, anew: bool = False) -> None:
        """Goes on in another form; coefficients stay, and serve every signal that still means the same.

        Args:
            form: the form from now on.
            anew: the model had been dropped and comes back: nothing that it learned then holds.
        """
        if anew:
            self.table.forget()
            self.since = form.version
        self.form = form
        if form.board not in self.boards:
            self.boards[form.board] = Board(form.dimensions, "number" if form.squared else "binary")

    def keep(self, batch: Batch) -> None:
        """Keeps new predictions until their outcomes are known."""
        self.recent.add(batch.numbered(self.boards[batch.board]))

    @property
    def versions(self) -> tuple[int, ...]:
        """All that it had, the present one last."""
        others = {version_of(name) for name in self.boards} - {self.version}
        return (*sorted(others), self.version)

    def card(self, version: int) -> Board:
        """The sums of a version by time, whatever it was sliced by, now and before."""
        first, *others = self._boards_of(version)
        whole = first.whole()
        for board in others:
            whole.merge(board.whole())
        return whole

    def slices(self, version: int) -> dict[str, tuple[SliceCell, ...]]:
        """The cells of a version by dimension; where a dimension's meaning changed, those of the newest."""
        found: dict[str, tuple[SliceCell, ...]] = {}
        for board in self._boards_of(version):
            found |= board.slices()
        return found

    def _boards_of(self, version: int) -> list[Board]:
        """The boards of a version; that of the present form last."""
        names = [name for name in self.boards if version_of(name) == version]
        return [self.boards[name] for name in sorted(names, key=lambda name: name == self.form.board)]

    def take(self, steps: Steps) -> None:
        """Does what is to be done, in order.

        Raises:
            TableFull: there is no room for new features; the state is no longer what the log says, so stop and reopen.
        """
        if len(steps) > 0:
            self._learn(steps)
        if steps.scored:
            self._score(steps.scored)

    def _learn(self, steps: Steps) -> None:
        seqs = np.array(steps.seqs, dtype=np.int64)
        found = self.recent.find(seqs)
        features = found.features()
        labels = np.array(steps.labels, dtype=np.float64)
        if self.form.squared:
            labels[:, [0, 2]] /= self.form.scale
        noises = np.empty(len(seqs), dtype=np.uint64)
        ftrl.noise_of(seqs, np.array(steps.revisions, dtype=np.int64), noises)
        todo = np.array(steps.todo, dtype=np.uint8)
        margins = np.empty(len(seqs), dtype=np.float64)
        done = ftrl.run(
            self.table.words,
            self.form.hyper,
            self.form.squared,
            features.starts,
            features.keys,
            features.values,
            todo,
            labels,
            noises,
            margins,
        )
        if done < len(seqs):
            raise self.table.full()
        asked = np.flatnonzero(todo & ftrl.PREDICT)
        if len(asked) > 0:
            scores = np.empty(len(asked), dtype=np.float64)
            ftrl.answers_of(margins[asked], self.form.squared, self.form.scale, scores)
            found.only(asked).set_scores(scores)

    def _score(self, examples: Sequence[Example]) -> None:
        rows = np.repeat(np.arange(len(examples)), [1 + (e.scored is not None) for e in examples])
        seqs = np.array([e.seq for e in examples], dtype=np.int64)[rows]
        found = self.recent.find(seqs)
        values: list[tuple[float, float, int]] = []
        for example in examples:
            if example.scored is not None:
                values.append((example.scored, example.scored_weight or 0.0, -1))
            values.append((example.value, example.weight, 1))
        told = np.array(values, dtype=np.float64)
        scores, event_ts = found.scores(), found.event_ts()
        for name, mine in found.by_board().items():
            board = self.boards[name]
            slices = found.only(mine).slices(len(board.dimensions))
            board.add(scores[mine], told[mine, 0], told[mine, 1], told[mine, 2], event_ts[mine], slices)
        for observe in self.observers:
            observe(seqs, told[:, 0], told[:, 1], told[:, 2], event_ts)
