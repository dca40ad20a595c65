"""How long learning pauses while the table grows."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.growth import HYPER
from benchmarks.keys import FEATURES, keys_for
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.place import directory_of
from flyball.learn.table import Table as Coefficients

BATCH = 16


def table(*, quick: bool) -> Table:
    """The longest of very small batches, each of new features only, from an empty table on."""
    keys_wanted = 1 << (17 if quick else 25)
    held = Coefficients()
    starts = np.arange(0, BATCH * FEATURES + 1, FEATURES, dtype=np.int64)
    values, labels = np.ones(BATCH * FEATURES), np.ones((BATCH, 4))
    labels[:, 2:] = 0.0
    todo, noises = np.full(BATCH, 3, dtype=np.uint8), np.zeros(BATCH, dtype=np.uint64)
    margins = np.empty(BATCH)
    times = []
    for first in range(0, keys_wanted, BATCH * FEATURES):
        keys = keys_for(np.arange(first, first + BATCH * FEATURES, dtype=np.uint64))
        start = perf_counter()
        ftrl.run(held.words, HYPER, False, starts, keys, values, todo, labels, noises, margins)
        times.append(perf_counter() - start)
    spent = np.sort(np.array(times[10:])) * 1e6
    at = [0.5, 0.99, 0.9999, 1.0]
    return Table(
        name="pause",
        title=f"Pauses while the table grows from nothing to {len(held):,} features",
        columns=["", "median", "99 %", "99.99 %", "longest"],
        rows=[[f"µs for {BATCH} examples of new features", *(f"{np.quantile(spent, q):,.0f}" for q in at)]],
        notes=[f"The directory ended at depth {directory_of(held.words)[1]}. Every batch takes new slots only."],
    )
