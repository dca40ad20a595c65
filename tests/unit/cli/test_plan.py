"""`flyball plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.flights_made import SYSTEM, write_system

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.fixture
def learned(shell: Shell, folder: Path) -> Path:
    """A folder with a state directory that has learned from the flights."""
    assert shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report").code == 0
    return folder


def test_the_same_file_changes_nothing(shell: Shell, learned: Path) -> None:
    """Versions stay."""
    said = shell("plan", "flights.py", "--state", "state")

    assert (said.code, said.out) == (0, "delay: v1\nno change\n")


def test_a_signal_more_is_a_new_version(shell: Shell, learned: Path) -> None:
    """The table says what it means, and how it takes effect."""
    write_system(
        learned / "flights.py", SYSTEM.replace("[carrier, hour]", "[carrier, hour, fb.cross(carrier, hour)]", 1)
    )
    said = shell("plan", "flights.py", "--state", "state")

    assert said.code == 0
    assert "signal 'cross(carrier, hour)'" in said.out
    assert "new version" in said.out
    assert "delay: v2, was v1" in said.out
    assert "flyball up flights.py --state state" in said.out


def test_a_change_of_meaning_is_refused(shell: Shell, learned: Path) -> None:
    """Exit code 1, and the state is as it was."""
    write_system(learned / "flights.py", SYSTEM.replace('"2d"', '"3d"'))
    said = shell("plan", "flights.py", "--state", "state", "--json")

    assert (said.code, said.found["refused"], said.found["versions"]) == (1, True, {"delay": 1})
    [change] = [change for change in said.found["changes"] if change["effect"] == "refused"]
    assert (change["model"], change["old"], change["new"]) == ("delay", "2d", "3d")
    assert len(said.found["ways"]) == 3


def test_a_refusal_says_what_can_be_done_and_each_way_can_be_gone(shell: Shell, learned: Path) -> None:
    """Undo it, another model beside the old one, another state directory."""
    write_system(learned / "flights.py", SYSTEM.replace('"2d"', '"3d"'))
    said = shell("plan", "flights.py", "--state", "state").out

    assert "- undo the change: nothing that was learned is lost\n" in said
    assert "- let both learn: write 'delay' as before" in said
    [begin] = [line.partition("stays as it is: ")[2] for line in said.splitlines() if line.startswith("- begin")]
    assert begin.startswith("flyball up flights.py --state OTHER_DIR")
    other = begin.partition("rows first: flyball ")[2].rstrip(")").replace("FILE", "flights.csv")
    assert shell(*other.split(), "--no-report").code == 0, "the command that it gives"

    both = '"late", window="2d")\nlate_3d = fb.Outcome("late_3d", window="3d")'
    beside = 'models=[model, fb.Model("delay_3d", signals=[carrier, hour], outcome=late_3d)]'
    write_system(learned / "flights.py", SYSTEM.replace('"late", window="2d")', both).replace("models=[model]", beside))
    said_beside = shell("plan", "flights.py", "--state", "state", "--json")
    assert (said_beside.code, said_beside.found["ways"]) == (0, [])
    assert said_beside.found["versions"] == {"delay": 1, "delay_3d": 1}


def test_what_belongs_to_the_whole_system_offers_no_model_beside(shell: Shell, learned: Path) -> None:
    """Another label would be that of both."""
    write_system(learned / "flights.py", SYSTEM.replace('fb.Source(time="at"', 'fb.Source(label="score", time="at"'))
    said = shell("plan", "flights.py", "--state", "state", "--json")

    assert [way.partition(":")[0] for way in said.found["ways"]] == [
        "undo the change",
        "begin a state directory of its own",
    ]


def test_a_fork_begins_in_a_state_directory_of_its_own(shell: Shell, learned: Path) -> None:
    """With version 1; `up` refuses the change here as before, so no note is left that it was looked at."""
    write_system(learned / "flights.py", SYSTEM.replace('"2d"', '"3d"'))
    said = shell("plan", "flights.py", "--state", "state", "--fork", "delay", "--json")

    assert (said.code, said.found["refused"], said.found["forks"]) == (0, False, {"delay": "now"})
    assert (said.found["versions"], said.found["ways"]) == ({"delay": 1}, [])
    assert "but not in 'state': begin a state directory of its own" in said.err
    assert "flyball up flights.py --state OTHER_DIR" in said.err
    assert not (learned / "state" / "plan.json").exists()


def test_a_signal_that_may_be_renamed_is_asked_about(shell: Shell, learned: Path) -> None:
    """And what it says to write keeps the features."""
    write_system(learned / "flights.py", SYSTEM.replace('"carrier"', '"airline"'))
    asked = shell("plan", "flights.py", "--state", "state").out
    write_system(learned / "flights.py", SYSTEM.replace('"carrier", str', '"airline", str, was="carrier"'))
    done = shell("plan", "flights.py", "--state", "state").out

    assert "Renamed?" in asked
    assert "was='carrier'" in asked
    assert ("keeps its features" in done, "Renamed?" in done) == (True, False)


def test_without_a_state_everything_is_new(shell: Shell, folder: Path) -> None:
    """The directory need not exist, and is not made."""
    said = shell("plan", "flights.py", "--state", "state")

    assert said.code == 0
    assert "state holds no state yet" in said.out
    assert "new model" in said.out
    assert not (folder / "state").exists()


def test_the_state_of_another_system_is_refused(shell: Shell, learned: Path) -> None:
    """What is here was learned by somebody else."""
    write_system(learned / "flights.py", SYSTEM.replace('System("flights"', 'System("trains"'))
    said = shell("plan", "flights.py", "--state", "state")

    assert said.code == 1
    assert "learned by system 'flights'" in " ".join(said.out.split())


def test_a_fork_from_the_log_is_no_longer_promised(shell: Shell, learned: Path) -> None:
    """No command could do it."""
    write_system(learned / "flights.py", SYSTEM.replace('"2d"', '"3d"'))
    said = shell("plan", "flights.py", "--state", "state", "--fork", "delay=log")

    assert (said.code, "fork names no model 'delay=log'; accepted: 'delay'" in said.err) == (1, True), said.err
    assert "log" not in shell("plan", "--help").out


def test_a_broken_file_is_told_with_its_line(shell: Shell, learned: Path) -> None:
    """As `check` would."""
    write_system(learned / "flights.py", SYSTEM.replace('"2d"', '"soon"'))
    said = shell("plan", "flights.py", "--state", "state")

    assert said.code == 1
    assert "flights.py:5: error" in said.err


def test_a_file_is_no_state_directory(shell: Shell, folder: Path) -> None:
    """A mistake of usage."""
    said = shell("plan", "flights.py", "--state", "flights.csv")

    assert (said.code, "--state 'flights.csv' is a file; give the folder that holds the state" in said.err) == (2, True)
