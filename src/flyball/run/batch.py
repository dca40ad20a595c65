"""Batches of predictions in memory: what the learner and the board need of them until their outcomes are known."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.features import Features, pick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from flyball.watch.board import Board

    Integers = NDArray[np.int64]

MERGED_ROWS = 8192
"""Batches of fewer rows are merged: whoever asks one by one adds a batch for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Predictions that one form of a model made, by column; n rows in the order of the log.

    `board` names the board on which they are scored, `seqs` are their places in the log (increasing), `scores` the
    answers as served (NaN until given), `event_ts` microseconds UTC, `slices` the numbers of their cells there, shape
    (n, dimensions); before a board has numbered them, places in `labels`, which has the texts of each dimension in the
    order in which they first appear.

    >>> none = np.empty(0)
    >>> Batch(board='v1', seqs=np.array([4, 9]), features=Features(np.zeros(3, int), none, none), scores=np.zeros(2),
    ...       event_ts=np.zeros(2, int), slices=np.zeros((2, 0), int)).nbytes
    72
    """

    board: str
    seqs: Integers
    features: Features
    scores: NDArray[np.float64]
    event_ts: Integers
    slices: NDArray[np.int32]
    labels: tuple[Sequence[str | None], ...] | None = None

    def numbered(self, board: Board) -> Batch:
        """The same with the cells of the board on which it is scored; new texts get theirs there."""
        if self.labels is None:
            return self
        slices = np.empty_like(self.slices)
        for dimension, texts in enumerate(self.labels):
            cells = np.array([board.intern(dimension, text) for text in texts], dtype=np.int32)
            slices[:, dimension] = cells[self.slices[:, dimension]]
        return replace(self, slices=slices, labels=None)

    @property
    def nbytes(self) -> int:
        """The memory that it takes, nearly."""
        features = self.features
        arrays = (self.seqs, features.starts, features.keys, features.values, self.scores, self.event_ts, self.slices)
        return sum(array.nbytes for array in arrays)


@dataclass(frozen=True, slots=True)
class Found:
    """Where predictions lie: `places[i]` is the batch (of `batches`) and `rows[i]` the row in it of prediction i.

    >>> Found([], np.empty(0, int), np.empty(0, int)).event_ts().tolist()
    []
    """

    batches: Sequence[Batch]
    places: Integers
    rows: Integers

    def _gather(self, columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        result = np.empty(len(self.places), dtype=np.float64)
        for place in np.unique(self.places).tolist():
            mine = self.places == place
            result[mine] = columns[place][self.rows[mine]]
        return result

    def scores(self) -> NDArray[np.float64]:
        """The answers as served, shape (n,)."""
        return self._gather([batch.scores for batch in self.batches])

    def event_ts(self) -> Integers:
        """When each was asked, shape (n,), microseconds UTC."""
        result = np.empty(len(self.places), dtype=np.int64)
        for place in np.unique(self.places).tolist():
            mine = self.places == place
            result[mine] = self.batches[place].event_ts[self.rows[mine]]
        return result

    def slices(self, dimensions: int) -> NDArray[np.int32]:
        """Their cells, shape (n, dimensions)."""
        result = np.empty((len(self.places), dimensions), dtype=np.int32)
        for place in np.unique(self.places).tolist():
            mine = self.places == place
            result[mine] = self.batches[place].slices[self.rows[mine]]
        return result

    def by_board(self) -> dict[str, NDArray[np.bool_]]:
        """For each board which of them are scored on it, shape (n,)."""
        names = sorted({batch.board for batch in self.batches})
        numbers = np.array([names.index(batch.board) for batch in self.batches])[self.places]
        return {names[number]: numbers == number for number in np.unique(numbers).tolist()}

    def only(self, chosen: NDArray[np.bool_] | Integers) -> Found:
        """Those chosen by a mask or by their numbers."""
        return Found(self.batches, self.places[chosen], self.rows[chosen])

    def set_scores(self, scores: NDArray[np.float64]) -> None:
        """Puts the answers in."""
        for place in np.unique(self.places).tolist():
            mine = self.places == place
            self.batches[place].scores[self.rows[mine]] = scores[mine]

    def features(self) -> Features:
        """Their features, in this order."""
        order = np.argsort(self.places, kind="stable")
        if len(order) == 0:
            return Features(np.zeros(1, np.int64), np.empty(0, np.uint64), np.empty(0))
        parts = [
            pick(self.batches[place].features, self.rows[order][self.places[order] == place])
            for place in np.unique(self.places).tolist()
        ]
        if len(parts) == 1:
            return parts[0]
        starts = [parts[0].starts]
        for part in parts[1:]:
            starts.append(part.starts[1:] + starts[-1][-1])
        joined = Features(
            np.concatenate(starts),
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.values for part in parts]),
        )
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pick(joined, back)


class Recent:
    """The newest batches of one model, within a limit of memory; what fell out is fetched from where it was logged.

    Args:
        fetch: gives the batches of predictions (by increasing seqs) that are not in memory any more.
        max_bytes: the limit; the newest batch stays whatever its size.

    >>> recent = Recent(lambda seqs: [])
    >>> len(recent.find(np.empty(0, dtype=np.int64)).rows)
    0
    """

    def __init__(self, fetch: Callable[[Integers], Sequence[Batch]], *, max_bytes: int = 256 << 20) -> None:
        self._fetch = fetch
        self._max_bytes = max_bytes
        self._batches: list[Batch] = []
        self._bytes = 0
        self.fetched = 0
        """How many predictions had to be fetched."""

    def add(self, batch: Batch) -> None:
        """Keeps a batch, whose seqs all lie after those kept before."""
        if len(batch.seqs) == 0:
            return
        self._merge()
        self._append(batch)
        while self._bytes > self._max_bytes and len(self._batches) > 1:
            self._bytes -= self._batches.pop(0).nbytes

    def _append(self, batch: Batch) -> None:
        self._batches.append(batch)
        self._bytes += batch.nbytes

    def _merge(self) -> None:
        """Merges the last batches while they are small and alike in size, so that each row is copied a few times only.

        The newest batch is left alone until another one comes: its answers are not given yet.
        """
        while len(self._batches) > 1:
            before, last = self._batches[-2:]
            alike = before.board == last.board and len(before.seqs) <= 2 * len(last.seqs)
            if not alike or len(before.seqs) + len(last.seqs) > MERGED_ROWS:
                return
            del self._batches[-2:]
            self._bytes -= before.nbytes + last.nbytes
            self._append(_joined(before, last))

    def find(self, seqs: Integers) -> Found:
        """Where the predictions with these seqs (in any order, also repeated) lie."""
        if len(seqs) == 1 and (found := self._one(int(seqs[0]))) is not None:
            return found
        batches = list(self._batches)
        places, rows = _locate(batches, seqs)
        lost = np.unique(seqs[places < 0])
        if len(lost) > 0:
            self.fetched += len(lost)
            batches += self._fetch(lost)
            for place in range(len(self._batches), len(batches)):
                more_rows = np.searchsorted(batches[place].seqs, seqs)
                more_rows[more_rows == len(batches[place].seqs)] = 0
                hit = (places < 0) & (batches[place].seqs[more_rows] == seqs)
                places[hit], rows[hit] = place, more_rows[hit]
        return Found(batches, places, rows)

    def _one(self, seq: int) -> Found | None:
        """As `find`, for one that is in memory."""
        place = bisect_right(self._batches, seq, key=_first) - 1
        if place < 0:
            return None
        batch = self._batches[place]
        row = int(np.searchsorted(batch.seqs, seq))
        if row == len(batch.seqs) or batch.seqs[row] != seq:
            return None
        return Found([batch], np.zeros(1, dtype=np.int64), np.array([row], dtype=np.int64))


def _joined(before: Batch, last: Batch) -> Batch:
    """The rows of two batches of one board."""
    one, two = before.features, last.features
    return Batch(
        board=before.board,
        seqs=np.concatenate([before.seqs, last.seqs]),
        features=Features(
            np.concatenate([one.starts, two.starts[1:] + one.starts[-1]]),
            np.concatenate([one.keys, two.keys]),
            np.concatenate([one.values, two.values]),
        ),
        scores=np.concatenate([before.scores, last.scores]),
        event_ts=np.concatenate([before.event_ts, last.event_ts]),
        slices=np.concatenate([before.slices, last.slices]),
    )


def _first(batch: Batch) -> int:
    return int(batch.seqs[0])


def _locate(batches: Sequence[Batch], seqs: Integers) -> tuple[Integers, Integers]:
    """The batch and the row of each seq; batch -1 where none has it."""
    places = np.full(len(seqs), -1, dtype=np.int64)
    rows = np.zeros(len(seqs), dtype=np.int64)
    if not batches:
        return places, rows
    firsts = np.array([_first(batch) for batch in batches])
    candidates = np.searchsorted(firsts, seqs, side="right") - 1
    for place in np.unique(candidates[candidates >= 0]).tolist():
        mine = np.flatnonzero(candidates == place)
        held = batches[place].seqs
        at = np.searchsorted(held, seqs[mine])
        at[at == len(held)] = 0
        hit = held[at] == seqs[mine]
        places[mine[hit]] = place
        rows[mine[hit]] = at[hit]
    return places, rows
