"""How the live demo ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flyball.cli.console import Console
from flyball.cli.demo.checked import Checked
from flyball.cli.demo.closeness import Calibration, Progress
from flyball.cli.demo.ending import show_ending
from flyball.cli.demo.live import LiveOptions, Outcome
from flyball.cli.demo.screen import Frame
from flyball.events.tally import Tally
from flyball.testing.audience import Attendance

if TYPE_CHECKING:
    from pathlib import Path

YOUNG = Calibration(answers=6_000, clicks=300, predicted=303.0, truth=298.0, variance=280.0)
SEEN = Progress(answers=9, recent=9, log_loss=0.2, entropy=0.18, base=0.22, young=YOUNG)
CHECKED = Checked(
    counts=Tally(predictions=9, silent=9), records=30, predictions_missing=0, outcomes_missing=0, replay_matches=True
)
DONE = Outcome(
    frame=Frame(
        seconds=9.0,
        address="",
        control="",
        progress=SEEN,
        attendance=Attendance(asked=9, answered=9),
        counts={"predictions": 9, "silent": 9},
    ),
    cold=False,
    first_seconds=2.5,
    clicks=3,
    clicks_lost=0,
    code=0,
    checked=CHECKED,
)


def ended(done: Outcome, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is shown."""
    show_ending(Console(), LiveOptions(folder=folder, seconds=9.0, rate=1.0, port=0, seed=0), done)
    return capsys.readouterr().out


def test_what_was_kept_is_said_with_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every promise."""
    text = ended(DONE, tmp_path, capsys)

    assert DONE.holds
    assert text.count("kept    ") == 5, text
    assert "first prediction after 2.50 s (kernels were compiled before)" in text
    assert "50 % of the way from the mean to the truth" in text
    assert f"flyball model pause ctr --state {tmp_path}/state" in text


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (replace(DONE, code=1), "the system ended with 1"),
        (replace(DONE, checked=replace(CHECKED, counts=Tally(predictions=9))), "the predictions do not add up"),
        (
            replace(DONE, checked=replace(CHECKED, predictions_missing=2)),
            "2 acknowledged predictions or clicks are not",
        ),
        (replace(DONE, checked=replace(CHECKED, replay_matches=False)), "gives ANOTHER state"),
        (
            replace(DONE, frame=replace(DONE.frame, progress=replace(SEEN, young=replace(YOUNG, predicted=570.0)))),
            "NOT within 0.63 to 1.4",
        ),
    ],
)
def test_what_was_not_kept_is_said_too(
    broken: Outcome, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the demo fails."""
    text = ended(broken, tmp_path, capsys)

    assert not broken.holds, "it fails"
    assert (text.count("BROKEN  "), told in text) == (1, True), text


def test_a_log_too_long_to_be_replayed_breaks_no_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is only not said."""
    done = replace(DONE, checked=replace(CHECKED, replay_matches=None))

    assert (done.holds, "bit for bit" in ended(done, tmp_path, capsys)) == (True, False)
