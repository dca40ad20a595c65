"""Recent answers: what a worker has answered lately, so that the same question gets the same answer."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flyball.events.record import Leaf
    from flyball.serve.answer import Answer

Key: TypeAlias = tuple[str, int, str]
"""A model, its version and an id."""


class Answered(NamedTuple):
    """One question and its answer.

    Args:
        names: the names of the inputs.
        leaves: their values.
        answer: what was answered.

    >>> from flyball.serve.answer import Answer
    >>> answer = Answer(id="r1", model="late", version=1, learned_through=0, prediction=0.5, served_by="model")
    >>> Answered(("hour",), [7], answer).same(("hour", "day"), [7, None])
    True
    """

    names: Sequence[str]
    leaves: Sequence[Leaf]
    answer: Answer

    def same(self, names: Sequence[str], leaves: Sequence[Leaf]) -> bool:
        """Whether these inputs ask the same."""
        if names is self.names:
            return leaves == self.leaves
        return same_inputs(dict(zip(self.names, self.leaves, strict=True)), dict(zip(names, leaves, strict=True)))


def same_inputs(before: Mapping[str, Leaf], now: Mapping[str, Leaf]) -> bool:
    """Whether inputs ask what was asked before: another order of signals, or more of them, is no other question.

    >>> same_inputs({"hour": 7}, {"day": 1, "hour": 7}), same_inputs({"hour": 7}, {"hour": 8})
    (True, False)
    """
    return all(now.get(name, value) == value for name, value in before.items())


class Recent:
    """Keeps so many answers; the oldest goes first.

    Args:
        most: how many.

    >>> from flyball.serve.answer import Answer
    >>> answer = Answer(id="r1", model="late", version=1, learned_through=0, prediction=0.5, served_by="model")
    >>> recent = Recent(1)
    >>> recent.add(("late", 1, "r1"), Answered(("hour",), [7], answer))
    >>> recent.add(("late", 1, "r2"), Answered(("hour",), [7], answer))
    >>> recent.get(("late", 1, "r1")) is None, len(recent)
    (True, 1)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Answered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, key: Key, answered: Answered) -> None:
        """Keeps an answer."""
        self._kept[key] = answered
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, key: Key) -> Answered | None:
        """What was answered, if it is still kept."""
        return self._kept.get(key)
