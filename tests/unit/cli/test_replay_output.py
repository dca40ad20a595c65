"""What a finished replay shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.cli.console import Console
from flyball.cli.replay_output import replayed_json, show_replayed, write_report
from flyball.run.replayed import Replayed
from flyball.run.report import Report
from tests.unit.cli.report_sample import sample

if TYPE_CHECKING:
    from pathlib import Path


def report(system: str = "ads") -> Report:
    """One without models."""
    return Report(system=system, digest="", source="a.csv", command="", seconds=1.0, rows=3)


def test_the_report_is_named_after_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in that name, the file stays in this folder."""
    monkeypatch.chdir(tmp_path)

    assert write_report(sample(count=200, hostile="../../my ads"), None, wanted=True) is not None
    assert [path.name for path in tmp_path.iterdir()] == ["..-..-my-ads-report.html"]


@pytest.mark.parametrize(("wanted", "models"), [(False, True), (True, False)])
def test_without_a_wish_or_a_model_there_is_no_report(
    wanted: bool, models: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty page tells nothing."""
    monkeypatch.chdir(tmp_path)

    assert write_report(sample(count=200) if models else report(), None, wanted=wanted) is None
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_replay_says_from_where(capsys: pytest.CaptureFixture[str]) -> None:
    """And how many columns were not read."""
    done = Replayed(report=report(), events=4, resumed=1_200, ignored=tuple(f"c{i}" for i in range(15)), notes=("odd",))
    show_replayed(done, Console())
    said = capsys.readouterr()

    assert "a.csv: went on after 1,200 events that were replayed before" in said.out
    assert "c10, c11 and 3 more" in said.out
    assert said.err == "note: odd\n"


@pytest.mark.parametrize(
    ("matches", "told"),
    [
        (None, "state abc\n"),
        (True, "state abc, the same as the state directory's"),
        (False, "keep both, and report it"),
    ],
)
def test_the_state_is_told_and_whether_it_is_the_same(
    matches: bool | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A difference is an error."""
    done = Replayed(report=report(), events=4, state_digest="abc", matches=matches)
    show_replayed(done, Console())
    said = capsys.readouterr()

    assert told in said.out + said.err
    assert replayed_json(done, None)["matches_state"] is matches
