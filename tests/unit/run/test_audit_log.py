"""Who did what."""

from __future__ import annotations

import json
import logging
import stat
from typing import TYPE_CHECKING

from flyball.run.audit_log import KEPT, AuditLog
from flyball.run.logs import NOTICE
from flyball.system.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_an_action_is_written_down_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With its actor; secrets are left out."""
    with caplog.at_level(NOTICE):
        AuditLog(tmp_path, ManualClock(1_000_000)).note("ops", "rewind", {"model": "ctr", "token": "abc"})

    [record] = caplog.records
    assert (record.levelno, record.__dict__["actor"], record.__dict__["action"]) == (NOTICE, "ops", "rewind")
    assert json.loads((tmp_path / "audit.log").read_text(encoding="utf-8")) == {
        "ts": "1970-01-01T00:00:01Z",
        "actor": "ops",
        "action": "rewind",
        "details": {"model": "ctr", "token": "(redacted)"},
    }
    assert stat.S_IMODE((tmp_path / "audit.log").stat().st_mode) == 0o600


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """After a restart."""
    for actor in ("a", "b"):
        AuditLog(tmp_path, ManualClock()).note(actor, "pause", {})

    text = (tmp_path / "audit.log").read_text(encoding="utf-8")
    assert [json.loads(line)["actor"] for line in text.splitlines()] == ["a", "b"]


def test_it_is_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    """No line is cut in two."""
    log = AuditLog(tmp_path, ManualClock(), max_bytes=200)
    for number in range(100):
        log.note(str(number), "pause", {"model": "ctr"})

    files = [tmp_path / "audit.log", *(tmp_path / f"audit.log.{number}" for number in range(1, KEPT + 1))]
    assert sorted(files) == sorted(tmp_path.iterdir())
    assert all(path.stat().st_size <= 200 for path in files)
    actors = [
        int(json.loads(line)["actor"])
        for path in reversed(files)
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert actors == list(range(actors[0], 100))


def test_a_disk_that_refuses_does_not_stop_the_action(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The process's log has it, and says what happened."""
    (tmp_path / "audit.log").mkdir()
    with caplog.at_level(logging.INFO):
        AuditLog(tmp_path, ManualClock()).note("ops", "pause", {})

    assert [record.levelname for record in caplog.records] == [logging.getLevelName(NOTICE), "ERROR"]
    assert "could not be written to" in caplog.records[1].getMessage()
