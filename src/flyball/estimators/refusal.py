"""What estimators refuse."""

from __future__ import annotations

from flyball.system.error import FlyballError


class InputRefused(FlyballError, ValueError):
    """Data or settings that an estimator cannot take; nothing was learned from them. A `ValueError` to scikit-learn."""


class ExtraMissing(FlyballError, ImportError):
    """A library that this part of flyball needs is not installed."""
