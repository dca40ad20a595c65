"""Outcomes and exposures that no prediction took."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.events.fact import Fact
    from flyball.events.hold import Hold
    from flyball.events.rulebook import Rulebook
    from flyball.events.tally import Tallies, Tally

_COUNTED_AS = {"held": "orphans", "repeats": "duplicate", "full": "refused"}


class Strays:
    """Holds what may still find its prediction, and counts all of it.

    Args:
        hold: where it is held.
        tallies: where it is counted.

    Attributes:
        unknown: outcomes of a name that no rule has.
        unused: outcomes of a name that no model waits for.

    >>> from flyball.events.hold import Hold
    >>> from flyball.events.rulebook import Rulebook
    >>> from flyball.events.tally import Tallies
    >>> strays = Strays(Hold(limit=10), Tallies())
    >>> strays.count(Rulebook({}, {}), "click")
    >>> strays.unknown, strays.unused
    (1, 0)
    """

    __slots__ = ("_hold", "_tallies", "unknown", "unused")

    def __init__(self, hold: Hold, tallies: Tallies) -> None:
        self._hold = hold
        self._tallies = tallies
        self.unknown = 0
        self.unused = 0

    def hold(self, fact: Fact, models: tuple[str, ...], *, hit: bool) -> None:
        """Hold a fact for predictions yet to come; count it for `models` if no prediction was hit."""
        verdict = self._hold.offer(fact)
        if hit or (verdict == "held" and fact.exposes):
            return
        if verdict == "held":
            fact.orphan_of = models
        self._tallies.count(models, _COUNTED_AS[verdict])

    def refuse(self, book: Rulebook, name: str, hit: Sequence[Tally]) -> None:
        """Count an outcome whose value or weight nothing can be done with; `hit` are tallies of those it was for."""
        tallies = list(hit)
        if not tallies and name in book.answering:
            tallies = [self._tallies.of(model, 0) for model in book.answering[name][1]]
        for tally in tallies:
            tally.refused += 1
        if not tallies:
            self.count(book, name)

    def count(self, book: Rulebook, name: str) -> None:
        """Count an outcome that nobody waits for."""
        if name in book.rules:
            self.unused += 1
        else:
            self.unknown += 1
