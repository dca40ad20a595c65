"""What is to be done at which time, earliest first."""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

NEVER = 2**64
"""A time, in microseconds, that no record reaches."""


class Dated(Protocol):
    """What an agenda holds: something that is due at a time (microseconds), and has a place among others due then."""

    due: int
    seq: int


Item = TypeVar("Item", bound=Dated)


class Agenda(Generic[Item]):
    """Items by (due, seq), earliest first.

    An item that is due after all others joins the end of a queue, any other goes to a heap: the deadlines of one rule
    nearly always rise with the log, so that nearly every item costs O(1) and no memory but a reference. An item's `due`
    may change only if it was pushed as `movable`; then the item is noted under both times until `keep` drops one.

    Attributes:
        due: no item is due before this time (microseconds).

    >>> from flyball.events.fact import Fact
    >>> agenda = Agenda()
    >>> for seq, due in enumerate([5, 9, 7]):
    ...     agenda.push(Fact(seq, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=due))
    >>> [[fact.due for fact in agenda.take_due(now)] for now in (4, 7, 9)]
    [[], [5, 7], [9]]
    """

    __slots__ = ("_heap", "_queue", "due")

    def __init__(self) -> None:
        self.due = NEVER
        self._queue: deque[Item] = deque()
        self._heap: list[tuple[int, int, Item]] = []

    def __len__(self) -> int:
        return len(self._queue) + len(self._heap)

    def push(self, item: Item, *, movable: bool = False) -> None:
        """Note an item for the time at which it is due.

        >>> from flyball.events.fact import Fact
        >>> agenda = Agenda()
        >>> agenda.push(Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=5))
        >>> len(agenda)
        1
        """
        due = item.due
        if due < self.due:  # noqa: PLR1730  # `min` costs five times as much, for every record
            self.due = due
        queue = self._queue
        if movable or (queue and (due, item.seq) <= (queue[-1].due, queue[-1].seq)):
            heappush(self._heap, (due, item.seq, item))
        else:
            queue.append(item)

    def take_due(self, now: int) -> list[Item]:
        """Take off every item whose time is at most `now` (microseconds), earliest first.

        >>> from flyball.events.fact import Fact
        >>> agenda = Agenda()
        >>> agenda.push(Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=5))
        >>> [fact.id for fact in agenda.take_due(5)]
        ['r1']
        """
        queue = self._queue
        taken: list[Item] = []
        if self._heap:
            while self.due <= now:
                item = self._pop()
                if item is not None:
                    taken.append(item)
            return taken
        while queue and queue[0].due <= now:
            taken.append(queue.popleft())
        self.due = queue[0].due if queue else NEVER
        return taken

    def take_first(self) -> Item | None:
        """Take off the earliest item, None if there is none; an item that moved is left out at its old time.

        >>> Agenda().take_first() is None
        True
        """
        while self.due != NEVER:
            item = self._pop()
            if item is not None:
                return item
        return None

    def _pop(self) -> Item | None:
        """Take off the earliest note; None if its item moved."""
        queue, heap = self._queue, self._heap
        item: Item | None
        if heap and (not queue or heap[0][:2] < (queue[0].due, queue[0].seq)):
            due, _, noted = heappop(heap)
            item = noted if noted.due == due else None
        else:
            item = queue.popleft()
        self.due = min(heap[0][0] if heap else NEVER, queue[0].due if queue else NEVER)
        return item

    def keep(self, wanted: Callable[[Item], bool]) -> None:
        """Drop every item that is not `wanted`, and those that moved at their old times.

        >>> from flyball.events.fact import Fact
        >>> agenda = Agenda()
        >>> agenda.push(Fact(1, "r1", "click", False, None, 1.0, 1.0, 0, 0, due=5))
        >>> agenda.keep(lambda fact: fact.id == "r2")
        >>> len(agenda)
        0
        """
        self._queue = deque(item for item in self._queue if wanted(item))
        self._heap = [note for note in self._heap if note[0] == note[2].due and wanted(note[2])]
        heapify(self._heap)
        self.due = min(self._heap[0][0] if self._heap else NEVER, self._queue[0].due if self._queue else NEVER)
