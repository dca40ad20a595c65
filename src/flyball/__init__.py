"""flyball manages the life of machine-learned predictions: serves, joins, learns, watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.estimators.classifier import FTRLClassifier
    from flyball.estimators.machine_classifier import FMClassifier
    from flyball.estimators.machine_regressor import FMRegressor
    from flyball.estimators.regressor import FTRLRegressor
    from flyball.run.embedded import open
    from flyball.system.derivation import bucket, cross, derive, ngrams, words
    from flyball.system.entity import Entity
    from flyball.system.error import FlyballError
    from flyball.system.event import Event
    from flyball.system.input import Input
    from flyball.system.learner import FM, FTRL
    from flyball.system.missing import MISSING
    from flyball.system.mistake import SystemInvalid
    from flyball.system.model import Model
    from flyball.system.outcome import Outcome
    from flyball.system.source import Source
    from flyball.system.system import System

__all__ = [
    "FM",
    "FTRL",
    "MISSING",
    "Entity",
    "Event",
    "FMClassifier",
    "FMRegressor",
    "FTRLClassifier",
    "FTRLRegressor",
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

_HOMES = {
    "FM": "flyball.system.learner",
    "FTRL": "flyball.system.learner",
    "FMClassifier": "flyball.estimators.machine_classifier",
    "FMRegressor": "flyball.estimators.machine_regressor",
    "FTRLClassifier": "flyball.estimators.classifier",
    "FTRLRegressor": "flyball.estimators.regressor",
    "MISSING": "flyball.system.missing",
    "Entity": "flyball.system.entity",
    "Event": "flyball.system.event",
    "FlyballError": "flyball.system.error",
    "Input": "flyball.system.input",
    "Model": "flyball.system.model",
    "Outcome": "flyball.system.outcome",
    "Source": "flyball.system.source",
    "System": "flyball.system.system",
    "SystemInvalid": "flyball.system.mistake",
    "bucket": "flyball.system.derivation",
    "cross": "flyball.system.derivation",
    "derive": "flyball.system.derivation",
    "ngrams": "flyball.system.derivation",
    "open": "flyball.run.embedded",
    "words": "flyball.system.derivation",
}
"""Where each name is defined; loaded when it is first asked for, so that each user pays only for what they use:
`flyball.client` for the standard library alone, a system file not for numba."""


def __getattr__(name: str) -> object:
    """Loads the module that defines a public name."""
    from importlib import import_module  # noqa: PLC0415  # at the top, `dir(flyball)` would show it

    if name not in _HOMES:
        msg = f"module 'flyball' has no attribute {name!r}"
        raise AttributeError(msg)
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """What is loaded, and what may be asked for."""
    return sorted({*globals(), *__all__})
