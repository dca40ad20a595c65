"""Outcomes and exposures, held for predictions that reach the log after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from flyball.events.agenda import Agenda

if TYPE_CHECKING:
    from flyball.events.fact import Fact

Verdict: TypeAlias = Literal["held", "repeats", "full"]
"""What became of a fact that was offered."""

MOST_OF_ONE_ID = 1_000
"""How many facts are held for one id, and how many outcomes one prediction takes."""


class Hold:
    """Facts by id, in the order of the log, each until its time; bounded.

    The hold is full with `limit` facts: then the one that would be dropped first is dropped early. Memory: about 300
    bytes a fact, and its strings.

    >>> from flyball.events.fact import Fact
    >>> hold = Hold(limit=10)
    >>> hold.add(Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=60))
    >>> [len(hold.of("r1")), len(hold.of("r2"))]
    [1, 0]
    >>> hold.drop_due(60)
    >>> len(hold)
    0
    """

    __slots__ = ("_agenda", "_facts", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._facts: dict[str, list[Fact]] = {}
        self._agenda: Agenda[Fact] = Agenda()

    def __len__(self) -> int:
        return len(self._agenda)

    @property
    def due(self) -> int:
        """No fact is dropped before this time (microseconds)."""
        return self._agenda.due

    def of(self, id: str) -> list[Fact] | tuple[()]:
        """The facts held for an id, in the order of the log.

        >>> Hold(limit=10).of("r1")
        ()
        """
        return self._facts.get(id, ())

    def all(self) -> list[Fact]:
        """Every fact, in the order of the log.

        >>> Hold(limit=10).all()
        []
        """
        return sorted((fact for facts in self._facts.values() for fact in facts), key=_seq)

    def offer(self, fact: Fact) -> Verdict:
        """Hold a fact until its time, unless it repeats the last one about the same thing or its id has its fill.

        >>> from flyball.events.fact import Fact
        >>> hold = Hold(limit=10)
        >>> yes = Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=60)
        >>> [hold.offer(yes), hold.offer(yes)]
        ['held', 'repeats']
        """
        facts = self._facts.get(fact.id)
        if facts is not None:
            for held in reversed(facts):
                if held.concerns(fact):
                    if held.repeats(fact):
                        return "repeats"
                    break
            if len(facts) >= MOST_OF_ONE_ID:
                return "full"
        self.add(fact)
        return "held"

    def add(self, fact: Fact) -> None:
        """Hold a fact until its time, whatever else is held.

        >>> from flyball.events.fact import Fact
        >>> hold = Hold(limit=1)
        >>> hold.add(Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=60))
        >>> hold.add(Fact(2, "r2", "click", False, None, 1.0, 1.0, 0, 0, due=61))
        >>> [fact.id for fact in hold.all()]
        ['r2']
        """
        facts = self._facts.get(fact.id)
        if facts is None:
            self._facts[fact.id] = [fact]
        else:
            facts.append(fact)
        self._agenda.push(fact)
        if len(self._agenda) > self._limit and (dropped := self._agenda.take_first()) is not None:
            self._drop(dropped)

    def drop_due(self, now: int) -> None:
        """Drop the facts whose time has come at `now` (microseconds).

        >>> Hold(limit=10).drop_due(0)
        """
        for fact in self._agenda.take_due(now):
            self._drop(fact)

    def _drop(self, fact: Fact) -> None:
        facts = self._facts[fact.id]
        if len(facts) == 1:
            del self._facts[fact.id]
        else:
            facts.remove(fact)


def _seq(fact: Fact) -> int:
    return fact.seq
