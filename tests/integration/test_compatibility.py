"""What earlier releases wrote, opened by today's program: docs/compatibility.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flyball.run.log_replay import replay_log
from flyball.run.state import State
from flyball.system.load import load_system

FIXTURES = sorted(path.parent for path in (Path(__file__).parents[1] / "fixtures").glob("*/digest.txt"))
EACH = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)


def test_there_is_something_to_open() -> None:
    """At least what the present release writes."""
    assert FIXTURES


@EACH
def test_a_state_of_an_earlier_release_is_opened_and_goes_on(fixture: Path, tmp_path: Path) -> None:
    """From its checkpoint and, the same, from its log alone."""
    shutil.copytree(fixture / "state", tmp_path / "state")
    digest = (fixture / "digest.txt").read_text(encoding="utf-8").strip()

    assert replay_log(tmp_path / "state").state_digest == digest
    with State.open(tmp_path / "state", load_system(fixture / "system.json")) as state:
        assert state.engine.digest() == digest
        assert any(path.suffix == ".parquet" for path in (tmp_path / "state" / "log").iterdir())
