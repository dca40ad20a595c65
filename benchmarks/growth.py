"""What more features cost: examples a second over tables of 2^18 to 2^27 live features, and how near memory's limit."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.access import LINE_BYTES, lines_a_key, lines_per_second
from benchmarks.keys import FEATURES, filled, keys_for
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.features import Features
from flyball.learn.recipe import recipe_of
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.learn.recipe import Recipe

RECIPES = {
    "`FTRL(alpha=0.1)`": recipe_of(FTRL(alpha=0.1, beta=1.0), "logistic"),
    "`FTRL()`": recipe_of(FTRL(), "logistic"),
}
LEAST_LOAD = 0.36
"""How full segments are right after they split, with some room for those that split early."""
HYPER = RECIPES["`FTRL(alpha=0.1)`"].hyper[0]
"""alpha, beta, l1 and l2 of one lane."""
COLUMNS = ["learner, live features", "bytes a feature", "bytes moved for an example"]
NOTES = f"""Predict and learn, {FEATURES} features an example drawn evenly: in large tables no example finds its own
cached. `FTRL(alpha=...)` has rows of 16 bytes, `FTRL()` of 32, of which the key takes 8 and four variants 20. Bytes
moved are those of rows: {LINE_BYTES} for each line that is read and {LINE_BYTES} again when it is written back. Not
counted: the keys and values of the examples, which come in order, and a bit for each row that says whether it has
changed (2^27 features: some 32 MB of them). `of the limit`: the lines that are read a second, beside those that a loop
which does nothing else reads and writes back at random in the same memory, asking for them as far ahead as suits it
best, in the same run. Seconds are those that the core was busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A table of one size.

    Args:
        speed: examples a second; best of rounds.
        size: bytes of memory a live feature.
        lines: lines of memory that the search for a feature reads, on average.
        limit: lines a second that the machine reads and writes back at random in this memory.
    """

    speed: float
    size: float
    lines: float
    limit: float

    @property
    def moved(self) -> float:
        """Bytes from and to memory for an example."""
        return 2.0 * LINE_BYTES * FEATURES * self.lines

    @property
    def share(self) -> float:
        """Of the machine's random accesses, those that learning has."""
        return self.speed * FEATURES * self.lines / self.limit

    @property
    def near(self) -> str:
        """The share, and the limit in millions of lines a second."""
        return f"{self.share:.0%} of {self.limit / 1e6:,.0f} M"


def grown(recipe: Recipe, live: int, *, shared: bool, examples: int, rounds: int = 3) -> Grown:
    """Fills a table, and predicts and learns examples of features drawn evenly from all."""
    table = filled(live, shared=shared, width_bits=recipe.width_bits)
    rng = np.random.default_rng(live)
    starts = np.arange(0, examples * FEATURES + 1, FEATURES, dtype=np.int64)
    values, scores = np.ones(examples * FEATURES), np.empty(examples)
    todo = np.full(examples, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    labels = np.zeros((examples, 4))
    labels[:, 0], labels[:, 1] = rng.random(examples) < 0.2, 1.0
    noises = rng.integers(0, 2**63, examples, dtype=np.uint64)
    best, lines = np.inf, 0.0
    for _ in range(rounds):
        keys = keys_for(rng.integers(0, live, examples * FEATURES, dtype=np.uint64))
        lines = lines_a_key(table, keys)
        features = Features(starts, keys, values)
        start = process_time()
        recipe.run(table, features, todo=todo, labels=labels, noises=noises, scores=scores)
        best = min(best, process_time() - start)
    limit = lines_per_second(table, count=examples * FEATURES, rounds=rounds)
    return Grown(speed=examples / best, size=table.memory_bytes / len(table), lines=lines, limit=limit)


def needed(recipe: Recipe, live: int) -> float:
    """Bytes of memory that a table of this size may take, and what makes it."""
    return live * (8 << recipe.width_bits) / LEAST_LOAD * 1.1 + 1e9


def available() -> float:
    """Bytes of memory that can be had now."""
    with Path("/proc/meminfo").open(encoding="ascii") as file:
        return next(1024.0 * float(line.split()[1]) for line in file if line.startswith("MemAvailable:"))


def columns(memory: str) -> list[str]:
    """The headings of one kind of memory."""
    return [f"{memory}, examples/s", "times slower", "of the limit, lines/s"]


def lines_of(name: str, recipe: Recipe, sizes: tuple[int, ...], examples: int) -> Iterator[list[str]]:
    """The rows of one learner."""
    first: dict[bool, float] = {}
    for bits in sizes:
        sys.stderr.write(f"  {name}, 2^{bits}\n")
        cells, tables = [f"{name}, 2^{bits}"], []
        for shared in (False, True):
            if needed(recipe, 1 << bits) > available():
                return
            tables.append(grown(recipe, 1 << bits, shared=shared, examples=examples))
        cells += [f"{tables[0].size:.0f}", f"{tables[0].moved:,.0f}"]
        for shared, table in zip((False, True), tables, strict=True):
            slower = first.setdefault(shared, table.speed) / table.speed
            cells += [f"{table.speed:,.0f}", f"{slower:.2f}", table.near]
        yield cells


def table(*, quick: bool) -> Table:
    """Private memory, as in replay, beside shared memory, as live."""
    sizes = (14, 16) if quick else (18, 21, 24, 27)
    examples = 2_000 if quick else 100_000
    rows: list[list[str]] = []
    notes = NOTES.splitlines()
    for name, recipe in RECIPES.items():
        for shared in (False, True):  # compiles what is measured
            grown(recipe, 1 << 12, shared=shared, examples=100, rounds=1)
        made = list(lines_of(name, recipe, sizes, examples))
        rows += made
        if len(made) < len(sizes):
            size = sizes[len(made)]
            asked = needed(recipe, 1 << size) / 1e9
            notes.append(
                f"{name} with 2^{size} features was left out: it may take {asked:.0f} GB, more than were free."
            )
    return Table(
        name="growth",
        title="What more features cost",
        columns=[*COLUMNS, *columns("replay"), *columns("shared")],
        rows=rows,
        notes=notes,
    )
