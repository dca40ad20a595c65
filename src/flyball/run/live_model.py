"""A model that learns: its coefficients, its boards, and the predictions that wait for their outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import ftrl
from flyball.learn.explanation import believed
from flyball.learn.lanes import Said
from flyball.learn.sampling import weights_in_the_world
from flyball.run.batch import Batch, Recent, numbered
from flyball.watch.board import Board
from flyball.watch.guard import Guard
from flyball.watch.looks import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from flyball.events.example import Example
    from flyball.learn.gate import Gate
    from flyball.run.batch import Found
    from flyball.run.form import Form
    from flyball.watch.board import SliceCell
    from flyball.watch.sums import BoardKind

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Observer = Callable[[Integers, Floats, Floats, Floats, Integers], None]

MOST_BOARDS = 100
"""How many versions of a model have boards of their own; further ones made elsewhere share that of version 0."""
MOST_STEPS = 32_768
"""How many steps, or scores, are taken at once: what a pause held back may be many."""

STEPS_A_SEGMENT = 256
"""For so many steps one segment is looked through for what has expired: as much work again at most."""


def version_of(board: str) -> int:
    """The version in the name of a board.

    >>> version_of("v3|country#5f0c2a17")
    3
    """
    return int(board.split("|", 1)[0].removeprefix("v"))


class Steps:
    """What a model has to do, in order: predict, and learn from examples.

    Args:
        since: the place in the log after which predictions are learned from.
        epoch_us: how long an epoch of the model's table is (`Form.epoch_us`).

    >>> steps = Steps()
    >>> steps.predict(4)
    >>> len(steps)
    1
    """

    def __init__(self, since: int = 0, epoch_us: int = 0) -> None:
        self._since = since
        self._epoch_us = epoch_us
        self.epochs: list[int] = []
        self.seqs: list[int] = []
        self.todo: list[int] = []
        self.labels: list[tuple[float, float, float, float]] = []
        self.revisions: list[int] = []
        self.scored: list[Example] = []

    def __len__(self) -> int:
        return len(self.seqs)

    def predict(self, seq: int, now_us: int = 0) -> None:
        """The prediction at `seq` is to be answered, at this time of the log."""
        self.epochs.append(self._epoch(now_us))
        self.seqs.append(seq)
        self.todo.append(ftrl.PREDICT)
        self.labels.append((0.0, 0.0, 0.0, 0.0))
        self.revisions.append(0)

    def _epoch(self, now_us: int) -> int:
        return now_us // self._epoch_us if self._epoch_us > 0 else 0

    def example(self, example: Example, now_us: int = 0) -> None:
        """An example is to be scored, learned from, or both, at this time of the log."""
        if example.score:
            self.scored.append(example)
        if not example.learn or example.seq <= self._since:
            return
        previous, before = example.previous or 0.0, example.previous_weight or 0.0
        labels, epoch = (example.value, example.weight, previous, before), self._epoch(now_us)
        asked = bool(self.seqs) and self.seqs[-1] == example.seq and self.todo[-1] == ftrl.PREDICT
        if asked and self.epochs[-1] == epoch:
            # Nothing was learned in between: the margin of the answer is the margin of learning.
            self.todo[-1] = ftrl.PREDICT | ftrl.LEARN
            self.labels[-1], self.revisions[-1] = labels, example.revision
            return
        self.epochs.append(epoch)
        self.seqs.append(example.seq)
        self.todo.append(ftrl.LEARN)
        self.labels.append(labels)
        self.revisions.append(example.revision)

    def part(self, start: int, end: int) -> Steps:
        """Those from `start` up to, without, `end`; what is to be scored belongs to the first of them.

        >>> steps = Steps()
        >>> steps.predict(4)
        >>> steps.predict(5)
        >>> steps.part(1, 2).seqs
        [5]
        """
        part = Steps()
        part.seqs, part.todo = self.seqs[start:end], self.todo[start:end]
        part.labels, part.revisions = self.labels[start:end], self.revisions[start:end]
        part.epochs = self.epochs[start:end]
        if start == 0:
            part.scored = self.scored
        return part

    def stretches(self) -> Iterator[tuple[int, Steps]]:
        """(epoch, what is to be learned in it), in order, MOST_STEPS at once.

        >>> steps = Steps(epoch_us=10)
        >>> for seq, now_us in enumerate([0, 9, 10]):
        ...     steps.predict(seq, now_us)
        >>> [(epoch, part.seqs) for epoch, part in steps.stretches()]
        [(0, [0, 1]), (1, [2])]
        """
        start = 0
        while start < len(self):
            end = start + 1
            most = min(start + MOST_STEPS, len(self))
            while end < most and self.epochs[end] == self.epochs[start]:
                end += 1
            yield self.epochs[start], self.part(start, end)
            start = end


class LiveModel:
    """One model of a running system.

    Args:
        form: its present form.
        fetch: gives the batches of predictions that are not in memory any more, from the log.
        shared: whether other processes may read its table.

    >>> from flyball.run.form import Form
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> LiveModel(Form(System("flights", models=[late]), "late", 1), lambda seqs: []).version
    1
    """

    def __init__(self, form: Form, fetch: Callable[[Integers], Sequence[Batch]], *, shared: bool = False) -> None:
        self.table = form.table(shared=shared)
        self.recent = Recent(fetch)
        self.boards: dict[str, Board] = {}
        self.guard = Guard()
        self._kept: dict[str, float] = {}
        """For each board the share of the negatives that came here."""
        self.observers: list[Observer] = []
        """Called with what is scored: places in the log, values, weights, signs, times of the predictions."""
        self.since = 0
        """The place in the log at which it came back: predictions made before had a table that is forgotten."""
        self.form = form
        self._now_us = 0
        self.adopt(form)

    def at(self, now_us: int) -> None:
        """The log's time is this now: what has not been used for too long expires, and is taken out bit by bit."""
        self._now_us = now_us
        if self.form.epoch_us > 0:
            self.table.age(now_us // self.form.epoch_us)
            self.table.tidy(1)

    @property
    def epoch(self) -> int | None:
        """The present epoch of its table; `None` where nothing expires."""
        return self.form.epoch_of(self._now_us)

    @property
    def version(self) -> int:
        """The present version."""
        return self.form.version

    @property
    def board(self) -> Board:
        """The board of the present form."""
        return self.boards[self.form.board]

    def adopt(self, form: Form, *, anew_at: int | None = None) -> None:
        """Goes on in another form; coefficients stay, and serve every signal that still means the same.

        Args:
            form: the form from now on.
            anew_at: the place in the log at which the model comes back, which had been dropped: nothing that it learned
                before holds.
        """
        if anew_at is not None:
            self.table.forget()
            form.begin(self.table)
            self.guard, self.since = Guard(), anew_at
        if anew_at is not None or form.admission != self.form.admission:
            self.admit_by(form.gate())
        if form.epoch_us != self.form.epoch_us:
            self.table.expire_from(form.epoch_of(self._now_us))
        self.form = form
        self._board(form)

    def admit_by(self, gate: Gate) -> None:
        """Another gate is asked from here on."""
        self.table.gate = gate
        gate.touch_all()

    def _board(self, form: Form) -> None:
        """Begins the board of a form if it has none."""
        if form.board not in self.boards:
            self.boards[form.board] = Board(form.dimensions, "number" if form.numeric else "binary")
        self._kept[form.board] = form.outcome.negatives_kept

    def form_at(self, form: Form, version: int) -> Form:
        """A form of this model under a version, one made elsewhere perhaps, which is given a board if it has none."""
        made = form.at(version)
        if made.board not in self.boards and len(self.boards) >= MOST_BOARDS:
            made = form.at(0)
        self._board(made)
        return made

    def keep(self, *batches: Batch) -> None:
        """Keeps new predictions until their outcomes are known; the guard sees them in the order of the log."""
        for place, rows in in_order([batch.seqs for batch in batches]):
            looks = batches[place].looks
            if looks is not None:
                self.guard.asked(looks.part(rows), batches[place].event_ts[rows])
        batches = tuple(replace(batch, looks=None) for batch in batches)
        for name in dict.fromkeys(batch.board for batch in batches):
            mine = [batch for batch in batches if batch.board == name]
            self.recent.add(numbered(mine, self.boards[name]))

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
        for epoch, stretch in steps.stretches():
            self.table.age(epoch)
            start = 0
            while start < len(stretch):
                end = self._until(stretch, start)
                self._learn(stretch.part(start, end))
                start = end
            self.table.tidy(1 + len(stretch) // STEPS_A_SEGMENT)
        for start in range(0, len(steps.scored), MOST_STEPS):
            self._score(steps.scored[start : start + MOST_STEPS])

    def _until(self, steps: Steps, start: int) -> int:
        """The end of the steps from `start` on that are taken at once: where the guard wants to look, at the latest."""
        end = min(start + MOST_STEPS, len(steps))
        if self.form.recipe.lanes == 1:
            return end
        learned = np.flatnonzero(np.array(steps.todo[start:end], dtype=np.uint8) & ftrl.LEARN)
        left = self.guard.unseen
        return end if len(learned) < left else start + int(learned[left - 1]) + 1

    def _learn(self, steps: Steps) -> None:
        seqs = np.array(steps.seqs, dtype=np.int64)
        found = self.recent.find(seqs)
        features = found.features()
        labels = np.array(steps.labels, dtype=np.float64)
        if self.form.numeric:
            labels[:, [0, 2]] /= self.form.scale
        noises = np.empty(len(seqs), dtype=np.uint64)
        ftrl.noise_of(seqs, np.array(steps.revisions, dtype=np.int64), noises)
        todo = np.array(steps.todo, dtype=np.uint8)
        scores = np.empty(len(seqs), dtype=np.float64)
        self.table.preserve(features.keys)
        recipe, said = self.form.recipe, self._said(seqs, found)
        done = recipe.run(self.table, features, todo=todo, labels=labels, noises=noises, scores=scores, said=said)
        correction = self.form.correction
        if correction is not None and done == len(seqs):
            cells = found.cells(self.form.cells)
            done = correction.run(self.table, cells, todo=todo, labels=labels, noises=noises, scores=scores)
        if done < len(seqs):
            raise self.table.full()
        if self.form.recipe.lanes > 1:
            learned = int(np.count_nonzero(todo & ftrl.LEARN))
            self.guard.learned(learned, lambda: self._followed(seqs))
        asked = np.flatnonzero(todo & ftrl.PREDICT)
        if len(asked) > 0:
            noted = None if said is None else said.told[said.rows[asked]]
            found.only(asked).answer(scores[asked] * self.form.scale, noted)

    def _said(self, seqs: Integers, found: Found) -> Said | None:
        """What lanes said of these predictions; of those that are asked now they will say it."""
        width = self.form.recipe.said
        if width == 0:
            return None
        _, first, rows = np.unique(seqs, return_index=True, return_inverse=True)
        return Said(rows.astype(np.int64), found.only(first).said(width))

    def _followed(self, seqs: Integers) -> tuple[float, int]:
        """How much of what the lanes say is served, all together, and when the last of these predictions was asked."""
        followed = float(believed(self.form.recipe, self.table).sum())
        return followed, int(self.recent.find(seqs[-1:]).event_ts()[0])

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
        # An answer made elsewhere may be none that a board can take; the log keeps it all the same.
        sound = np.isfinite(scores) if self.form.numeric else (scores >= 0.0) & (scores <= 1.0)
        served = np.zeros(len(seqs), dtype=np.bool_)
        for name, whole in found.by_board().items():
            mine = whole & sound
            board = self.boards[name]
            if version_of(name) > 0:
                served |= mine
            slices = found.only(mine).slices(len(board.dimensions))
            kept = self._kept.get(name, 1.0)
            if kept < 1.0:
                told[whole, 1] = weights_in_the_world(told[whole, 0], told[whole, 1], kept)
            board.add(scores[mine], told[mine, 0], told[mine, 1], told[mine, 2], event_ts[mine], slices)
        served &= (told[:, 2] > 0.0) & (told[:, 1] > 0.0)
        kind: BoardKind = "number" if self.form.numeric else "binary"
        self.guard.scored(kind, self.form.outcome.name, scores[served], told[served, 0], event_ts[served])
        for observe in self.observers:
            observe(seqs, told[:, 0], told[:, 1], told[:, 2], event_ts)
