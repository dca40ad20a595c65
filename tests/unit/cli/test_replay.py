"""`flyball replay`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.flights_made import SYSTEM, write_rows, write_system

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


def test_a_replay_shows_measures_counts_and_where_the_report_is(shell: Shell, folder: Path) -> None:
    """The report is written beside the user."""
    said = shell("replay", "flights.py", "flights.csv")

    assert said.code == 0
    assert "delay@v1" in said.out
    assert "300 predictions = 300 joined" in said.out
    assert "columns that nothing reads: score" in said.out
    assert "report: flights-report.html" in said.out
    assert (folder / "flights-report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_has_what_others_script_against(shell: Shell, folder: Path) -> None:
    """DESIGN, section 9; people's output is on stderr."""
    said = shell("replay", "flights.py", "flights.csv", "--json", "--no-report")

    model = said.found["models"]["delay"]
    assert {"examples", "seconds", "log_loss", "normalised_entropy", "auc", "calibration"} <= model.keys()
    assert (model["examples"], model["counts"]["joined"], said.found["rows"]) == (300, 300, 300)
    assert model["normalised_entropy"] < 1.0
    assert (said.found["report"], said.found["state_digest"], said.found["events"]) == (None, None, 600)
    assert "delay@v1" in said.err
    assert not (folder / "flights-report.html").exists()


def test_a_score_column_is_compared_on_the_same_rows(shell: Shell, folder: Path) -> None:
    """By its name."""
    said = shell("replay", "flights.py", "flights.csv", "--score-column", "score", "--json", "--no-report")

    [(name, other)] = said.found["models"]["delay"]["baselines"].items()
    assert (name, other["log_loss"] > 0.5) == ("score", True)


def test_a_report_may_go_elsewhere(shell: Shell, folder: Path) -> None:
    """And nothing is shown when that was asked for."""
    said = shell("replay", "flights.py", "flights.csv", "--report", "elsewhere.html", "--quiet")

    assert (said.code, said.out, said.err) == (0, "", "")
    assert (folder / "elsewhere.html").exists()


def test_options_hold_instead_of_the_source(shell: Shell, folder: Path) -> None:
    """Without a source the file's order holds, and every outcome is known at once."""
    write_system(folder / "bare.py", SYSTEM.replace(", source=source", "").replace("source = ", "unused = "))
    options = ("--time", "at", "--outcome-time", "known_at", "--id", "id", "--json", "--no-report")
    with_source = shell("replay", "flights.py", "flights.csv", "--json", "--no-report")
    with_options = shell("replay", "bare.py", "flights.csv", *options)
    without = shell("replay", "bare.py", "flights.csv", "--json", "--no-report")

    losses = [said.found["models"]["delay"]["log_loss"] for said in (with_source, with_options, without)]
    assert losses[0] == losses[1]
    assert losses[2] != losses[0]


def test_the_label_may_be_another_column(shell: Shell, folder: Path) -> None:
    """Of any name."""
    text = (folder / "flights.csv").read_text(encoding="utf-8").replace(",late,", ",was_late,")
    (folder / "flights.csv").write_text(text, encoding="utf-8")
    said = shell("replay", "flights.py", "flights.csv", "--label", "was_late", "--json", "--no-report")

    assert said.found["models"]["delay"]["examples"] == 300


def test_a_state_is_kept_and_a_second_replay_finds_nothing_to_do(shell: Shell, folder: Path) -> None:
    """It still reports."""
    command = ("replay", "flights.py", "flights.csv", "--state", "state", "--json", "--no-report")
    first, second = shell(*command), shell(*command)

    assert (first.found["events"], first.found["already_replayed"]) == (600, False)
    assert (second.found["events"], second.found["already_replayed"]) == (0, True)
    assert second.found["state_digest"] == first.found["state_digest"]
    assert second.found["models"]["delay"]["log_loss"] == first.found["models"]["delay"]["log_loss"]
    assert "already replayed: nothing to do" in second.err


def test_a_recorded_log_gives_the_same_state(shell: Shell, folder: Path) -> None:
    """Bit by bit, and says so."""
    lived = shell("replay", "flights.py", "flights.csv", "--state", "state", "--json", "--no-report")
    again = shell("replay", "--log", "state", "--json", "--no-report")
    checked = shell("replay", "flights.py", "--log", "state", "--json", "--no-report")

    assert (again.code, again.found["matches_state"]) == (0, True)
    assert again.found["state_digest"] == checked.found["state_digest"] == lived.found["state_digest"]
    assert again.found["models"]["delay"]["log_loss"] == lived.found["models"]["delay"]["log_loss"]
    assert "the same as the state directory's" in again.err


def test_a_log_of_another_definition_is_refused(shell: Shell, folder: Path) -> None:
    """With both hashes."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    write_system(folder / "other.py", SYSTEM.replace("signals=[carrier, hour]", "signals=[hour]"))
    said = shell("replay", "other.py", "--log", "state")

    assert said.code == 1
    assert "the log was made with definition" in said.err


def test_another_file_that_begins_earlier_is_refused(shell: Shell, folder: Path) -> None:
    """A log's time never falls."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    write_rows(folder / "more.csv", 10)
    said = shell("replay", "flights.py", "more.csv", "--state", "state")

    assert said.code == 1
    assert "more.csv begins before the end of what this state has seen" in said.err


