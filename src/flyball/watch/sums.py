"""The sums that a cell keeps of its examples, from which every measure is formed when it is read.

Sums merge, subtract and stay small; means do not. With w the weight of an example, y its outcome and p what was
predicted, all cells begin with the count, sum w, sum w^2, sum w y and sum w p. A cell of yes-or-no outcomes goes on
with the log loss l, the squared error and the variance that the model itself claims; a cell of numbers with the error
e = p - y. The sums with w^2 give standard errors that hold for unequal weights (the linearised variance of a ratio:
Särndal, Swensson and Wretman, "Model Assisted Survey Sampling", 1992, section 5.6); with w = 1 they are the plain ones.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from flyball.system.error import FlyballError

BoardKind: TypeAlias = Literal["binary", "number"]
"""What is predicted: the probability of a yes, or a number."""

EXAMPLES: Final = 0
"""How many examples: those added less those taken back."""
WEIGHT: Final = 1
WEIGHT_SQUARES: Final = 2
OUTCOMES: Final = 3
PREDICTIONS: Final = 4

LOSS: Final = 5
"""sum w l, with l the log loss in nats."""
LOSS_CROSS: Final = 6
"""sum w^2 l."""
LOSS_SQUARES: Final = 7
"""sum w^2 l^2."""
BRIER: Final = 8
"""sum w (p - y)^2."""
VARIANCE: Final = 9
"""sum w^2 p (1 - p): how much sum w y would vary if the predictions were true."""

OUTCOME_SQUARES: Final = 5
"""sum w y^2."""
ABSOLUTE: Final = 6
"""sum w |e|."""
SQUARES: Final = 7
"""sum w e^2."""
ERROR_CROSS: Final = 8
"""sum w^2 e."""
ERROR_SQUARES: Final = 9
"""sum w^2 e^2."""
ERROR_FOURTHS: Final = 10
"""sum w^2 e^4."""

BINARY_SUMS: Final = 10
NUMBER_SUMS: Final = 11

SMALLEST: Final = 1e-15
"""A probability is cut to [1e-15, 1 - 1e-15] before its logarithm is taken."""


def sums_of(kind: BoardKind) -> int:
    """How many sums a cell of this kind keeps.

    >>> sums_of("binary"), sums_of("number")
    (10, 11)

    Raises:
        FlyballError: for any other kind.
    """
    if kind == "binary":
        return BINARY_SUMS
    if kind == "number":
        return NUMBER_SUMS
    raise FlyballError(f"a board of kind {kind!r} is not known; give 'binary' or 'number'")
