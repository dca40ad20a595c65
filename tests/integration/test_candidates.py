"""Candidates: crosses that help are used, and those that do not cost little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import flyball as fb
from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.candidate import CANDIDATE
from flyball.learn.column import Column
from flyball.learn.encoder import Encoder
from flyball.run.log_replay import replay_log
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.system.signal import Signal

ROWS = 4_000
LEFT, RIGHT, NOISE = fb.Input("left", str), fb.Input("right", str), fb.Input("noise", str)
HELPS, HARMS = fb.cross(LEFT, RIGHT), fb.cross(LEFT, RIGHT, NOISE)


def system(*signals: Signal, candidates: tuple[Signal, ...] = ()) -> fb.System:
    """A model of yes and no."""
    given = [LEFT, RIGHT, *signals]
    model = fb.Model("odd", signals=given, candidates=candidates, outcome=fb.Outcome("odd"), fallback=0.5)
    return fb.System("odds", owner="team:odds", models=[model])


def told(defined: fb.System, state: Path | None = None) -> tuple[float, str]:
    """The log loss of the second half, and the digest, of rows whose two letters decide."""
    random = np.random.default_rng(8)
    left, right = random.integers(0, 6, (2, ROWS))
    rate = np.where((left + right) % 2 == 0, 0.85, 0.15)
    labels, losses = random.random(ROWS) < rate, np.empty(ROWS)
    with fb.open(defined, state) as fly:
        for i in range(ROWS):
            row = {"left": f"l{left[i]}", "right": f"r{right[i]}", "noise": f"{random.integers(0, 20)}"}
            p = fly.predict("odd", {name: row[name] for name in known(defined)}, id=f"r{i}").prediction
            fly.outcome(f"r{i}", bool(labels[i]))
            losses[i] = -np.log(p if labels[i] else 1.0 - p)
        digest = fly.state.engine.digest()
    return float(losses[ROWS // 2 :].mean()), digest


def known(defined: fb.System) -> tuple[str, ...]:
    """The names of its inputs."""
    program = defined.program("odd")
    return tuple(program.nodes[place].name for place in program.leaves)


def test_a_cross_that_helps_is_used_and_one_that_harms_is_not() -> None:
    """Nearly as good as with the one and without the other, whoever knew that before."""
    best = told(system(HELPS))[0]
    harmed = told(system(HELPS, HARMS))[0]
    plain = told(system())[0]
    helped = told(system(HELPS, candidates=(HELPS,)))[0]
    kept = told(system(HELPS, HARMS, candidates=(HARMS,)))[0]

    assert plain > best + 0.1, "without the cross nothing can be learned"
    assert helped < best + 0.01
    assert harmed > best + 0.005, "a cross of noise costs something"
    assert kept < best + 0.25 * (harmed - best)


def test_what_was_learned_with_candidates_is_learned_again(tmp_path: Path) -> None:
    """From the log, to the bit."""
    digest = told(system(HELPS, HARMS, candidates=(HARMS,)), tmp_path / "state")[1]

    assert replay_log(tmp_path / "state").state_digest == digest


def test_a_bit_of_their_keys_tells_candidates() -> None:
    """Row by row and by column; the bias has it not, and other models' keys are as they were hashed."""
    tags, plain = system(HELPS, candidates=(HELPS,)).program("odd"), system(HELPS).program("odd")
    one = Encoder(tags).encode(["l1", "r1"])
    columns = [Column.of(Kind.STR, ["l1", "l2"]), Column.of(Kind.STR, ["r1", "r1"])]
    many = BulkEncoder(tags).encode(columns, [], 2)

    assert (one.keys & np.uint64(CANDIDATE)).tolist() == [0, 0, 0, CANDIDATE]
    assert many.keys[:4].tolist() == one.keys.tolist()
    assert Encoder(plain).encode(["l1", "r1"]).keys | np.uint64(CANDIDATE) == pytest.approx(
        one.keys | np.uint64(CANDIDATE)
    )
