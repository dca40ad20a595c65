"""Calibration in the table of coefficients: what it mends, what it costs, and what it leaves alone."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from flyball.learn import calibration
from flyball.learn.calibration import ROWS, calibrate_one
from flyball.learn.curve import LOWEST, WIDTH
from flyball.learn.ftrl import LEARN, PREDICT, noise_of
from flyball.learn.slice_cells import WHOLE
from flyball.learn.table import Table

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stream:
    """Margins as a learner gave them, the true ones, labels, and a slice for each row."""

    margins: Floats
    true: Floats
    labels: Floats
    slices: NDArray[np.uint64]

    @property
    def scores(self) -> Floats:
        """The learner's probabilities."""
        made: Floats = 1.0 / (1.0 + np.exp(-self.margins))
        return made


def stream(kind: str, *, rows: int = 40_000, seed: int = 5) -> Stream:
    """A stream of one click in ten, which a learner predicts rightly or not."""
    random = np.random.default_rng(seed)
    slices = random.integers(0, 10, rows)
    true = -2.5 + 1.5 * random.standard_normal(rows)
    margins = {
        "right": true,
        "high": true + 0.7,
        "steep": 1.5 * true,
        "by slice": true + np.linspace(-0.9, 0.9, 10)[slices],
        "drift": true + np.where(np.arange(rows) < rows // 2, 0.7, -0.7),
    }[kind]
    labels = (random.random(rows) < 1.0 / (1.0 + np.exp(-true))).astype(np.float64)
    return Stream(margins, true, labels, slices.astype(np.uint64) + np.uint64(100))


def cells_of(data: Stream, *, sliced: bool) -> NDArray[np.uint64]:
    """The cell of all rows, and that of the slice."""
    whole = np.full(len(data.slices), WHOLE, dtype=np.uint64)
    return np.stack([whole, data.slices], axis=1) if sliced else whole[:, None]


def calibrated(
    data: Stream, *, sliced: bool = False, table: Table | None = None, weights: Floats | None = None, parts: int = 1
) -> Floats:
    """The answers by progressive validation: each before its label is learned."""
    table, rows = Table() if table is None else table, len(data.labels)
    labels = np.zeros((rows, 4))
    labels[:, 0], labels[:, 1] = data.labels, 1.0 if weights is None else weights
    noises = np.empty(rows, dtype=np.uint64)
    noise_of(np.arange(rows), np.zeros(rows, dtype=np.int64), noises)
    scores, cells, todo = data.scores, cells_of(data, sliced=sliced), np.full(rows, PREDICT | LEARN, dtype=np.uint8)
    for rows_of_part in np.array_split(np.arange(rows), parts):
        part = slice(rows_of_part[0], rows_of_part[-1] + 1)
        done = calibration.run(
            table.words, cells[part], 1.0, todo[part], labels[part], noises[part], made := scores[part]
        )
        assert done == len(made)
    return scores


def log_loss(p: Floats, y: Floats) -> float:
    """The mean log loss."""
    return float(-np.log(np.where(y > 0.5, p, 1.0 - p)).mean())


def error(p: Floats, y: Floats) -> float:
    """The mean |observed - predicted| over 20 equal bins of the prediction."""
    order = np.argsort(p, kind="stable")
    return float(np.mean([abs(y[part].mean() - p[part].mean()) for part in np.array_split(order, 20)]))


@pytest.mark.parametrize(("kind", "sliced"), [("high", False), ("steep", False), ("by slice", True)])
def test_it_mends_what_is_wrong(kind: str, sliced: bool) -> None:
    """In log loss and in calibration, counted from the first row on."""
    data = stream(kind)
    answers = calibrated(data, sliced=sliced)
    ideal = 1.0 / (1.0 + np.exp(-data.true))
    lost = log_loss(data.scores, data.labels) - log_loss(ideal, data.labels)
    left = log_loss(answers, data.labels) - log_loss(ideal, data.labels)

    assert left < 0.3 * lost
    assert error(answers, data.labels) < 0.6 * error(data.scores, data.labels)


def test_what_changes_is_followed() -> None:
    """Too high by 0.7 at first, then as much too low: towards the end most of it is mended again."""
    data, rows = stream("drift", rows=120_000), slice(100_000, None)
    answers = calibrated(data)
    ideal = 1.0 / (1.0 + np.exp(-data.true[rows]))
    lost = log_loss(data.scores[rows], data.labels[rows]) - log_loss(ideal, data.labels[rows])
    left = log_loss(answers[rows], data.labels[rows]) - log_loss(ideal, data.labels[rows])

    assert left < 0.4 * lost


def test_slices_mend_what_the_whole_cannot() -> None:
    """Too high here and too low there."""
    data = stream("by slice")
    whole, sliced = calibrated(data), calibrated(data, sliced=True)

    assert log_loss(sliced, data.labels) < 0.99 * log_loss(whole, data.labels)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_right_loses_less_than_a_thousandth(seed: int) -> None:
    """The price of not knowing that it is right, from the first row on."""
    data = stream("right", seed=seed, rows=100_000)
    before = log_loss(data.scores, data.labels)

    assert log_loss(calibrated(data), data.labels) < 1.001 * before
    assert log_loss(calibrated(data, sliced=True), data.labels) < 1.002 * before


def test_with_too_few_answers_scores_are_served_to_the_bit() -> None:
    """A thousand of one kind are too few of the other."""
    rows = 1_000
    scores = np.linspace(0.001, 0.999, rows)
    data = Stream(np.log(scores / (1 - scores)), np.zeros(rows), np.zeros(rows), np.zeros(rows, dtype=np.uint64))

    assert calibrated(data).tolist() == data.scores.tolist()


@pytest.mark.parametrize("parts", [2, 39])
def test_however_the_rows_are_cut_the_same_comes_out(parts: int) -> None:
    """State is a fold of the log: answers and table, to the bit."""
    data = stream("by slice", rows=5_000)
    at_once, in_parts = Table(), Table(slot_bits=6, max_segments=4_096)

    answers = calibrated(data, sliced=True, table=at_once)
    again = calibrated(data, sliced=True, table=in_parts, parts=parts)

    assert answers.tolist() == again.tolist()
    assert at_once.digest() == in_parts.digest()


def test_what_was_written_down_goes_on_as_if_nothing_had_been() -> None:
    """All that is known of the curves is in the table's entries, and in no others."""
    data = stream("steep", rows=6_000)
    first, second = (
        Stream(data.margins[part], data.true[part], data.labels[part], data.slices[part])
        for part in (slice(0, 3_000), slice(3_000, 6_000))
    )
    lived, restored = Table(), Table()
    calibrated(first, sliced=True, table=lived)
    restored.load(*lived.entries())

    assert (
        calibrated(second, sliced=True, table=restored).tolist()
        == calibrated(second, sliced=True, table=lived).tolist()
    )
    assert restored.digest() == lived.digest()
    lived.forget()
    assert calibrated(first, sliced=True, table=lived).tolist() == calibrated(first, sliced=True).tolist()


def curve_of(table: Table, margins: Floats, cells: list[int]) -> Floats:
    """The answers for these margins."""
    keys = np.array(cells, dtype=np.uint64)
    return np.array([calibrate_one(table.words, keys, 1.0, float(p)) for p in 1.0 / (1.0 + np.exp(-margins))])


@pytest.mark.parametrize("kind", ["high", "steep", "by slice", "drift"])
def test_a_curve_rises_without_jumps_and_stays_inside(kind: str) -> None:
    """Over all margins, far outside those of the data too."""
    data, table = stream(kind, rows=20_000), Table()
    calibrated(data, sliced=True, table=table)
    margins = np.linspace(-30, 30, 60_001)

    answers = curve_of(table, margins, [WHOLE, 105])
    rises = np.diff(np.log(answers / (1.0 - answers)))

    assert 0.0 < answers.min() < answers.max() < 1.0
    assert rises[np.abs(margins[:-1]) < 20].min() > -1e-6
    assert np.abs(rises).max() < 0.1


def test_where_bins_meet_nothing_jumps_though_all_examples_lie_on_the_edge() -> None:
    """Points keep a distance from the edges of their bins, whatever is rounded."""
    edge = LOWEST + 9 * WIDTH
    rows = 4_000
    margins = np.where(np.arange(rows) % 2 == 0, edge, np.nextafter(edge, -9.0))
    labels = (np.arange(rows) % 5 == 0).astype(np.float64)
    table = Table()
    calibrated(Stream(margins, margins, labels, np.zeros(rows, dtype=np.uint64)), table=table)

    around = curve_of(table, edge + np.linspace(-0.2, 0.2, 4_001), [WHOLE])

    assert np.diff(around).min() >= 0.0
    assert np.diff(around).max() < 1e-3


def test_weights_that_are_all_alike_change_nothing() -> None:
    """A thousand times the weight is a thousand times the same, not a thousand times as certain."""
    data = stream("steep", rows=4_000)
    once, often = calibrated(data), calibrated(data, weights=np.full(4_000, 1000.0))

    assert np.abs(once - often).max() < 1e-4


def test_negatives_kept_with_weights_are_calibrated_in_the_world() -> None:
    """`keep_silent` keeps a tenth of them with weight 10: answers are those for all."""
    data = stream("high", rows=100_000)
    kept = (data.labels > 0.5) | (np.random.default_rng(1).random(100_000) < 0.1)
    weights = np.where(data.labels > 0.5, 1.0, 10.0)[kept]
    part = Stream(data.margins[kept], data.true[kept], data.labels[kept], data.slices[kept])
    answers = calibrated(part, weights=weights)

    later = slice(len(answers) // 2, None)
    observed = (weights * part.labels)[later].sum() / weights[later].sum()
    expected = (weights * answers)[later].sum() / weights[later].sum()
    assert expected == pytest.approx(observed, rel=0.05)


def learn(table: Table, score: float, labels: list[list[float]], cells: list[int]) -> int:
    """Learns examples of one score."""
    count = len(labels)
    keys = np.tile(np.array(cells, dtype=np.uint64), (count, 1))
    todo, noises = np.full(count, LEARN, dtype=np.uint8), np.arange(count, dtype=np.uint64)
    return calibration.run(table.words, keys, 1.0, todo, np.array(labels), noises, np.full(count, score))


def test_what_was_assumed_and_is_told_otherwise_counts_once() -> None:
    """`learn="revise"`: silence first, the answer later takes it back."""
    revised, told = Table(), Table()
    learn(revised, 0.2, [[0.0, 1.0, 0.0, 0.0]] * 400 + [[1.0, 1.0, 0.0, 1.0]] * 200, [WHOLE])
    learn(told, 0.2, [[0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]] * 200, [WHOLE])

    margins = np.linspace(-3, 1, 9)
    assert np.abs(curve_of(revised, margins, [WHOLE]) - curve_of(told, margins, [WHOLE])).max() < 0.02


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1e-300, 1e-15, 0.3, 0.5, 1.0 - 1e-12, 1.0]),
            st.sampled_from([0.0, 1.0]),
            st.sampled_from([0.0, 1e-300, 1e-9, 1.0, 1e30, 1e100]),
            st.sampled_from([0.0, 1.0]),
            st.sampled_from([0.0, 0.0, 1.0, 1e100]),
        ),
        max_size=30,
    )
)
@settings(max_examples=50)
def test_absurd_answers_spoil_no_number(steps: list[tuple[float, float, float, float, float]]) -> None:
    """Weights of 1e100, answers taken back that were never given, scores of 0 and 1: no NaN, always inside."""
    table = Table(slot_bits=6, max_segments=64)
    good = [[float(i % 2), 1.0, 0.0, 0.0] for i in range(120)]
    for score, value, weight, before, weight_before in steps:
        learn(table, score, [[value, weight, before, weight_before]], [WHOLE])
    learn(table, 0.4, good, [WHOLE])
    learn(table, 1e-9, good, [WHOLE])

    answers = curve_of(table, np.linspace(-12, 12, 49), [WHOLE])

    assert np.isfinite(answers).all()
    assert ((answers > 0.0) & (answers < 1.0)).all()


