"""The count by which nothing vanishes: what became of every prediction of one model version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tally(msgspec.Struct, kw_only=True, gc=False):
    """What became of the predictions of one model version, and of the outcomes that were meant for them.

    The first seven are invariant 4, see `balanced`: each prediction is in exactly one of the six classes. The rest
    counts records. The joiner changes its tallies in place; take a `copy` to keep one.

    Args:
        predictions: all that were made, whether they reached the log or not.
        joined: an outcome came and was used.
        silent: the window closed without an outcome.
        pending: may still become any of the others.
        unexposed: never shown, so neither yes nor no.
        discarded: not learned from: sampled away, excluded, or closed early for want of room. What was learned of it
            before is taken back, but not by an exclusion, nor while the model is frozen.
        unlogged: answered, but lost on the way to the log, which says only how many they were.
        repeated: records of a prediction that was known already.
        orphans: outcomes whose id no known prediction has (yet), kept under version 0 of each model with that outcome.
        late: outcomes and exposures that came, or happened, after the window, also where that was closed early.
        duplicate: outcomes and exposures that said what was known already.
        revised: outcomes that said something else than the one before, whichever of the two the rule keeps.
        refused: outcomes and exposures that could not be used at all.
        unlearned: examples that were not learned from: the model was frozen, its pause held back all that it can, or
            another version of it had been asked about the same id before and teaches it.

    >>> tally = Tally(predictions=3, joined=1, pending=2, late=7)
    >>> tally.balanced
    True
    >>> Tally(predictions=1).balanced
    False
    """

    predictions: int = 0
    joined: int = 0
    silent: int = 0
    pending: int = 0
    unexposed: int = 0
    discarded: int = 0
    unlogged: int = 0
    repeated: int = 0
    orphans: int = 0
    late: int = 0
    duplicate: int = 0
    revised: int = 0
    refused: int = 0
    unlearned: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every prediction is in exactly one class (invariant 4).

        >>> Tally(predictions=2, silent=1, unexposed=1).balanced
        True
        """
        classes = self.joined + self.silent + self.pending + self.unexposed + self.discarded + self.unlogged
        return self.predictions == classes

    def copy(self) -> Tally:
        """The same counts in a tally of their own.

        >>> tally = Tally(late=1)
        >>> kept = tally.copy()
        >>> tally.late += 1
        >>> kept.late
        1
        """
        return Tally(**msgspec.structs.asdict(self))

    def plus(self, other: Tally) -> Tally:
        """The counts of both together, as for all versions of one model.

        >>> Tally(predictions=1, joined=1).plus(Tally(predictions=2, pending=2)).predictions
        3
        """
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


def summed(tallies: Iterable[Tally]) -> Tally:
    """The counts of all of these together; none give zeros.

    >>> summed([Tally(predictions=1, joined=1), Tally(orphans=2)]).orphans
    2
    """
    total = Tally()
    for tally in tallies:
        total = total.plus(tally)
    return total


MOST_VERSIONS = 1_000
"""How many versions of one model have a tally of their own: those of predictions made elsewhere are others' numbers."""


class Tallies(dict[tuple[str, int], Tally]):
    """The tally of each (model, version).

    Under version 0 stands what no version can be told for: orphans, and what repeats or refuses to be one. There too
    stand the predictions of versions that come when a thousand others of their model have a tally.

    >>> tallies = Tallies()
    >>> tallies.of("ctr", 1).predictions += 1
    >>> tallies.count(["ctr", "fraud"], "orphans")
    >>> [(key, tally.predictions, tally.orphans) for key, tally in tallies.items()]
    [(('ctr', 1), 1, 0), (('ctr', 0), 0, 1), (('fraud', 0), 0, 1)]
    """

    __slots__ = ()

    def of(self, model: str, version: int) -> Tally:
        """The tally of a model version, which begins when it is asked for first."""
        tally = self.get((model, version))
        if tally is not None:
            return tally
        if version != 0 and sum(name == model for name, _ in self) >= MOST_VERSIONS:
            return self.of(model, 0)
        tally = self[model, version] = Tally()
        return tally

    def count(self, models: Iterable[str], name: str, by: int = 1) -> None:
        """Add `by` to the count of this name under version 0 of each model."""
        for model in models:
            tally = self.of(model, 0)
            setattr(tally, name, getattr(tally, name) + by)
