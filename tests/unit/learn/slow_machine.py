"""A factorisation machine by its formulas: pair by pair, in dictionaries and doubles, rounded as the table rounds."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.bias import BIAS_KEY
from flyball.learn.loss import POISSON, SQUARED
from flyball.learn.mixture import STACKS, blend, judge, mixture_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.recipe import Recipe

    Floats = NDArray[np.float64]

WORD = 2**64 - 1
SPREAD = 0xD1342543DE82EF95
KEPT = 2**29


def mixed(x: int) -> int:
    """The finaliser of splitmix64."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & WORD
    return x ^ (x >> 31)


def rounded(low: float, high: float, noise: int) -> tuple[float, float]:
    """Two numbers as float32, up with the probability of the distance from below."""
    random = (noise & (KEPT - 1), (noise >> 35) & (KEPT - 1))
    bits = [(int(np.float64(x).view(np.uint64)) + r) // KEPT * KEPT for x, r in zip((low, high), random, strict=True)]
    return tuple(float(np.float32(np.uint64(each).view(np.float64))) for each in bits)  # type: ignore[return-value]  # there are two, which a list does not say


def answer_of(margin: float, kind: int) -> float:
    """The mean for a margin."""
    if kind == SQUARED:
        return margin
    return float(np.exp(np.clip(margin, -30.0, 30.0))) if kind == POISSON else float(1.0 / (1.0 + np.exp(-margin)))


class SlowMachine:
    """What is learned of each feature, by key: z of each lane and n, then z and n of the factors.

    Args:
        recipe: how it is to learn.
    """

    def __init__(self, recipe: Recipe) -> None:
        assert recipe.factors is not None
        self.recipe, self.factors = recipe, recipe.factors
        self.z: dict[int, Floats] = {}
        self.n: dict[int, float] = {}
        self.zv: dict[int, Floats] = {}
        self.nv: dict[int, float] = {}
        self.mixture = mixture_of(recipe.lanes)

    def weights(self, key: int) -> Floats:
        """The coefficient of each lane."""
        alpha, beta, l1, l2 = self.recipe.hyper.T
        z = self.z.get(key, np.zeros(self.recipe.lanes))
        held = -np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) / ((beta + np.sqrt(self.n.get(key, 0.0))) / alpha + l2)
        return np.asarray(held)

    def begin(self, key: int) -> Floats:
        """The factors before anything is learned."""
        signs = [1.0 if mixed(key) >> f & 1 else -1.0 for f in range(self.factors.k)]
        return self.factors.scale * np.array(signs)

    def vector(self, key: int) -> Floats:
        """The factors."""
        begins, settings = self.begin(key), self.factors
        if self.nv.get(key, 0.0) == 0.0:
            return begins
        z = self.zv[key]
        beyond = np.sign(z) * np.maximum(np.abs(z) - settings.l1, 0.0)
        return np.asarray(-beyond / ((settings.beta + np.sqrt(self.nv[key])) / settings.alpha + settings.l2))

    def shown(self, key: int) -> bool:
        """Whether it takes part in pairs."""
        return key != BIAS_KEY and self.n.get(key, 0.0) > 0.0

    def pairs(self, keys: Sequence[int], values: Sequence[float]) -> float:
        """What all pairs bring."""
        found = [(self.vector(key), x) for key, x in zip(keys, values, strict=True) if self.shown(key)]
        return float(sum(v @ w * x * y for (v, x), (w, y) in combinations(found, 2)))

    def margins(self, keys: Sequence[int], values: Sequence[float]) -> Floats:
        """The margin of each lane."""
        linear = sum((self.weights(key) * x for key, x in zip(keys, values, strict=True)), np.zeros(self.recipe.lanes))
        return np.asarray(linear + self.pairs(keys, values))

    def step(self, keys: Sequence[int], values: Sequence[float], label: Floats, noise: int) -> float:
        """The prediction before one example is learned."""
        kind, lanes = self.recipe.kind, self.recipe.lanes
        margins, answers = self.margins(keys, values), np.zeros(lanes + STACKS)
        if lanes > 1:
            served = blend(self.mixture, margins, 0.0, answers, kind)
        else:
            served = answers[0] = answer_of(float(margins[0]), kind)
        slopes = [float(label[1] * (p - label[0]) - label[3] * (p - label[2])) for p in answers[:lanes]]
        slope = float(label[1] * (served - label[0]) - label[3] * (served - label[2]))
        steepest = max([abs(slope), *map(abs, slopes)]) if kind == SQUARED else slope
        before = [(self.weights(key), self.vector(key), self.shown(key)) for key in keys]
        for j, (key, x) in enumerate(zip(keys, values, strict=True)):
            others = sum(
                (v * y for i, ((_, v, shown), y) in enumerate(zip(before, values, strict=True)) if i != j and shown),
                np.zeros(self.factors.k),
            )
            self.learn_weights(key, before[j][0], np.array(slopes) * x, steepest * x, noise)
            if key != BIAS_KEY:
                self.learn_vector(key, before[j][1], slope * x * others, noise)
        if lanes > 1:
            judge(self.mixture, margins, answers, served, label, kind, 1.0)
        return float(served)

    def learn_weights(self, key: int, held: Floats, gradients: Floats, shared: float, noise: int) -> None:
        """FTRL of the coefficients."""
        lanes, n = self.recipe.lanes, self.n.get(key, 0.0)
        grown = n + shared**2
        z = (
            self.z.get(key, np.zeros(lanes))
            + gradients
            - (np.sqrt(grown) - np.sqrt(n)) / self.recipe.hyper[:, 0] * held
        )
        found = z.copy()
        found[0], self.n[key] = rounded(float(z[0]), grown, self.random(noise, key, 0))
        for lane in range(1, lanes, 2):
            pair = (float(z[lane]), float(z[lane + 1]) if lane + 1 < lanes else 0.0)
            found[lane : lane + 2] = rounded(*pair, self.random(noise, key, lane))[: lanes - lane]
        self.z[key] = found

    def learn_vector(self, key: int, held: Floats, gradients: Floats, noise: int) -> None:
        """FTRL of the factors."""
        settings, n = self.factors, self.nv.get(key, 0.0)
        grown = n + float((gradients**2).mean())
        z = self.zv[key] if n > 0.0 else np.zeros(settings.k)
        z = z + gradients - (np.sqrt(grown) - np.sqrt(n)) / settings.alpha * held
        found, lanes, count = z.copy(), self.recipe.lanes, settings.k
        found[0], self.nv[key] = rounded(float(z[0]), grown, self.random(noise, key, lanes))
        for f in range(1, count, 2):
            pair = (float(z[f]), float(z[f + 1]) if f + 1 < count else 0.0)
            found[f : f + 2] = rounded(*pair, self.random(noise, key, lanes + f))[: count - f]
        self.zv[key] = found

    @staticmethod
    def random(noise: int, key: int, place: int) -> int:
        """The random bits of one word of a row."""
        bits = (noise ^ key) * (SPREAD + 4 * place) & WORD
        return bits ^ (bits >> 32)
