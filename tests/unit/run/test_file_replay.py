"""From a file to a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flyball.run.file_options import FileOptions
from flyball.run.file_replay import read_recording, replay_file, replay_into
from flyball.run.files.typed_rows import ColumnsUnknown
from flyball.run.replay import CHUNK, ReplayRefused
from flyball.run.state import State
from flyball.system.source import Source
from tests.unit.cli.flights_made import rows, write_rows
from tests.unit.run.flights_system import flights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.run.report import ModelReport, Report

MANY = CHUNK
"""Rows of a file whose events fill two chunks: each row has two."""


class Stopped(Exception):
    """The test pulls the plug."""


def stop_after(done: int) -> Callable[[int, int], None]:
    """Progress that pulls the plug when so many events are done."""

    def progress(now: int, _total: int) -> None:
        if now >= done:
            raise Stopped("the plug was pulled")

    return progress


def only(report: Report) -> ModelReport:
    """The one model of a report."""
    [model] = report.models
    return model


def test_the_order_of_the_lines_means_nothing(tmp_path: Path) -> None:
    """Rows are replayed in the order of time."""
    lines = rows(200)
    sorted_file, shuffled = tmp_path / "sorted.csv", tmp_path / "shuffled.csv"
    sorted_file.write_text("\n".join(lines), encoding="utf-8")
    shuffled.write_text("\n".join([lines[0], *lines[:0:-1]]), encoding="utf-8")
    first, second = (replay_file(flights(), path).report for path in (sorted_file, shuffled))

    assert only(first).scorecard == only(second).scorecard


def test_outcomes_arrive_when_they_did(tmp_path: Path) -> None:
    """Known at once, they teach earlier: two hours of delays cost something."""
    path = write_rows(tmp_path / "flights.csv")
    late = replay_file(flights(), path)
    at_once = replay_file(replace(flights(), source=Source(time="at", id="id")), path)

    losses = [only(done.report).scorecard.log_loss or 0.0 for done in (at_once, late)]
    assert losses[0] < losses[1]
    assert late.events == at_once.events == 600


def test_a_repeated_id_is_refused_once_and_shown(tmp_path: Path) -> None:
    """The first in time is taken."""
    lines = rows(50)
    path = tmp_path / "flights.csv"
    path.write_text("\n".join([*lines, lines[3], lines[3], lines[9]]), encoding="utf-8")
    report = replay_file(flights(), path).report
    [rejection] = report.rejections

    assert (report.rows, only(report).scorecard.examples) == (53, 50)
    assert (rejection.reason, rejection.count, rejection.first_row, rejection.column) == ("repeated_id", 3, 51, "id")
    assert rejection.example == "id 'f2' is that of row 3 already"


def test_rows_that_cannot_be_read_are_counted_and_the_rest_is_replayed(tmp_path: Path) -> None:
    """Nothing vanishes: taken and refused are all."""
    lines = rows(60)
    lines[7] = lines[7].replace(",1,", ",one,")
    lines[11] = "too,few"
    lines[12] = lines[12].replace("2026-01-01", "01/01/2026")
    path = tmp_path / "flights.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    report = replay_file(flights(), path).report

    assert report.rows == 60
    assert sum(rejection.count for rejection in report.rejections) == 3
    assert only(report).tally["predictions"] == 57


def test_where_every_row_is_refused_no_state_is_made(tmp_path: Path) -> None:
    """The report says why."""
    path = tmp_path / "flights.csv"
    path.write_text("id,at,known_at,carrier,hour,late\nf1,yesterday,today,AA,7,1\n", encoding="utf-8")
    done = replay_file(flights(), path, state=tmp_path / "state")

    assert (done.examples, done.report.models, done.report.rows) == (0, (), 1)
    assert [rejection.column for rejection in done.report.rejections] == ["at"]
    assert not (tmp_path / "state").exists()


def test_a_column_that_is_not_there_is_refused_before_a_state_is_made(tmp_path: Path) -> None:
    """With the nearest name."""
    path = write_rows(tmp_path / "flights.csv", 10)
    with pytest.raises(ColumnsUnknown, match=r"has no column 'knwn_at' \(did you mean 'known_at'\?\)"):
        replay_file(flights(), path, FileOptions(outcome_time="knwn_at"), state=tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    """In events: predictions and outcomes."""
    seen: list[tuple[int, int]] = []
    path = write_rows(tmp_path / "flights.csv", MANY)
    replay_file(flights(), path, progress=lambda done, total: seen.append((done, total)))

    assert seen == [(CHUNK, 2 * CHUNK), (2 * CHUNK, 2 * CHUNK)]


def test_time_is_measured_with_the_timer_given(tmp_path: Path) -> None:
    """So that speed in a report is no accident of the machine that tests it."""
    ticks = iter([10.0, 14.0])
    path = write_rows(tmp_path / "flights.csv", 100)
    report = replay_file(flights(), path, timer=lambda: next(ticks)).report

    assert (report.seconds, report.rows_per_second, only(report).examples_per_second) == (4.0, 25.0, 25.0)


def test_a_replay_with_and_without_a_state_is_the_same(tmp_path: Path) -> None:
    """What is kept does not change what is learned."""
    path = write_rows(tmp_path / "flights.csv")
    kept = replay_file(flights(), path, state=tmp_path / "state")
    forgotten = replay_file(flights(), path)

    assert only(kept.report).scorecard == only(forgotten.report).scorecard
    assert only(kept.report).tally == only(forgotten.report).tally
    assert (kept.state_digest is None, forgotten.state_digest) == (False, None)


@pytest.mark.parametrize("learn", ["arrival", "close"])
def test_an_interrupted_replay_goes_on_and_ends_in_the_same_state(tmp_path: Path, learn: str) -> None:
    """Stopped after the first chunk; both runs together take each event once."""
    system = flights(learn="close" if learn == "close" else "arrival")
    path = write_rows(tmp_path / "flights.csv", MANY)
    whole = replay_file(system, path, state=tmp_path / "whole")
    with pytest.raises(Stopped, match="the plug was pulled"):
        replay_file(system, path, state=tmp_path / "cut", progress=stop_after(CHUNK))
    resumed = replay_file(system, path, state=tmp_path / "cut")
    again = replay_file(system, path, state=tmp_path / "cut")

    assert (resumed.resumed, resumed.events, resumed.already) == (CHUNK, CHUNK, False)
    assert (again.resumed, again.events, again.already) == (2 * CHUNK, 0, True)
    assert whole.state_digest == resumed.state_digest == again.state_digest
    assert only(whole.report).scorecard == only(resumed.report).scorecard == only(again.report).scorecard


def test_speed_is_that_of_what_was_new(tmp_path: Path) -> None:
    """A replay that found nothing to do claims none."""
    path = write_rows(tmp_path / "flights.csv", 100)
    for _ in range(2):
        done = replay_file(flights(), path, state=tmp_path / "state")

    assert (only(done.report).scorecard.examples, only(done.report).examples_per_second) == (100, 0.0)


def test_a_resumed_replay_does_not_compare_the_score_column(tmp_path: Path) -> None:
    """It saw the rest of the rows only, and says so."""
    path = write_rows(tmp_path / "flights.csv", 100)
    given = FileOptions(score_column="score")
    first, second = (replay_file(flights(), path, given, state=tmp_path / "state") for _ in range(2))

    assert list(only(first.report).baselines) == ["score"]
    assert only(first.report).baselines["score"].scorecard.examples == 100
    assert dict(only(second.report).baselines) == {}
    assert "the score column is not compared" in second.notes[-1]


def test_the_same_file_read_in_another_way_is_another_file(tmp_path: Path) -> None:
    """So it begins before the end of the first."""
    path = write_rows(tmp_path / "flights.csv", 100)
    replay_file(flights(), path, state=tmp_path / "state")
    with pytest.raises(ReplayRefused, match=r"flights.csv begins before the end of what this state has seen"):
        replay_file(flights(), path, FileOptions(tz="UTC"), state=tmp_path / "state")


def test_a_file_that_goes_on_where_the_first_ended_is_taken(tmp_path: Path) -> None:
    """History in two files is one history."""
    lines = rows(400)
    # An outcome of the first file is known before the second begins.
    halves = [[lines[0], *lines[1:200]], [lines[0], *lines[240:]]]
    for number, half in enumerate(halves):
        (tmp_path / f"{number}.csv").write_text("\n".join(half), encoding="utf-8")
    replay_file(flights(), tmp_path / "0.csv", state=tmp_path / "state")
    second = replay_file(flights(), tmp_path / "1.csv", state=tmp_path / "state")

    assert only(second.report).scorecard.examples == 199 + 161
    assert second.report.rows == 161


def test_a_file_is_replayed_into_an_open_state(tmp_path: Path) -> None:
    """As `fb.open(...).replay(...)` does."""
    path = write_rows(tmp_path / "flights.csv", 100)
    with State.open(tmp_path / "state", flights()) as state:
        report = replay_into(state, path, score_column="score")

    assert only(report).scorecard.examples == 100
    assert list(only(report).baselines) == ["score"]


def test_an_empty_recording_leaves_an_open_state_alone(tmp_path: Path) -> None:
    """No row was taken."""
    path = tmp_path / "flights.csv"
    path.write_text("id,at,known_at,carrier,hour,late\nf1,yesterday,today,AA,7,1\n", encoding="utf-8")
    with State.open(tmp_path / "state", flights()) as state:
        report = replay_into(state, path)

        assert (report.models, report.rows, state.engine.seq) == ((), 1, 1)


def test_one_model_of_two_is_fed_by_a_file_of_its_outcome(tmp_path: Path) -> None:
    """Only its inputs are read."""
    path = write_rows(tmp_path / "flights.csv", 20)
    recording = read_recording(flights("hour"), path)

    assert list(recording.rows.columns) == ["hour"]
    assert "carrier" in recording.rows.ignored


def test_files_of_one_name_do_not_share_ids(tmp_path: Path) -> None:
    """Where a file has no ids, its rows get some: of this file alone."""
    system, lines = replace(flights(), source=Source(time="at")), rows(100)
    for day, half in enumerate((lines[:51], [lines[0], *lines[51:]])):
        (tmp_path / str(day)).mkdir()
        path = tmp_path / str(day) / "flights.csv"
        path.write_text("\n".join(half), encoding="utf-8")
        done = replay_file(system, path, state=tmp_path / "state")

    tally = only(done.report).tally
    assert (tally["joined"], tally["repeated"], tally["revised"]) == (100, 0, 0)


def test_a_file_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    """Nor does the definition that it came with hold."""
    path = write_rows(tmp_path / "flights.csv", 100)
    whole = replay_file(flights(), path, state=tmp_path / "state")
    (tmp_path / "earlier.csv").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ReplayRefused, match="begins before the end"):
        replay_file(flights("hour"), tmp_path / "earlier.csv", state=tmp_path / "state")

    assert replay_file(flights(), path, state=tmp_path / "state").state_digest == whole.state_digest


def test_a_limit_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    """Nothing that is still needed is dropped for it."""
    path = write_rows(tmp_path / "flights.csv", 100)
    done = replay_file(flights(), path, state=tmp_path / "state", max_disk_bytes=1_000)

    assert done.notes[-1].startswith("the log takes ")
    assert "bytes more than its limit: its records are needed" in done.notes[-1]


def test_only_the_files_own_examples_are_compared_with_its_scores(tmp_path: Path) -> None:
    """Rows without a score are left out and counted; others' examples are none of its."""
    lines = rows(60)
    gone = [line if i % 3 else f"{line.rpartition(',')[0]}," for i, line in enumerate(lines[1:])]
    path = tmp_path / "flights.csv"
    path.write_text("\n".join([lines[0], *gone]), encoding="utf-8")
    done = replay_file(flights(), path, FileOptions(score_column="score"))

    assert only(done.report).baselines["score"].scorecard.examples == 40
    assert done.notes[-1] == "20 rows have no score in 'score'; its figures are of the others"
