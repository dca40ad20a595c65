"""The ablation beside the loop: what every signal is worth, kept up while a system runs."""

from __future__ import annotations

import http.client
import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from flyball.run.ablation import ablate_log
from flyball.run.worth_file import read_worths
from tests.integration.live_traffic import Traffic
from tests.integration.running_system import RunningSystem, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def told(running: RunningSystem) -> tuple[int, dict[str, Any]]:
    """What the control API says of the signals."""
    connection = http.client.HTTPConnection("127.0.0.1", running.running.control_port, timeout=60)
    try:
        connection.request("GET", "/api/models/late/worth")
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_what_signals_are_worth_is_kept_up_beside_the_loop(tmp_path: Path) -> None:
    """Another process follows the log when nobody else wants the cores; what it found stays when the system stops."""
    (tmp_path / "flyball.toml").write_text("[default]\nablate_seconds = 0.2\n")
    with RunningSystem(tmp_path) as running:
        seen = 0
        for goal in (100, 200):
            with Traffic(running.running.port, Random(3)) as traffic:  # noqa: S311  # dice, not secrets
                until(lambda: traffic.acknowledged >= goal, "there is something to measure")  # noqa: B023  # asked at once
                traffic.__exit__()
            before = seen
            until(lambda: told(running)[1].get("examples", 0) > before, "more is known")  # noqa: B023  # asked at once
            seen = told(running)[1]["examples"]
        _, found = told(running)
        assert {signal["name"] for signal in found["signals"]} == {"hour", "origin"}
        assert running.stop() == 0, running.said[-5:]
    kept = read_worths(running.state)
    assert kept is not None
    assert seen <= kept.models["late"]["examples"] <= ablate_log(running.state).examples


def test_without_the_setting_nobody_measures(tmp_path: Path) -> None:
    """And the answer says how to have it."""
    with RunningSystem(tmp_path) as running:
        until(lambda: "ablate_seconds" in told(running)[1]["detail"], "the answer says so")
        assert told(running)[0] == 404
        assert running.stop() == 0
    assert read_worths(running.state) is None
