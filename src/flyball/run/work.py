"""Long work of an engine, which may be done bit by bit."""

from __future__ import annotations

from typing import Protocol


class Work(Protocol):
    """What one record of the log asks for that takes long; the engine's state is whole again when it is done."""

    @property
    def seq(self) -> int:
        """The record's place in the log."""

    def step(self) -> bool:
        """Does the next bit; whether that was the last."""

    def run(self) -> None:
        """Does all that is left."""
