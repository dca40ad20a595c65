"""From an engine to a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.events.record import Outcome
from flyball.run.file_replay import replay_file, replay_into
from flyball.run.live_model import version_of
from flyball.run.state import State
from flyball.run.summary import learner_text, scored, summarise
from flyball.system.learner import FM, FTRL
from tests.unit.cli.flights_made import rows, write_rows
from tests.unit.run.flights_system import flights

if TYPE_CHECKING:
    from pathlib import Path


def test_a_report_says_everything_of_a_model(tmp_path: Path) -> None:
    """Counts that add up, slices, calibration, signals, learner, live features."""
    report = replay_file(flights(), write_rows(tmp_path / "flights.csv"), command="typed").report
    [model] = report.models

    assert (report.system, report.source, report.command, report.rows) == ("flights", "flights.csv", "typed", 300)
    assert (model.title, model.outcome, model.keys > 10) == ("delay@v1", "late", True)
    assert model.learner.endswith("logistic loss")
    assert [(line.name, line.kind, line.note) for line in model.signals] == [
        ("carrier", "str", "input"),
        ("hour", "int", "input"),
    ]
    assert model.tally["predictions"] == model.tally["joined"] == 300
    assert {cell.value for cell in model.slices["carrier"]} == {"AS", "DL", "AA"}
    assert sum(bucket.scorecard.examples for bucket in model.timeline) == 300
    assert model.calibration != ()


def test_every_version_that_met_examples_has_its_own_measures(tmp_path: Path) -> None:
    """The present one is the last, even before it has any."""
    path = write_rows(tmp_path / "flights.csv")
    replay_file(flights(), path, state=tmp_path / "state")
    with State.open(tmp_path / "state", flights("hour")) as state:
        report = summarise(state.engine, source="", seconds=1.0, rows=0)

    assert [(model.title, model.scorecard.examples) for model in report.models] == [("delay@v1", 300), ("delay@v2", 0)]
    assert [model.tally["predictions"] for model in report.models] == [300, 0]
    assert [len(model.signals) for model in report.models] == [0, 1]


def test_orphans_are_counted_with_the_present_version(tmp_path: Path) -> None:
    """Nobody can tell for which version they were meant."""
    lines = rows(30)
    path = tmp_path / "flights.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with State.open(tmp_path / "state", flights()) as state:
        replay_into(state, path)
        state.commit([(state.now, state.now, Outcome(id="nobody", outcome="late", value=1.0))])
        [model] = summarise(state.engine, source="", seconds=0.0, rows=0).models

    assert (model.tally["orphans"], model.tally["joined"], model.examples_per_second) == (1, 30, 0.0)


def test_only_new_examples_count_for_speed(tmp_path: Path) -> None:
    """What was there before took no time now."""
    with State.open(tmp_path / "state", flights()) as state:
        before = scored(state.engine)
        replay_into(state, write_rows(tmp_path / "flights.csv", 50))
        fresh = summarise(state.engine, source="", seconds=2.0, rows=0, before=before).models[0]
        stale = summarise(state.engine, source="", seconds=2.0, rows=0, before=scored(state.engine)).models[0]

    assert (fresh.examples_per_second, stale.examples_per_second) == (25.0, 0.0)


@pytest.mark.parametrize(("board", "version"), [("v1", 1), ("v12|country|hour & day", 12)])
def test_the_version_stands_in_the_name_of_a_board(board: str, version: int) -> None:
    """Before the dimensions."""
    assert version_of(board) == version


def test_a_learner_is_told_with_its_settings() -> None:
    """As short as they were given."""
    assert learner_text(FTRL(alpha=0.05, l1=1.0)) == "FTRL (alpha 0.05, beta 1, l1 1, l2 0)"
    assert learner_text(FM(alpha=0.05, l2_v=2)) == (
        "FM of 4 factors (alpha 0.05, beta 1, l1 0, l2 0; of factors alpha 0.05, beta 0.1, l1 0, l2 2)"
    )
