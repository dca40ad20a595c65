"""`flyball demo --replay`, with little traffic."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flyball.cli.demo.command import DemoOptions, demo

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Shell

SMALL = ("--replay", "--days", "2", "--requests", "800")


def test_the_demo_leaves_files_and_compares_with_the_truth(shell: Shell, tmp_path: Path) -> None:
    """In the folder that was chosen."""
    said = shell("demo", *SMALL, "--out", tmp_path / "demo", "--json")

    found = said.found
    assert said.code == 0
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"ads.py", "clicks.csv.gz", "ads-report.html"}
    assert (found["goal"], found["reached"]) == (None, True)
    assert 0.9 * found["rows"] < found["models"]["ctr"]["examples"] <= found["rows"]
    assert 0.0 < found["world"]["entropy"] < found["world"]["base_log_loss"]
    assert [period["name"] for period in found["periods"]] == ["day 1", "day 2"]
    assert found["models"]["ctr"]["baselines"]["truth"]["log_loss"] == pytest.approx(
        found["world"]["realised_entropy"], rel=0.05
    )
    assert found["models"]["ctr"]["log_loss"] > found["models"]["ctr"]["baselines"]["truth"]["log_loss"]


def test_the_commands_that_it_ends_with_work(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as printed."""
    monkeypatch.chdir(tmp_path)
    shown = shell("demo", *SMALL, "--out", "my demo").out
    commands = [line.strip() for line in shown.splitlines() if line.strip().startswith("flyball ")]

    assert len(commands) == 6
    for command in commands:
        said = shell(*shlex.split(command)[1:])
        assert (command, said.code) == (command, 0)


def test_the_demo_shows_young_ads_and_what_to_try(shell: Shell, tmp_path: Path) -> None:
    """For people."""
    said = shell("demo", *SMALL, "--out", tmp_path)

    for part in (
        "How close to the truth?",
        "learned: of the way",
        "ads younger than an hour",
        "What to try next",
    ):
        assert part in said.out


def test_without_a_folder_a_new_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside other temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert demo(DemoOptions(replay=True, days=1, requests=300)) == 0
    [folder] = [path for path in tmp_path.iterdir() if path.name.startswith("flyball-demo-")]
    assert str(folder / "ads.py") in capsys.readouterr().out


def test_a_file_is_no_folder(shell: Shell, tmp_path: Path) -> None:
    """A mistake of usage."""
    (tmp_path / "file").touch()
    said = shell("demo", "--out", tmp_path / "file")

    assert (said.code, "is a file; give a folder" in said.err) == (2, True)


def test_the_program_is_named_as_the_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """By its path where the shell would not find it."""
    program = tmp_path / "bin" / "flyball"
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    by_path = shell("demo", *SMALL, "--out", tmp_path).out
    monkeypatch.setenv("PATH", str(program.parent))
    by_name = shell("demo", *SMALL, "--out", tmp_path).out

    assert f"  {program} check {Path(tmp_path)}/ads.py" in by_path
    assert f"  flyball check {Path(tmp_path)}/ads.py" in by_name


@pytest.mark.parametrize("name", ["ads.py", "clicks.csv.gz", "ads-report.html"])
def test_files_of_others_are_kept(shell: Shell, tmp_path: Path, name: str) -> None:
    """The demo writes over its own files only."""
    (tmp_path / name).write_text("# mine", encoding="utf-8")
    said = shell("demo", *SMALL, "--out", tmp_path)

    assert (said.code, [path.name for path in tmp_path.iterdir()]) == (1, [name])
    assert (tmp_path / name).read_text(encoding="utf-8") == "# mine"
    assert f"{name}' is there already, and the demo would overwrite it; give another folder with --out" in said.err


def test_a_system_file_that_was_changed_is_kept(shell: Shell, tmp_path: Path) -> None:
    """As the demo itself suggests to try; unchanged, it can be run again."""
    first, again = shell("demo", *SMALL, "--out", tmp_path), shell("demo", *SMALL, "--out", tmp_path)
    with (tmp_path / "ads.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    changed = shell("demo", *SMALL, "--out", tmp_path)

    assert (first.code, again.code, changed.code) == (0, 0, 1)
    assert (tmp_path / "ads.py").read_text(encoding="utf-8").endswith("# changed\n")
