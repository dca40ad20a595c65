"""Which signals can stand in for each other: how much of one the other foretells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.features import Features

    Codes = NDArray[np.int64]


def codes_of(features: Features, signals: int) -> list[Codes]:
    """For every signal the value of each row as a number below the count of its values; shape (n,) each.

    A number is the grid point with the largest share; a list, all its items.

    Args:
        features: of n rows, with their signals.
        signals: how many signals the model has.

    >>> from flyball.learn.features import Features, side_by_side, singles
    >>> rows = side_by_side([singles(np.array([5, 6, 5], np.uint64))], 9, numbered=True)
    >>> [codes.tolist() for codes in codes_of(rows, 1)]
    [[0, 1, 0]]
    """
    assert features.signals is not None  # noqa: S101  # whoever compares signals asks the encoder to number features
    rows = np.repeat(np.arange(features.rows), np.diff(features.starts))
    found = []
    for signal in range(signals):
        mine = np.flatnonzero(features.signals == signal)
        keys, values, at = features.keys[mine], features.values[mine], rows[mine]
        whole = np.zeros(features.rows, dtype=np.uint64)
        if np.all(values == 1.0):
            np.add.at(whole, at, keys * np.uint64(0x9E3779B97F4A7C15))  # a sum, so that order does not matter
        else:
            order = np.argsort(values, kind="stable")
            whole[at[order]] = keys[order]
        found.append(np.unique(whole, return_inverse=True)[1].astype(np.int64))
    return found


def entropy(codes: Codes) -> float:
    """The entropy of the codes, in nats.

    >>> round(entropy(np.array([0, 1, 0, 1])), 4)
    0.6931
    """
    shares = np.unique(codes, return_counts=True)[1] / len(codes)
    return float(-(shares * np.log(shares)).sum())


def dependence(a: Codes, b: Codes) -> float:
    """What part of the one the other foretells, the larger of both ways: 0 for chance, 1 if one is a function of it.

    The uncertainty coefficient (Theil 1972), less what it would be between the one and the other's rows turned round:
    two signals of many values seem to foretell each other where rows are few.

    >>> a = np.arange(1000) % 4
    >>> dependence(a, a // 2), abs(dependence(a, np.arange(1000) // 250)) < 0.01
    (1.0, True)
    """
    whole_a, whole_b = entropy(a), entropy(b)
    most = int(b.max(initial=0)) + 1
    shared = whole_a + whole_b - entropy(a * most + b)
    turned = np.random.default_rng(0).permutation(b)
    chance = max(whole_a + whole_b - entropy(a * most + turned), 0.0)
    parts = [(shared - chance) / (whole - chance) for whole in (whole_a, whole_b) if whole - chance > 1e-9]
    return max(0.0, min(1.0, round(max(parts), 12))) if parts else 0.0
