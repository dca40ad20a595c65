"""Learners: the algorithms behind models."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.system.place import Declared, as_float

SETTINGS = {"alpha": 0.2, "beta": 1.0, "l1": 0.0, "l2": 0.0}
"""What a setting is that is not given beside others."""
FACTOR_SETTINGS = {"alpha_v": 0.05, "beta_v": 0.1, "l1_v": 0.0, "l2_v": 0.0, "scale_v": 0.02}
"""What the settings of factors are that are not given (docs/decisions/016-factorisation-machine.md)."""
MOST_FACTORS = 64
"""How many factors a feature may have: their signs are the bits of one hash."""


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
        self._settle(**_linear(self))

    @property
    def tuned(self) -> bool:
        """Whether it finds its own settings."""
        return self.alpha is None


@dataclass(frozen=True, slots=True)
class FM(Declared):
    """A factorisation machine: FTRL, and beside each coefficient factors, which tell what two features say together.

    S. Rendle, "Factorization Machines", ICDM 2010. Where the answer depends on pairs (this user and that film), a
    linear model needs a cross of the two signals, and every pair must have been seen; here a pair's coefficient is the
    product of two short vectors, which are learned from all pairs that either is in. Coefficients are learned as by
    `FTRL`, whose settings they find for themselves where none of alpha, beta, l1 and l2 is given.

    Args:
        factors: how many there are for each feature: a power of two from 2 to 64.
        alpha: the learning rate of coefficients, above 0; 0.2 where only others are given.
        beta: added to the root of their sum of squared gradients, 0 or more; 1.
        l1: the pull that makes coefficients of rare features exactly 0; 0 or more; 0.
        l2: the pull of coefficients towards 0; 0 or more; 0.
        alpha_v: the learning rate of factors, above 0.
        beta_v: as beta, of factors; above 0.
        l1_v: as l1, of factors.
        l2_v: the pull of factors towards 0; 0 or more.
        scale_v: how far from 0 factors begin; above 0, at most 1.

    >>> FM(factors=8).tuned, FM(factors=8, alpha=0.1).beta
    (True, 1.0)
    """

    factors: int = 4
    alpha: float | None = None
    beta: float | None = None
    l1: float | None = None
    l2: float | None = None
    alpha_v: float = FACTOR_SETTINGS["alpha_v"]
    beta_v: float = FACTOR_SETTINGS["beta_v"]
    l1_v: float = FACTOR_SETTINGS["l1_v"]
    l2_v: float = FACTOR_SETTINGS["l2_v"]
    scale_v: float = FACTOR_SETTINGS["scale_v"]

    def __post_init__(self) -> None:
        """Notes the line."""
        Declared.__post_init__(self)
        self._settle(**_linear(self))
        self._settle(**{name: as_float(getattr(self, name)) for name in FACTOR_SETTINGS})

    @property
    def tuned(self) -> bool:
        """Whether it finds the settings of its coefficients."""
        return self.alpha is None


Learner = FTRL | FM
"""Whatever a model may be learned by."""


def _linear(learner: Learner) -> dict[str, object]:
    """The settings of coefficients, completed where some are given."""
    given = {name: as_float(getattr(learner, name)) for name in SETTINGS}
    if all(value is None for value in given.values()):
        return given
    return {name: SETTINGS[name] if value is None else value for name, value in given.items()}
