"""`flyball init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell

ROLES = ("--label", "late", "--time", "at", "--outcome-time", "known_at", "--id", "id")


def test_what_init_writes_can_be_checked_and_replayed(shell: Shell, folder: Path) -> None:
    """With the commands that it shows."""
    said = shell("init", "flights.csv", *ROLES, "--out", "drafted.py")

    assert said.code == 0
    assert "written: drafted.py" in said.out
    assert "outcomes: half arrive within" in said.out
    assert "flyball replay drafted.py flights.csv" in said.out
    assert shell("check", "drafted.py").code == 0
    replayed = shell("replay", "drafted.py", "flights.csv", "--json", "--no-report")
    assert (replayed.code, replayed.found["models"]["late"]["examples"]) == (0, 300)


def test_json_says_of_every_column_what_becomes_of_it(shell: Shell, folder: Path) -> None:
    """And why some are left out."""
    said = shell("init", "flights.csv", *ROLES, "--exclude", "score", "--out", "drafted.py", "--json")

    columns = {column["name"]: column for column in said.found["columns"]}
    assert columns.keys() == {"carrier", "hour", "score"}
    assert (columns["carrier"]["kind"], columns["carrier"]["left_out"]) == ("str", None)
    assert (columns["score"]["left_out"], columns["score"]["leak"]) == ("excluded", False)
    assert (said.found["rows"], said.found["out"], said.found["label"]["binary"]) == (300, "drafted.py", True)


def test_a_leak_is_told_and_stays_in_the_file_as_a_comment(shell: Shell, folder: Path) -> None:
    """With the evidence."""
    lines = (folder / "flights.csv").read_text(encoding="utf-8").splitlines()
    leaky = [f"{lines[0]},arrived", *(f"{line},{'no' if line.split(',')[5] == '1' else 'yes'}" for line in lines[1:])]
    (folder / "flights.csv").write_text("\n".join(leaky), encoding="utf-8")
    said = shell("init", "flights.csv", *ROLES, "--out", "drafted.py", "--json")

    arrived = next(column for column in said.found["columns"] if column["name"] == "arrived")
    assert arrived["leak"] is True
    assert '# arrived = fb.Input("arrived"' in (folder / "drafted.py").read_text(encoding="utf-8")
    assert "1 column left out, as comments in the file" in said.err


def test_a_file_that_is_there_is_kept(shell: Shell, folder: Path) -> None:
    """Unless it may be overwritten."""
    before = (folder / "flights.py").read_text(encoding="utf-8")
    kept = shell("init", "flights.csv", *ROLES)
    unchanged = (folder / "flights.py").read_text(encoding="utf-8") == before
    forced = shell("init", "flights.csv", *ROLES, "--force")

    assert (kept.code, unchanged, forced.code) == (1, True, 0)
    assert "'flights.py' is there already" in kept.err
    assert (folder / "flights.py").read_text(encoding="utf-8") != before


def test_columns_may_be_declared_to_name_things_or_to_be_missing(shell: Shell, folder: Path) -> None:
    """Whatever they look like."""
    said = shell("init", "flights.csv", *ROLES, "--entity", "hour", "--missing", "AA", "--out", "d.py", "--json")

    parts = {column["name"]: column["part"] for column in said.found["columns"]}
    assert parts["hour"] == "entity"
    assert "AA" in (folder / "d.py").read_text(encoding="utf-8")


def test_remarks_and_notes_are_shown_to_people(shell: Shell, folder: Path) -> None:
    """And a file is named after the data unless another name is given."""
    (folder / "flights.csv").rename(folder / "trips.csv")
    said = shell("init", "trips.csv", "--label", "late", "--entity", "hour", "--exclude", "id")

    assert said.code == 0
    assert "written: trips.py" in said.out
    assert "entity" in said.out
    assert "id is excluded, as asked" in said.out
    assert "note: Without a column of times" in said.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere.csv", "--label", "late"), 2, "the file 'nowhere.csv' does not exist"),
        (("flights.csv", "--label", "late", "--out", "a.txt"), 2, "give a name that ends in .py"),
        (("flights.csv",), 2, "Missing option '--label'"),
        (("flights.csv", "--label", "lte"), 1, "did you mean 'late'?"),
        (("flights.csv", "--label", "late", "--time", "carrier"), 1, "'carrier' holds no times"),
        (("flights.csv", "--label", "late", "--outcome-time", "known_at"), 1, "needs --time"),
    ],
)
def test_what_cannot_be_meant_is_said(shell: Shell, folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """Nothing is written."""
    found = shell("init", *words)

    assert (found.code, said in found.err) == (code, True)
    assert not (folder / "a.txt").exists()


def test_without_a_column_to_predict_from_the_evidence_is_incomplete(shell: Shell, folder: Path) -> None:
    """Exit code 3; the file is there, to uncomment what is known better."""
    (folder / "bare.csv").write_text("a,y\n" + "1,0\n1,1\n" * 60, encoding="utf-8")
    said = shell("init", "bare.csv", "--label", "y", "--out", "bare.py")

    assert said.code == 3
    assert "no column is left to predict from" in said.err
    assert "flyball replay" not in said.out
    assert '# a = fb.Input("a"' in (folder / "bare.py").read_text(encoding="utf-8")


def test_what_does_not_load_is_not_left_behind(shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the next try is not told that a file is there already."""
    monkeypatch.setattr("flyball.run.inference.draft.Draft.text", "import flyball as fb\n")
    before = {path.name for path in folder.iterdir()}
    said = shell("init", "flights.csv", *ROLES, "--out", "drafted.py")

    assert (said.code, {path.name for path in folder.iterdir()} - {"__pycache__"}) == (1, before)
    assert "what was drafted does not load, so nothing is written" in said.err


def test_the_folder_of_the_file_must_be_there(shell: Shell, folder: Path) -> None:
    """Said before the data are looked at."""
    said = shell("init", "flights.csv", *ROLES, "--out", "no/drafted.py")

    assert (said.code, "the folder of --out 'no' does not exist" in said.err) == (2, True)
