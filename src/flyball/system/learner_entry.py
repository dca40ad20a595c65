"""Learners as a document has them, and what all parts of a document are."""

from __future__ import annotations

import msgspec

from flyball.system.learner import FACTOR_SETTINGS


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the document; an unknown field is refused.

    >>> LearnerEntry(l1=1.0).l1
    1.0
    """


class LearnerEntry(Entry, frozen=True, kw_only=True, tag_field="name", tag="FTRL"):
    """A learner.

    >>> LearnerEntry(alpha=0.5).l1 is None
    True
    """

    alpha: float | None = None
    beta: float | None = None
    l1: float | None = None
    l2: float | None = None


class MachineEntry(Entry, frozen=True, kw_only=True, tag_field="name", tag="FM"):
    """A factorisation machine.

    >>> MachineEntry().alpha is None
    True
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
