"""The learner of an estimator that is a factorisation machine."""

from __future__ import annotations

from flyball.estimators.refusal import InputRefused
from flyball.system.excerpt import excerpt
from flyball.system.inspection.model import in_learner
from flyball.system.learner import FM


def machine_of(learner: object) -> FM:
    """What was given as `learner=`, or the default for None.

    Raises:
        InputRefused: it is none, or a setting is outside of its range.

    >>> machine_of(None).factors
    4
    """
    found = FM() if learner is None else learner
    if not isinstance(found, FM):
        raise InputRefused(f"learner={excerpt(found)}: give flyball.FM(...), or None")
    for mistake in in_learner(found):
        raise InputRefused(f"learner={found!r}: given {mistake.given}, accepted {mistake.accepted}")
    return found
