"""Batches of predictions in memory: what the learner and the board need of them until their outcomes are known."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.features import Features, pick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from flyball.watch.board import Board
    from flyball.watch.looks import Looks

    Integers = NDArray[np.int64]
    Keys = NDArray[Any]

MERGED_ROWS = 8192
"""Batches of fewer rows are merged: whoever asks one by one adds a batch for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Predictions that one form of a model made, by column; n rows in the order of the log.

    `board` names the board on which they are scored, `seqs` are their places in the log (increasing), `scores` the
    answers as served (NaN until given), `event_ts` microseconds UTC, `slices` the numbers of their cells there, shape
    (n, dimensions); before a board has numbered them, places in `labels`, which has the texts of each dimension in the
    order in which they first appear. `cells` are those of `flyball.learn.slice_cells`, shape (n, cells of a row), where
    the form calibrates; 0 in rows of forms that did not. `said` is what lanes said (`flyball.learn.lanes.Said`), shape
    (n, numbers of a row), NaN where it is not known; `None` where the learner has one lane. `looks` is what the guard
    sees, until it has seen it.

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
    cells: Keys | None = None
    said: NDArray[np.float32] | None = None
    looks: Looks | None = None

    def numbered(self, board: Board) -> Batch:
        """The same with the cells of the board on which it is scored; new texts get theirs there."""
        if self.labels is None:
            return self
        slices = np.empty_like(self.slices)
        for dimension, texts in enumerate(self.labels):
            cells = np.array([board.intern(dimension, text) for text in texts], dtype=np.int32)
            slices[:, dimension] = cells[self.slices[:, dimension]]
        return replace(self, slices=slices, labels=None)

    def first_texts(self, dimension: int) -> dict[str | None, int]:
        """The place in the log at which each text of a dimension appears first, in a batch that no board has numbered.

        >>> none = np.empty(0)
        >>> Batch(board='v1', seqs=np.array([4, 9]), features=Features(np.zeros(3, int), none, none),
        ...       scores=np.zeros(2), event_ts=np.zeros(2, int), slices=np.array([[0], [1]]),
        ...       labels=(["DE", "FR"],)).first_texts(0)
        {'DE': 4, 'FR': 9}
        """
        assert self.labels is not None  # noqa: S101  # only then are slices places in labels
        codes, rows = np.unique(self.slices[:, dimension], return_index=True)
        texts = self.labels[dimension]
        return {texts[code]: int(self.seqs[row]) for code, row in zip(codes.tolist(), rows.tolist(), strict=True)}

    @property
    def nbytes(self) -> int:
        """The memory that it takes, nearly."""
        features = self.features
        arrays = (self.seqs, features.starts, features.keys, features.values, self.scores, self.event_ts, self.slices)
        more = (array for array in (self.cells, self.said) if array is not None)
        return sum(array.nbytes for array in (*arrays, *more))


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

    def cells(self, width: int) -> Keys:
        """The cells by which they are calibrated, shape (n, width); 0 where a form had none, or not so many."""
        result = np.zeros((len(self.places), width), dtype=np.uint64)
        for place in np.unique(self.places).tolist() if width > 0 else ():
            cells = self.batches[place].cells
            if cells is not None and cells.shape[1] == width:
                mine = self.places == place
                result[mine] = cells[self.rows[mine]]
        return result

    def said(self, width: int) -> NDArray[np.float32]:
        """What lanes said, shape (n, width); NaN where it is not known, or of another number of lanes."""
        result = np.full((len(self.places), width), np.nan, dtype=np.float32)
        for place in np.unique(self.places).tolist():
            said = self.batches[place].said
            if said is not None and said.shape[1] == width:
                mine = self.places == place
                result[mine] = said[self.rows[mine]]
        return result

    def by_board(self) -> dict[str, NDArray[np.bool_]]:
        """For each board which of them are scored on it, shape (n,)."""
        names = sorted({batch.board for batch in self.batches})
        numbers = np.array([names.index(batch.board) for batch in self.batches])[self.places]
        return {names[number]: numbers == number for number in np.unique(numbers).tolist()}

    def only(self, chosen: NDArray[np.bool_] | Integers) -> Found:
        """Those chosen by a mask or by their numbers."""
        return Found(self.batches, self.places[chosen], self.rows[chosen])

    def answer(self, scores: NDArray[np.float64], said: NDArray[np.float32] | None) -> None:
        """Puts the answers in, and what lanes said."""
        for place in np.unique(self.places).tolist():
            mine, batch = self.places == place, self.batches[place]
            batch.scores[self.rows[mine]] = scores[mine]
            if batch.said is not None and said is not None:
                batch.said[self.rows[mine]] = said[mine]

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

    Those of one board lie in the order of the log; those of several may take turns in it, record by record, as
    predictions of several versions made elsewhere do.

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
        self._lanes: dict[str, list[Batch]] = {}
        self._bytes = 0
        self.fetched = 0
        """How many predictions had to be fetched."""

    def add(self, batch: Batch) -> None:
        """Keeps a batch, whose seqs all lie after those kept before for its board."""
        if len(batch.seqs) == 0:
            return
        lane = self._lanes.setdefault(batch.board, [])
        self._merge(lane)
        self._append(lane, batch)
        while self._bytes > self._max_bytes and (len(self._lanes) > 1 or len(lane) > 1):
            self._drop()

    def _append(self, lane: list[Batch], batch: Batch) -> None:
        lane.append(batch)
        self._bytes += batch.nbytes

    def _drop(self) -> None:
        """Drops the oldest batch."""
        board, lane = min(self._lanes.items(), key=lambda each: _first(each[1][0]))
        self._bytes -= lane.pop(0).nbytes
        if not lane:
            del self._lanes[board]

    def _merge(self, lane: list[Batch]) -> None:
        """Merges the last batches while they are small and alike in size, so that each row is copied a few times only.

        The newest batch is left alone until another one comes: its answers are not given yet.
        """
        while len(lane) > 1:
            before, last = lane[-2:]
            alike = len(before.seqs) <= 2 * len(last.seqs)
            if not alike or len(before.seqs) + len(last.seqs) > MERGED_ROWS:
                return
            del lane[-2:]
            self._bytes -= before.nbytes + last.nbytes
            self._append(lane, _joined(before, last))

    def find(self, seqs: Integers) -> Found:
        """Where the predictions with these seqs (in any order, also repeated) lie."""
        if len(seqs) == 1 and (found := self._one(int(seqs[0]))) is not None:
            return found
        batches: list[Batch] = []
        places, rows = np.full(len(seqs), -1, dtype=np.int64), np.zeros(len(seqs), dtype=np.int64)
        for lane in self._lanes.values():
            _locate(lane, seqs, places, rows, len(batches))
            batches += lane
        lost = np.unique(seqs[places < 0])
        if len(lost) > 0:
            self.fetched += len(lost)
            for batch in self._fetch(lost):
                _locate([batch], seqs, places, rows, len(batches))
                batches.append(batch)
        return Found(batches, places, rows)

    def _one(self, seq: int) -> Found | None:
        """As `find`, for one that is in memory."""
        for lane in self._lanes.values():
            place = bisect_right(lane, seq, key=_first) - 1
            if place < 0:
                continue
            batch = lane[place]
            row = int(np.searchsorted(batch.seqs, seq))
            if row < len(batch.seqs) and batch.seqs[row] == seq:
                return Found([batch], np.zeros(1, dtype=np.int64), np.array([row], dtype=np.int64))
        return None


