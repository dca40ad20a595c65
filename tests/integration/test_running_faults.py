"""`kill -9` of each process of a running system, and of all at once, at random moments under traffic.

`FLYBALL_FAULT_RUNS=200 pytest tests/integration/test_running_faults.py` kills 200 times.
"""

from __future__ import annotations

import os
import signal
import socket
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest

from flyball.events.reader import open_reader
from flyball.events.record import Outcome, Prediction
from flyball.run.log_replay import replay_log
from flyball.run.state_view import view_state
from tests.integration.live_traffic import Traffic
from tests.integration.running_system import NotReady, RunningSystem, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

KILLS = int(os.environ.get("FLYBALL_FAULT_RUNS", "8"))
VICTIMS = ("loop", "worker", "chore", "loop", "control", "supervisor", "all")


def free_port(dice: Random) -> int:
    """A port that nobody has, below those from which the kernel gives clients theirs: one of them must not take it."""
    while True:
        port = dice.randrange(20_000, 32_000)
        with socket.socket() as server:
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def found(running: RunningSystem, module: bytes) -> list[int]:
    """The processes of this module that have files of this state directory open, zombies left out."""
    pids = []
    for process in Path("/proc").iterdir():
        try:
            ours = module in (process / "cmdline").read_bytes()
            held = [str(link.readlink()) for link in (process / "fd").iterdir()] if ours else []
        except OSError:
            continue
        if any(path.startswith(f"{running.state}/") for path in held):
            pids.append(int(process.name))
    return pids


def kill(running: RunningSystem, victim: str) -> None:
    """Kills it; what does not come back by itself is started as a person would."""
    before, old = running.running, 0
    others = [process.pid for process in before.processes if process.pid]
    if victim == "chore":
        until(lambda: kill_chore(running), "a checkpoint is finished, or made one of many, by another process")
    elif victim == "all":
        for pid in (before.pid, *others):
            os.kill(pid, signal.SIGKILL)
    else:
        until(lambda: running.pid(victim) > 0, "there is one to kill")
        old = running.pid(victim)
        os.kill(old, signal.SIGKILL)
    assert len(found(running, b"live.loop_main")) <= 1, "two loops at once"
    if victim in {"all", "supervisor"}:
        running.wait()
        until(lambda: started(running), "the system can be started again")
    else:
        until(lambda: all(process.pid not in {0, old} for process in running.running.processes), "all run again")


def kill_chore(running: RunningSystem) -> bool:
    """Whether there was one to kill."""
    for pid in found(running, b"live.chores"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def started(running: RunningSystem) -> bool:
    """Whether it could be started; not while one of the old processes has not ended."""
    try:
        running.start()
    except NotReady as error:
        if "in use by process" in str(error):
            return False  # one of the old ones has not ended yet
        raise
    return True


def reached(traffic: Traffic, goal: int) -> bool:
    """Whether so many outcomes were acknowledged, and nothing was answered that should not be."""
    surprises = [each for memory in traffic.remembered for each in memory.surprises]
    assert surprises == []
    return traffic.acknowledged >= goal


def test_nothing_acknowledged_is_lost_or_joined_twice_whatever_is_killed(tmp_path: Path) -> None:
    """Each process alone, and all at once."""
    dice, kills = Random(7), Counter[str]()  # noqa: S311  # dice, not secrets
    port = free_port(dice)
    (tmp_path / "flyball.toml").write_text("[default]\ncheckpoint_every = 100\n")
    running = RunningSystem(tmp_path, options=["--port", str(port)])
    with running, Traffic(port, dice) as traffic:
        assert found(running, b"live.loop_main") == [running.pid("loop")], "it is not seen who is the loop"
        for _ in range(KILLS):
            goal = traffic.acknowledged + dice.randint(1, 60)
            until(partial(reached, traffic, goal), "outcomes are acknowledged")
            victim = dice.choice(VICTIMS)
            kills[victim] += 1
            lost = int(victim in {"all", "supervisor"})
            traffic.life += lost
            kill(running, victim)
            traffic.life += lost
        traffic.__exit__()
        assert running.stop() == 0, running.said[-5:]
    check(running, traffic, kills)


def check(running: RunningSystem, traffic: Traffic, kills: Counter[str]) -> None:
    """What the log holds, against what the system said."""
    surprises = [each for memory in traffic.remembered for each in memory.surprises]
    assert surprises == [], f"after {kills}"
    with open_reader(running.state / "log") as reader:
        bodies = [record.body for record in reader.read()]
    outcomes = {(body.id, bool(body.value)) for body in bodies if isinstance(body, Outcome)}
    asked = Counter(body.id for body in bodies if isinstance(body, Prediction))
    for memory in traffic.remembered:
        lost = set(memory.acknowledged.items()) - outcomes
        assert not lost, f"acknowledged and lost: {sorted(lost)[:3]} after {kills}"
        unasked = [id for id in memory.together if id not in asked]
        assert not unasked, f"outcomes without their predictions: {unasked[:3]} after {kills}"
    view = view_state(running.state)
    assert view is not None
    tally = view.tallies("late")[1]
    assert tally.balanced, tally
    assert tally.joined == len({id for id, _ in outcomes} & asked.keys()), (
        f"joined twice, or not: {tally} after {kills}"
    )
    assert replay_log(running.state).matches is True, f"the state is not what its log says after {kills}"
