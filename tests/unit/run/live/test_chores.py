"""Chores stand back for everybody else, also where sessions share the processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.run.live.chores import LOWEST, ChoreFailed, do_apart, step_back

ENABLED = Path("/proc/sys/kernel/sched_autogroup_enabled")


def test_a_chore_is_as_nice_as_can_be_to_its_own_session_and_to_others() -> None:
    """Until it is told to end, which it waits for."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as chore:
        step_back(chore.pid)
        nice = os.getpriority(os.PRIO_PROCESS, chore.pid)
        group = Path(f"/proc/{chore.pid}/autogroup")
        shared = ENABLED.exists() and ENABLED.read_text() == "1\n"
        told = group.read_text().split() if shared else []
        chore.communicate(b"\n")

    assert nice == LOWEST
    assert told[-2:] in ([], ["nice", str(LOWEST)])
    assert chore.returncode == 0
    step_back(chore.pid)


def test_a_chore_that_fails_says_why(tmp_path: Path) -> None:
    """With the last line of what it said."""
    with pytest.raises(ChoreFailed, match=r"seal of nowhere\.sqlite ended with 1: FileNotFoundError"):
        do_apart("seal", tmp_path / "nowhere.sqlite")
