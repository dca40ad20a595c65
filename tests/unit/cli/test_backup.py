"""`flyball backup` and `flyball restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.run.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.fixture(autouse=True)
def _state(shell: Shell, folder: Path) -> None:
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")


def test_there_and_back_again(shell: Shell) -> None:
    """The restored state says what the first one says."""
    taken = shell("backup", "state", "copy")
    restored = shell("restore", "copy", "again")
    before, after = (shell("status", "--state", name, "--json").found["models"] for name in ("state", "again"))

    assert (taken.code, restored.code) == (0, 0)
    assert "copy holds records 1 to 602 of flights and what was learned up to 602" in taken.out
    assert "shared with state: copy it to another disk too" in taken.out
    assert "again holds records 1 to 602 of flights" in restored.out
    assert before == after


def test_json_says_what_is_in_it(shell: Shell, folder: Path) -> None:
    """For scripts."""
    taken = shell("backup", "state", "copy", "--json").found
    restored = shell("restore", "copy", "again", "--json").found

    assert (taken["backup"], taken["state"], taken["system"]) == ("copy", "state", "flights")
    assert (taken["first_seq"], taken["last_seq"], taken["checkpoint_seq"]) == (1, 602, 602)
    assert taken["bytes"] == sum(path.stat().st_size for path in (folder / "copy").rglob("*") if path.is_file()) - (
        (folder / "copy" / "backup.json").stat().st_size
    )
    assert {**taken, "state": "again"} == {**restored, "linked_bytes": taken["linked_bytes"]}


def test_a_state_that_is_open_is_copied(shell: Shell, folder: Path) -> None:
    """The writer holds its lock meanwhile."""
    with State.open(folder / "state"):
        assert shell("backup", "state", "copy").code == 0


def test_nothing_is_overwritten_and_nothing_made_of_nothing(shell: Shell, folder: Path) -> None:
    """1 refused, 2 not there."""
    (folder / "empty").mkdir()
    codes = [
        shell(*words).code
        for words in (
            ("backup", "state", "empty"),
            ("backup", "empty", "copy"),
            ("backup", "nowhere", "copy"),
            ("restore", "state", "again"),
            ("restore", "nowhere", "again"),
        )
    ]

    assert codes == [1, 1, 2, 1, 2]
    assert not (folder / "copy").exists()
    assert not (folder / "again").exists()
