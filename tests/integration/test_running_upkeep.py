"""What a running system does beside serving: checkpoints, sealing, pauses, rewinds; all while traffic goes on."""

from __future__ import annotations

import os
import signal
from random import Random
from typing import TYPE_CHECKING

import pytest

from flyball.events.directory import list_places
from flyball.learn.checkpoint import CheckpointStore
from flyball.run.log_replay import replay_log
from tests.integration.live_traffic import Traffic
from tests.integration.running_system import RunningSystem, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_checkpoints_are_taken_under_traffic_and_shorten_the_way_back(tmp_path: Path) -> None:
    """Each is finished by another process, and a loop that is killed goes on from the last one."""
    (tmp_path / "flyball.toml").write_text("[default]\ncheckpoint_every = 50\n")
    with RunningSystem(tmp_path) as running, Traffic(running.running.port, Random(3)) as traffic:  # noqa: S311  # dice, not secrets
        store = CheckpointStore(running.state / "checkpoint")
        until(lambda: store.seq > 0, "a checkpoint is durable")
        first = store.seq
        until(lambda: store.seq > first, "another one is")
        os.kill(running.pid("loop"), signal.SIGKILL)
        goal = traffic.acknowledged + 50
        until(lambda: traffic.acknowledged >= goal, "the next loop acknowledges")
        second = store.seq
        until(lambda: store.seq > second, "the next loop takes checkpoints too")
        traffic.__exit__()
        assert running.stop() == 0, running.said[-5:]
    assert replay_log(running.state).matches is True


def test_full_segments_are_sealed_by_another_process_while_traffic_goes_on(tmp_path: Path) -> None:
    """And what they hold can be asked for all the same."""
    (tmp_path / "flyball.toml").write_text("[default]\nmax_disk = 16777216\n")
    with RunningSystem(tmp_path) as running:
        told = [{"id": f"n{i}", "value": i % 3 == 0} for i in range(1000)]
        sent = 0
        while not any(place.sealed for place in list_places(running.state / "log")):
            assert running.call("POST", "/v1/outcomes", {"outcomes": told})[0] == 202
            sent += 1
            assert sent < 2000, "no segment was sealed"
        assert running.predict("r1", hour=7, origin="JFK")["served_by"] == "model"
        assert running.stop() == 0, running.said[-5:]


def test_a_model_is_paused_frozen_resumed_and_rewound_while_it_serves(tmp_path: Path) -> None:
    """A poisoned hour is taken out again, and the state is what a replay of the log gives."""
    with RunningSystem(tmp_path) as running:
        for i in range(30):
            running.predict(f"good{i}", hour=7, origin="JFK")
            assert running.outcome(f"good{i}", value=False)[0] == 202
        clean = settled(running)
        began = running.now()
        for i in range(30):
            running.predict(f"bad{i}", hour=7, origin="JFK")
            assert running.outcome(f"bad{i}", value=True)[0] == 202
        ended = running.now()
        assert settled(running) > clean + 0.2, "it did not learn from the poison"
        assert running.act("rewind", {"to": began, "exclude": [{"from": began, "to": ended}]}) == 200
        until(lambda: abs(settled(running) - clean) < 1e-9, "the poison is forgotten")
        assert running.act("freeze") == 200
        running.predict("frozen", hour=7, origin="JFK")
        assert running.outcome("frozen", value=True)[0] == 202
        assert abs(settled(running) - clean) < 1e-9, "a frozen model learned"
        assert running.act("resume") == 200
        assert running.act("pause") == 200
        running.predict("kept", hour=7, origin="JFK")
        assert running.outcome("kept", value=True)[0] == 202
        assert abs(settled(running) - clean) < 1e-9, "a paused model learned"
        assert running.act("resume") == 200
        until(lambda: settled(running) > clean + 1e-6, "what was kept is learned")
        assert running.act("rewind", {"to": running.now() + 3_600_000_000}) in {409, 422}, "a rewind into the future"
        assert running.stop() == 0, running.said[-5:]
    assert replay_log(running.state).matches is True


def settled(running: RunningSystem) -> float:
    """The answer once everything acknowledged so far has been learned from."""
    running.asked += 1
    body = {"id": f"probe{running.asked}", "inputs": {"hour": 7, "origin": "JFK"}, "consistent": True}
    status, answer = running.call("POST", "/v1/models/late/predict", body)
    assert status == 200, answer
    return float(answer["prediction"])
