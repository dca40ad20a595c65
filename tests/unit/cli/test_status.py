"""`flyball status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.state import State
from flyball.system.load import load_system
from tests.unit.cli.flights_made import SYSTEM, write_rows, write_system

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell

ENDINGS = ("joined", "silent", "pending", "unexposed", "discarded", "unlogged")
ODDITIES = ("orphans", "late", "duplicate", "revised")


def test_status_shows_every_count_and_needs_no_system_file(shell: Shell, folder: Path) -> None:
    """The definition is in the log."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    (folder / "flights.py").unlink()
    said = shell("status", "--state", "state")

    assert said.code == 0
    assert "flights in state" in said.out
    assert "log: records 1 to 602" in said.out
    assert "delay@v1" in said.out


def test_json_has_the_counts_of_every_model(shell: Shell, folder: Path) -> None:
    """They add up."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    said = shell("status", "--state", "state", "--json")

    model = said.found["models"]["delay"]
    assert model["predictions"] == sum(model[name] for name in ENDINGS) == 300
    assert model.keys() >= {*ODDITIES, "version", "learned_through", "features", "balanced"}
    assert (model["version"], model["learned_through"], model["balanced"]) == (1, 602, True)
    assert model["features"] > 10
    assert (said.found["first_seq"], said.found["last_seq"]) == (1, 602)
    assert said.found["log_bytes"] > 10_000
    assert 0.0 <= said.found["age_seconds"] < 600.0


def test_status_reads_a_state_that_somebody_has_open(shell: Shell, folder: Path) -> None:
    """And sees what is in the log only, not yet in a checkpoint."""
    with State.open(folder / "state", load_system(folder / "flights.py")):
        said = shell("status", "--state", "state", "--json")

    assert (said.code, said.found["last_seq"], said.found["checkpoint_seq"]) == (0, 1, 0)
    assert said.found["models"]["delay"]["predictions"] == 0


def test_versions_are_counted_apart_and_together(shell: Shell, folder: Path) -> None:
    """A second file, replayed by a second version."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    write_system(folder / "flights.py", SYSTEM.replace("[carrier, hour]", "[carrier]", 1))
    text = write_rows(folder / "more.csv", 700).read_text(encoding="utf-8").splitlines()
    (folder / "more.csv").write_text("\n".join([text[0], *text[400:]]), encoding="utf-8")
    assert shell("replay", "flights.py", "more.csv", "--state", "state", "--no-report").code == 0
    model = shell("status", "--state", "state", "--json").found["models"]["delay"]

    assert (model["version"], model["predictions"]) == (2, 601)
    assert {version: tally["predictions"] for version, tally in model["versions"].items()} == {"1": 300, "2": 301}


def test_a_folder_without_a_state_is_refused(shell: Shell, folder: Path) -> None:
    """1 where it is there, 2 where it is not."""
    empty, missing = shell("status", "--state", "."), shell("status", "--state", "nowhere")

    assert (empty.code, missing.code) == (1, 2)
    assert "holds no state; give one that `flyball replay --state` made" in empty.err
    assert "the state directory 'nowhere' does not exist" in missing.err


def test_a_state_of_a_newer_format_is_refused(shell: Shell, folder: Path) -> None:
    """With what to do."""
    (folder / "state").mkdir()
    (folder / "state" / "state.json").write_text('{"format": 99, "system": "flights"}', encoding="utf-8")
    said = shell("status", "--state", "state")

    assert said.code == 1
    assert "format 99, of a newer flyball" in said.err
