"""Batches in memory: found by their place in the log, fetched where they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.features import Features
from flyball.run.batch import Batch, Recent, numbered
from flyball.watch.board import Board

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]


def batch_of(seqs: list[int], board: str = "v1") -> Batch:
    """Predictions at these places; everything of one is told by its place: 1 + seq % 3 features of key seq."""
    counts = [1 + seq % 3 for seq in seqs]
    keys = np.repeat(np.array(seqs, dtype=np.uint64), counts)
    return Batch(
        board=board,
        seqs=np.array(seqs, dtype=np.int64),
        features=Features(np.cumsum([0, *counts]).astype(np.int64), keys, keys.astype(np.float64) / 2),
        scores=np.array(seqs, dtype=np.float64) / 1000,
        event_ts=np.array(seqs, dtype=np.int64) * 10,
        slices=np.array([[seq % 5, seq % 7] for seq in seqs], dtype=np.int32).reshape(len(seqs), 2),
    )


def fetching(calls: list[list[int]]) -> Recent:
    """A memory that fetches from a log of predictions at every place, in batches of at most four."""

    def fetch(seqs: Integers) -> list[Batch]:
        calls.append(seqs.tolist())
        return [batch_of(calls[-1][i : i + 4]) for i in range(0, len(seqs), 4)]

    return Recent(fetch, max_bytes=1_000)


STREAM = st.lists(st.integers(1, 9), min_size=1, max_size=40)


@given(STREAM, st.data())
def test_every_prediction_is_found_with_all_that_is_its_own(sizes: list[int], data: st.DataObject) -> None:
    """In any order, repeated, from memory or fetched: the places tell what must come."""
    calls: list[list[int]] = []
    recent = fetching(calls)
    seqs: list[int] = []
    for size in sizes:
        recent.add(batch_of([len(seqs) * 2 + 2 * i + 2 for i in range(size)]))
        seqs += [len(seqs) * 2 + 2 * i + 2 for i in range(size)]
    asked = data.draw(st.lists(st.sampled_from(seqs), max_size=12))
    found = recent.find(np.array(asked, dtype=np.int64))
    features = found.features()
    ends = features.starts.tolist()

    assert found.scores().tolist() == [seq / 1000 for seq in asked]
    assert found.event_ts().tolist() == [seq * 10 for seq in asked]
    assert found.slices(2).tolist() == [[seq % 5, seq % 7] for seq in asked]
    assert [features.keys[ends[i] : ends[i + 1]].tolist() for i in range(len(asked))] == [
        [seq] * (1 + seq % 3) for seq in asked
    ]
    assert features.values.tolist() == (features.keys / 2).tolist()
    assert recent.fetched == sum(len(call) for call in calls)
    assert all(call == sorted(set(call)) for call in calls)


def test_memory_is_bounded_and_the_newest_batch_stays() -> None:
    """Whatever its size."""
    recent = fetching([])
    for first in range(0, 1_000, 10):
        recent.add(batch_of(list(range(first + 1, first + 11))))
    assert len(recent._lanes["v1"]) < 5
    assert recent._bytes <= 1_000

    recent.add(batch_of(list(range(2_000, 3_000))))
    assert len(recent._lanes["v1"]) == 1
    assert recent.find(np.array([2_500])).scores().tolist() == [2.5]


def test_an_empty_batch_is_not_kept() -> None:
    """A chunk of outcomes only."""
    recent = fetching([])
    recent.add(batch_of([]))

    assert recent._lanes == {}


def test_answers_are_put_in_where_they_belong() -> None:
    """Over several batches, in the order asked for."""
    recent = fetching([])
    first, second = batch_of([1, 2, 3]), batch_of([5, 7])
    recent.add(first)
    recent.add(second)
    recent.find(np.array([7, 2])).answer(np.array([0.7, 0.2]), None)

    assert (first.scores.tolist(), second.scores.tolist()) == ([0.001, 0.2, 0.003], [0.005, 0.7])


def test_each_prediction_is_scored_on_the_board_it_was_asked_on() -> None:
    """Batches of two definitions at once."""
    recent = fetching([])
    recent.add(batch_of([1, 2], "v1"))
    recent.add(batch_of([3, 4], "v2"))
    found = recent.find(np.array([4, 1, 3]))

    assert {name: mine.tolist() for name, mine in found.by_board().items()} == {
        "v1": [False, True, False],
        "v2": [True, False, True],
    }
    assert found.only(found.by_board()["v2"]).scores().tolist() == [0.004, 0.003]


def test_batches_of_one_are_merged_so_that_few_are_looked_through() -> None:
    """Whoever asks one by one adds a batch each time; answers that come after the next question are not lost."""
    recent = Recent(lambda seqs: [])
    for seq in range(1, 2_001):
        recent.add(replace(batch_of([seq]), scores=np.full(1, np.nan)))
        recent.find(np.array([seq])).answer(np.array([seq / 1000]), None)
    found = recent.find(np.arange(1, 2_001))

    assert len(found.batches) < 20
    assert found.scores().tolist() == [seq / 1000 for seq in range(1, 2_001)]


def test_boards_that_take_turns_record_by_record_are_few_batches_each() -> None:
    """As versions made elsewhere do; each prediction is found where it was asked."""
    recent = Recent(lambda seqs: [])
    for seq in range(1, 401):
        recent.add(batch_of([seq], board=f"v{seq % 3}"))
    found = recent.find(np.arange(1, 401))

    assert len(found.batches) < 30
    assert found.scores().tolist() == [seq / 1000 for seq in range(1, 401)]
    assert {name: np.flatnonzero(mine)[:2].tolist() for name, mine in found.by_board().items()} == {
        "v0": [2, 5],
        "v1": [0, 3],
        "v2": [1, 4],
    }
    assert recent.find(np.array([7])).scores().tolist() == [0.007]


def test_the_oldest_batch_goes_first_whatever_its_board() -> None:
    """Until all fit."""
    recent = fetching([])
    for first in range(0, 1_000, 10):
        recent.add(batch_of(list(range(first + 1, first + 11)), board=f"v{first % 3}"))
    newest = recent.find(np.arange(991, 1_001))

    assert recent.fetched == 0
    assert newest.scores().tolist() == [seq / 1000 for seq in range(991, 1_001)]
    assert recent._bytes <= 1_000
    recent.find(np.array([1]))
    assert recent.fetched == 1


def test_several_batches_of_one_board_become_one_in_the_order_of_the_log() -> None:
    """Texts get their cells in that order too, so that chunks do not matter."""
    board, alone = Board(["d", "e"], "binary"), Board(["d", "e"], "binary")
    texts = [["DE", "x"], ["FR", "x"], ["DE", "y"], ["US", "z"], ["FR", "y"]]

    def rows(seqs: list[int]) -> Batch:
        labels = tuple(list(dict.fromkeys(texts[seq - 1][d] for seq in seqs)) for d in range(2))
        codes = [[labels[d].index(texts[seq - 1][d]) for d in range(2)] for seq in seqs]
        return replace(batch_of(seqs), slices=np.array(codes, dtype=np.int32), labels=labels)

    both = numbered([rows([2, 4, 5]), rows([1, 3])], board)
    whole = numbered([rows([1, 2, 3, 4, 5])], alone)

    assert both.slices.tolist() == whole.slices.tolist()
    assert both.seqs.tolist() == [1, 2, 3, 4, 5]
    assert both.features.keys.tolist() == whole.features.keys.tolist()
    assert both.scores.tolist() == whole.scores.tolist()
    assert board.digest() == alone.digest()


def test_batches_of_two_boards_are_not_merged() -> None:
    """A prediction is scored where it was asked."""
    recent = Recent(lambda seqs: [])
    for seq in range(1, 9):
        recent.add(batch_of([seq], board="v1" if seq < 5 else "v2"))
    found = recent.find(np.arange(1, 9))

    assert {board: int(mine.sum()) for board, mine in found.by_board().items()} == {"v1": 4, "v2": 4}


def test_cells_of_calibration_stay_with_their_rows() -> None:
    """Merged, put in order and found again; rows of forms that have none, or another number, get 0."""
    board = Board(["d", "e"], "binary")

    def rows(seqs: list[int], width: int) -> Batch:
        cells = np.array([[10 * seq + i for i in range(width)] for seq in seqs], dtype=np.uint64)
        batch = replace(batch_of(seqs), slices=np.zeros((len(seqs), 2), np.int32), labels=(["x"], ["y"]))
        return replace(batch, cells=cells if width > 0 else None)

    recent = Recent(lambda seqs: [rows([int(seq)], 2).numbered(board) for seq in seqs])
    recent.add(numbered([rows([2, 4], 2), rows([1, 3], 0)], board))
    recent.add(rows([5], 1).numbered(board))
    found = recent.find(np.array([9, 5, 4, 3, 2]))

    assert found.cells(2).tolist() == [[90, 91], [0, 0], [40, 41], [0, 0], [20, 21]]
    assert found.cells(0).shape == (5, 0)
    assert rows([1, 2], 2).nbytes - rows([1, 2], 0).nbytes == 32
