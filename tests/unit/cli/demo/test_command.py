"""What `flyball demo` is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--days", "3"), "--days belong to the replayed demo; give --replay too, or leave them out"),
        (("--days", "3", "--requests", "500"), "--days and --requests belong to the replayed demo"),
        (("--replay", "--seconds", "5"), "--seconds belong to the live demo; leave out --replay, or them"),
        (("--replay", "--rate", "5", "--port", "0"), "--rate and --port belong to the live demo"),
    ],
)
def test_options_of_the_other_demo_are_refused(shell: Shell, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """Before anything is made."""
    said = shell("demo", *words, "--out", tmp_path / "demo")

    assert (said.code, told in said.err) == (2, True), said.err
    assert not (tmp_path / "demo").exists(), "a folder was made for nothing"


def test_a_state_of_an_earlier_demo_is_kept(shell: Shell, tmp_path: Path) -> None:
    """Its ads would not be new to it."""
    (tmp_path / "state").mkdir()
    said = shell("demo", "--seconds", "1", "--out", tmp_path)

    assert (said.code, "holds a state already" in said.err) == (1, True), said.err
    assert [path.name for path in tmp_path.iterdir()] == ["state"], "something was written"


def test_a_system_file_that_was_changed_is_kept(shell: Shell, tmp_path: Path) -> None:
    """As for the replayed demo."""
    (tmp_path / "ads_live.py").write_text("# mine", encoding="utf-8")
    said = shell("demo", "--seconds", "1", "--out", tmp_path)

    assert (said.code, "is there already and is another" in said.err) == (1, True), said.err
    assert (tmp_path / "ads_live.py").read_text(encoding="utf-8") == "# mine"
