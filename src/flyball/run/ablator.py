"""Ablators: what measures, example by example, what each signal of a model is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.ablation_table import AblationTable
from flyball.learn.encoder import BIAS_KEY
from flyball.run.variant import kept_by
from flyball.watch.differences import Differences
from flyball.watch.interval import ALPHA, Interval
from flyball.watch.worth import EPSILON, Worth, floor_of, judged, related

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.column import Column
    from flyball.learn.features import Features
    from flyball.learn.probes import Probes
    from flyball.learn.recipe import Recipe
    from flyball.run.form import Form
    from flyball.run.variant import Variant

    Floats = NDArray[np.float64]

LATE = 4
"""The last part of the stream, by which a legacy signal is told, is one part of so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Some examples, in the order in which they are learned from.

    Args:
        features: of n predictions, with their signals.
        labels: shape (n, 4): value over the outcome's scale, weight, the value learned before for the same prediction,
            and its weight.
        noises: shape (n,), the random bits of the rounding.
        slices: shape (n, dimensions), places in `texts`.
        texts: the slices of each dimension.
        leaves: the columns of the inputs.

    >>> from flyball.learn.features import Features
    >>> none = Features(np.zeros(1, np.int64), np.empty(0, np.uint64), np.empty(0), np.empty(0, np.int32))
    >>> Examples(features=none, labels=np.empty((0, 4)), noises=np.empty(0, np.uint64)).texts
    ()
    """

    features: Features
    labels: Floats
    noises: NDArray[Any]
    slices: NDArray[np.int32] | None = None
    texts: tuple[Sequence[str | None], ...] = ()
    leaves: Sequence[Column] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceWorth:
    """What a signal is worth in one slice, where that is beyond chance.

    Attributes:
        dimension: what is sliced by.
        value: of the slice; `None` where it is missing.
        signal: what is left out.
        share: the slice's share of all weight.
        loss: of the model there.
        change: by how much the loss is higher without; its interval holds for all slices and signals together.

    >>> one = Interval(low=0.1, mean=0.2, high=0.3)
    >>> SliceWorth(dimension="country", value="DE", signal="hour", share=0.5, loss=0.3, change=one).value
    'DE'
    """

    dimension: str
    value: str | None
    signal: str
    share: float
    loss: float
    change: Interval


class Ablator:
    """A model and its variants, which learn the same examples side by side.

    Args:
        form: the model, whose encoder numbers features: `form.bulk.numbered = True`.
        hyper: alpha, beta, l1 and l2 of all of them: one of the lanes of the form's recipe.
        variants: what is left out.
        probes: pure noise, to see how often that seems to be worth something.
        dimensions: by what the examples are sliced.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.form import Form
    >>> from flyball.run.variant import single_variants
    >>> from flyball.system.kind import Kind
    >>> model = Model("m", signals=[Input("to", str), Input("day", str)], outcome=Outcome("late"))
    >>> form = Form(System("s", models=[model]), "m", 1)
    >>> form.bulk.numbered = True
    >>> to, day = np.arange(2_000) % 2, np.arange(2_000) // 3 % 7
    >>> columns = [Column.of(Kind.STR, [str(v) for v in values.tolist()]) for values in (to, day)]
    >>> ablator = Ablator(form, form.recipe.hyper[0], single_variants(form.program))
    >>> labels = np.column_stack([to, np.ones(2_000), np.zeros((2_000, 2))])
    >>> ablator.take(Examples(features=form.bulk.encode(columns, [], 2_000), labels=labels,
    ...                       noises=np.zeros(2_000, np.uint64)))
    >>> {worth.name: worth.verdict for worth in ablator.worths()}["to"]
    'useful'
    """

    def __init__(
        self,
        form: Form,
        hyper: Floats,
        variants: Sequence[Variant],
        *,
        probes: Probes | None = None,
        dimensions: Sequence[str] = (),
    ) -> None:
        self.form = form
        self.hyper = hyper
        self.variants = tuple(variants)
        self._probes = probes
        count = 0 if probes is None else len(probes.mirrored)
        kept = kept_by(self.variants, len(form.program.outputs), count)
        self.table = AblationTable(form.recipe.kind, hyper, kept)
        if form.fallback is not None:
            self.table.begin(BIAS_KEY, form.fallback / form.scale)
        self.differences = Differences(kept.shape[1], list(dimensions))
        self._rows = 0

    def take(self, examples: Examples) -> None:
        """Learns examples in every lane, each after its loss was added to the sums.

        Raises:
            TableFull: there are more features than a table holds.
        """
        features = examples.features
        if self._probes is not None:
            features = self._probes.add(features, self._rows)
        self._rows += features.rows
        losses = self.table.learn(features, examples.labels, examples.noises)
        self.differences.add(losses, examples.labels, self._cells(examples))

    def _cells(self, examples: Examples) -> NDArray[np.int32]:
        dimensions = self.differences.dimensions
        cells = np.empty((examples.features.rows, len(dimensions)), dtype=np.int32)
        for dimension in range(len(dimensions)):
            assert examples.slices is not None  # noqa: S101  # whoever asks for slices gives them
            numbers = [self.differences.cell(dimension, text) for text in examples.texts[dimension]]
            cells[:, dimension] = np.array(numbers, dtype=np.int32)[examples.slices[:, dimension]]
        return cells

    @property
    def loss(self) -> float:
        """The mean loss of the model before it learned each example; squared errors in units of the outcome."""
        return self.differences.loss() * self._unit

    @property
    def _unit(self) -> float:
        return self.form.scale**2

    def probes(self, *, alpha: float = ALPHA, least: float = EPSILON) -> tuple[Worth, ...]:
        """What each probe seems to be worth: a model with it would have so much less loss than the model has.

        Args:
            alpha: the probability that an interval ever misses what it is for.
            least: the share of the loss below which a change is not worth a signal.
        """
        mirrored = () if self._probes is None else self._probes.mirrored
        nodes, outputs = self.form.program.nodes, self.form.program.outputs
        found = []
        for i, output in enumerate(mirrored):
            name = f"noise like {nodes[outputs[output]].name}"
            worth = self._worth(1 + len(self.variants) + i, name, alpha=alpha, probe=True)
            found.append(judged(worth, least=least * self.loss, floor=0.0))
        return tuple(found)

    def worths(self, *, alpha: float = ALPHA, least: float = EPSILON) -> tuple[Worth, ...]:
        """What each variant leaves out is worth, the most first; the arguments are those of `probes`."""
        floor = floor_of(self.probes(alpha=alpha, least=least))
        worths = []
        for lane, variant in enumerate(self.variants, 1):
            worth = self._worth(lane, variant.name, alpha=alpha, variant=variant)
            worths.append(judged(worth, least=least * self.loss, floor=floor))
        return tuple(sorted(related(worths), key=lambda worth: -worth.cost))

    def _worth(
        self, lane: int, name: str, *, alpha: float, variant: Variant | None = None, probe: bool = False
    ) -> Worth:
        parts = self.differences.parts
        split = parts - max(1, -(-parts // LATE))
        found = [
            self.differences.interval(lane, parts=which, alpha=alpha)
            for which in (slice(parts), slice(split), slice(split, parts))
        ]
        whole, early, late = [self._turned(interval, probe=probe) for interval in found]
        members = (name,) if variant is None else variant.members
        outputs = () if variant is None else sorted(variant.outputs)
        program = self.form.program
        left_out = tuple(program.nodes[program.outputs[output]].name for output in outputs) or members
        kind = "probe" if variant is None else variant.kind
        return Worth(name=name, kind=kind, members=members, left_out=left_out, change=whole, early=early, late=late)

    def _turned(self, interval: Interval | None, *, probe: bool) -> Interval | None:
        """In units of the outcome; of a probe's lane, which has it, as what leaving it out costs."""
        if interval is None:
            return None
        found = interval.times(self._unit)
        return Interval(low=-found.high, mean=-found.mean, high=-found.low) if probe else found

    def slices(self, *, alpha: float = ALPHA) -> tuple[SliceWorth, ...]:
        """Where a signal is worth another amount than overall, beyond chance; the largest differences first.

        The probability that one of all these is wrong, of any slice and signal at any time, is `alpha` (Bonferroni).
        """
        sums = self.differences
        cells = [(d, text, sums.cell(i, text)) for i, d in enumerate(sums.dimensions) for text in sums.slices(i)]
        tests = max(1, len(cells) * len(self.variants))
        whole = sum(sums.weight(cell) for _, _, cell in cells) / max(1, len(sums.dimensions))
        found: list[tuple[float, int, SliceWorth]] = []
        for lane, variant in enumerate(self.variants, 1):
            overall = sums.interval(lane, alpha=alpha)
            for dimension, text, cell in cells:
                change = sums.interval(lane, cell=cell, alpha=alpha / tests)
                if change is None or overall is None or (change.low <= overall.high and change.high >= overall.low):
                    continue
                far = abs(change.mean - overall.mean) * sums.weight(cell)
                share, loss = sums.weight(cell) / whole, sums.loss(cell) * self._unit
                change = change.times(self._unit)
                slice_ = SliceWorth(
                    dimension=dimension, value=text, signal=variant.name, share=share, loss=loss, change=change
                )
                found.append((-far, len(found), slice_))
        return tuple(each for _, _, each in sorted(found, key=lambda hit: hit[:2]))


def best_setting(recipe: Recipe, outputs: int, examples: Examples) -> Floats:
    """The one of a recipe's settings that loses least on some examples: alpha, beta, l1 and l2.

    Args:
        recipe: one lane, or several to choose from.
        outputs: how many signals the model has.
        examples: the first ones, which are learned from anew for every setting.

    >>> from flyball.learn.features import Features
    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> rows = Features(np.arange(51), np.full(50, 9, np.uint64), np.ones(50), np.full(50, -1, np.int32))
    >>> labels = np.tile([1.0, 1.0, 0.0, 0.0], (50, 1))
    >>> some = Examples(features=rows, labels=labels, noises=np.zeros(50, np.uint64))
    >>> best_setting(recipe_of(FTRL(), "logistic"), 1, some).tolist()
    [8.0, 4.0, 0.3, 0.0]
    """
    losses: list[float] = []
    for hyper in recipe.hyper if recipe.lanes > 1 else ():
        table = AblationTable(recipe.kind, hyper, np.ones((outputs, 1), dtype=np.bool_))
        losses.append(float(table.learn(examples.features, examples.labels, examples.noises).sum()))
    best: Floats = recipe.hyper[int(np.argmin(losses)) if losses else 0]
    return best
