"""Negatives that were sampled before they came here: from the sample's probabilities to the world's, and back.

He et al., "Practical Lessons from Predicting Clicks on Ads at Facebook", ADKDD 2014, section 6.3: where all positives
and a share w of the negatives are learned from, every odds is 1 / w of what it is in the world, and a prediction p in
the sample means q = p / (p + (1 - p) / w) in the world. Weights of 1 / w for the negatives that were kept do the same
while learning: either is right, both together would correct twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.kernel import inner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@inner
def in_the_world(p: float, kept: float) -> float:
    """The probability in the world of what has probability p where a share `kept` of the negatives was passed on."""
    return p / (p + (1.0 - p) / kept)


@inner
def in_the_sample(q: float, kept: float) -> float:
    """The probability in the sample of what has probability q in the world: `in_the_world` turned round."""
    return q / (q + (1.0 - q) * kept)


def weights_in_the_world(values: Floats, weights: Floats, kept: float) -> Floats:
    """The weights with which answers are scored: each no that was passed on stands for 1 / kept of them.

    They are for measuring what was served, never for learning.

    Args:
        values: 0 and 1 for no and yes, shape (n,).
        weights: those that came with them, shape (n,).
        kept: the share of the negatives that was passed on.

    >>> weights_in_the_world(np.array([0.0, 1.0]), np.ones(2), 0.1).tolist()
    [10.0, 1.0]
    """
    return weights if kept == 1.0 else np.where(values == 0.0, weights / kept, weights)
