"""What does not work, shown: each rule costs loss on the simulated exchange, beside the rule that flyball follows."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reference import (
    CONSTANT,
    GLOBAL_INVERSE,
    GLOBAL_ROOT,
    PER_COORDINATE,
    PER_WEIGHT_INVERSE,
    PER_WEIGHT_ROOT,
    bag,
    descend,
    drop_out,
)
from benchmarks.table import Table
from benchmarks.world_rows import WorldRows, scrambled
from flyball.run.parquet_learning import learn_parquet
from flyball.system.learner import FTRL
from flyball.system.load import load_system
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from flyball.testing.traffic import Traffic

    Floats = NDArray[np.float64]

COMMAND = "refuted"
ALPHAS = tuple(0.0125 * 2.0**k for k in range(7))
"""What every rule may choose its alpha from, in hindsight."""
SCHEDULE_ALPHAS = tuple(float(10.0 ** (k / 4)) for k in range(-18, 15))
"""The same where the rate's meaning differs from rule to rule; wide, so that none is hindered by the choice."""
SHARES = (0.0, 0.05, 0.2)
BAGS = 10
COLUMNS = ("", "alpha", "log loss", "change", "± 2 s.e.", "change of 1 - AUC", "pred / actual", "published")
RULES: tuple[tuple[str, int, str], ...] = (
    ("each feature its own: alpha / (1 + root of its squared gradients)", PER_COORDINATE, "best (He, McMahan)"),
    ("each feature its own: alpha / root n", PER_WEIGHT_ROOT, "worse than the first (He)"),
    ("each feature its own: alpha / n", PER_WEIGHT_INVERSE, "worst, some 5 % of the loss (He)"),
    ("one for all: alpha / root t", GLOBAL_ROOT, "poor (He); 1 - AUC + 12.6 % (McMahan)"),
    ("one for all: alpha / t", GLOBAL_INVERSE, "-"),
    ("one for all: alpha", CONSTANT, "about as alpha / root n (He)"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What one rule gave.

    Args:
        name: of the rule.
        alpha: the best that it was tried with.
        given: the probability of each row, before it was learned from.
        published: what was said of it.
    """

    name: str
    alpha: float
    given: Floats
    published: str = "-"

    def cells(self, other: Tried, labels: Floats) -> list[str]:
        """Its row of a table, beside the rule that it is compared with."""
        losses, theirs = losses_of(self.given, labels), losses_of(other.given, labels)
        scale = float(theirs.mean())
        apart = losses - theirs
        change, error = float(apart.mean()) / scale, 2.0 * float(apart.std()) / len(apart) ** 0.5 / scale
        ranking = auc_loss(self.given, labels) / auc_loss(other.given, labels) - 1.0
        same = other is self
        return [
            self.name,
            f"{self.alpha:.2g}",
            f"{losses.mean():.5f}",
            "-" if same else f"{change:+.2%}",
            "-" if same else f"{error:.2%}",
            "-" if same else f"{ranking:+.2%}",
            f"{self.given.mean() / labels.mean():.3f}",
            self.published,
        ]


def losses_of(given: Floats, labels: Floats) -> Floats:
    """The log loss of each row."""
    p = np.clip(given, 1e-15, 1.0 - 1e-15)
    losses: Floats = -np.log(np.where(labels > 0.5, p, 1.0 - p))
    return losses


def auc_loss(given: Floats, labels: Floats) -> float:
    """1 - AUC: how often a row without a click is put above one with a click; a tie is half of that.

    >>> auc_loss(np.array([0.1, 0.2, 0.2]), np.array([0.0, 0.0, 1.0]))
    0.25
    """
    _, place, counts = np.unique(given, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    clicks = int(labels.sum())
    others = len(labels) - clicks
    above = float(ranks[labels > 0.5].sum()) - clicks * (clicks + 1) / 2.0
    return 1.0 - above / (clicks * others)


def best(
    name: str, learn: Callable[[float], Floats], labels: Floats, alphas: Sequence[float], published: str = "-"
) -> Tried:
    """The rule with the alpha that suits it best, in hindsight."""
    tried = [Tried(name, alpha, learn(alpha), published) for alpha in alphas]
    return min(tried, key=lambda each: float(losses_of(each.given, labels).mean()))


def _table(name: str, title: str, tried: Sequence[Tried], labels: Floats, notes: Sequence[str]) -> Table:
    rows = [each.cells(tried[0], labels) for each in tried]
    count = len(COLUMNS) if any(each.published != "-" for each in tried) else len(COLUMNS) - 1
    shown = [cells[:count] for cells in rows]
    return Table(name=name, title=title, columns=COLUMNS[:count], rows=shown, notes=notes, command=COMMAND)


def rates(world: WorldRows, flyballs: tuple[float, float], alphas: Sequence[float]) -> Table:
    """The rules for the learning rate."""
    labels = world.rows.labels

    def learning(rule: int) -> Callable[[float], Floats]:
        return lambda alpha: descend(world.rows, world.places, rule, alpha, 1.0)

    tried = [best(name, learning(rule), labels, alphas, published) for name, rule, published in RULES]
    notes = [
        f"{len(labels):,} rows of the simulated exchange, {world.places:,} features, clicks {labels.mean():.1%}. Each",
        f"rule has the best of {len(alphas)} alphas from {alphas[0]:.2g} to {alphas[-1]:.2g}, chosen in hindsight; t",
        "counts rows, n those that have the feature. flyball itself on the same rows: log loss",
        f"{flyballs[0]:.5f} with `FTRL()`, {flyballs[1]:.5f} with `FTRL(alpha=0.1)`, which is the first line's rule.",
    ]
    return _table("refuted_rates", "Learning rates", tried, labels, notes)


def regularisers(world: WorldRows, alphas: Sequence[float]) -> Table:
    """Dropout, feature bagging, rows of length 1."""
    rows, labels, places = world.rows, world.rows.labels, world.places

    def plain(alpha: float) -> Floats:
        return descend(rows, places, PER_COORDINATE, alpha, 1.0)

    def dropping(share: float) -> Callable[[float], Floats]:
        return lambda alpha: drop_out(rows, places, share, alpha, 1.0)

    def bagging(share: float) -> Callable[[float], Floats]:
        return lambda alpha: bag(rows, places, BAGS, share, alpha, 1.0)

    short = world.normalised()
    tried = [
        best("none of them", plain, labels, alphas),
        *(
            best(f"dropout of {share:.0%} of the features", dropping(share), labels, alphas, "no gain, mostly harm")
            for share in (0.1, 0.2, 0.5)
        ),
        *(
            best(
                f"bagging: {BAGS} models, each sees {share:.0%} of the features",
                bagging(share),
                labels,
                alphas,
                "1 - AUC + 0.1 to 0.6 %",
            )
            for share in (0.9, 0.8, 0.5)
        ),
        best(
            "each row divided by its length",
            lambda alpha: descend(short, places, PER_COORDINATE, alpha, 1.0),
            labels,
            [alpha * 5.0 for alpha in alphas],
            "no gain, some harm",
        ),
    ]
    notes = ["Published: McMahan et al. 2013, section 9. Each line has its best alpha; all have a rate a feature."]
    return _table("refuted_regularisers", "Dropout, feature bagging, normalisation", tried, labels, notes)


def spaces(world: WorldRows, alphas: Sequence[float], bits: Sequence[int]) -> Table:
    """Hash spaces that are too small."""
    labels = world.rows.labels
    said = "worse below some 2^32 places"

    def hashing(size: int) -> Callable[[float], Floats]:
        rows = world.hashed(size)
        return lambda alpha: descend(rows, 1 << size, PER_COORDINATE, alpha, 1.0)

    tried = [
        best(
            f"no feature shares a place ({world.places:,} features)",
            lambda alpha: descend(world.rows, world.places, PER_COORDINATE, alpha, 1.0),
            labels,
            alphas,
        )
    ]
    for size in bits:
        share = (1 << size) / world.places
        tried.append(best(f"2^{size} places, {share:.2g} a feature", hashing(size), labels, alphas, said))
    notes = [
        "Published: McMahan et al. 2013, section 9, of their own data. flyball's table grows and tells features apart",
        "by 64 bits, so that it has no such setting.",
    ]
    return _table("refuted_spaces", "Hash spaces that are too small", tried, labels, notes)


def noises(world: WorldRows, traffic: Traffic, alphas: Sequence[float]) -> Table:
    """Labels that are turned around, and inputs that are another row's."""
    labels = world.rows.labels

    def learning(other: WorldRows) -> Callable[[float], Floats]:
        return lambda alpha: descend(other.rows, other.places, PER_COORDINATE, alpha, 1.0)

    tried = [best("none", learning(world), labels, alphas)]
    for share in SHARES[1:]:
        turned = WorldRows(world.flipped(share), world.keys)
        tried.append(best(f"{share:.0%} of the labels turned around", learning(turned), labels, alphas))
    for share in SHARES[1:]:
        sys.stderr.write(f"  inputs of which {share:.0%} are another row's\n")
        other = WorldRows.of(scrambled(traffic, share))
        tried.append(best(f"{share:.0%} of every input's values another row's", learning(other), labels, alphas))
    notes = [
        "What is learned from is spoilt; what is scored are the true labels. Turned labels mostly are clicks that",
        "never were: they raise every answer, which `pred / actual` shows, and disturb the order of the rows, which",
        "1 - AUC shows. Spoilt inputs are spoilt in serving as well as in learning.",
    ]
    return _table("refuted_noise", "Noise in labels and inputs", tried, labels, notes)


def flyballs(traffic: Traffic) -> tuple[float, float]:
    """flyball's own losses on the same rows, labels at once: with `FTRL()`, and with the textbook's one learner."""
    declared = load_system(ADS)
    system, textbook = (
        replace(declared, models=[replace(declared.models[0], fallback=None, learner=learner)])
        for learner in (FTRL(), FTRL(alpha=0.1))
    )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clicks.parquet"
        traffic.write(path)
        return learn_parquet(system, path).loss, learn_parquet(textbook, path).loss


def tables(*, quick: bool) -> list[Table]:
    """All of docs/what-does-not-work.md."""
    sys.stderr.write("  making traffic\n")
    traffic = World(0).month(2, 2_000) if quick else World(0).month(30, 40_000)
    world = WorldRows.of(traffic)
    alphas = ALPHAS[3:5] if quick else ALPHAS
    schedule = SCHEDULE_ALPHAS[::6] if quick else SCHEDULE_ALPHAS
    making = (
        partial(rates, world, flyballs(traffic), schedule),
        partial(regularisers, world, alphas),
        partial(spaces, world, alphas, (8, 14) if quick else (10, 12, 14, 16, 18, 20, 22, 24)),
        partial(noises, world, traffic, alphas),
    )
    made = []
    for make in making:
        made.append(make())
        sys.stderr.write(f"  {made[-1].title}\n")
    return made
