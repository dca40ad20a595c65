"""How much one column tells of the label, measured on rows that it was not fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PRIOR = 10.0
"""How many rows the mean of all weighs, at least; for a rare class as many as hold one of it."""
_LEAST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """What a column alone tells of the label.

    Args:
        share: of the label's uncertainty (log loss, or squared error for numbers) that knowing the column removes: 0
            for nothing, 1 for all; below 0 where it misleads.
        auc: how well it ranks the rows of two classes; NaN for a label that is a number.

    >>> Information(share=0.5, auc=0.9).share
    0.5
    """

    share: float
    auc: float


def information_of(codes: NDArray[np.int64], label: NDArray[np.float64], *, binary: bool) -> Information:
    """Fits the mean label of each code on every other row, pulled towards the mean of all, and tries it on the rest.

    Args:
        codes: shape (n,), what the column says; -1 where it says nothing, which is a code like any other.
        label: shape (n,), the outcome, 0 or 1 if `binary`.
        binary: whether it is one of two classes.

    >>> label = np.tile([0.0, 0.0, 1.0, 1.0], 100)
    >>> told = information_of(label.astype(np.int64), label, binary=True)
    >>> round(told.share, 1), told.auc
    (0.9, 1.0)
    """
    places = codes + 1
    fit = _fitted_rows(len(codes))
    if fit.all() or not fit.any():  # too few rows to fit on some and try on others
        return Information(share=0.0, auc=float("nan"))
    mean = label[fit].mean()
    size = int(places.max()) + 1
    prior = max(_PRIOR, 1 / max(min(mean, 1 - mean), _LEAST)) if binary else _PRIOR
    counts = np.bincount(places[fit], minlength=size)
    sums = np.bincount(places[fit], weights=label[fit], minlength=size)
    guess = ((sums + prior * mean) / (counts + prior))[places[~fit]]
    truth = label[~fit]
    if binary:
        base = _log_loss(np.full(len(truth), mean), truth)
        return Information(share=1.0 - _log_loss(guess, truth) / max(base, _LEAST), auc=auc_of(guess, truth))
    base = float(np.mean((truth - mean) ** 2))
    return Information(share=1.0 - float(np.mean((truth - guess) ** 2)) / max(base, _LEAST), auc=float("nan"))


def local_information_of(codes: NDArray[np.int64], label: NDArray[np.float64], *, binary: bool) -> float:
    """What a column tells of the label beyond what the time of the row tells: the share as in `Information`.

    The rows are cut into up to 20 stretches of the file. A column that only follows the drift of the label over the
    file (an interest rate) says nothing within a stretch; one that the outcome makes (the length of a call) does.

    Args:
        codes: shape (n,), what the column says, few different values; -1 where it says nothing.
        label: shape (n,), the outcome, 0 or 1 if `binary`.
        binary: whether it is one of two classes.

    >>> drift = np.repeat([0.0, 1.0], 5_000)
    >>> round(local_information_of(drift.astype(np.int64), drift, binary=False), 2)
    0.0
    """
    stretches = int(np.clip(len(codes) // 1_000, 1, 20))
    stretch = np.arange(len(codes)) * stretches // len(codes)
    size = int(codes.max(initial=-1)) + 2
    time_alone = information_of(stretch, label, binary=binary).share
    both = information_of(stretch * size + codes + 1, label, binary=binary).share
    return (both - time_alone) / max(1 - time_alone, _LEAST)


def auc_of(score: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """The probability that a random row of class 1 scores above one of class 0; ties count half. NaN without both.

    >>> auc_of(np.array([0.1, 0.4, 0.4, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.875
    """
    distinct, places = np.unique(score, return_inverse=True)
    ones = np.bincount(places, weights=truth, minlength=len(distinct))
    zeros = np.bincount(places, minlength=len(distinct)) - ones
    pairs = ones.sum() * zeros.sum()
    if pairs == 0:
        return float("nan")
    below = np.cumsum(zeros) - zeros
    return float((ones * (below + zeros / 2)).sum() / pairs)


def binned(values: NDArray[np.float64], bins: int = 64) -> NDArray[np.int64]:
    """Numbers as codes of bins that hold about equally many rows; -1 for NaN.

    >>> binned(np.array([1.0, 2.0, 3.0, 4.0, np.nan]), bins=2).tolist()
    [0, 0, 1, 1, -1]
    """
    known = ~np.isnan(values)
    codes = np.full(len(values), -1, dtype=np.int64)
    if known.any():
        distinct = np.unique(values[known])
        edges = distinct[1:]
        if len(distinct) > bins:
            edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
        codes[known] = np.searchsorted(edges, values[known], side="right")
    return codes


def _fitted_rows(rows: int) -> NDArray[np.bool_]:
    """Half of the rows, by a hash of their place: a column that repeats every other row is split evenly too."""
    mixed = (np.arange(rows, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    fit: NDArray[np.bool_] = (mixed >> np.uint64(40)) & np.uint64(1) == 0
    return fit


def _log_loss(guess: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    p = np.clip(guess, _LEAST, 1 - _LEAST)
    return float(-np.mean(truth * np.log(p) + (1 - truth) * np.log1p(-p)))
