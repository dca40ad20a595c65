"""Learning end to end from a file: flyball, VW, River and scikit-learn on the same rows, one core each."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from benchmarks import vw
from benchmarks.data import DATA
from benchmarks.learn import ALPHA, BETA, children_time, timed
from benchmarks.rivals import River, ScikitLearn, learn_from
from benchmarks.streams import streams
from benchmarks.table import Table
from flyball.run.parquet_learning import learn_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rivals import Rival
    from benchmarks.streams import Stream
    from flyball.system.system import System

ROUNDS = 3
LIMITS = {"River": 600_000, "scikit-learn": 4_000_000}
"""How many features a slow one is given; a row of them has as many as on average."""
REAL = ("rcv1_vw", "seaflights15", "adult")
NOTES = """Examples a second of the core that was busy, reading included: the quickest of three runs for flyball and for
VW's cache, one for the others; VW's own start (measured on a file of one row) is taken off. All learn with a rate of
0.1, but for flyball without settings. River and scikit-learn, which are slow, get the first rows only, as many as the
table says; their examples a second are taken to be the same for all. A loss depends on how many rows there are, so
flyball's own, without settings, on as many stands beside it. Small sets are read several times over to be timed (rcv1
50 times, adult 8), and scored on the first. VW's `--ftrl` does not scale numbers; its best of 30 settings stands in
`quality`. scikit-learn predicts a block of 1,000 rows before it learns from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One learner on one set.

    Args:
        name: of the learner.
        rows: how many rows it learned from.
        speed: examples a second of the core.
        loss: of the rows that are scored.
        ours: flyball's, without settings, on the same.
    """

    name: str
    rows: int
    speed: float
    loss: float
    ours: float


def flyballs(stream: Stream) -> Iterator[Line]:
    """flyball without settings, and as in the paper."""
    systems = {"`FTRL()`": stream.system, f"`FTRL(alpha={ALPHA})`": stream.textbook(ALPHA)}
    losses = {}
    for name, system in systems.items():
        losses[name] = learn_parquet(system, stream.once).loss

        def loss_of(system: System = system) -> float:
            return learn_parquet(system, stream.long).loss

        core = timed(name, ROUNDS, process_time, loss_of).least
        rows = stream.rows * stream.copies
        yield Line(
            name=f"flyball, {name}", rows=rows, speed=rows / core, loss=losses[name], ours=next(iter(losses.values()))
        )


def vowpal(stream: Stream, ours: float) -> Iterator[Line]:
    """VW from its text, which writes the cache, and from its cache."""
    settings = ["--ftrl", "--ftrl_alpha", str(ALPHA), "--ftrl_beta", str(BETA), *vw.COMMON, "-b", str(stream.bits)]
    single = stream.folder / "single.vw"
    single.write_text(vw.line_of([], label=True) + "\n", encoding="utf-8")

    def lost(path: Path, *more: str) -> float:
        return vw.run(["-d", str(path), *settings, *more])[0]

    start = timed("start", ROUNDS, children_time, partial(lost, single)).least
    loss = lost(stream.text)
    cache = ("--cache_file", f"{stream.long_text}.cache")
    rows = stream.rows * stream.copies
    for name, rounds in (("from text", 1), ("from its cache", ROUNDS)):
        core = timed(name, rounds, children_time, partial(lost, stream.long_text, *cache)).least
        speed = rows / max(core - start, 1e-3)
        yield Line(name=f"vw --ftrl, {name}", rows=rows, speed=speed, loss=loss, ours=ours)


def rivals(stream: Stream, ours: float, *, quick: bool) -> Iterator[Line]:
    """River and scikit-learn, on the first rows."""
    width = _width(stream)
    made: dict[str, Rival] = {"River": River(ALPHA), "scikit-learn": ScikitLearn(ALPHA, stream.bits)}
    source = stream.system.source
    for name, rival in made.items():
        limit = min(int(LIMITS[name] / width), stream.rows * stream.copies) if not quick else 1_000
        scored = min(limit, stream.rows)
        missing = ("",) if source is None else source.missing
        done = learn_from(rival, stream.long, stream.form, limit=limit, scored=scored, missing=missing)
        there = ours if scored == stream.rows else learn_parquet(stream.system, stream.first(scored)).loss
        yield Line(name=name, rows=done.rows, speed=done.rows / done.seconds, loss=done.loss, ours=there)


def _width(stream: Stream) -> float:
    """How many features a row has, on average over the first thousand."""
    with stream.text.open(encoding="utf-8") as file:
        widths = [line.count(" ") - 1 for line, _ in zip(file, range(1_000), strict=False)]
    return max(sum(widths) / len(widths), 1.0)


def lines_of(stream: Stream, *, quick: bool) -> list[Line]:
    """All learners on one set."""
    sys.stderr.write(f"  {stream.name}\n")
    lines = list(flyballs(stream))
    ours = lines[0].loss
    return [*lines, *vowpal(stream, ours), *rivals(stream, ours, quick=quick)]


def table(*, quick: bool) -> Table:
    """Every set that is there."""
    rows = []
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with tempfile.TemporaryDirectory() as name:
            for stream in streams(Path(name), quick=quick, names=REAL if DATA.exists() else ()):
                lines = lines_of(stream, quick=quick)
                cached = next(line.speed for line in lines if "cache" in line.name)
                rows += [_cells(stream, line, cached) for line in lines]
                for path in stream.folder.glob(f"{stream.name}*"):
                    path.unlink()
    finally:
        os.sched_setaffinity(0, allowed)
    columns = ["", "rows", "examples a second of the core", "times vw from its cache", "log loss", "flyball's there"]
    return Table(
        name="stream",
        title="Learning end to end from a file, one core each",
        columns=columns,
        rows=rows,
        notes=NOTES.splitlines(),
    )


def _cells(stream: Stream, line: Line, cached: float) -> list[str]:
    numbers = [f"{line.rows:,}", f"{line.speed:,.0f}", f"{line.speed / cached:.2f}"]
    return [f"{stream.name}: {line.name}", *numbers, f"{line.loss:.4f}", f"{line.ours:.4f}"]
