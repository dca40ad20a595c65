"""The board: cells, time buckets, snapshots, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flyball.system.error import FlyballError
from flyball.watch.board import BUCKET_US, DAY_US, Board
from flyball.watch.kernel import AT_COUNT

HOUR_US = DAY_US // 24


def add_one(board: Board, score: float = 0.5, value: float = 1.0, *, sign: int = 1, ts: int = 0, **slices: str) -> None:
    """Tell the board one example of weight 1."""
    codes = [board.intern(i, slices.get(name)) for i, name in enumerate(board.dimensions)]
    board.add([score], [value], [1.0], [sign], [ts], [codes])


def measures(board: Board, name: str) -> dict[str, float]:
    """One measure of every cell, those that are not defined as NaN."""
    cards = {"all": board.total()} | {str(b.start_us): b.scorecard for b in board.timeline()}
    cards |= {c.value: c.scorecard for cells in board.slices().values() for c in cells}
    return {key: math.nan if (value := getattr(card, name)) is None else value for key, card in cards.items()}


def test_each_dimension_gets_one_cell_per_value_and_every_example_once() -> None:
    """The cells of a dimension add up to the whole."""
    board = Board(["country", "hour"], "binary")
    for country, hour in (("DE", "7"), ("FR", "7"), ("DE", "8")):
        add_one(board, country=country, hour=hour)
    slices = board.slices()

    assert {c.value: c.scorecard.examples for c in slices["country"]} == {"DE": 2, "FR": 1}
    assert {c.value: c.scorecard.examples for c in slices["hour"]} == {"7": 2, "8": 1}


def test_a_missing_value_and_those_beyond_the_limit_are_shown_as_such() -> None:
    """Nothing vanishes: both have a cell, and the one beyond the limit is counted."""
    board = Board(["ad"], "binary", max_values=2)
    for ad in ("a", "b", "c", "d"):
        add_one(board, ad=ad)
    add_one(board)
    cells = {cell.value: (cell.scorecard.examples, cell.named) for cell in board.slices()["ad"]}

    assert cells == {"(other)": (2, False), "(missing)": (1, False), "a": (1, True), "b": (1, True)}
    assert board.refused(0) == 2


def test_taking_back_a_scored_example_restores_the_counts_and_nearly_the_sums() -> None:
    """A revised outcome replaces the old one instead of joining it."""
    plain, revised = Board(["country"], "binary"), Board(["country"], "binary")
    add_one(plain, 0.3, 1.0, country="DE")
    add_one(revised, 0.3, 0.0, country="DE")
    add_one(revised, 0.3, 0.0, sign=-1, country="DE")
    add_one(revised, 0.3, 1.0, country="DE")
    expected, actual = plain.total(), revised.total()

    assert expected.examples == actual.examples
    assert expected.log_loss == pytest.approx(actual.log_loss, rel=1e-12)
    assert actual.auc is None


def test_taking_back_everything_leaves_an_empty_board() -> None:
    """No cell keeps a ghost."""
    board = Board(["country"], "binary")
    add_one(board, 0.3, country="DE")
    add_one(board, 0.3, sign=-1, country="DE")

    assert board.total().examples == 0
    assert board.total().log_loss is None
    assert board.slices() == {"country": ()}
    assert board.timeline() == ()


def test_taking_back_everything_leaves_no_curve() -> None:
    """Though sums of other orders leave dust: 0.1 + 0.2 + 0.3 - 0.1 - 0.2 - 0.3 is not 0."""
    board, weights = Board([], "binary"), [0.1, 0.2, 0.3]
    for sign in (1, -1):
        board.add([0.2] * 3, [1, 0, 1], weights, [sign] * 3, [0] * 3, [[]] * 3)

    assert board.calibration() == ()


def test_timeline_puts_examples_into_buckets_by_the_time_of_the_prediction() -> None:
    """Bounds are multiples of the width, before 1970 too."""
    board = Board([], "binary", bucket_us=HOUR_US)
    for ts in (-1, 0, HOUR_US - 1, 5 * HOUR_US):
        add_one(board, ts=ts)

    assert [(b.start_us // HOUR_US, b.scorecard.examples) for b in board.timeline()] == [(-1, 1), (0, 2), (5, 1)]


def test_buckets_double_their_width_when_there_is_no_room_and_lose_nothing() -> None:
    """Eight hours into four buckets: two hours each."""
    board = Board([], "binary", bucket_us=HOUR_US, max_buckets=4)
    for hour in range(8):
        add_one(board, ts=hour * HOUR_US)
    buckets = board.timeline()

    assert board.bucket_width_us == 2 * HOUR_US
    assert [b.start_us for b in buckets] == [0, 2 * HOUR_US, 4 * HOUR_US, 6 * HOUR_US]
    assert [b.scorecard.examples for b in buckets] == [2, 2, 2, 2]
    assert board.total().log_loss == pytest.approx(buckets[0].scorecard.log_loss)


def test_one_stray_time_costs_one_bucket_not_the_resolution_of_all() -> None:
    """Empty time needs no bucket."""
    board = Board([], "binary", bucket_us=HOUR_US, max_buckets=8)
    add_one(board, ts=-(10**16))
    for hour in range(7):
        add_one(board, ts=hour * HOUR_US)

    assert board.bucket_width_us == HOUR_US
    assert len(board.timeline()) == 8


def test_times_in_any_order_give_the_same_buckets() -> None:
    """Rows are inserted between others, and freed rows are used again."""
    hours = np.random.default_rng(3).permutation(400)
    sorted_board, shuffled = (Board([], "binary", bucket_us=HOUR_US, max_buckets=16) for _ in range(2))
    for hour in np.sort(hours):
        add_one(sorted_board, ts=int(hour) * HOUR_US)
    for hour in hours:
        add_one(shuffled, ts=int(hour) * HOUR_US)

    assert [b.start_us for b in sorted_board.timeline()] == [b.start_us for b in shuffled.timeline()]
    assert [b.scorecard.examples for b in shuffled.timeline()] == [32] * 12 + [16]
    count = shuffled._cells.state[AT_COUNT]
    assert sorted(shuffled._cells.slots.tolist()) == list(range(16))
    assert not shuffled._cells.timed[shuffled._cells.slots[count:]].any()


def test_default_widths_grow_into_whole_parts_of_a_day() -> None:
    """A day is the default width doubled ten times."""
    assert BUCKET_US << 10 == DAY_US


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_chunks_do_not_change_a_bit(kind: str) -> None:
    """The same stream, whole, in chunks and one by one, gives equal snapshots."""
    draw = np.random.default_rng(9)
    count = 1_000
    scores, outcomes = draw.random(count), (draw.random(count) < 0.3).astype(float)
    weights = draw.uniform(0, 2, count)
    signs = np.where(draw.random(count) < 0.1, -1, 1)
    times = draw.integers(0, 10**12, count)
    values = draw.integers(0, 30, (count, 2))
    digests = set()
    for size in (1, 7, 250, count):
        board = Board(["a", "b"], kind, max_values=20, max_buckets=32)  # type: ignore[arg-type]  # parametrised
        for start in range(0, count, size):
            part = slice(start, start + size)
            codes = [[board.intern(j, str(v)) for j, v in enumerate(row)] for row in values[part]]
            board.add(scores[part], outcomes[part], weights[part], signs[part], times[part], codes)
        digests.add(board.digest())

    assert len(digests) == 1


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_a_restored_board_goes_on_exactly_as_the_saved_one(kind: str) -> None:
    """Snapshot, restore, add: the same bits as without the snapshot."""
    board = Board(["country"], kind, max_values=3, max_buckets=4, bucket_us=HOUR_US)  # type: ignore[arg-type]  # parametrised
    for hour, country in enumerate(("DE", "FR", "DE", "IT", "ES", "FR")):
        add_one(board, 0.1 + hour / 10, hour % 2, ts=hour * HOUR_US, country=country)
    restored = Board.restore(board.snapshot())
    for twin in (board, restored):
        add_one(twin, 0.9, 1.0, ts=50 * HOUR_US, country="DE")
        add_one(twin, 0.9, 1.0, ts=60 * HOUR_US, country="PL")

    assert board.digest() == restored.digest()
    assert board.slices() == restored.slices()
    assert board.timeline() == restored.timeline()


def test_digest_tells_boards_apart_that_differ_in_one_bit() -> None:
    """A state hash that could not fail would be none."""
    one, two = Board([], "binary"), Board([], "binary")
    add_one(one, 0.5)
    add_one(two, math.nextafter(0.5, 1.0))

    assert one.digest() != two.digest()


def test_merging_boards_is_adding_their_examples() -> None:
    """Values unknown here get a cell, and the coarser width wins."""
    one, two, both = (Board(["country"], "binary", max_buckets=4, bucket_us=HOUR_US) for _ in range(3))
    for hour in range(8):
        for board in (one, both):
            add_one(board, 0.25, hour % 2, ts=hour * HOUR_US, country="DE")
    for hour in range(2):
        for board in (two, both):
            add_one(board, 0.75, 1.0, ts=hour * HOUR_US, country="FR" if hour else "DE")
    two.merge(one)

    assert two.bucket_width_us == both.bucket_width_us
    for name in ("examples", "log_loss", "log_loss_error", "auc", "calibration"):
        assert measures(both, name) == pytest.approx(measures(two, name), rel=1e-12, nan_ok=True)


def test_boards_of_another_make_do_not_merge() -> None:
    """The message names both."""
    with pytest.raises(FlyballError, match=r"a number board over \[\] .* combine with a binary one over \['a'\]"):
        Board(["a"], "binary").merge(Board([], "number"))


@pytest.mark.parametrize(
    ("score", "value", "weight", "sign", "code"),
    [
        (math.nan, 1.0, 1.0, 1, 0),
        (0.5, math.inf, 1.0, 1, 0),
        (1.5, 1.0, 1.0, 1, 0),
        (0.5, -0.1, 1.0, 1, 0),
        (0.5, 1.0, -1.0, 1, 0),
        (0.5, 1.0, math.nan, 1, 0),
        (0.5, 1.0, 1.0, 0, 0),
        (0.5, 1.0, 1.0, 1, 2),
        (0.5, 1.0, 1.0, 1, -1),
    ],
)
def test_an_example_that_cannot_be_scored_is_refused_and_nothing_of_its_chunk_is_added(
    score: float, value: float, weight: float, sign: int, code: int
) -> None:
    """The good example before it is not added either."""
    board = Board(["country"], "binary")
    with pytest.raises(FlyballError, match=r"example 1 .* cannot be scored; give probabilities and outcomes in"):
        board.add([0.5, score], [1.0, value], [1.0, weight], [1, sign], [0, 0], [[0], [code]])

    assert board.total().examples == 0


def test_number_boards_take_any_finite_number() -> None:
    """Only binary boards ask for probabilities."""
    board = Board([], "number")
    add_one(board, 1e9, -3.0)

    assert board.total().mae == 1e9 + 3.0
    with pytest.raises(FlyballError, match="give finite numbers"):
        add_one(board, math.nan)


@pytest.mark.parametrize(
    ("times", "slices"),
    [([0, 1], [[0]]), ([0], [[0, 0]])],
    ids=["columns of two lengths", "slices of two dimensions"],
)
def test_columns_that_do_not_fit_together_are_refused(times: list[int], slices: list[list[int]]) -> None:
    """The message states the shapes that were given and the one that is accepted."""
    with pytest.raises(FlyballError, match=r"do not fit together; give .* slices of shape \(n, 1\)"):
        Board(["country"], "binary").add([0.5], [1.0], [1.0], [1], times, slices)


def test_adding_nothing_changes_nothing() -> None:
    """An empty chunk is a chunk."""
    board = Board(["country"], "binary")
    before = board.digest()
    board.add([], [], [], [], [], [])

    assert before == board.digest()


def test_arrays_that_may_not_be_written_are_taken() -> None:
    """Columns from Arrow are read-only."""
    scores = np.array([0.5])
    scores.flags.writeable = False
    board = Board([], "binary")
    board.add(scores, scores, scores, [1], [0], [])

    assert board.total().examples == 1


def test_memory_is_the_documented_formula() -> None:
    """The docstring's formula, in numbers."""
    binary = Board(["a", "b"], "binary", max_values=10, max_buckets=16)
    number = Board(["a", "b"], "number", max_values=10, max_buckets=16)

    assert binary.memory_bytes == 8 * (10 + 6150 + (2 * 12 + 16) * (10 + 390) + 2 * 16 + 2)
    assert number.memory_bytes == 8 * (11 + (2 * 12 + 16) * 11 + 2 * 16 + 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Board(["a", "a"], "binary"), "name one twice"),
        (lambda: Board([], "classes"), "kind 'classes' is not known"),  # type: ignore[arg-type]  # refused at run time
        (lambda: Board([], "binary", max_buckets=1), r"max_buckets=1.* has no room"),
    ],
)
def test_boards_that_cannot_be_are_refused(make: object, message: str) -> None:
    """Each refusal says what was given."""
    with pytest.raises(FlyballError, match=message):
        make()  # type: ignore[operator]  # a parametrised call
