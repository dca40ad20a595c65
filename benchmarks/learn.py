"""Learning from Parquet beside `vw --ftrl` from its cache: the same rows, the same settings, one core each."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import vw
from benchmarks.table import Table
from benchmarks.zipf_rows import LETTERS, ZipfRows
from flyball.run.parquet_learning import learn_parquet
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHA, BETA = 0.1, 1.0
ROUNDS = 2
ROW_GROUP = 1 << 20


def system() -> System:
    """39 categorical signals."""
    signals = [Input(letter, str) for letter in LETTERS]
    model = Model("m", signals=signals, outcome=Outcome("label"), learner=FTRL(alpha=ALPHA, beta=BETA))
    return System("zipf", owner="team:bench", models=[model])


def best_of(rounds: int, work: Callable[[], float]) -> tuple[float, float]:
    """(the result, the least seconds) of several runs."""
    least, result = float("inf"), 0.0
    for _ in range(rounds):
        start = perf_counter()
        result = work()
        least = min(least, perf_counter() - start)
    return result, least


def _vowpal(text: Path, *, bits: int) -> tuple[float, float, float]:
    """(loss, seconds from text, least seconds from the cache)."""
    setting = ["--ftrl", "--ftrl_alpha", str(ALPHA), "--ftrl_beta", str(BETA), "-b", str(bits)]
    arguments = ["-d", str(text), "--cache_file", f"{text}.cache", *setting, *vw.COMMON]
    loss, parsing = vw.run(arguments)
    _, cached = best_of(ROUNDS, lambda: vw.run(arguments)[0])
    return loss, parsing, cached


def table(*, quick: bool) -> Table:
    """Both parties pinned to one core; the best of two runs each."""
    rows = ZipfRows(rows=20_000 if quick else 5_000_000)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            sys.stderr.write("  writing rows\n")
            rows.write_parquet(folder / "rows.parquet", row_group=ROW_GROUP)
            rows.write_vw(folder / "rows.vw")
            sys.stderr.write("  vw\n")
            their_loss, parsing, cached = _vowpal(folder / "rows.vw", bits=18 if quick else 25)
            sys.stderr.write("  flyball\n")
            learned = learn_parquet(system(), folder / "rows.parquet")
            _, ours = best_of(ROUNDS, lambda: learn_parquet(system(), folder / "rows.parquet").loss)
    finally:
        os.sched_setaffinity(0, allowed)
    speeds = [rows.rows / seconds for seconds in (ours, cached, parsing)]
    losses = [learned.loss, their_loss, their_loss]
    names = ["flyball, from Parquet", "vw --ftrl, from its cache", "vw --ftrl, from text"]
    return Table(
        name="learn",
        title=f"Learning {rows.rows:,} rows of 39 categorical signals, {len(learned.table):,} features, one core",
        columns=["", "examples/s", "times vw from cache", "log loss"],
        rows=[
            [name, f"{speed:,.0f}", f"{speed / speeds[1]:.2f}", f"{loss:.4f}"]
            for name, speed, loss in zip(names, speeds, losses, strict=True)
        ],
        notes=["Zipf ids (exponent 1.1). flyball reads, hashes and learns; VW's cache is parsed and hashed already."],
    )