def numbered(batches: Sequence[Batch], board: Board) -> Batch:
    """Batches of one board as one, in the order of the log, with the cells of that board.

    Several come of several definitions, whose predictions may take turns in the log. New texts get their cells in the
    order of the log too: otherwise what a board holds would depend on how the log was cut into chunks.

    >>> from flyball.watch.board import Board
    >>> def one(seq, text):
    ...     return Batch(board='v1', seqs=np.array([seq]), features=Features(np.zeros(2, int), np.empty(0, np.uint64),
    ...         np.empty(0)), scores=np.zeros(1), event_ts=np.zeros(1, int), slices=np.zeros((1, 1), int),
    ...         labels=([text],))
    >>> board = Board(["country"], "binary")
    >>> both = numbered([one(9, "FR"), one(4, "DE")], board)
    >>> both.seqs.tolist(), [board.intern(0, text) for text in ("DE", "FR")] == both.slices[:, 0].tolist()
    ([4, 9], True)
    """
    if len(batches) == 1:
        return batches[0].numbered(board)
    for dimension in range(len(board.dimensions)):
        firsts: dict[str | None, int] = {}
        for batch in batches:
            for text, seq in batch.first_texts(dimension).items():
                firsts[text] = min(seq, firsts.get(text, seq))
        for text in sorted(firsts, key=firsts.__getitem__):
            board.intern(dimension, text)
    whole = batches[0].numbered(board)
    for batch in batches[1:]:
        whole = _joined(whole, batch.numbered(board))
    order = np.argsort(whole.seqs)
    return replace(
        whole,
        seqs=whole.seqs[order],
        features=pick(whole.features, order),
        scores=whole.scores[order],
        event_ts=whole.event_ts[order],
        slices=whole.slices[order],
        cells=None if whole.cells is None else whole.cells[order],
        said=None if whole.said is None else whole.said[order],
    )


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
        cells=_joined_cells(before, last),
        said=_joined_said(before, last),
    )


def _joined_cells(before: Batch, last: Batch) -> Keys | None:
    """Those of both; what was predicted elsewhere may share a board though forms had other cells, or none."""
    if before.cells is None and last.cells is None:
        return None
    both = [np.empty((len(b.seqs), 0), np.uint64) if b.cells is None else b.cells for b in (before, last)]
    cells = np.zeros((sum(map(len, both)), max(each.shape[1] for each in both)), dtype=np.uint64)
    cells[: len(both[0]), : both[0].shape[1]] = both[0]
    cells[len(both[0]) :, : both[1].shape[1]] = both[1]
    return cells


def _joined_said(before: Batch, last: Batch) -> NDArray[np.float32] | None:
    """That of both; one of a learner of fewer lanes fills the rest of its rows with NaN."""
    both = [b.said for b in (before, last) if b.said is not None]
    if not both:
        return None
    said = np.full((len(before.seqs) + len(last.seqs), both[0].shape[1]), np.nan, dtype=np.float32)
    for batch, start in ((before, 0), (last, len(before.seqs))):
        if batch.said is not None and batch.said.shape[1] == said.shape[1]:
            said[start : start + len(batch.seqs)] = batch.said
    return said


def _first(batch: Batch) -> int:
    return int(batch.seqs[0])


def _locate(batches: Sequence[Batch], seqs: Integers, places: Integers, rows: Integers, first: int) -> None:
    """Writes the batch (counted from `first`) and the row of each seq that these batches, in order, have."""
    firsts = np.array([_first(batch) for batch in batches])
    candidates = np.searchsorted(firsts, seqs, side="right") - 1
    for place in np.unique(candidates[candidates >= 0]).tolist():
        mine = np.flatnonzero(candidates == place)
        held = batches[place].seqs
        at = np.searchsorted(held, seqs[mine])
        at[at == len(held)] = 0
        hit = held[at] == seqs[mine]
        places[mine[hit]] = first + place
        rows[mine[hit]] = at[hit]
