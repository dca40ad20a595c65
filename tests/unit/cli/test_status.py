"""`flyball status`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from flyball.events.record import Prediction
from flyball.run.state import State
from flyball.run.worth_file import Worths, write_worths
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
    assert re.search(
        r"^delay@v1  \d+ features, 1.07 MB in memory\n  v1 \(present\)  300 predictions = 300 joined$",
        said.out,
        re.MULTILINE,
    )


def test_json_has_the_counts_of_every_model(shell: Shell, folder: Path) -> None:
    """They add up."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    said = shell("status", "--state", "state", "--json")

    model = said.found["models"]["delay"]
    assert model["predictions"] == sum(model[name] for name in ENDINGS) == 300
    assert model.keys() >= {*ODDITIES, "version", "learned_through", "features", "memory_bytes", "balanced"}
    assert (model["version"], model["learned_through"], model["balanced"]) == (1, 602, True)
    assert model["features"] > 10
    assert (said.found["first_seq"], said.found["last_seq"]) == (1, 602)
    assert said.found["log_bytes"] > 10_000


def test_status_reads_a_state_that_somebody_has_open(shell: Shell, folder: Path) -> None:
    """And sees what is in the log only, not yet in a checkpoint."""
    with State.open(folder / "state", load_system(folder / "flights.py")):
        said = shell("status", "--state", "state", "--json")

    assert (said.code, said.found["last_seq"], said.found["checkpoint_seq"]) == (0, 1, 0)
    assert said.found["models"]["delay"]["predictions"] == 0


def test_what_a_checkpoint_would_tell_is_not_known_before_the_first(shell: Shell, folder: Path) -> None:
    """Neither its age nor how many features there are."""
    with State.open(folder / "state", load_system(folder / "flights.py")):
        said, found = shell("status", "--state", "state").out, shell("status", "--state", "state", "--json").found

    assert "checkpoint: none yet\n" in said
    assert "delay@v1  features: not known before its first checkpoint\n  v1 (present)  no prediction\n" in said
    assert (found["checkpoint_age_seconds"], found["models"]["delay"]["features"]) == (None, None)


def test_a_checkpoint_is_as_old_as_its_file(shell: Shell, folder: Path) -> None:
    """Whoever looks touches files of the log, which says nothing about the checkpoint."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    [checkpoint] = (folder / "state" / "checkpoint").iterdir()
    os.utime(checkpoint, (946_684_800, 946_684_800))
    said, found = shell("status", "--state", "state").out, shell("status", "--state", "state", "--json").found

    [line] = [line for line in said.splitlines() if line.startswith("checkpoint: at record 602, ")]
    assert line.endswith(" min ago")
    assert found["checkpoint_age_seconds"] > 20 * 365 * 86_400, "since the year 2000"


def test_features_are_those_of_the_checkpoint_where_the_log_goes_on(shell: Shell, folder: Path) -> None:
    """And it says so."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    write_system(folder / "flights.py", SYSTEM.replace("[carrier, hour]", "[carrier]", 1))
    with State.open(folder / "state", load_system(folder / "flights.py")):
        said = shell("status", "--state", "state").out

    assert re.search(r"^delay@v2  \d+ features at the checkpoint, 1.07 MB in memory$", said, re.MULTILINE)
    assert [line.split("  ")[1] for line in said.splitlines() if line.startswith("  ")] == ["v1", "v2 (present)"]


def test_a_model_that_was_dropped_keeps_its_counts(shell: Shell, folder: Path) -> None:
    """What it had learned is not served any more."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    write_system(folder / "flights.py", SYSTEM.replace('fb.Model("delay"', 'fb.Model("late"'))
    with State.open(folder / "state", load_system(folder / "flights.py")):
        said = shell("status", "--state", "state").out

    assert "delay@v1  is no longer in the system\n  v1  300 predictions = 300 joined\n" in said
    assert "late@v1  features: not known before its first checkpoint\n  v1 (present)  no prediction\n" in said


def test_predictions_made_elsewhere_have_a_row_of_their_own(shell: Shell, folder: Path) -> None:
    """The sum says nothing of a rollout, so it is one row of several."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    system = load_system(folder / "flights.py")
    with State.open(folder / "state", system) as state:
        definition = state.engine.models["delay"].form.definition
        made = Prediction(
            id="theirs",
            model="delay",
            version=-7,
            definition=definition,
            inputs=["AS", 7],
            score=0.5,
            served_by="elsewhere",
        )
        state.commit([(state.now, state.now, made)])
    said, found = shell("status", "--state", "state").out, shell("status", "--state", "state", "--json").found

    assert [line.rstrip() for line in said.splitlines() if line.startswith("  ")] == [
        "  v1 (present)  300 predictions = 300 joined",
        "  elsewhere v7  1 prediction = 1 pending",
        "  all together  301 predictions = 300 joined + 1 pending",
    ]
    versions = found["models"]["delay"]["versions"]
    assert {version: tally["predictions"] for version, tally in versions.items()} == {"1": 300, "-7": 1}


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


def test_what_the_guard_has_noticed_is_told(shell: Shell, folder: Path) -> None:
    """As people read it and as programs do; a replay notes it too."""
    system = (
        "import flyball as fb\nlate = fb.Model('late', signals=[fb.Input('price', float)], outcome=fb.Outcome('y'))\n"
    )
    (folder / "shop.py").write_text(f"{system}shop = fb.System('shop', models=[late])\n", encoding="utf-8")
    rows = [f"{1e30 if i == 1_200 else i % 9},{int(i % 9 > 4)}" for i in range(1_300)]
    (folder / "shop.csv").write_text("\n".join(["price,y", *rows]), encoding="utf-8")
    replayed = shell("replay", "shop.py", "shop.csv", "--state", "shop", "--no-report")
    said, found = shell("status", "--state", "shop"), shell("status", "--state", "shop", "--json").found

    sentence = "'price' of late had values more than a million times the largest before"
    assert sentence in " ".join((replayed.out + replayed.err).split())
    assert f"alarm: {sentence}" in " ".join(said.out.split())
    [alarm] = found["models"]["late"]["alarms"]
    assert (alarm["kind"], alarm["signal"], alarm["on"], alarm["times"]) == ("beyond", "price", True, 1)
    assert alarm["first_ts"] == alarm["last_ts"]


def test_what_signals_are_worth_is_told_where_it_is_measured(shell: Shell, folder: Path) -> None:
    """In a line by verdict, and whole as JSON."""
    shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report")
    signals = [
        {"name": name, "verdict": verdict} for name, verdict in (("a", "unclear"), ("b", "useful"), ("c", "useful"))
    ]
    found = {"examples": 250, "signals": signals}
    write_worths(folder / "state", Worths(written_us=1, through=500, models={"delay": found}))

    assert (
        "  worth (through record 500, 250 examples): useful b, c; unclear a\n"
        in shell("status", "--state", "state").out
    )
    assert shell("status", "--state", "state", "--json").found["worth"] == {"through": 500, "models": {"delay": found}}
