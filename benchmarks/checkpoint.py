"""How long a checkpoint in steps holds up the process that learns."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from benchmarks.growth import HYPER
from benchmarks.keys import FEATURES, filled, keys_for
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.part import PartWriter, part_path
from flyball.run.checkpointing import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

T = TypeVar("T")

BATCH = 250
"""Examples learned between two steps: 10,000 features, half of them known before and a few new."""


def milliseconds(what: Callable[[], T], times: list[float]) -> T:
    """What comes of something; how long it took is added to `times`."""
    start = perf_counter()
    result = what()
    times.append((perf_counter() - start) * 1e3)
    return result


def learned(words: NDArray[np.uint64], keys: NDArray[np.uint64]) -> None:
    """A batch of examples."""
    labels = np.tile([1.0, 1.0, 0.0, 0.0], (BATCH, 1))
    starts = np.arange(0, len(keys) + 1, FEATURES, dtype=np.int64)
    todo, noises = np.full(BATCH, ftrl.LEARN, np.uint8), np.zeros(BATCH, np.uint64)
    ftrl.run(words, HYPER, False, starts, keys, np.ones(len(keys)), todo, labels, noises, np.empty(BATCH))


def row(live: int, folder: Path) -> list[str]:
    """A first checkpoint of a shared table of `live` features, everything in it, while batches are learned."""
    table, rng = filled(live, shared=True), np.random.default_rng(live)
    writer = PartWriter(part_path(folder, live, 0))
    spent: dict[str, list[float]] = {name: [] for name in ("begin", "step", "preserve", "learn")}
    snapshot = milliseconds(partial(table.begin_snapshot, partial(writer.entries, "m")), spent["begin"])
    while not milliseconds(partial(snapshot.step, ENTRIES), spent["step"]):
        keys = keys_for(rng.integers(0, live + live // 100, BATCH * FEATURES, dtype=np.uint64))
        milliseconds(partial(table.preserve, keys), spent["preserve"])
        milliseconds(partial(learned, table.words, keys), spent["learn"])
    milliseconds(writer.close, spent["step"])
    cells = [f"{live:,}", f"{len(spent['step']):,}", f"{spent['begin'][0]:.3f}"]
    quantiles = (np.quantile(spent[name], [0.5, 0.99, 1.0]) for name in ("step", "preserve", "learn"))
    return cells + [" / ".join(f"{ms:.2f}" for ms in each) for each in quantiles]


def table(*, quick: bool) -> Table:
    """Tables of several sizes."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        row(1 << 16, Path(folder))
        rows = [row(1 << bits, Path(folder)) for bits in ((16, 18) if quick else (22, 25))]
    three = "ms: median / 99 % / longest"
    return Table(
        name="checkpoint",
        title="What a checkpoint in steps costs the process that learns",
        columns=["live features", "steps", "begin, ms", f"step, {three}", f"preserve, {three}", f"learn, {three}"],
        rows=rows,
        notes=[
            f"Each step copies {ENTRIES:,} coefficients to a file; between two, {BATCH} examples of {FEATURES}",
            "features are learned, whose pairs `preserve` copies first.",
        ],
    )