def test_one_of_several_outcomes_is_named(shell: Shell, folder: Path) -> None:
    """Without that, the message says which there are."""
    more = 'other = fb.Model("other", signals=[hour], outcome=fb.Outcome("cancelled"))\nsource'
    text = SYSTEM.replace("source", more, 1).replace("models=[model]", "models=[model, other]")
    write_system(folder / "flights.py", text)
    refused = shell("replay", "flights.py", "flights.csv")
    named = shell("replay", "flights.py", "flights.csv", "--outcome", "late", "--json", "--no-report")

    assert refused.code == 2
    assert "has 2 outcomes, and a file holds one" in refused.err
    assert "accepted: 'cancelled', 'late'" in refused.err
    assert named.found["models"]["delay"]["examples"] == 300
    assert named.found["models"]["other"]["examples"] == 0


def test_without_any_outcome_the_evidence_is_incomplete(shell: Shell, folder: Path) -> None:
    """Everything was predicted, nothing could be scored: exit code 3."""
    lines = (folder / "flights.csv").read_text(encoding="utf-8").splitlines()
    bare = [lines[0], *(",".join([*line.split(",")[:5], "", "0.5"]) for line in lines[1:])]
    (folder / "flights.csv").write_text("\n".join(bare), encoding="utf-8")
    said = shell("replay", "flights.py", "flights.csv", "--json", "--no-report")

    assert (said.code, said.found["models"]["delay"]["examples"]) == (3, 0)
    assert said.found["models"]["delay"]["counts"]["predictions"] == 300


def test_an_outcome_that_counts_from_an_event_is_warned_about(shell: Shell, folder: Path) -> None:
    """A file holds no events."""
    text = SYSTEM.replace('window="2d"', 'window="2d", counts_from=fb.Event("boarded", keys=("carrier",))')
    write_system(folder / "flights.py", text)
    said = shell("replay", "flights.py", "flights.csv", "--no-report")

    assert said.code == 0
    assert "counts from the event 'boarded', and a file holds no such events" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give a system file and a file of rows"),
        (("flights.py",), "give a system file and a file of rows"),
        (("flights.py", "nowhere.csv"), "the file 'nowhere.csv' does not exist"),
        (("nowhere.py", "flights.csv"), "the system file 'nowhere.py' does not exist"),
        (("flights.py", "flights.csv", "--log", "flights.csv"), "leave out FILE and --state"),
        (("--log", "nowhere"), "the log 'nowhere' does not exist"),
        (("flights.py", "flights.csv", "--max-disk", "1GB"), "give --state too"),
        (("flights.py", "flights.csv", "--state", "s", "--max-disk", "much"), "'much' is no size"),
        (("flights.py", "flights.csv", "--report", "a.html", "--no-report"), "contradict each other"),
        (("flights.py", "flights.csv", "--report", "no/a.html"), "the folder of --report 'no' does not exist"),
        (("flights.py", "flights.csv", "--report", "."), "--report '.' is a folder; give the name of a file"),
        (("flights.py", "flights.csv", "--label", "hour"), "--label: given 'hour', which is a signal"),
        (("flights.py", "flights.csv", "--outcome-time", "carrier"), "--outcome-time: given 'carrier', which is"),
        (("flights.py", "flights.csv", "--tz", "Mars"), "--tz: given 'Mars'"),
        (("flights.py", "flights.csv", "--unit", "ns"), "--unit: given 'ns'"),
        (("flights.py", "flights.csv", "--outcome", "lat"), "did you mean 'late'?"),
    ],
)
def test_mistakes_of_usage_say_what_to_type(shell: Shell, folder: Path, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and nothing is made."""
    found = shell("replay", *words)

    assert (found.code, said in found.err) == (2, True)
    assert {path.name for path in folder.iterdir()} <= {"flights.py", "flights.csv", "__pycache__"}


def test_what_was_typed_stands_in_the_error_for_programs(shell: Shell, folder: Path) -> None:
    """With `--json`, errors are objects too."""
    said = shell("replay", "flights.py", "nowhere.csv", "--json")

    assert said.found["error"]["type"] == "UsageWrong"
    assert "nowhere.csv" in said.found["error"]["message"]


def test_a_report_that_cannot_be_written_takes_no_result_away(shell: Shell, folder: Path) -> None:
    """What was found is shown first; exit code 1."""
    (folder / "flights-report.html").mkdir()
    said = shell("replay", "flights.py", "flights.csv", "--json")
    shown = shell("replay", "flights.py", "flights.csv")

    assert (said.code, said.found["report"], said.found["models"]["delay"]["examples"]) == (1, None, 300)
    assert "note: the report was not written: 'flights-report.html': Is a directory" in said.err
    assert (shown.code, "delay@v1" in shown.out) == (1, True)


def test_names_of_files_may_hold_any_bytes(shell: Shell, folder: Path) -> None:
    """They are shown as well as can be."""
    name = os.fsdecode(b"caf\xe9.csv")
    (folder / "flights.csv").rename(folder / name)
    said = shell("replay", "flights.py", name, "--json")
    shown = shell("replay", "flights.py", name)

    assert (said.code, said.found["source"], shown.code) == (0, name, 0)
    assert "caf\\udce9.csv" in shown.out
    assert "caf\\udce9.csv" in (folder / "flights-report.html").read_text(encoding="utf-8")
