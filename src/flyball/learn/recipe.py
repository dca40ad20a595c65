"""Recipes: how a model learns, as kernels take it, and which kernels those are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn import factor_machine, factor_reader, ftrl, lanes, lending, lent_lanes
from flyball.learn.arena import AT_WIDTH_BITS
from flyball.learn.factors import Factors
from flyball.learn.loss import KINDS, LOGISTIC, SQUARED, margin_for
from flyball.learn.table import Table, TableForeign
from flyball.system.learner import FM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.features import Features
    from flyball.learn.lanes import Said
    from flyball.system.learner import Learner
    from flyball.system.model import Model

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

LANES = ((0.35, 0.01, 0.0), (8.0, 4.0, 0.3), (0.5, 0.1, 0.0), (0.02, 4.0, 0.0), (0.12, 1.0, 0.0))
"""alpha, beta and l1 of the lanes of a learner that is given no settings (docs/decisions/014-no-knobs.md)."""
COUNT_LANES = ((0.05, 1.0, 0.0), (0.1, 1.0, 0.0), (0.2, 1.0, 0.0), (0.5, 1.0, 0.0), (0.02, 1.0, 0.0))
"""Those of counts, whose means are exponentials of what is learned."""

UNNOTED = np.empty(0, dtype=np.float32)
"""Where nobody asks what lanes say."""
NO_LESS = 1e-4
"""No model begins nearer to certainty than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """How a model learns.

    Args:
        kind: the loss, as `flyball.learn.loss` numbers them.
        hyper: alpha, beta, l1 and l2 of each lane, shape (lanes, 4).
        factors: of a factorisation machine, how its factors are learned.
        without: how many lanes, the last, learn from no candidates (`flyball.learn.candidate`).

    >>> from flyball.system.learner import FTRL
    >>> recipe_of(FTRL(), "logistic").lanes, recipe_of(FTRL(alpha=0.1), "logistic").lanes
    (5, 1)
    """

    kind: int
    hyper: NDArray[np.float64]
    factors: Factors | None = None
    without: int = 0

    @property
    def lanes(self) -> int:
        """How many variants learn side by side."""
        return len(self.hyper)

    @property
    def width_bits(self) -> int:
        """A row of the table has 2 to this power words: the key, the first pair, and a word for two lanes more.

        Factors take likewise a pair, and a word for two factors more.
        """
        pairs = 0 if self.factors is None else 1 + self.factors.k // 2
        return (1 + self.lanes // 2 + pairs).bit_length()

    @property
    def lends(self) -> bool:
        """Whether rows of codes can be learned on coefficients lent from the table (`learn_lent`)."""
        return self.factors is None and self.without == 0

    def table(self, *, shared: bool = False, max_segments: int | None = None) -> Table:
        """An empty table for what is learned so.

        >>> from flyball.system.learner import FTRL
        >>> recipe_of(FTRL(), "logistic").table().layout.row_words
        3
        """
        return Table(width_bits=self.width_bits, max_segments=max_segments, shared=shared)

    def check(self, words: Words) -> None:
        """Refuses the words of a table whose rows are of another length.

        Raises:
            TableForeign: they are: kernels would write past the ends of rows.

        >>> from flyball.system.learner import FTRL
        >>> recipe_of(FTRL(), "logistic").check(Table().words)
        Traceback (most recent call last):
            ...
        flyball.learn.table.TableForeign: the table has rows of 2 words, and this learner has 4; ...
        """
        width_bits = int(words[AT_WIDTH_BITS])
        if width_bits != self.width_bits:
            raise TableForeign(
                f"the table has rows of {1 << width_bits} words, and this learner has {1 << self.width_bits}; "
                "give it a table of its own"
            )

    def begin(self, table: Table, key: int, score: float) -> None:
        """Lets an empty table answer `score` before anything is learned: the coefficient of `key`, the bias, says so.

        Args:
            table: where nothing is learned yet.
            key: of a feature that every example has, with value 1.
            score: the prediction, in the units of the loss; a probability is cut to [1e-4, 1 - 1e-4] and a mean count
                to 1e-4, since from 0 there would be no way back.

        >>> from flyball.system.learner import FTRL
        >>> recipe, keys, ones = recipe_of(FTRL(), "logistic"), np.array([7], np.uint64), np.ones(1)
        >>> table = recipe.table()
        >>> recipe.begin(table, 7, 0.02)
        >>> round(recipe.score(table.words, keys, ones, 1), 6)
        0.02
        """
        if self.kind != SQUARED:
            score = min(max(score, NO_LESS), 1.0 - NO_LESS if self.kind == LOGISTIC else max(score, NO_LESS))
        margin = float(margin_for(score, self.kind))
        z = np.zeros(2 * table.layout.row_words, dtype=np.float32)
        for lane, (alpha, beta, l1, l2) in enumerate(self.hyper.tolist()):
            below = beta + alpha * l2
            z[lane + 1 if lane > 0 else 0] = -margin * (below if below > 0.0 else 1.0) / alpha - np.copysign(l1, margin)
        table.load(np.array([key], dtype=np.uint64), z.view(np.uint64))
        if self.lanes > 1:
            table.common = np.array([margin]).view(np.uint64)

    def run(
        self,
        table: Table,
        features: Features,
        *,
        todo: NDArray[np.uint8],
        labels: Floats,
        noises: Words,
        scores: Floats,
        said: Said | None = None,
    ) -> int:
        """Predicts and learns rows in their order; how many were done before the table was full.

        Args:
            table: of this recipe.
            features: of n rows.
            todo: shape (n,), `ftrl.PREDICT`, `ftrl.LEARN` or both.
            labels: shape (n, 4): value, weight, the value learned before for the same prediction, and its weight.
            noises: shape (n,), the random bits of the rounding.
            scores: shape (n,), gets the predictions before learning.
            said: with several lanes, what was said when predictions were asked whose outcomes are learned later.
        """
        self.check(table.words)
        steps = ftrl.Steps(features.starts, features.keys, features.values, todo, labels, noises, scores)
        gate = table.gate.words
        if self.factors is not None:
            said = lanes.nothing_said(features.rows, self.lanes) if said is None else said
            return factor_machine.run(table.words, gate, self.hyper, self.factors, self.kind, steps, said)
        if self.lanes == 1 and table.gate.closes:
            return ftrl.run_gated(table.words, gate, self.hyper[0], self.kind, steps)
        if self.lanes == 1:
            return ftrl.run(table.words, self.hyper[0], self.kind, *steps)
        said = lanes.nothing_said(features.rows, self.lanes) if said is None else said
        return lanes.run(table.words, gate, self.hyper, self.lanes - self.without, self.kind, steps, said)

    def predict(self, words: Words, features: Features, scores: Floats) -> None:
        """The prediction of every row, nothing learned. Safe while another process learns."""
        rows = (features.starts, features.keys, features.values, scores)
        if self.factors is not None:
            factor_reader.predict(words, self.hyper, self.factors, self.kind, *rows)
        elif self.lanes == 1:
            ftrl.predict(words, self.hyper[0], self.kind, *rows)
        else:
            lanes.predict(words, self.hyper, self.kind, *rows)

    @property
    def said(self) -> int:
        """How many numbers of what lanes say are noted with a prediction (`flyball.learn.lanes.Said`)."""
        return self.lanes + 1 if self.lanes > 1 else 0

    def score(self, words: Words, keys: Words, values: Floats, count: int, told: Singles = UNNOTED) -> float:
        """The prediction from the first `count` features. Safe while another process learns.

        Args:
            words: of the table.
            keys: the features.
            values: theirs.
            count: how many of them count.
            told: gets what is said, shape (`said`,), where it is to be noted.
        """
        if self.factors is not None:
            return factor_reader.score_one(words, self.hyper, self.factors, self.kind, keys, values, count, told)
        if self.lanes == 1:
            return ftrl.score_one(words, self.hyper[0], self.kind, keys, values, count)
        return lanes.score_one(words, self.hyper, self.kind, keys, values, count, told)

    def learn_lent(
        self,
        table: Table,
        block: Words,
        book: lending.Codebook,
        codes: NDArray[np.int32],
        told: lending.Told,
    ) -> float:
        """Predicts and learns rows of codes on coefficients lent from the table; the weighted sum of their losses.

        Only where it `lends`.
        """
        self.check(table.words)
        if self.lanes == 1:
            return lending.learn(block, self.hyper[0], self.kind, book, codes, told)
        return lent_lanes.learn_lanes(table.words, block, self.hyper, self.kind, book, codes, told)


def recipe_for(model: Model) -> Recipe:
    """The recipe of a declared model.

    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> hour = Input("hour", int)
    >>> recipe_for(Model("ctr", signals=[hour], candidates=[hour], outcome=Outcome("click"))).lanes
    10
    """
    recipe = recipe_of(model.learner, model.outcome.loss)
    if not model.candidates:
        return recipe
    # Each lane twice: with candidates, and without.
    return replace(recipe, hyper=np.concatenate([recipe.hyper, recipe.hyper]), without=recipe.lanes)


def recipe_of(learner: Learner, loss: str | None) -> Recipe:
    """The recipe of a declared learner, and of the loss that its outcome has settled on.

    >>> from flyball.system.learner import FTRL
    >>> recipe_of(FTRL(alpha=0.1, l1=1), "squared").hyper.tolist()
    [[0.1, 1.0, 1.0, 0.0]]
    >>> recipe_of(FM(factors=8), "squared").factors.k
    8
    """
    hyper = [(learner.alpha, learner.beta, learner.l1, learner.l2)]
    if learner.tuned:
        hyper = [(*lane, 0.0) for lane in (COUNT_LANES if loss == "poisson" else LANES)]
    factors = None
    if isinstance(learner, FM):
        factors = Factors(learner.factors, learner.alpha_v, learner.beta_v, learner.l1_v, learner.l2_v, learner.scale_v)
    return Recipe(KINDS[str(loss)], np.array(hyper, dtype=np.float64), factors)
