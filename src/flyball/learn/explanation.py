"""Explanations: what each feature of one prediction brings, how often it was seen, and how much is still unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.encoder import BIAS_KEY
from flyball.learn.mixture import STACKS, mixture_of
from flyball.learn.names import BIAS, OFFSET, names_of
from flyball.learn.offset import OFFSET_KEY, added_by
from flyball.learn.pairs import brought_together
from flyball.learn.writer import output_writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.recipe import Recipe
    from flyball.learn.table import Table
    from flyball.system.program import Program
    from flyball.system.value import Value

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One feature of a prediction.

    Attributes:
        signal: the signal that it is of; the bias has none.
        name: what it stands for, such as "country=DE".
        value: its value.
        weight: the coefficient that is served.
        brings: in units of the margin (log odds, logarithms of counts, or numbers): weight times value, and what it
            brings `together` with others.
        squares: the sum of squared gradients that it has seen, which grows with its examples.
        rate: the step that the next gradient of 1 would make: what is not yet known of it.
        known: whether it was ever learned from.
        together: of a factorisation machine, half of what it brings in pairs with the other features; the other half
            is theirs.

    >>> Part(signal="country", name="country=DE", value=1.0, weight=0.5, brings=0.5, squares=9.0, rate=0.1).known
    True
    """

    signal: str
    name: str
    value: float
    weight: float
    brings: float
    squares: float
    rate: float
    known: bool = True
    together: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a prediction is what it is.

    Attributes:
        prediction: what is served, in the units of the loss.
        margin: the sum of what all features bring.
        uncertainty: the sum of rate times |value| (McMahan et al., KDD 2013, section 7.3): an upper bound of what one
            example could change in the margin.
        parts: those that bring most, by size, first.

    >>> Explanation(prediction=0.5, margin=0.0, uncertainty=0.0, parts=()).parts
    ()
    """

    prediction: float
    margin: float
    uncertainty: float
    parts: tuple[Part, ...]


def believed(recipe: Recipe, table: Table) -> Floats:
    """How much of each lane's margin is served, shape (lanes,): its own share, and what the stacks make of it.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> recipe = recipe_of(FTRL(), "logistic")
    >>> believed(recipe, recipe.table()).round(3).tolist()
    [0.225, 0.225, 0.225, 0.225, 0.225]
    """
    if recipe.lanes == 1:
        return np.ones(1)
    view = mixture_view(recipe, table)
    return view.shares[: recipe.lanes] + view.shares[recipe.lanes :] @ view.stacks


@dataclass(frozen=True, slots=True, eq=False)
class MixtureView:
    """What the header of a table says of its lanes.

    Attributes:
        examples: the weight of the examples that are remembered, the older the less.
        losses: the mean loss of each expert, then of what was served, shape (lanes + STACKS + 1,); nan before any.
        shares: how far each expert is believed, shape (lanes + STACKS,).
        stacks: the weights of the lanes' margins, shape (STACKS, lanes).

    >>> MixtureView(0.0, np.zeros(1), np.ones(1), np.zeros((2, 1))).examples
    0.0
    """

    examples: float
    losses: Floats
    shares: Floats
    stacks: Floats


def mixture_view(recipe: Recipe, table: Table) -> MixtureView:
    """Reads it.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> recipe = recipe_of(FTRL(), "logistic")
    >>> len(mixture_view(recipe, recipe.table()).shares)
    8
    """
    lanes, experts = recipe.lanes, recipe.lanes + STACKS
    numbers = table.common.view(np.float64)[1:]
    sums, pending = numbers[: experts + 2], numbers[experts + 2 : 2 * experts + 4]
    if sums[0] == 0.0 and pending[0] == 0.0:
        even = mixture_of(lanes).stacks
        return MixtureView(0.0, np.full(experts + 1, np.nan), np.full(experts, 1.0 / experts), even)
    weight = sums[0] + pending[0]
    losses = (sums[1:] - np.log(np.maximum(pending[1:], 1e-300))) / weight
    rest = numbers[2 * experts + 4 :]
    stacks = rest[experts : experts + STACKS * lanes].reshape(STACKS, lanes)
    return MixtureView(float(weight), losses, rest[:experts].copy(), stacks.copy())


def explain(recipe: Recipe, table: Table, program: Program, values: Sequence[Value]) -> Explanation:
    """Explains the prediction for one row.

    Where several lanes are mixed, what is served is the mean of their predictions; the coefficient that is told is the
    mean of theirs in the same proportions, so that the margin is near that of the prediction, and not quite it.

    Args:
        recipe: of the model.
        table: its coefficients.
        program: its compiled signals.
        values: of all nodes, as `Encoder.evaluate` gave them.

    >>> from flyball.learn.encoder import Encoder
    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.input import Input
    >>> from flyball.system.learner import FTRL
    >>> from flyball.system.program import compile_program
    >>> program = compile_program([Input("country", str)])
    >>> recipe = recipe_of(FTRL(), "logistic")
    >>> told = explain(recipe, recipe.table(), program, Encoder(program).evaluate(["DE"]))
    >>> told.prediction, [(part.name, part.known) for part in told.parts]
    (0.5, [('(bias)', False), ('country=DE', False)])
    """
    keys, shares, names, signals = [BIAS_KEY], [1.0], [BIAS], [""]
    for output, place in enumerate(program.outputs):
        output_writer(program, output)(values, keys, shares)
        mine = names_of(program, place, values)
        names += mine
        signals += [program.nodes[place].name] * len(mine)
    weights, squares, rates, known = coefficients(recipe, table, keys)
    together = brought_together(recipe, table, keys, shares) * believed(recipe, table).sum()
    parts = [
        Part(
            signal=signal,
            name=name,
            value=value,
            weight=weight,
            brings=weight * value + both,
            squares=square,
            rate=rate,
            known=seen,
            together=both,
        )
        for signal, name, value, weight, square, rate, seen, both in zip(
            signals,
            names,
            shares,
            weights.tolist(),
            squares.tolist(),
            rates.tolist(),
            known,
            together.tolist(),
            strict=True,
        )
    ]
    if program.offset is not None:
        added = added_by(program.offset, values)
        keys.append(int(OFFSET_KEY))
        shares.append(added)
        parts.append(_offset(program.nodes[program.offset.place].name, added))
    score = recipe.score(table.words, np.array(keys, dtype=np.uint64), np.array(shares), len(keys))
    return Explanation(
        prediction=float(score),
        margin=sum(part.brings for part in parts),
        uncertainty=sum(part.rate * abs(part.value) for part in parts),
        parts=tuple(sorted(parts, key=lambda part: -abs(part.brings))),
    )


def _offset(signal: str, added: float) -> Part:
    """What is not learned has a coefficient of 1, and nothing moves it."""
    return Part(signal=signal, name=OFFSET, value=added, weight=1.0, brings=added, squares=0.0, rate=0.0, known=True)


def coefficients(recipe: Recipe, table: Table, keys: Sequence[int]) -> tuple[Floats, Floats, Floats, list[bool]]:
    """The served coefficient, the sum of squared gradients and the rate of each key, and whether the table has it.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> recipe = recipe_of(FTRL(alpha=0.5), "logistic")
    >>> [found.tolist() for found in coefficients(recipe, recipe.table(), [7])[:3]]
    [[0.0], [0.0], [0.5]]
    """
    width = table.layout.row_words
    rows: Any = np.zeros((len(keys), width), dtype=np.uint64)
    known = []
    for i, key in enumerate(keys):
        row = table.row(key)
        known.append(row is not None)
        if row is not None:
            rows[i] = row
    halves = rows.view(np.float32).astype(np.float64)
    z = np.delete(halves, 1, axis=1)[:, : recipe.lanes]
    n = halves[:, 1]
    alpha, beta, l1, l2 = recipe.hyper.T
    below = beta + alpha * l2 + np.sqrt(n)[:, None]
    below = np.where(below > 0.0, below, 1.0)
    held = -np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) * alpha / below
    mixed = believed(recipe, table)
    return held @ mixed, n, (alpha / below) @ np.abs(mixed), known
