"""The gates of all models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flyball.events.example import Example
from flyball.events.gate import Gate, Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.events.record import Pause


class SavedGate(msgspec.Struct, frozen=True, array_like=True):
    """A gate as it is saved.

    >>> SavedGate("ctr", "freeze", []).mode
    'freeze'
    """

    model: str
    mode: Mode
    held: list[Example]


class Gates:
    """Each model's gate, which begins when it is asked for first.

    Args:
        limit: how many examples of one model are held back at most.

    >>> from flyball.events.record import Pause
    >>> gates = Gates(limit=10)
    >>> gates.turn(Pause(model="ctr", mode="freeze"))
    []
    >>> gates.of("ctr").learns, gates.of("fraud").learns
    (False, True)
    """

    __slots__ = ("_gates", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._gates: dict[str, Gate] = {}

    def of(self, model: str) -> Gate:
        """The gate of a model."""
        gate = self._gates.get(model)
        if gate is None:
            gate = self._gates[model] = Gate(self._limit)
        return gate

    def turn(self, body: Pause) -> list[Example]:
        """Does what a record says; returns the examples that are let out."""
        gate = self.of(body.model)
        if body.mode == "resume":
            return gate.resume()
        if body.mode == "pause":
            gate.pause()
        else:
            gate.freeze()
        return []

    @property
    def first_held(self) -> int | None:
        """The first place in the log of a prediction whose example is held back; None where none is."""
        return min((example.seq for gate in self._gates.values() for example in gate.held), default=None)

    def save(self) -> list[SavedGate]:
        """The gates that are not as they began, by model."""
        return [
            SavedGate(model, gate.mode, gate.held) for model, gate in sorted(self._gates.items()) if not gate.is_new
        ]

    def load(self, saved: Sequence[SavedGate]) -> None:
        """Takes in what `save` returned."""
        for each in saved:
            self._gates[each.model] = Gate(self._limit, each.mode, each.held)