def test_a_full_table_says_how_far_it_came() -> None:
    """And the caller raises what it raises for coefficients."""
    table = Table(slot_bits=6, max_segments=1)
    labels = [[float(i % 2), 1.0, 0.0, 0.0] for i in range(200)]

    assert learn(table, 0.4, labels, [WHOLE, 7]) < 200


def test_a_cell_takes_no_more_rows_than_it_says() -> None:
    """Which is its bound of memory, and what a snapshot has to be told."""
    table = Table()
    assert len(calibration.keys_to_preserve(table.words, np.array([[1], [1]], dtype=np.uint64))) == 0
    calibrated(stream("steep"), sliced=True, table=table)
    table.begin_snapshot(lambda keys, rows: None)

    keys = calibration.keys_to_preserve(table.words, np.array([[1, 2], [2, 1]], dtype=np.uint64))

    assert len(table) <= 11 * ROWS
    assert len(set(keys.tolist())) == 2 * ROWS
    assert len(keys) == 2 * ROWS


def test_all_keys_that_are_changed_were_to_be_preserved() -> None:
    """A snapshot hands over the entries as they were when it began, whatever is learned meanwhile."""
    data, table = stream("steep", rows=4_000), Table()
    calibrated(data, sliced=True, table=table)
    before = dict(zip(table.entries()[0].tolist(), table.entries()[1].tolist(), strict=True))
    found: dict[int, int] = {}
    table.touch_all()
    snapshot = table.begin_snapshot(lambda keys, rows: found.update(zip(keys.tolist(), rows.tolist(), strict=True)))
    table.preserve(calibration.keys_to_preserve(table.words, cells_of(data, sliced=True)))
    calibrated(stream("high", rows=4_000), sliced=True, table=table)
    while not snapshot.step(64):
        pass

    assert found == before


def test_answers_are_sound_while_another_thread_learns() -> None:
    """The table splits and curves are written down meanwhile: a reader always finds one that was, or nearly."""
    data, table = stream("high", rows=60_000), Table(slot_bits=6, max_segments=4_096)
    cells = np.array([WHOLE, 103], dtype=np.uint64)
    writer = Thread(target=calibrated, args=(data,), kwargs={"sliced": True, "table": table})
    writer.start()
    answers = [calibrate_one(table.words, cells, 1.0, 0.3)]
    while writer.is_alive():
        answers.append(calibrate_one(table.words, cells, 1.0, 0.3))
    writer.join()

    assert 0.1 < min(answers) <= max(answers) < 0.5
    assert calibrate_one(table.words, cells, 1.0, 0.3) < 0.25
