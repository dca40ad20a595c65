"""Lineage: which inputs each signal of a model comes from, and which signals several models share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.system.program import LEAVES
from flyball.system.signal import walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.system.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where values come from and where they go.

    Args:
        sources: for each model, for each of its signals: the names of the inputs and entities it comes from.
        shared: for each signal that several models consume: the names of these models.

    >>> Lineage(sources={"ctr": {"hour": ("hour",)}}, shared={}).sources["ctr"]["hour"]
    ('hour',)
    """

    sources: Mapping[str, Mapping[str, tuple[str, ...]]]
    shared: Mapping[str, tuple[str, ...]]


def lineage_of(system: System) -> Lineage:
    """The lineage of all models of a system.

    >>> from flyball.system.derivation import cross
    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> both = cross(Input("country", str), Input("hour", int))
    >>> lineage = lineage_of(System("ads", models=[Model("ctr", signals=[both], outcome=Outcome("click"))]))
    >>> lineage.sources["ctr"], lineage.shared
    ({'cross(country, hour)': ('country', 'hour')}, {})
    """
    sources = {
        model.name: {
            signal.name: tuple(each.name for each in walk([signal]) if each.op in LEAVES) for signal in model.signals
        }
        for model in system.models
    }
    readers: dict[str, list[str]] = {}
    for model in system.models:
        for name in dict.fromkeys(each.name for each in walk(model.signals) if each.op != "const"):
            readers.setdefault(name, []).append(model.name)
    return Lineage(sources=sources, shared={name: tuple(each) for name, each in readers.items() if len(each) > 1})
