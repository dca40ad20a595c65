"""Rows whose signals are known: what each of them is worth was decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.system.derivation import cross
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.system.learner import FTRL

NAMES = ("strong", "here", "twin", "double", "fading", "a", "b", "c", "idle", "crowd")
STRONG, HERE, TWIN, DOUBLE, FADING, A, B, C, IDLE, CROWD = (Input(name, str) for name in NAMES)
ROWS = 40_000


def planted(learner: FTRL) -> System:
    """A system of all of them; `here` says something only where `strong` is 0, by their cross."""
    signals = [STRONG, HERE, TWIN, DOUBLE, FADING, A, B, C, IDLE, CROWD, cross(STRONG, HERE)]
    model = Model("planted", signals=signals, outcome=Outcome("y"), learner=learner, slice_by=[STRONG, HERE])
    return System("planted", owner="team:tests", models=[model], source=Source(time="at", tz="UTC"))


def write_planted(path: Path, rows: int = ROWS, seed: int = 8) -> Path:
    """Rows a minute apart.

    strong: matters all the time. here: only in a slice. twin, double: the same, so either can go. fading: mattered in
    the first half. a, b, c: the same, so any two can go. idle: noise of two values. crowd: noise of a thousand values,
    which harms.
    """
    random = np.random.default_rng(seed)
    strong, here, twin, fading, a, idle = random.integers(0, 2, (6, rows))
    margin = -0.5 + 1.5 * strong + 1.2 * here * (strong == 0) + 1.2 * twin + 0.8 * a
    margin += 1.5 * fading * (np.arange(rows) < rows // 2) - 1.5
    y = random.random(rows) < 1.0 / (1.0 + np.exp(-margin))
    crowd = random.permutation(rows) // 40
    columns = [strong, here, twin, 1 - twin, fading, a, 1 - a, a + 7, idle, crowd]
    at = np.datetime_as_string(np.datetime64("2026-01-01") + np.arange(rows) * np.timedelta64(1, "m"), unit="s")
    lines = [",".join([*NAMES, "at", "y"])]
    lines += [
        ",".join(map(str, row)) for row in zip(*(c.tolist() for c in columns), at, y.astype(int).tolist(), strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
