"""Learners: the algorithms behind models."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.system.place import Declared, as_float


@dataclass(frozen=True, slots=True)
class FTRL(Declared):
    """Follow the regularised leader, proximal: a linear model with a learning rate of its own for each feature.

    H. B. McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, Algorithm 1.

    Args:
        alpha: the learning rate, above 0. On the sets of `make bench` 0.2 is better than the paper's 0.1 on all but the
            simulated ads, where they tie.
        beta: added to the root of the sum of squared gradients, 0 or more.
        l1: the pull that makes rare features exactly 0; 0 or more.
        l2: the pull towards 0; 0 or more.

    >>> FTRL(l1=1)
    FTRL(alpha=0.2, beta=1.0, l1=1.0, l2=0.0)
    """

    alpha: float = 0.2
    beta: float = 1.0
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        """Notes the line."""
        Declared.__post_init__(self)
        self._settle(**{name: as_float(getattr(self, name)) for name in ("alpha", "beta", "l1", "l2")})
