"""The system of the flights that `tests.unit.cli.flights_made` makes, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from flyball.system.outcome import Learn

SOURCE = Source(time="at", id="id", outcome_time="known_at")


def flights(*signals: str, window: str = "2d", learn: Learn | None = None) -> System:
    """A model of delays from the carrier and the hour, or from those of them that are named."""
    inputs = {"carrier": Input("carrier", str), "hour": Input("hour", int)}
    model = Model(
        "delay",
        signals=[inputs[name] for name in signals or inputs],
        outcome=Outcome("late", window=window, learn=learn),
        slice_by=[inputs["carrier"]] if "carrier" in signals or not signals else [],
    )
    return System("flights", models=[model], source=SOURCE)
