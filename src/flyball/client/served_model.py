"""A model that the service serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model.

    Args:
        name: its name.
        version: the version that answers.
        about: all that the service tells of it: its outcome, inputs with their types, deadline and fallback.

    >>> ServedModel("ctr", 3, {"name": "ctr", "version": 3, "outcome": "click"}).about["outcome"]
    'click'
    """

    name: str
    version: int
    about: Mapping[str, object]
