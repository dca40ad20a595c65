"""What more features cost: examples a second over tables of 2^18 to 2^27 live features."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.keys import FEATURES, filled, keys_for
from benchmarks.table import Table
from flyball.learn import ftrl

HYPER = np.array([0.1, 1.0, 0.0, 0.0])


def examples_per_second(live: int, *, shared: bool, examples: int, rounds: int = 3) -> tuple[float, float]:
    """(examples a second, bytes a key): predict and learn, 39 features drawn evenly from all; best of rounds."""
    table = filled(live, shared=shared)
    rng = np.random.default_rng(live)
    starts = np.arange(0, examples * FEATURES + 1, FEATURES, dtype=np.int64)
    values = np.ones(examples * FEATURES)
    todo = np.full(examples, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    labels = np.zeros((examples, 4))
    labels[:, 0], labels[:, 1] = rng.random(examples) < 0.2, 1.0
    noises, margins = rng.integers(0, 2**63, examples, dtype=np.uint64), np.empty(examples)
    best = np.inf
    for _ in range(rounds):
        keys = keys_for(rng.integers(0, live, examples * FEATURES, dtype=np.uint64))
        start = perf_counter()
        ftrl.run(table.words, HYPER, False, starts, keys, values, todo, labels, noises, margins)
        best = min(best, perf_counter() - start)
    return examples / best, table.memory_bytes / len(table)


def columns(memory: str) -> list[str]:
    """The headings of one kind of memory."""
    return [f"{memory}, examples/s", "times slower", "bytes a key"]


def table(*, quick: bool) -> Table:
    """Private memory, as in replay, beside shared memory, as live."""
    sizes = (14, 16) if quick else (18, 21, 24, 27)
    examples = 2_000 if quick else 100_000
    examples_per_second(1 << 12, shared=False, examples=100, rounds=1)
    rows: list[list[str]] = []
    first: dict[bool, float] = {}
    for bits in sizes:
        cells = [f"2^{bits}"]
        for shared in (False, True):
            speed, size = examples_per_second(1 << bits, shared=shared, examples=examples)
            first.setdefault(shared, speed)
            cells += [f"{speed:,.0f}", f"{first[shared] / speed:.2f}", f"{size:.0f}"]
        rows.append(cells)
    return Table(
        name="growth",
        title="What more features cost",
        columns=["live features", *columns("replay"), *columns("shared")],
        rows=rows,
        notes=[
            "Predict and learn, 39 features an example drawn evenly: in large tables no example finds its own cached."
        ],
    )
