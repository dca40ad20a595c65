"""What every signal is worth: the cost of finding out in one pass, and its figures beside really retraining."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import DATA, set_named
from benchmarks.table import Table
from benchmarks.zipf_rows import GUIDE, add_effects, draw_labels, draw_ranks
from flyball.learn import ftrl
from flyball.learn.ablation_table import AblationTable
from flyball.learn.draw import reseed
from flyball.learn.features import Features
from flyball.learn.recipe import Recipe
from flyball.run.ablation_rows import BLOCK, RowExamples
from flyball.run.ablator import Ablator, best_setting
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.variant import Variant, kept_by, single_variants
from flyball.system.load import load_system
from flyball.testing.retraining import retrained
from flyball.testing.world import World
from flyball.testing.worlds import ADS
from flyball.watch.differences import Differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from flyball.run.ablator import Examples
    from flyball.system.system import System

    Floats = NDArray[np.float64]

SIGNALS = 40
LEFT_OUT = (10, 20, SIGNALS)
IDS = 140_000
EXPONENT = 1.1
ROUNDS = 3
HYPER = np.array([0.1, 1.0, 0.0, 0.0])
SETS = ("bank_marketing", "adult", "seaflights15")
COST_NOTES = """Learning in all lanes and the sums of the differences; seconds are those that the core was busy, of the
quickest of three runs. Rows are encoded already, and noise is drawn: reading and encoding, which a plain pass and an
ablation do alike, is left out of both, so that from a file the multiple is smaller. Retraining takes a plain pass for
the model and one for each signal."""
PROBES = 5
TRUTH_NOTES = """Retraining learns the same rows in the same order without the signal and without what is computed from
it, with the same setting and counts of its own. Differences are between the two changes of the loss, as shares of the
loss; the largest change by retraining stands beside them. The verdict is whether leaving the signal out costs more
than 0.1 % of the loss, less than nothing by as much, or neither. Rows are encoded already."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows of the generated set."""

    features: Features
    labels: Floats
    noises: NDArray[np.uint64]


def zipf_blocks(rows: int, signals: int) -> list[Block]:
    """Rows of signals whose ids follow Zipf's law, encoded; two thirds of them say something."""
    weights = np.arange(1, IDS + 1, dtype=np.float64) ** -EXPONENT
    cumulated = np.cumsum(weights) / weights.sum()
    cumulated[-1] = 1.0
    guide = np.searchsorted(cumulated, np.arange(GUIDE) / GUIDE, side="right").astype(np.int64)
    blocks = []
    for first in range(0, rows, BLOCK):
        count = min(BLOCK, rows - first)
        keys, log_odds = np.full((count, 1 + signals), 7, dtype=np.uint64), np.full(count, -2.0)
        ranks = np.empty(count, dtype=np.int32)
        for signal in range(signals):
            draw_ranks(cumulated, guide, 1_000_003 * (signal + 1), first, ranks)
            add_effects(ranks, signal, 0.4 if signal % 3 else 0.0, log_odds)
            column = ranks.astype(np.uint64)
            reseed(column, signal)
            keys[:, 1 + signal] = column
        told = np.empty(count, dtype=np.int8)
        draw_labels(log_odds, 99, first, told)
        labels = np.column_stack([told, np.ones(count), np.zeros(count), np.zeros(count)])
        noises = np.empty(count, dtype=np.uint64)
        ftrl.noise_of(np.arange(first, first + count), np.zeros(count, dtype=np.int64), noises)
        whose = np.tile(np.arange(-1, signals, dtype=np.int32), count)
        features = Features(np.arange(count + 1) * (1 + signals), keys.ravel(), np.ones(keys.size), whose)
        blocks.append(Block(features, labels, noises))
    return blocks


def plain(blocks: list[Block]) -> None:
    """One plain pass."""
    recipe = Recipe(0, HYPER.reshape(1, 4))
    table = recipe.table()
    for block in blocks:
        count = block.features.rows
        todo, scores = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8), np.empty(count)
        recipe.run(table, block.features, todo=todo, labels=block.labels, noises=block.noises, scores=scores)


def ablated(blocks: list[Block], left_out: int, probes: int = 0) -> AblationTable:
    """One pass that leaves out each of the first so many signals; the last ones are noise."""
    variants = [Variant(name="", kind="signal", members=(), outputs=frozenset([i])) for i in range(left_out)]
    kept = kept_by(variants, SIGNALS, probes)
    table, sums = AblationTable(0, HYPER, kept), Differences(kept.shape[1], [])
    for block in blocks:
        losses = table.learn(block.features, block.labels, block.noises)
        sums.add(losses, block.labels, np.empty((len(losses), 0), dtype=np.int32))
    return table


def seconds_of(work: Callable[[], object], rounds: int) -> float:
    """The seconds of the core that the quickest of several runs took, after one that compiles."""
    times = []
    for _ in range(rounds + 1):
        began = process_time()
        work()
        times.append(process_time() - began)
    return min(times[1:])


