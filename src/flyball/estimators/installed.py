"""Whether the library that estimators are made after is there."""

from __future__ import annotations

from importlib.util import find_spec

from flyball.estimators.refusal import ExtraMissing


def require(*modules: str) -> None:
    """Refuses to go on without these modules, and says how to install them.

    Raises:
        ExtraMissing: one of them cannot be found.

    >>> require("json")
    >>> require("json", "no_such_library")
    Traceback (most recent call last):
        ...
    flyball.estimators.refusal.ExtraMissing: no_such_library is not installed, and flyball's estimators need it:
        pip install 'flyball[sklearn]'
    """
    for module in modules:
        if find_spec(module) is None:
            raise ExtraMissing(
                f"{module} is not installed, and flyball's estimators need it: pip install 'flyball[sklearn]'"
            )
