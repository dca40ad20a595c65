"""Following a log: in pieces it finds what one pass finds, to the bit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flyball.run import ablation_log, following
from flyball.run.ablation import ablate_log
from flyball.run.embedded import open as open_here
from flyball.run.following import Following
from flyball.run.worth_file import Worths, read_worths, write_worths
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.run.ablation import Ablation

NIGHT, GATE, WIND = Input("night", str), Input("gate", int), Input("wind", str)
SYSTEM = System("flights", models=[Model("late", signals=[NIGHT, GATE], outcome=Outcome("delayed"))])


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is chosen by 100 examples."""
    monkeypatch.setattr(ablation_log, "FIRST", 100)
    monkeypatch.setattr(following, "FIRST", 100)


def live(directory: Path, first: int, last: int, system: System = SYSTEM) -> None:
    """Flights of these numbers: at night they are late, mostly."""
    with open_here(system, directory) as fly:
        for i in range(first, last):
            inputs = {"night": str(i % 2), "gate": i * 7 % 5, "wind": str(i % 3)}
            fly.predict("late", inputs, id=f"f{i}")
            fly.outcome(f"f{i}", i % 2 == 1 or i % 11 == 0)


def timeless(found: Ablation) -> Ablation:
    """The same, whatever time it took."""
    return replace(found, seconds=0.0)


def test_what_is_found_in_pieces_is_what_one_pass_finds(tmp_path: Path) -> None:
    """While the log grows; before there are enough examples, all is measured anew."""
    with Following(tmp_path, "late") as follower:
        for first, last in ((0, 40), (40, 130), (130, 131), (131, 131), (131, 300)):
            live(tmp_path, first, last)
            found = follower.look()
            assert found.examples == last
            assert timeless(found) == timeless(ablate_log(tmp_path)), last
    assert {worth.name: worth.verdict for worth in found.worths}["night"] == "useful"


def test_a_rewind_and_a_new_definition_begin_it_anew(tmp_path: Path) -> None:
    """What was left out is left out of it too; a new signal is one of those that are measured."""
    live(tmp_path, 0, 150)
    with Following(tmp_path, "late") as follower:
        follower.look()
        with open_here(SYSTEM, tmp_path) as fly:
            fly.rewind("late", to=fly.now)
        live(tmp_path, 150, 160)
        assert timeless(follower.look()) == timeless(ablate_log(tmp_path))
        [model] = SYSTEM.models
        wider = replace(SYSTEM, models=[replace(model, signals=[NIGHT, GATE, WIND])])
        live(tmp_path, 160, 290, wider)
        found = follower.look()
        assert timeless(found) == timeless(ablate_log(tmp_path))
        assert "wind" in {worth.name for worth in found.worths}


def test_a_damaged_file_of_worths_is_none(tmp_path: Path) -> None:
    """It is written again at the next look."""
    assert read_worths(tmp_path) is None
    write_worths(tmp_path, Worths(written_us=1, through=2, models={}))
    found = read_worths(tmp_path)
    assert found is not None
    assert found.through == 2
    (tmp_path / "worth.json").write_bytes(b"{")
    assert read_worths(tmp_path) is None
