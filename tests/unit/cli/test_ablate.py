"""`flyball ablate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.system.learner import FTRL
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.fixture
def files(folder: Path) -> Path:
    """A system of planted signals, as JSON, and 20,000 rows."""
    (folder / "planted.json").write_text(planted(FTRL(alpha=0.1)).to_json(), encoding="utf-8")
    write_planted(folder / "planted.csv", rows=20_000)
    return folder


@pytest.mark.usefixtures("files")
def test_it_shows_what_every_signal_is_worth(shell: Shell) -> None:
    """With the interval, the verdict, what the verdicts mean, what noise does, and what to do next."""
    said = shell("ablate", "planted.json", "planted.csv", "--groups", "a, b,c", "--slices")

    assert said.code == 0
    assert "planted: 20,000 examples of planted.csv" in said.out
    [strong] = [line for line in said.out.splitlines() if line.startswith("strong (with cross(strong, here))")]
    assert strong.split()[-1] == "useful"
    assert "a, b, c" in said.out
    assert "useful: without it the loss is higher" in said.out
    assert "none of 5 signals of pure noise seems to be useful" in said.out
    assert "next: can signals stand in for each other?  --pairs" in said.out
    assert "strong = 0" in said.out


@pytest.mark.usefixtures("files")
def test_json_has_what_others_script_against(shell: Shell) -> None:
    """One object; people's output is on stderr."""
    said = shell("ablate", "planted.json", "planted.csv", "--groups", "a,b,c", "--pairs", "--probes", "2", "--json")

    found = said.found
    assert (found["model"], found["examples"], found["loss_name"]) == ("planted", 20_000, "log loss")
    assert {worth["name"] for worth in found["signals"]} >= {"strong", "here", "cross(strong, here)"}
    assert [worth["members"] for worth in found["groups"]] == [["a", "b", "c"]]
    assert "twin, double" in [worth["name"] for worth in found["pairs"]]
    assert (len(found["probes"]), found["false_alarms"], found["refused"]) == (2, 0, 0)
    first = found["signals"][0]
    assert first["change"]["low"] < first["change"]["mean"] < first["change"]["high"]
    assert found["setting"] == {"alpha": 0.1, "beta": 1.0, "l1": 0.0, "l2": 0.0}
    assert "planted" in said.err


@pytest.mark.usefixtures("files")
def test_a_state_is_measured_by_its_log(shell: Shell) -> None:
    """Without a file."""
    assert shell("replay", "planted.json", "planted.csv", "--state", "state", "--no-report").code == 0

    said = shell("ablate", "--state", "state", "--json")

    assert (said.found["source"], said.found["examples"]) == ("the log in state", 20_000)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("planted.json",), "give a system file and a file of rows"),
        ((), "give a system file and a file of rows"),
        (("planted.json", "nowhere.csv"), "the file 'nowhere.csv' does not exist"),
        (("planted.json", "planted.csv", "--state", "."), "leave out SYSTEM and FILE"),
        (("planted.json", "planted.csv", "--groups", "strog,here"), "did you mean 'strong'?"),
        (("planted.json", "planted.csv", "--groups", "strong"), "name two signals or more"),
        (("planted.json", "planted.csv", "--model", "other"), "accepted: 'planted'"),
        (("planted.json", "planted.csv", "--probes", "1000"), "accepted: 0 to 100"),
        (("planted.json", "planted.csv", "--least", "2"), "from 0 to below 1"),
        (("planted.json", "planted.csv", "--outcome", "z"), "'z'"),
    ],
)
def test_what_cannot_be_meant_is_told(shell: Shell, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, with what can."""
    answer = shell("ablate", *words)

    assert answer.code == 2, answer.err
    assert said in answer.err.replace("\n", " ")


def test_a_file_without_outcomes_is_too_little_evidence(shell: Shell, files: Path) -> None:
    """Exit code 3."""
    (files / "none.csv").write_text(
        "strong,here,twin,double,fading,a,b,c,idle,crowd,at,y\n" + "1," * 10 + "2026-01-01,\n"
    )

    said = shell("ablate", "planted.json", "none.csv")

    assert said.code == 3
    assert "nothing can be told" in said.out


@pytest.mark.usefixtures("files")
def test_few_rows_say_so(shell: Shell, files: Path) -> None:
    """An interval of 99 differences is none."""
    lines = (files / "planted.csv").read_text(encoding="utf-8").splitlines()
    (files / "few.csv").write_text("\n".join(lines[:90]) + "\n", encoding="utf-8")

    said = shell("ablate", "planted.json", "few.csv")

    assert said.code == 0
    assert "too few" in said.out
    assert "unclear: too few examples to tell" in said.out
