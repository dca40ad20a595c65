"""The viewer: from feeds to what is shown, tick by tick."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from flyball.events.tally import Tally
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from flyball.watch.board import Board
from flyball.watch.feed import Feed, ModelFeed, TallyFeed, boards_of, versions_of
from flyball.watch.machine import Latencies, MachineFeed, ProcessFeed
from flyball.web.status import SLICE_COLUMNS, Status
from flyball.web.viewer import Viewer, only

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
CARRIER = Input("carrier", str)
LATE = Model("late", signals=[CARRIER], outcome=Outcome("late", window="1h"), slice_by=[CARRIER])
SYSTEM = System("flights", models=[LATE])


def told(viewer: Viewer, board: Board, tally: Tally, *, version: int = 1, elsewhere: Board | None = None) -> Feed:
    """What a loop with this board and this tally says."""
    boards = boards_of({f"v{version}": board}, viewer.look().stamps.get("late", {}))
    held = [(version, board), *([] if elsewhere is None else [(-7, elsewhere)])]
    return Feed(
        system=SYSTEM.to_json(),
        versions={"late": version},
        seq=tally.predictions,
        log_ts=NOW,
        learned_ts=NOW,
        models={"late": ModelFeed(version=version, boards=boards, versions=versions_of(held))},
        tallies=[TallyFeed(model="late", version=version, tally=tally)],
    )


def worker(*counts: int, pid: int = 7) -> MachineFeed:
    """A worker that has answered so many, by latency."""
    held = Latencies(bounds=[0.001, 0.01], counts=list(counts))
    return MachineFeed(
        processes=[ProcessFeed(pid=pid, kind="worker", latencies={"late": held}, requests={"200": sum(counts)})]
    )


def board_of(*examples: tuple[str, float, int]) -> Board:
    """A board of (carrier, score, outcome)."""
    board = Board(["carrier"], "binary")
    for carrier, score, value in examples:
        board.add([score], [value], [1], [1], [0], [[board.intern(0, carrier)]])
    return board


def test_rates_are_what_came_over_the_time_it_took() -> None:
    """The first look has no past; then 40 predictions and 10 outcomes in 2 seconds."""
    viewer, board = Viewer(), board_of()
    first = viewer.take(told(viewer, board, Tally(predictions=100, pending=100)), worker(0, 0, 0), NOW)
    second = viewer.take(
        told(viewer, board, Tally(predictions=140, joined=10, pending=130)), worker(30, 10, 0), NOW + 2 * SECOND
    )

    assert first.models["late"].card.predictions_per_second == 0.0
    card = second.models["late"].card
    assert (card.predictions_per_second, card.outcomes_per_second) == (20.0, 5.0)
    assert card.p50 == pytest.approx(0.000667)
    assert card.p99 == pytest.approx(0.00964)
    assert second.models["late"].detail.counts["predictions"] == 140


def test_what_the_loop_counted_while_it_was_not_heard_is_spread_over_that_time() -> None:
    """No spike after a silence."""
    viewer, board = Viewer(), board_of()
    viewer.take(told(viewer, board, Tally(predictions=0)), worker(), NOW)
    for seconds in range(1, 5):
        viewer.take(None, worker(), NOW + seconds * SECOND)
    status = viewer.take(told(viewer, board, Tally(predictions=50, pending=50)), worker(), NOW + 5 * SECOND)

    assert status.models["late"].card.predictions_per_second == 10.0


def test_measures_are_those_of_the_board() -> None:
    """Whole, slices, recent and history."""
    viewer = Viewer()
    viewer.take(told(viewer, board_of(), Tally()), MachineFeed(), NOW)
    board = board_of(("LH", 0.2, 0), ("LH", 0.4, 1), ("AF", 0.9, 1))
    status = viewer.take(told(viewer, board, Tally(predictions=3, joined=3)), MachineFeed(), NOW + SECOND)
    model, total = status.models["late"], board.total()

    assert model.card.measures["log_loss"] == pytest.approx(total.log_loss, rel=1e-5)
    assert model.card.measures["calibration"] == pytest.approx(total.calibration, rel=1e-5)
    rows = {name: dict(zip(SLICE_COLUMNS, row, strict=True)) for name, row in model.detail.slices["carrier"].items()}
    assert {name: row["examples"] for name, row in rows.items()} == {"LH": 2.0, "AF": 1.0}
    assert [row[1] for row in model.detail.recent.values()] == [3.0], "all three were scored between the two looks"
    assert [row[1] for row in model.detail.history.values()] == [3.0]
    assert msgspec.json.decode(msgspec.json.encode(status), type=Status) == status


def test_a_version_made_elsewhere_has_measures_beside_ours() -> None:
    """By its own number, and anew when its sums have changed."""
    viewer, ours, theirs = Viewer(), board_of(("LH", 0.2, 0)), board_of(("LH", 0.4, 0), ("LH", 0.4, 1))
    first = viewer.take(told(viewer, ours, Tally(), elsewhere=theirs), MachineFeed(), NOW)
    theirs.add([0.4], [1], [1], [1], [0], [[theirs.intern(0, "LH")]])
    second = viewer.take(told(viewer, ours, Tally(), elsewhere=theirs), MachineFeed(), NOW + SECOND)
    before, after = (status.models["late"].detail.measures for status in (first, second))

    assert list(before) == ["-7", "1"]
    assert (before["-7"]["examples"], after["-7"]["examples"]) == (2.0, 3.0)
    assert after["-7"]["log_loss"] == pytest.approx(theirs.total().log_loss, rel=1e-5)
    assert after["-7"]["calibration"] == pytest.approx(0.6)
    assert after["1"] == before["1"]


def test_a_new_version_begins_anew() -> None:
    """Its measures are its own; the counts of both stay."""
    viewer = Viewer()
    viewer.take(told(viewer, board_of(("LH", 0.2, 0)), Tally(predictions=1, joined=1)), MachineFeed(), NOW)
    status = viewer.take(
        told(viewer, board_of(("AF", 0.9, 1)), Tally(predictions=1, joined=1), version=2), MachineFeed(), NOW + SECOND
    )

    assert status.models["late"].card.version == 2
    assert list(status.models["late"].detail.slices["carrier"]) == ["AF"]
    assert status.models["late"].detail.recent == {}


def test_a_loop_that_is_silent_leaves_what_was_known_and_says_so() -> None:
    """Old numbers with an alert, not an empty page."""
    viewer, board = Viewer(), board_of(("LH", 0.2, 0))
    viewer.take(told(viewer, board, Tally(predictions=1, joined=1)), MachineFeed(), NOW)
    status = viewer.take(None, MachineFeed(), NOW + 6 * SECOND)

    assert status.models["late"].detail.counts["joined"] == 1
    assert not status.learning
    assert [alert.code for alert in status.alerts] == ["loop-down"]


def test_unchanged_rows_are_the_very_same() -> None:
    """Nothing is computed twice: a slice that did not change keeps its row."""
    viewer, board = Viewer(), board_of(*[("LH", 0.2, 0), ("AF", 0.9, 1)] * 60)
    before = viewer.take(told(viewer, board, Tally()), MachineFeed(), NOW).models["late"].detail.slices["carrier"]
    board.add([0.3], [1], [1], [1], [0], [[board.intern(0, "AF")]])
    after = (
        viewer.take(told(viewer, board, Tally()), MachineFeed(), NOW + SECOND).models["late"].detail.slices["carrier"]
    )

    assert after["LH"][:11] == before["LH"][:11]
    assert after["AF"] != before["AF"]


def test_values_that_look_like_the_unnamed_cells_are_shown_beside_them() -> None:
    """A carrier that is really called (missing)."""
    board = Board(["carrier"], "binary")
    for value in (None, "(missing)"):
        board.add([0.5], [1], [1], [1], [0], [[board.intern(0, value)]])
    viewer = Viewer()
    status = viewer.take(told(viewer, board, Tally()), MachineFeed(), NOW)

    assert set(status.models["late"].detail.slices["carrier"]) == {"(missing)", "'(missing)'"}


def test_a_tab_gets_the_details_of_one_model_and_one_dimension() -> None:
    """What is not looked at is not sent."""
    viewer = Viewer()
    status = viewer.take(told(viewer, board_of(("LH", 0.2, 0)), Tally()), MachineFeed(), NOW)

    assert list(only(status, "late").models["late"].detail.slices) == ["carrier"]
    assert only(status, "other").models["late"].detail.counts == {}
    assert only(status, None).models["late"] == status.models["late"]


def test_processor_time_is_a_share_over_two_seconds_and_more() -> None:
    """The kernel counts in hundredths of a second."""
    viewer = Viewer()
    shares = []
    for tenths, seconds in ((0, 1.0), (5, 1.3), (20, 2.0), (25, 2.4)):
        machine = MachineFeed(processes=[ProcessFeed(pid=5, kind="loop", cpu_seconds=seconds)])
        shares.append(viewer.take(None, machine, NOW + tenths * SECOND // 10).processes["loop"].cpu_share)

    assert shares == [None, None, 0.5, 0.5]


def test_ten_models_of_two_hundred_slices_need_few_new_rows() -> None:
    """What the page shows of a heavy system stays bounded: the heaviest values, and how many there are."""
    draw = np.random.default_rng(3)
    board = Board(["carrier"], "binary")
    names = [[board.intern(0, f"C{i}")] for i in draw.integers(0, 500, 4_000)]
    scores = draw.random(4_000)
    ones = np.ones(4_000)
    board.add(scores, draw.random(4_000) < scores, ones, ones, np.zeros(4_000, np.int64), names)
    viewer = Viewer()
    detail = viewer.take(told(viewer, board, Tally()), MachineFeed(), NOW).models["late"].detail
    weights = [row[1] for row in detail.slices["carrier"].values()]

    assert len(weights) == 300
    assert detail.values["carrier"] == len(board.slices()["carrier"])
    assert weights == sorted(weights, key=lambda weight: -(weight or 0.0))
