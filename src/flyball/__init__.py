"""flyball manages the life of machine-learned predictions: serves, joins, learns, watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.derivation import bucket, cross, derive, ngrams, words
from flyball.system.entity import Entity
from flyball.system.error import FlyballError
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.missing import MISSING
from flyball.system.mistake import SystemInvalid
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from flyball.run.embedded import open

__all__ = [
    "FTRL",
    "MISSING",
    "Entity",
    "Event",
    "FlyballError",
    "Input",
    "Model",
    "Outcome",
    "Source",
    "System",
    "SystemInvalid",
    "bucket",
    "cross",
    "derive",
    "ngrams",
    "open",
    "words",
]


def __getattr__(name: str) -> object:
    """Loads what runs a system (and numba with it) only for those who run one: a system file needs it not."""
    if name == "open":
        from flyball.run.embedded import open  # noqa: PLC0415  # see above

        return open
    msg = f"module 'flyball' has no attribute {name!r}"
    raise AttributeError(msg)
