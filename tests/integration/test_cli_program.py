"""The program as a process: what a shell sees."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.flights_made import write_rows, write_system

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = (sys.executable, "-c", "from flyball.cli.app import main; main()")
ENV = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "COLUMNS": "100"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with `flights.py` and `flights.csv`."""
    write_system(tmp_path / "flights.py")
    write_rows(tmp_path / "flights.csv")
    return tmp_path


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Types a command in a folder."""
    return subprocess.run([*PROGRAM, *words], cwd=folder, env=ENV, capture_output=True, text=True, check=False)


def test_the_way_from_data_to_a_state(folder: Path) -> None:
    """Draft, check, replay, plan, status, and the log again: each its own process."""
    roles = ("--label", "late", "--time", "at", "--outcome-time", "known_at", "--id", "id", "--exclude", "score")
    commands = (
        ("init", "flights.csv", *roles, "--out", "drafted.py"),
        ("check", "drafted.py"),
        ("replay", "drafted.py", "flights.csv", "--state", "state"),
        ("plan", "drafted.py", "--state", "state"),
        ("status", "--state", "state"),
        ("replay", "--log", "state", "--no-report"),
    )
    found = {}
    for words in commands:
        done = typed(folder, *words, "--json")
        assert (words, done.returncode, done.stderr.count("Traceback")) == (words, 0, 0)
        found[words[0], words[1]] = json.loads(done.stdout)

    assert found["replay", "--log"]["matches_state"] is True
    assert found["replay", "--log"]["state_digest"] == found["replay", "drafted.py"]["state_digest"]
    assert found["status", "--state"]["models"]["late"]["joined"] == 300


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 0),
        (("--version",), 0),
        (("replay", "--help"), 0),
        ((), 2),
        (("frobnicate",), 2),
        (("check",), 2),
        (("check", "flights.py", "--strangely"), 2),
        (("check", "flights.csv"), 1),
        (("status", "--state", "nowhere"), 2),
    ],
)
def test_the_exit_code_tells_what_happened(folder: Path, words: tuple[str, ...], code: int) -> None:
    """0 done, 1 findings or refused, 2 usage."""
    done = typed(folder, *words)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


def test_the_help_names_every_command_and_no_completion(folder: Path) -> None:
    """Nothing about shells."""
    shown = typed(folder, "--help").stdout

    for name in ("init", "check", "plan", "replay", "status", "demo"):
        assert f" {name} " in shown
    assert "completion" not in shown


@pytest.mark.parametrize("name", ["init", "check", "plan", "replay", "status", "demo"])
def test_every_command_explains_itself_with_an_example(folder: Path, name: str) -> None:
    """One that begins with its own name."""
    assert f"Example:  flyball {name}" in typed(folder, name, "--help").stdout


def test_whoever_stops_reading_gets_no_traceback(folder: Path) -> None:
    """`flyball check flights.py | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [*PROGRAM, "check", "flights.py"], cwd=folder, env=ENV, stdout=closed, stderr=subprocess.PIPE, check=False
        )

    assert b"Traceback" not in done.stderr


def test_a_terminal_that_is_not_utf8_is_written_to_as_well_as_can_be(folder: Path) -> None:
    """People see escapes, programs the same object."""
    (folder / "flights.csv").rename(folder / "flüge.csv")
    command = [*PROGRAM, "replay", "flights.py", "flüge.csv", "--no-report"]
    env = ENV | {"PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
    told = subprocess.run([*command, "--json"], cwd=folder, env=env, capture_output=True, check=False)

    assert (shown.returncode, told.returncode, shown.stderr) == (0, 0, b"")
    assert b"fl\\xfcge.csv" in shown.stdout
    assert json.loads(told.stdout)["source"] == "flüge.csv"


STOPPED = """
import os, signal
# A shell's background jobs are started with SIGINT ignored, and their children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from flyball.run import replay
from flyball.cli.app import main
replay.CHUNK = 64
chunk = replay.Replay._chunk
def stopping(self, forms, task):
    if task[0] >= 256:
        os.kill(os.getpid(), signal.{signal})
    return chunk(self, forms, task)
replay.Replay._chunk = stopping
main()
"""
"""The program, which sends itself a signal in the middle of a replay."""


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), ("SIGKILL", -signal.SIGKILL), ("SIGTERM", -signal.SIGTERM)]
)
def test_a_stopped_replay_goes_on_where_it_was(folder: Path, name: str, code: int) -> None:
    """And ends in the state of one that was never stopped."""
    command = ("replay", "flights.py", "flights.csv", "--json", "--no-report", "--state")
    whole = json.loads(typed(folder, *command, "whole").stdout)
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED.replace("{signal}", name), *command, "cut"],
        cwd=folder,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
    )
    resumed = json.loads(typed(folder, *command, "cut").stdout)

    assert (stopped.returncode, "Traceback" in stopped.stderr) == (code, False)
    assert (resumed["resumed"], resumed["events"]) == (256, 344)
    assert resumed["state_digest"] == whole["state_digest"]
    if name == "SIGINT":
        assert "With --state nothing is lost" in stopped.stderr
