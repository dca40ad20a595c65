"""`flyball demo` as users run it: a system of several processes, traffic over HTTP, and what is checked at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flyball.events.reader import open_reader
from flyball.events.record import Outcome, Prediction
from flyball.run.live.roster import read_roster
from tests.integration.running_system import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def started(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """The demo as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "flyball.cli.app", "demo", "--out", "demo", "--rate", "50", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] not in {"Z", "X"}


def logged(state: Path) -> tuple[int, int]:
    """How many predictions and outcomes the log holds."""
    with open_reader(state / "log") as reader:
        bodies = [record.body for record in reader.read()]
    return sum(isinstance(body, Prediction) for body in bodies), sum(isinstance(body, Outcome) for body in bodies)


def test_it_ends_by_itself_and_everything_that_it_promises_is_kept(tmp_path: Path) -> None:
    """Others' settings and tokens in the environment do not reach its system."""
    demo = started(tmp_path, "--seconds", "14", "--json", FLYBALL_PORT="1", FLYBALL_TOKENS="none")
    out, err = demo.communicate(timeout=300)
    assert demo.returncode == 0, err
    found: dict[str, Any] = json.loads(out.splitlines()[-1])

    assert found["predictions"] > 300
    assert (found["unanswered"], found["clicks_lost"]) == (0, 0)
    assert found["seconds_to_first_prediction"] > 0.0
    assert 0.0 < found["entropy"] < found["base"] < found["log_loss"], "it begins by knowing nothing"
    assert (found["balanced"], found["acknowledged"], found["replay_matches"], found["holds"]) == (True,) * 4
    assert found["counts"]["predictions"] == found["predictions"]
    assert found["counts"]["joined"] + found["counts"]["silent"] > 50, "windows of 10 s have closed"
    assert logged(tmp_path / "demo" / "state") == (found["predictions"], found["clicks"])
    for part in (f"dashboard: {found['dashboard']}", "kept    nothing vanished", "What to try next", "best possible"):
        assert part in err, part
    assert read_roster(tmp_path / "demo" / "state") is None, "its system still runs"


def heard(demo: subprocess.Popen[str], part: str) -> None:
    """Reads what it says up to a line with this part."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if part in line:
            return
    pytest.fail(f"it never said {part!r}, but: {demo.communicate()}")


def test_ctrl_c_ends_it_in_order(tmp_path: Path) -> None:
    """Without --seconds it would run for hours."""
    with started(tmp_path) as demo:
        heard(demo, "predictions; log loss")
        os.killpg(demo.pid, signal.SIGINT)
        out, err = demo.communicate(timeout=300)

    assert (demo.returncode, "kept    stopped in order" in out) == (0, True), err
    assert read_roster(tmp_path / "demo" / "state") is None, "its system still runs"


def test_where_it_is_killed_its_system_ends_with_it(tmp_path: Path) -> None:
    """Nothing is left that would hold the ports or the folder."""
    with started(tmp_path) as demo:
        heard(demo, "predictions; log loss")
        running = read_roster(tmp_path / "demo" / "state")
        assert running is not None, "its system does not run"
        demo.kill()
        demo.communicate(timeout=60)

    assert not lives(running.pid), "its system outlived it"
