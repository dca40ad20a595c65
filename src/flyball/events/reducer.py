"""How several outcomes of one prediction become one value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.events.fact import Fact
    from flyball.events.rule import Reducer

LARGEST = 1e100
"""The largest magnitude of a value or a weight that the joiner accepts: sums over all slots stay finite."""


def reduce(reducer: Reducer, facts: Sequence[Fact]) -> tuple[float, float]:
    """The value and the weight that stand for all of these outcomes.

    `first`, `last`, `min` and `max` take value and weight of the outcome that decides; of equal extremes the first
    decides. `sum` and `mean` take the mean of the weights. Sums are exactly rounded (`math.fsum`; Shewchuk, "Adaptive
    Precision Floating-Point Arithmetic", 1997), so that their order does not matter.

    Args:
        reducer: the declared rule.
        facts: the outcomes in the order of the log; at least one, no value or weight above `LARGEST`.

    >>> from flyball.events.fact import Fact
    >>> two = Fact(1, "r1", "spent", False, "a", 2.0, 1.0, 0, 0)
    >>> three = Fact(2, "r1", "spent", False, "b", 3.0, 2.0, 0, 0)
    >>> [reduce(reducer, [two, three]) for reducer in ("sum", "max", "first")]
    [(5.0, 1.5), (3.0, 2.0), (2.0, 1.0)]
    """
    if reducer in {"sum", "mean"}:
        total = math.fsum([fact.value for fact in facts])
        weight = math.fsum([fact.weight for fact in facts]) / len(facts)
        return (total if reducer == "sum" else total / len(facts)), weight
    if reducer == "first":
        fact = facts[0]
    elif reducer == "last":
        fact = facts[-1]
    elif reducer == "min":
        fact = min(facts, key=_value)
    else:
        fact = max(facts, key=_value)
    return fact.value, fact.weight


def _value(fact: Fact) -> float:
    return fact.value
