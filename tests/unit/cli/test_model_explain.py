"""`flyball model explain`: by name, by id, by inputs, and as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import flyball as fb

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell

PLACES = ("Nome", "Rome", "Lima")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flights to Nome are late; the hour does not matter."""
    path = tmp_path_factory.mktemp("explain") / "state"
    late = fb.Model("late", signals=[fb.Input("to", str), fb.Input("hour", int)], outcome=fb.Outcome("delayed"))
    with fb.open(fb.System("flights", owner="team:sky", models=[late]), path) as fly:
        for i in range(300):
            to = PLACES[i * i % 7 % 3]
            fly.predict("late", {"to": to, "hour": i % 24}, id=f"r{i}")
            fly.outcome(f"r{i}", to == "Nome")
    return path


def test_inputs_are_explained_by_what_they_bring(shell: Shell, state: Path) -> None:
    """The destination says it all."""
    said = shell("model", "explain", "late", "--state", state, "--inputs", '{"to": "Nome", "hour": 7}', "--json")

    assert said.code == 0, said.err
    assert said.found["parts"][0]["name"] == "to=Nome"
    assert said.found["prediction"] > 0.9


def test_a_logged_prediction_is_explained_by_its_id(shell: Shell, state: Path) -> None:
    """With all of its features, and with what was answered then."""
    said = shell("model", "explain", "late", "--state", state, "--id", "r299", "--json")

    assert said.code == 0, said.err
    assert {part["signal"] for part in said.found["parts"]} == {"", "to", "hour"}
    assert "answered 0." in shell("model", "explain", "late", "--state", state, "--id", "r299").out


def test_what_pairs_bring_is_told_of_a_machine(shell: Shell, tmp_path: Path) -> None:
    """In a column of its own, and in the JSON."""
    signals = [fb.Input("to", str), fb.Input("hour", int)]
    late = fb.Model("late", signals=signals, outcome=fb.Outcome("delayed"), learner=fb.FM())
    with fb.open(fb.System("flights", owner="team:sky", models=[late]), tmp_path / "state") as fly:
        for i in range(60):
            fly.predict("late", {"to": PLACES[i % 3], "hour": i % 4}, id=f"r{i}")
            fly.outcome(f"r{i}", (i % 3 == 0) == (i % 4 == 0))
    asked = ("model", "explain", "late", "--state", tmp_path / "state", "--inputs", '{"to": "Nome", "hour": 3}')
    shown, said = shell(*asked), shell(*asked, "--json")

    assert "of it in pairs" in shown.out
    assert any(part["together"] != 0.0 for part in said.found["parts"])
    assert "of it in pairs" not in shell("model", "explain", "late", "--state", tmp_path / "state").out


def test_a_model_is_explained_by_its_variants_and_largest_coefficients(shell: Shell, state: Path) -> None:
    """Under the names of the log's predictions."""
    said = shell("model", "explain", "late", "--state", state, "--json", "--most", "2")

    assert said.code == 0, said.err
    assert sum(expert["share"] for expert in said.found["experts"]) == pytest.approx(1.0)
    assert said.found["signals"]["to"][0]["name"] == "to=Nome"
    assert len(said.found["signals"]["hour"]) == 2
    assert said.found["looked_at"] == 300
    assert "late finds its own settings" in shell("model", "explain", "late", "--state", state).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--id", "r1", "--inputs", "{}"], "--id and --inputs were both given"),
        (["--inputs", "[7"], "which is no JSON object"),
        (["--inputs", '{"hour": "noon"}'], "hour"),
        (["--id", "nobody"], "no prediction of 'late' with id 'nobody' is remembered"),
    ],
)
def test_what_cannot_be_explained_is_told(shell: Shell, state: Path, arguments: list[str], message: str) -> None:
    """With what was given."""
    said = shell("model", "explain", "late", "--state", state, *arguments)

    assert said.code != 0
    assert message in " ".join(said.err.split())
