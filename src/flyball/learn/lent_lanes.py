"""Learning in several lanes on lent coefficients: `flyball.learn.lanes` for rows that come as codes of a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.atomic import load, prefetch
from flyball.learn.kernel import inner, kernel
from flyball.learn.lanes import Bench, bench_of, fetch_rows, pack_rows, step_rows, sum_rows, weigh_rows
from flyball.learn.lending import AHEAD, Codebook, Room, Told, arrange, place_rows, room_of, row_of
from flyball.learn.loss import loss
from flyball.learn.mixture import Mixture, blend, judge, mixture_of, recall, retain
from flyball.learn.place import frame_of
from flyball.learn.word import int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Codes = NDArray[np.int32]
    Floats = NDArray[np.float64]


class Loan(NamedTuple):
    """Room for rows of several lanes.

    Attributes:
        room: for places, words and keys.
        bench: for the rows of one example.
        mixture: of the lanes.
        label: shape (4,), what is told of one example.

    >>> Loan(room_of(3), bench_of(3, 4), mixture_of(4), np.zeros(4)).label.tolist()
    [0.0, 0.0, 0.0, 0.0]
    """

    room: Room
    bench: Bench
    mixture: Mixture
    label: NDArray[np.float64]


@kernel
def learn_lanes(
    words: Words, block: Words, hyper: Floats, kind: int, book: Codebook, codes: Codes, told: Told
) -> float:
    """As `learn`, in several lanes: `hyper` has shape (lanes, 4), their mixture is in the table that `words` are."""
    features, lanes, bits = len(book.bases) + 1, len(hyper), frame_of(words).width_bits
    mixture = mixture_of(lanes)
    recall(words, mixture)
    loan = Loan(room_of(features), bench_of(features, lanes), mixture, np.zeros(4))
    lost = learn_lane_rows(block, bits, hyper, kind, book, codes, told, loan)
    retain(words, mixture)
    return lost


@inner
def locate_lent(block: Words, bits: int, mine: Codes, later: Codes, room: Room) -> None:
    """The words and keys of the rows at these places; the cache is asked for those of a later example."""
    for j in range(len(mine)):
        prefetch(block, int64(later[j]) << bits)
        at = int64(mine[j]) << bits
        room.at[j] = at
        room.keys[j] = load(block, at)


@inner
def learn_lane_rows(
    block: Words,
    bits: int,
    hyper: Floats,
    kind: int,
    book: Codebook,
    codes: Codes,
    told: Told,
    loan: Loan,
) -> float:
    """`learn_lanes`, given the room that it needs."""
    room, bench, mixture, label = loan
    count, features, total = len(told.scores), len(room.at), 0.0
    place_rows(codes, book, 0, room.places[0])
    for i in range(count):
        arrange(book, codes, i, count, room)
        mine = row_of(room.places, i, features)
        later = row_of(room.places, min(i + AHEAD, count - 1), features)
        locate_lent(block, bits, mine, later, room)
        fetch_rows(block, room.at, features, bench)
        weigh_rows(hyper, features, bench)
        sum_rows(room.ones, bench)
        served = blend(mixture, bench.margins, 0.0, bench.answers, kind)
        told.scores[i] = served
        if told.known[i] != 0:
            label[0], label[1] = told.labels[i], told.weights[i]
            step_rows(hyper, served, label, kind, room.keys, room.ones, bench)
            pack_rows(block, room.at, told.noises[i], room.keys, bench)
            judge(mixture, bench.margins, bench.answers, served, label, kind, 1.0)
            total += told.weights[i] * loss(served, told.labels[i], kind)
    return total
