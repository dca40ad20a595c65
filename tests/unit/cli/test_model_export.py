"""`flyball model export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.run.exported_model import ExportedModel
from flyball.run.state import State
from flyball.system.load import load_system

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.fixture
def state(shell: Shell, folder: Path) -> Path:
    """What a replay has left."""
    assert shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report").code == 0
    return folder / "state"


def test_an_export_answers_without_the_state(shell: Shell, state: Path, folder: Path) -> None:
    """It holds the definition too."""
    said = shell("model", "export", "delay", "--state", state, "--out", "delay.export")
    exported = ExportedModel.open(folder / "delay.export")
    evening, noon = (exported.predict({"hour": hour, "carrier": "AS"}) for hour in (21, 12))

    assert said.code == 0, said.err
    assert "delay@v1, learned through record 602, is in delay.export\n" in said.out
    assert "left out: " in said.out
    assert evening > noon + 0.3


def test_json_says_what_the_file_holds(shell: Shell, state: Path, folder: Path) -> None:
    """And the state is as it was: another may have it open."""
    with State.open(state, load_system(folder / "flights.py")) as opened:
        features = len(opened.engine.models["delay"].table)
        said = shell("model", "export", "delay", "--state", state, "--out", "delay.export", "--json")
    found = said.found

    assert said.code == 0, said.err
    assert (found["model"], found["version"], found["learned_through"]) == ("delay", 1, 602)
    assert found["bytes"] == (folder / "delay.export").stat().st_size
    assert found["features"] + found["zeros"] + found["rounded_to_zero"] == features
    assert found["out"] == "delay.export"


def test_a_file_that_is_there_is_kept_unless_it_is_forced(shell: Shell, state: Path, folder: Path) -> None:
    """Somebody may be serving from it."""
    (folder / "delay.export").write_text("mine", encoding="utf-8")
    kept = shell("model", "export", "delay", "--state", state, "--out", "delay.export")
    text = (folder / "delay.export").read_text(encoding="utf-8")
    forced = shell("model", "export", "delay", "--state", state, "--out", "delay.export", "--force")

    assert (kept.code, text, forced.code) == (1, "mine", 0)
    assert "'delay.export' is there already; give another name with --out, or --force" in kept.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("delays", "--out", "m"), 1, "no model is named 'delays'; accepted: 'delay'"),
        (("delay", "--out", "no/such/m"), 2, "the folder 'no/such' does not exist; make it"),
    ],
)
def test_what_cannot_be_exported_is_said(
    shell: Shell, state: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    """With what can."""
    said = shell("model", "export", *words, "--state", state)

    assert (said.code, told in said.err) == (code, True), said.err


def test_a_folder_without_a_state_is_refused(shell: Shell, folder: Path) -> None:
    """Before anything is written."""
    said = shell("model", "export", "delay", "--state", folder, "--out", "m")

    assert (said.code, "holds no state" in said.err, (folder / "m").exists()) == (1, True, False)
