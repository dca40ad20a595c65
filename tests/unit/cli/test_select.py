"""`flyball select`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flyball.cli.command import UsageWrong
from flyball.cli.select import share_of
from flyball.system.learner import FTRL
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.fixture
def files(folder: Path) -> Path:
    """A system of planted signals, as JSON, and 10,000 rows."""
    (folder / "planted.json").write_text(planted(FTRL(alpha=0.1)).to_json(), encoding="utf-8")
    write_planted(folder / "planted.csv", rows=10_000)
    return folder


@pytest.mark.usefixtures("files")
def test_it_shows_every_signal_and_what_to_drop(shell: Shell) -> None:
    """With the opinions, how far they agree, and what retraining says."""
    said = shell("select", "planted.json", "planted.csv")

    assert said.code == 0, said.err
    assert "planted: 10,000 examples of planted.csv" in said.out
    lines = {line.split()[0]: line.split() for line in said.out.splitlines() if line.strip()}
    assert (lines["strong"][-1], lines["crowd"][-1]) == ("keep", "drop")
    assert "…" not in said.out.partition("they agree")[0].replace("cross(strong, here)", ""), "a cell is cut off"
    assert "they agree (the same order is 1, chance 0): ablation and l1" in said.out
    assert "proposal: drop crowd" in said.out
    assert "really retrained without them: log loss 0." in said.out
    assert "`flyball plan` says what that changes" in said.out


@pytest.mark.usefixtures("files")
def test_json_has_what_others_script_against(shell: Shell) -> None:
    """One object; people's output is on stderr."""
    said = shell("select", "planted.json", "planted.csv", "--budget", "0.5%", "--json")

    found = said.found
    assert (found["model"], found["examples"], found["loss_name"]) == ("planted", 10_000, "log loss")
    signals = {signal["name"]: signal for signal in found["signals"]}
    assert signals["crowd"]["drop"] is True
    assert signals["cross(strong, here)"]["gain"] is None
    assert signals["crowd"]["l1"] < signals["strong"]["l1"]
    assert (len(found["path"]), found["trees"]["asked"]) == (8, 3_000)
    assert {"between": ["ablation", "l1"], "kendall": found["agreement"][0]["kendall"]} == found["agreement"][0]
    proposal = found["proposal"]
    assert (proposal["budget"], proposal["holds"]) == (0.005, True)
    assert proposal["expected"]["low"] < proposal["expected"]["mean"] < proposal["expected"]["high"]
    assert proposal["measured"] < proposal["loss"] * 1.005
    assert found["ablation"]["loss"] == found["loss"]
    assert "planted" in said.err


@pytest.mark.usefixtures("files")
def test_without_lightgbm_it_goes_on_with_two_opinions(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how to get the third."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    said = shell("select", "planted.json", "planted.csv")

    assert said.code == 0
    assert "pip install 'flyball[lightgbm]'" in said.err
    assert "trees" not in said.out
    assert "proposal: drop crowd" in said.out


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("planted.json", "nowhere.csv"), "the file 'nowhere.csv' does not exist"),
        (("nowhere.json", "planted.csv"), "the system file 'nowhere.json' does not exist"),
        (("planted.json", "planted.csv", "--budget", "much"), "--budget 'much' is no share"),
        (("planted.json", "planted.csv", "--budget", "1%%"), "--budget '1%%' is no share"),
        (("planted.json", "planted.csv", "--budget", "150%"), "from 0 to below 1"),
        (("planted.json", "planted.csv", "--budget=-1%"), "from 0 to below 1"),
        (("planted.json", "planted.csv", "--budget", "nan"), "from 0 to below 1"),
        (("planted.json", "planted.csv", "--model", "other"), "accepted: 'planted'"),
        (("planted.json", "planted.csv", "--outcome", "z"), "'z'"),
    ],
)
def test_what_cannot_be_meant_is_told(shell: Shell, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, with what can."""
    answer = shell("select", *words)

    assert answer.code == 2, answer.err
    assert said in answer.err.replace("\n", " ")


def test_a_file_without_outcomes_is_too_little_evidence(shell: Shell, files: Path) -> None:
    """Exit code 3."""
    (files / "none.csv").write_text(
        "strong,here,twin,double,fading,a,b,c,idle,crowd,at,y\n" + "1," * 10 + "2026-01-01,\n"
    )

    said = shell("select", "planted.json", "none.csv")

    assert said.code == 3
    assert "nothing can be told" in said.out


def test_few_rows_propose_nothing(shell: Shell, files: Path) -> None:
    """An interval of 99 differences is none."""
    lines = (files / "planted.csv").read_text(encoding="utf-8").splitlines()
    (files / "few.csv").write_text("\n".join(lines[:90]) + "\n", encoding="utf-8")

    said = shell("select", "planted.json", "few.csv")

    assert said.code == 0
    assert "too few" in said.out
    assert "proposal: keep all signals" in said.out


@pytest.mark.parametrize(("text", "share"), [("0.1%", 0.001), (" 2 % ", 0.02), ("0.25", 0.25), ("0", 0.0)])
def test_a_share_is_a_number_or_percent(text: str, share: float) -> None:
    """As people type it."""
    assert share_of(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "a", "1%2", "1 2"])
def test_what_is_no_share_is_refused(text: str) -> None:
    """With what is."""
    with pytest.raises(UsageWrong, match="is no share; accepted"):
        share_of(text)
