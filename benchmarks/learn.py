"""Learning from Parquet beside `vw --ftrl` from its cache: the same rows, the same settings, one core each."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks import vw
from benchmarks.table import Table
from benchmarks.zipf_rows import LETTERS, ZipfRows
from flyball.run.parquet_learning import Learned, learn_parquet
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHA, BETA = 0.1, 1.0
ROUNDS = 3
NOTE = """Seconds are those that the core was busy, so that others on the machine count less; ratios are of the quickest
runs. flyball reads, hashes (each text once for a row group of 2^20 rows), predicts and learns; VW's cache is parsed
and hashed already. VW parses and learns in two threads, which share the core here; its smaller table is the faster one
and lets features share slots, which costs it little on these rows; it is what the ratio is of."""
FILES = {"none": "flyball, from Parquet", "snappy": "flyball, from Parquet compressed by snappy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Several runs of the same work: the seconds of the core that each took, and the least time that went by."""

    name: str
    loss: float
    core: tuple[float, ...]
    clock: float

    @property
    def least(self) -> float:
        """The seconds of the core that the quickest run took."""
        return min(self.core)


def system() -> System:
    """39 categorical signals."""
    signals = [Input(letter, str) for letter in LETTERS]
    model = Model("m", signals=signals, outcome=Outcome("label"), learner=FTRL(alpha=ALPHA, beta=BETA))
    return System("zipf", owner="team:bench", models=[model])


def children_time() -> float:
    """Seconds of the core, of the program and of the system for it, that all programs started so far took."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def timed(name: str, rounds: int, timer: Callable[[], float], work: Callable[[], float]) -> Timed:
    """Runs the work several times; `timer` tells the seconds of the core, `work` gives the loss."""
    loss, core, clock = 0.0, [], float("inf")
    for _ in range(rounds):
        start, began = perf_counter(), timer()
        loss = work()
        core.append(timer() - began)
        clock = min(clock, perf_counter() - start)
    return Timed(name=name, loss=loss, core=tuple(core), clock=clock)


def vowpal(text: Path, *, bits: tuple[int, int]) -> list[Timed]:
    """VW from its cache with a table of each size, and from its text, which writes the cache."""
    setting = ["--ftrl", "--ftrl_alpha", str(ALPHA), "--ftrl_beta", str(BETA)]
    arguments = ["-d", str(text), "--cache_file", f"{text}.cache", *setting, *vw.COMMON]

    def lost(size: int) -> float:
        return vw.run([*arguments, "-b", str(size)])[0]

    once = timed(f"vw --ftrl -b {bits[0]}, from text", 1, children_time, partial(lost, bits[0]))
    cached = [
        timed(f"vw --ftrl -b {size}, from its cache", ROUNDS, children_time, partial(lost, size)) for size in bits
    ]
    return [*cached, once]


def _loss_of(path: Path) -> float:
    return learn_parquet(system(), path).loss


def flyball(paths: dict[str, Path]) -> tuple[Learned, list[Timed]]:
    """What was learned, and how long that took from each file; kernels are compiled before."""
    learned = learn_parquet(system(), next(iter(paths.values())))
    times = []
    for compression, path in paths.items():
        work = partial(_loss_of, path)
        times.append(timed(FILES[compression], ROUNDS, process_time, work))
    return learned, times


def table(*, quick: bool) -> Table:
    """Both parties pinned to one core."""
    rows = ZipfRows(rows=20_000 if quick else 5_000_000)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            sys.stderr.write("  writing rows\n")
            paths = {compression: folder / f"{compression}.parquet" for compression in FILES}
            rows.write_parquet(paths)
            rows.write_vw(folder / "rows.vw")
            sys.stderr.write("  vw\n")
            theirs = vowpal(folder / "rows.vw", bits=(18, 20) if quick else (23, 25))
            sys.stderr.write("  flyball\n")
            learned, ours = flyball(paths)
    finally:
        os.sched_setaffinity(0, allowed)
    cached = theirs[0].least
    return Table(
        name="learn",
        title=f"Learning {rows.rows:,} rows of {rows.signals} texts, {len(learned.table):,} features, one core",
        columns=["", "examples a second of the core", "times vw from its cache", "seconds of each run", "log loss"],
        rows=[
            [
                each.name,
                f"{rows.rows / each.least:,.0f}",
                f"{cached / each.least:.2f}",
                " / ".join(f"{seconds:.2f}" for seconds in each.core),
                f"{each.loss:.4f}",
            ]
            for each in (*ours, *theirs)
        ],
        notes=[
            f"Zipf ids (exponent {rows.exponent}, {rows.ids:,} a signal). {NOTE}".replace("\n", " "),
            f"By the clock: flyball {ours[0].clock:.1f} s, VW from its cache {theirs[0].clock:.1f} s.",
        ],
    )
