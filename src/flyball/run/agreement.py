"""Agreement: how far rankings of the same things agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


def kendall(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Kendall's rank correlation (tau-b, which allows for ties) of what both have; `None` where nothing is ranked.

    It is 1 if both put every two in the same order, -1 if every two in opposite orders, and about 0 by chance.

    >>> kendall({"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 10.0, "b": 30.0, "c": 20.0, "d": 0.0})
    0.333...
    >>> kendall({"a": 1.0}, {"a": 1.0}) is None
    True
    """
    names = [name for name in one if name in other]
    # Ranks, so that what never ends can be compared too.
    signs = []
    for opinion in (one, other):
        ranks = np.unique([opinion[name] for name in names], return_inverse=True)[1]
        signs.append(np.sign(ranks[:, None] - ranks[None, :]))
    both = float((signs[0] * signs[0]).sum()) * float((signs[1] * signs[1]).sum())
    return float((signs[0] * signs[1]).sum()) / both**0.5 if both > 0.0 else None


def standings(opinion: Mapping[str, float]) -> dict[str, float]:
    """The place of each, from 0 for the least to 1 for the most; equals share the mean of theirs.

    >>> standings({"a": 5.0, "b": 1.0, "c": 5.0})
    {'a': 0.75, 'b': 0.0, 'c': 0.75}
    """
    values = np.array(list(opinion.values()))
    if len(values) < 2:
        return dict.fromkeys(opinion, 0.5)
    below = (values[None, :] < values[:, None]).sum(axis=1)
    equal = (values[None, :] == values[:, None]).sum(axis=1) - 1
    return dict(zip(opinion, ((below + equal / 2.0) / (len(values) - 1)).tolist(), strict=True))
