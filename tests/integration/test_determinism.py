"""The same log gives the same state, to the bit, whatever CPU the kernels were compiled for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flyball.events.record import Pause, Rewind
from flyball.learn.kernel import cache_directory
from flyball.run.ephemeral import Ephemeral
from flyball.system.derivation import bucket
from flyball.system.learner import FM, FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from tests.unit.run.flights import CARRIER, HOUR, PLANE, REMARKS, SECOND, WIND, flights, model, replay_of, rows
from tests.unit.run.lives import MODEL, Life

if TYPE_CHECKING:
    from flyball.run.engine import Engine

TOP = Path(__file__).parents[2]
PLAINEST = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
COEFFICIENTS = "92d279afa67faa32"
"""The digest of what is learned of names alone; whoever changes it changes what every log gives, and says so."""


def replayed() -> Engine:
    """Three models over the same rows: yes and no, silence revised, numbers."""
    system = flights(
        Model(
            "names", signals=[CARRIER, PLANE, REMARKS], outcome=Outcome("late", window="1h"), learner=FTRL(alpha=0.1)
        ),
        model("everything", outcome=Outcome("late", window="1h")),
    )
    replay = replay_of(rows(600), logged=False)
    target = Ephemeral(system, replay)
    replay.run(target)
    return target.engine


def paired() -> Engine:
    """Factorisation machines, with settings and without, of rows of one line and of two."""
    machines = [
        Model(f"pairs{i}", signals=[CARRIER, PLANE, WIND], outcome=Outcome("late", window="1h"), learner=learner)
        for i, learner in enumerate([FM(), FM(factors=8), FM(factors=8, alpha=0.1, l1_v=0.01)])
    ]
    target = Ephemeral(flights(*machines), None)
    replay_of(rows(300), logged=False).run(target)
    return target.engine


def calibrated() -> Engine:
    """A model with curves for the whole, for each carrier, and for each half of its day."""
    halves = bucket(HOUR, [12], name="half of the day")
    late = Outcome("late", window="1h", if_silent=0, learn="revise")
    target = Ephemeral(
        flights(Model("calibrated", signals=[PLANE, WIND], outcome=late, calibrate=[CARRIER, (CARRIER, halves)])), None
    )
    replay_of(rows(600), logged=False).run(target)
    return target.engine


def steered() -> Engine:
    """A life of which an hour was paused and another one taken back."""
    life = Life(Outcome("late", window="1h", if_silent=0, learn="revise"))
    life.go_on(40)
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on(40)
    life.say(Rewind(model=MODEL, to_ts=life.now // 4, exclude=[(life.now // 4, life.now // 2)]))
    life.say(Pause(model=MODEL, mode="resume"))
    life.go_on(40)
    life.say(Rewind(model=MODEL, to_ts=life.now - 600 * SECOND))
    return life.talk.engine


def told() -> str:
    """The digests of the state, of its coefficients, and of every answer."""
    engine = replayed()
    number = Ephemeral(flights(model(outcome=Outcome("late", float, window="1h", if_silent=0.0, learn="revise"))), None)
    replay_of(rows(300, answered=1.0)).run(number)
    tables = " ".join(f"{name} {live.table.digest():016x}" for name, live in sorted(engine.models.items()))
    digests = [each.digest() for each in (engine, number.engine, paired(), calibrated(), steered())]
    return f"{' '.join(digests)} {tables}"


@pytest.mark.slow
def test_kernels_for_the_plainest_cpu_give_the_same_state(tmp_path: Path) -> None:
    """Those of another process have no instruction that not every machine has; those here are this machine's."""
    path = f"{TOP / 'src'}{os.pathsep}{TOP}"
    environment = {**os.environ, "FLYBALL_CACHE": str(tmp_path), "PYTHONPATH": path, **PLAINEST}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=True)
    [directory] = (tmp_path / "kernels").iterdir()

    assert done.stdout == told() + "\n"
    assert directory.name != cache_directory().name


def test_replaying_twice_gives_the_same_state() -> None:
    """Nothing is left to time, chance or the order of a dictionary."""
    assert told() == told()


def test_what_is_learned_is_what_was_released() -> None:
    """Also on another machine than the one where the digest was written down."""
    table = replayed().models["names"].table

    assert f"{table.digest():016x}" == COEFFICIENTS
    assert len(table) > 40


if __name__ == "__main__":
    print(told())  # noqa: T201  # the test reads it
