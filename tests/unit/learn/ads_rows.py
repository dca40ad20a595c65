"""The rows of the conformance test, and FTRL-Proximal in a dozen lines of NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn import ftrl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.table import Table

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Words = NDArray[Any]  # of uint64

BIAS = 1_000_003
"""The id of the coordinate that every row has."""


@dataclass(frozen=True, slots=True)
class Hyper:
    """The settings of FTRL."""

    alpha: float = 0.1
    beta: float = 1.0
    l1: float = 0.0
    l2: float = 0.0

    @property
    def array(self) -> Floats:
        """As the kernels take them."""
        return np.array([self.alpha, self.beta, self.l1, self.l2])


@cache
def rows() -> tuple[Integers, Integers]:
    """20,000 rows of 30 ids, and their outcomes: 18.33 % are 1, and 48,157 ids occur."""
    random = np.random.default_rng(7)
    count, fields, values = 20_000, 30, 2_000
    weights = random.normal(0, 0.5, (fields, values))
    drawn = random.zipf(1.3, (count, fields)) % values
    margins = weights[np.arange(fields), drawn].sum(1) * 0.6 - 2
    outcomes = (random.random(count) < 1 / (1 + np.exp(-margins))).astype(np.int64)
    return drawn + np.arange(fields) * values, outcomes


def reference(ids: Integers, outcomes: Floats, hyper: Hyper, *, squared: bool = False, sign: float = -1.0) -> Floats:
    """The predictions before each row is learned, by Algorithm 1 of McMahan et al., KDD 2013, in float64.

    `sign` is that of the proximal term: +1 is what stands inline in the paper's section 3, and wrong.
    """
    alpha, beta, l1, l2 = hyper.array
    bias = int(ids.max()) + 1
    z, n = np.zeros(bias + 1), np.zeros(bias + 1)
    predictions = np.empty(len(ids))
    for i in range(len(ids)):
        row = np.append(ids[i], bias)
        zi, ni = z[row], n[row]
        wi = np.where(abs(zi) <= l1, 0.0, -(zi - np.sign(zi) * l1) / ((beta + np.sqrt(ni)) / alpha + l2))
        predictions[i] = wi.sum() if squared else 1 / (1 + math.exp(-wi.sum()))
        g = predictions[i] - outcomes[i]
        z[row] += g + sign * (np.sqrt(ni + g * g) - np.sqrt(ni)) / alpha * wi
        n[row] += g * g
    return predictions


def keys_of(ids: Integers) -> Words:
    """The bias and then the ids of each row, spread over 64 bits as hashes are; shape (n, 1 + fields)."""
    with_bias = np.column_stack([np.full(len(ids), BIAS), ids]).astype(np.uint64)
    return with_bias * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)


def learned(
    table: Table,
    ids: Integers,
    labels: Floats,
    hyper: Hyper,
    *,
    squared: bool = False,
    todo: int = ftrl.PREDICT | ftrl.LEARN,
    noise: int = 0,
) -> Floats:
    """The prediction for each row before it is learned; `labels` are values, or have the kernel's four columns."""
    keys = keys_of(ids)
    count, fields = keys.shape
    if labels.ndim == 1:
        labels = np.column_stack([labels, np.ones(count), np.zeros(count), np.zeros(count)])
    noises = np.empty(count, dtype=np.uint64)
    ftrl.noise_of(np.arange(count) + noise, np.zeros(count, dtype=np.int64), noises)
    scores = np.empty(count)
    done = ftrl.run(
        table.words,
        hyper.array,
        squared,
        np.arange(count + 1) * fields,
        keys.ravel(),
        np.ones(keys.size),
        np.full(count, todo, dtype=np.uint8),
        np.ascontiguousarray(labels, dtype=np.float64),
        noises,
        scores,
    )
    assert done == count
    return scores


def log_loss(predictions: Floats, outcomes: Integers) -> float:
    """The mean logarithmic loss."""
    return float(-(outcomes * np.log(predictions) + (1 - outcomes) * np.log(1 - predictions)).mean())
