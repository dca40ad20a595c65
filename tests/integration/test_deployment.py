"""The image and the unit, as far as they can be tested without an engine for containers."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.cli.app import app
from flyball.run.live.supervisor import KILL_AFTER
from flyball.run.settings import OTHERS, SETTINGS, Settings

TOP = Path(__file__).parents[2]
DOCKERFILE = (TOP / "deploy" / "Dockerfile").read_text(encoding="utf-8")
UNIT = TOP / "deploy" / "flyball.service"
KNOWN = {setting.variable for setting in SETTINGS} | OTHERS
COMMANDS = {"up", *(command.callback.__name__ for command in app.registered_commands if command.callback)}


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile does: instruction and argument, lines that go on joined."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def last_stage() -> list[tuple[str, str]]:
    """What the image that is shipped is made of."""
    found = instructions()
    start = max(at for at, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def only(word: str) -> str:
    """The argument of an instruction that stands once."""
    [argument] = [rest for name, rest in last_stage() if name == word]
    return argument


def environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for pair in shlex.split(only("ENV")))


def test_every_instruction_is_one_and_every_program_is_started_without_a_shell() -> None:
    """A shell would keep SIGTERM for itself."""
    known = {"ARG", "FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"}
    found = instructions()

    assert {word for word, _ in found} <= known | {"ENTRYPOINT", "CMD"}
    for word, rest in found:
        if word in {"RUN", "ENTRYPOINT", "CMD", "VOLUME"}:
            assert all(isinstance(each, str) for each in json.loads(rest)), f"{word} {rest}"


def test_the_image_runs_as_nobody_in_particular_with_one_volume() -> None:
    """And ends by SIGTERM."""
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", only("USER"))
    assert json.loads(only("VOLUME")) == ["/state"]
    assert only("STOPSIGNAL") == "SIGTERM"
    assert [int(port) for port in only("EXPOSE").split()] == [Settings().port, Settings().control_port]


def test_what_the_image_starts_is_a_command() -> None:
    """With the volume as its state."""
    command = [*json.loads(only("ENTRYPOINT")), *json.loads(only("CMD"))]

    assert command == ["flyball", "up", "/system/system.py", "--state", "/state"]
    assert command[1] in COMMANDS


def test_what_the_image_sets_is_known_and_holds_no_secret() -> None:
    """Tokens are given when it is run."""
    assert {name for name in environment() if name.startswith("FLYBALL_")} <= KNOWN
    assert "TOKENS" not in only("ENV")


def test_no_host_of_a_registry_is_named() -> None:
    """Each machine has its own."""
    images = {rest.split()[0] for word, rest in instructions() if word in {"FROM", "ARG"}}

    assert images == {"PYTHON=python:3.11-slim", "${PYTHON}", "CPU=generic"}
    assert "syntax=" not in DOCKERFILE


def test_everything_that_is_copied_is_there_and_let_through() -> None:
    """The file beside the Dockerfile says what is left out: all but these."""
    sources = [
        name for word, rest in instructions() if word == "COPY" and "--from" not in rest for name in rest.split()[:-1]
    ]
    ignored = (TOP / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()

    assert all((TOP / name).exists() for name in sources)
    assert {f"!{name}" for name in sources} == {line for line in ignored if line.startswith("!")}


def test_the_health_check_asks_readyz_without_another_program() -> None:
    """Python alone; a state that nobody runs is not healthy."""
    [check] = [rest for name, rest in last_stage() if name == "HEALTHCHECK"]
    command = json.loads(check.partition("CMD ")[2])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, *command[1:]], env=env, capture_output=True, text=True, check=False)

    assert command[:3] == ["python", "-m", "flyball.cli.ready"]
    assert (done.returncode, done.stdout) == (1, "'/state' is run by nobody\n")


@pytest.mark.slow
def test_kernels_that_the_image_is_built_with_are_found_by_what_it_runs(tmp_path: Path) -> None:
    """The build's own step, for the same kind of processor; nothing is compiled or written afterwards."""
    [step] = [json.loads(rest) for word, rest in last_stage() if word == "RUN" and "kernels" in rest]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "FLYBALL_CACHE": str(tmp_path),
        "NUMBA_CPU_NAME": "generic",
    }
    subprocess.run([sys.executable, *step[1:]], env=env, check=True)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")}
    asks = "from flyball.cli.kernels import compiled, warm_up; print(compiled()); warm_up()"
    done = subprocess.run([sys.executable, "-c", asks], env=env, capture_output=True, text=True, check=True)

    assert step[0] == "python"
    assert done.stdout == "True\n"
    assert len(before) > 20
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")} == before


def unit() -> configparser.RawConfigParser:
    """The systemd unit."""
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's words keep their capitals
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_the_unit_waits_for_ready_and_longer_than_the_drain() -> None:
    """The supervisor alone is asked to stop."""
    service = unit()["Service"]

    assert (service["Type"], service["KillMode"], service["KillSignal"]) == ("notify", "mixed", "SIGTERM")
    assert int(service["TimeoutStopSec"].removesuffix("s")) > 3 * KILL_AFTER + Settings().drain_seconds, "three groups"


def test_the_unit_starts_a_command_with_settings_that_are_known() -> None:
    """In directories that it makes itself."""
    service = unit()["Service"]
    words = service["ExecStart"].split()

    assert words[1] in COMMANDS
    assert words[-1] == f"/var/lib/{service['StateDirectory']}"
    assert {pair.partition("=")[0] for pair in service["Environment"].split()} <= KNOWN


def test_the_unit_does_not_forbid_what_kernels_need() -> None:
    """They are compiled in memory."""
    service = unit()["Service"]

    assert "MemoryDenyWriteExecute" not in service
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["DynamicUser"]) == ("yes", "strict", "yes")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze to check the unit")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """Without a word, but for the program that is not installed here."""
    copy = tmp_path / "flyball.service"
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/usr/local/bin/flyball", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
