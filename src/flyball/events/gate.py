"""Whether one model learns at present, and what is held back for when it does again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec.structs import replace

if TYPE_CHECKING:
    from flyball.events.example import Example

Mode: TypeAlias = Literal["on", "pause", "freeze"]
"""Examples are learned from at once; held back and learned from later; never learned from."""


class Gate:
    """The gate before one model's learning; all versions of the model share it.

    With `limit` examples held back it is full: what comes then is never learned from. Memory: about 300 bytes an
    example.

    Args:
        limit: how many examples are held back at most.
        mode: whether the model learns.
        held: what is held back, in the order in which it would have been learned.

    Attributes:
        learns: whether an example that comes now is learned from, now or later.
        left_out: a rewind has left out what comes now, whatever the mode.

    >>> from flyball.events.example import Example
    >>> yes = Example(seq=1, model="ctr", version=1, revision=0, value=1.0, weight=1.0, learn=True, score=True)
    >>> gate = Gate(limit=10)
    >>> gate.pause()
    >>> gate.hold(yes)
    >>> [(example.learn, example.score) for example in gate.resume()]
    [(True, False)]
    """

    __slots__ = ("_limit", "held", "learns", "left_out", "mode")

    def __init__(self, limit: int, mode: Mode = "on", held: list[Example] | None = None) -> None:
        self._limit = limit
        self.mode: Mode = mode
        self.held: list[Example] = [] if held is None else held
        self.left_out = False
        self.learns = True
        self._settle()

    @property
    def is_new(self) -> bool:
        """Whether it is as every gate begins.

        >>> Gate(limit=10).is_new
        True
        """
        return self.mode == "on" and not self.held

    def pause(self) -> None:
        """From now on examples are held back."""
        self.mode = "pause"
        self._settle()

    def freeze(self) -> None:
        """From now on examples are never learned from; those that are held back already wait on."""
        self.mode = "freeze"
        self._settle()

    def resume(self) -> list[Example]:
        """The model learns again; what was held back is let out, to be learned from in this order."""
        self.mode = "on"
        return self._settle()

    def leave_out(self, *, left_out: bool) -> list[Example]:
        """Begins or ends a stretch that a rewind has left out; what is held back waits for its end.

        >>> Gate(limit=10).leave_out(left_out=True)
        []
        """
        if left_out == self.left_out:
            return []
        self.left_out = left_out
        return self._settle()

    def hold(self, example: Example) -> None:
        """Holds back the learning of an example; its scoring is the caller's."""
        self.held.append(replace(example, learn=True, score=False))
        self.learns = len(self.held) < self._limit

    def take_over(self, held: list[Example]) -> None:
        """Holds back these examples in place of its own; there are none where the model learns.

        >>> Gate(limit=10).take_over([])
        """
        self.held = list(held)
        self._settle()

    def _settle(self) -> list[Example]:
        """Makes `learns` what mode and room say; what is let out."""
        out: list[Example] = []
        if self.mode == "on" and not self.left_out:
            out, self.held = self.held, out
        self.learns = not self.left_out and (
            self.mode == "on" or (self.mode == "pause" and len(self.held) < self._limit)
        )
        return out