def cost(*, quick: bool) -> Table:
    """One core."""
    rows = 20_000 if quick else 400_000
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        blocks = zipf_blocks(rows, SIGNALS)
        once = seconds_of(partial(plain, blocks), ROUNDS)
        passes = {f"each of {n} left out": (seconds_of(partial(ablated, blocks, n), ROUNDS), n) for n in LEFT_OUT}
        memory = ablated(blocks, SIGNALS).memory_bytes
        blocks = zipf_blocks(rows, SIGNALS + PROBES)
        with_noise = seconds_of(partial(ablated, blocks, SIGNALS, PROBES), ROUNDS)
        passes[f"each of {SIGNALS} left out, and {PROBES} signals of noise put in"] = (with_noise, SIGNALS)
    finally:
        os.sched_setaffinity(0, allowed)
    lines = [["a plain pass", f"{once:.2f}", "1.0", f"{rows / once:,.0f}", "1"]]
    for name, (seconds, left_out) in passes.items():
        multiple = f"{seconds / once:.1f}"
        lines.append([name, f"{seconds:.2f}", multiple, f"{rows / seconds:,.0f}", f"{1 + left_out}"])
    return Table(
        name="ablation",
        title=f"What every signal is worth, in one pass over {rows:,} rows of {SIGNALS} signals",
        columns=["", "seconds", "times a plain pass", "examples a second", "retraining: plain passes"],
        rows=lines,
        notes=[*COST_NOTES.splitlines(), f"Coefficients of 41 lanes took {memory / 1e6:,.0f} MB."],
        command="ablation",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """One data set: what one pass says and what retraining says.

    Args:
        name: of the set.
        examples: how many.
        loss: of the model.
        names: of what is left out.
        ours: the change of the loss by each, in one pass.
        truth: the same by retraining.
        seconds: that one pass took, and retraining.
    """

    name: str
    examples: int
    loss: float
    names: list[str]
    ours: Floats
    truth: Floats
    seconds: tuple[float, float]

    @property
    def rank_correlation(self) -> float:
        """Spearman's."""
        ours, theirs = (np.argsort(np.argsort(each)).astype(np.float64) for each in (self.ours, self.truth))
        return float(np.corrcoef(ours, theirs)[0, 1])

    @property
    def worst(self) -> float:
        """The largest difference, as a share of the loss."""
        return float(np.abs(self.ours - self.truth).max() / self.loss)

    def row(self) -> list[str]:
        """Its row of the table."""
        differences = np.abs(self.ours - self.truth) / self.loss
        sides = [np.sign(each) * (np.abs(each) > 0.001 * self.loss) for each in (self.ours, self.truth)]
        same = int((sides[0] == sides[1]).sum())
        return [
            self.name,
            f"{self.examples:,}",
            f"{len(self.names)}",
            f"{self.rank_correlation:.3f}",
            f"{np.median(differences):.3%}",
            f"{self.worst:.3%}",
            f"{self.truth.max() / self.loss:.2%}",
            f"{same} of {len(self.names)}",
            f"{self.seconds[0]:.1f}",
            f"{self.seconds[1]:.1f}",
        ]


def compared(name: str, system: System, path: Path, *, most: int | None = None) -> Compared:
    """One pass beside retraining, on the rows of a file.

    Args:
        name: of the set.
        system: with one model.
        path: the file.
        most: only about so many examples, the first ones.
    """
    sys.stderr.write(f"  {name}\n")
    form = Form(system, system.models[0].name, 1)
    blocks: list[Examples] = []
    for block in RowExamples(read_recording(system, path).rows, form, sliced=False):
        blocks.append(block)
        if most is not None and sum(each.features.rows for each in blocks) >= most:
            break
    hyper = best_setting(form.recipe, len(form.program.outputs), blocks[0])
    variants = single_variants(form.program)
    began = process_time()
    ablator = Ablator(form, hyper, variants)
    for block in blocks:
        ablator.take(block)
    worths = {worth.name: worth.cost for worth in ablator.worths()}
    took = process_time() - began
    began = process_time()
    kept = kept_by(variants, len(form.program.outputs), 0)
    losses = [retrained(form, hyper, kept[:, lane], blocks) for lane in range(kept.shape[1])]
    return Compared(
        name=name,
        examples=ablator.differences.examples,
        loss=ablator.loss,
        names=[variant.name for variant in variants],
        ours=np.array([worths[variant.name] for variant in variants]),
        truth=(np.array(losses[1:]) - losses[0]) * form.scale**2,
        seconds=(took, process_time() - began),
    )


def truth(*, quick: bool) -> Table:
    """Real data where it is there, and the simulated exchange."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        month = World(seed=7).month(days=1 if quick else 7, requests_per_day=5_000 if quick else 40_000)
        month.write(folder / "clicks.parquet")
        sets = [compared("the simulated exchange", load_system(ADS), folder / "clicks.parquet")]
        if DATA.exists():
            for each in SETS[:1] if quick else SETS:
                data = set_named(each)
                sets.append(compared(each, data.system(folder), data.at(folder), most=5_000 if quick else None))
    columns = ["", "examples", "left out", "rank correlation", "median difference", "largest difference"]
    return Table(
        name="ablation_truth",
        title="What every signal is worth, beside really retraining without it",
        columns=[*columns, "largest change", "same verdict", "one pass, s", "retraining, s"],
        rows=[each.row() for each in sets],
        notes=TRUTH_NOTES.splitlines(),
        command="ablation",
    )


def tables(*, quick: bool) -> list[Table]:
    """The cost, and the truth."""
    return [cost(quick=quick), truth(quick=quick)]
