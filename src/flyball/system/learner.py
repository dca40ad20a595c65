"""Learners: the algorithms behind models."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.system.place import Declared, as_float

SETTINGS = {"alpha": 0.2, "beta": 1.0, "l1": 0.0, "l2": 0.0}
"""What a setting is that is not given beside others."""


@dataclass(frozen=True, slots=True)
class FTRL(Declared):
    """Follow the regularised leader, proximal: a linear model with a learning rate of its own for each feature.

    H. B. McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, Algorithm 1. Without settings it
    finds its own: several variants learn side by side over shared keys and counts, every example tells how far each is
    to be believed, and their mixture is served. With any setting given, it is that one variant, as in the paper.

    Args:
        alpha: the learning rate, above 0; 0.2 where only others are given.
        beta: added to the root of the sum of squared gradients, 0 or more; 1.
        l1: the pull that makes rare features exactly 0; 0 or more; 0.
        l2: the pull towards 0; 0 or more; 0.

    >>> FTRL(l1=1)
    FTRL(alpha=0.2, beta=1.0, l1=1.0, l2=0.0)
    >>> FTRL().tuned
    True
    """

    alpha: float | None = None
    beta: float | None = None
    l1: float | None = None
    l2: float | None = None

    def __post_init__(self) -> None:
        """Notes the line."""
        Declared.__post_init__(self)
        given = {name: as_float(getattr(self, name)) for name in SETTINGS}
        if any(value is not None for value in given.values()):
            given = {name: SETTINGS[name] if value is None else value for name, value in given.items()}
        self._settle(**given)

    @property
    def tuned(self) -> bool:
        """Whether it finds its own settings."""
        return self.alpha is None
