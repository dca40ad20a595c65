"""`flyball plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.cli.command import UsageWrong
from flyball.cli.plan import forks_of
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


def test_a_fork_is_another_model(shell: Shell, learned: Path) -> None:
    """It begins with nothing."""
    write_system(learned / "flights.py", SYSTEM.replace('"2d"', '"3d"'))
    said = shell("plan", "flights.py", "--state", "state", "--fork", "delay", "--json")

    assert (said.code, said.found["refused"], said.found["forks"]) == (0, False, {"delay": "now"})
    assert said.found["versions"] == {"delay": 2}


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


def test_forks_are_models_with_a_beginning() -> None:
    """Now, unless something else is said."""
    assert forks_of(["a", "b=now", "c=log"]) == {"a": "now", "b": "now", "c": "log"}
    with pytest.raises(UsageWrong, match=r"--fork 'a=tomorrow' cannot begin at 'tomorrow'"):
        forks_of(["a=tomorrow"])


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
